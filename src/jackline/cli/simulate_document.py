"""A campaign as a document: what was run, what happened in it, what was found. Written by `--report`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from jackline.world.report import Report, Spread


def document(figures: Report) -> str:
    """Markdown."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: Report) -> Iterator[str]:
    points, breaches = figures["crash_points"], figures["breaches"]
    yield "# The last simulation run"
    yield ""
    yield f"Written by `{figures['command']} --report FILE` at commit `{figures['commit']}`."
    yield "What the words mean: [simulation.md](simulation.md)."
    yield ""
    yield from _table(("", "figure"), _figures(figures))
    yield from _naked(figures)
    yield from _section("Faults", ("fault", "times"), _counts(figures["faults"]))
    yield from _section("Sometimes", ("what a campaign must reach", "times"), _counts(figures["sometimes"]))
    yield "## Where the CPU time goes"
    yield ""
    yield "Share of one worker's time, of three seeds run again under a profiler."
    yield ""
    yield from _table(
        ("room", "share"), ((name, f"{share:.1%}") for name, share in figures["limits"].items())
    )
    yield "## Crash points"
    yield ""
    yield f"{points['hit']} of {points['known']} awaits of engine and venue that leave the process were where one died."
    yield f"{figures['crash_points_by_aim']} of them only by the aimed worlds of `--aim`."
    missed = figures["crash_points_missed"]
    if missed:
        yield "The others, where the test command's aimed worlds kill:"
        yield ""
        yield from (f"- `{key}`" for key in missed)
    yield ""
    yield "## Breaches"
    yield ""
    if not breaches:
        yield "None."
    else:
        rows = ((str(row["seed"]), row["code"], row["detail"].replace("|", "\\|")) for row in breaches)
        yield from _table(("seed", "code", "what"), rows)


def _figures(figures: Report) -> Iterator[tuple[str, str]]:
    seconds = figures["throughput_simulated_hours_per_cpu_second"] * 3_600
    yield "worlds", f"{figures['seeds']:,} of profile {figures['profile']}, from seed {figures['first_seed']}"
    yield "with two entries, one crash, 105 s", f"{figures['counting_seeds']:,}"
    yield "simulated", f"{figures['simulated_hours']:,.1f} h"
    yield "CPU", f"{figures['cpu_seconds']:,.0f} s"
    yield "throughput", f"{seconds / 3_600:.4f} simulated hours a CPU second ({seconds:,.0f} s)"
    yield "entries, crashes", f"{figures['entries']:,}, {figures['crashes']:,}"
    yield "requests, scheduling steps", f"{figures['requests']:,}, {figures['steps']:,}"
    yield "faults", f"{sum(figures['faults'].values()):,}"
    yield "breaches", f"{len(figures['breaches'])}"
    yield "trace digest", f"`{figures['trace_digest']}`"


def _naked(figures: Report) -> Iterator[str]:
    yield "## Naked time, by the rung asked for"
    yield ""
    yield "Milliseconds a position stood without a stop, by the venue; *able*: while it answered a process of ours."
    yield ""
    rows = []
    for rung, able in figures["naked_able_ms"].items():
        raw = figures["naked_raw_ms"][rung]
        rows.append((rung, f"{figures['naked_trades'][rung]:,}", *_spread(able), *_spread(raw)))
    yield from _table(("rung", "trades", "able p50", "p99", "max", "raw p50", "p99", "max"), rows)
    causes = [
        (rung, cause, f"{row['trades']:,}", f"{row['max_ms']:,.0f}", f"{row['idle_max_ms']:,.0f}")
        for rung, found in figures["naked_able_causes"].items()
        for cause, row in found.items()
    ]
    if causes:
        yield "Those that were naked while able to act, by what had happened to their stop; *idle*: the longest"
        yield "in which no close was under way either, which is what the deadlines of P1 are for."
        yield ""
        yield from _table(("rung", "cause", "trades", "max ms", "idle max ms"), causes)


def _spread(spread: Spread) -> tuple[str, str, str]:
    return f"{spread['p50']:,.0f}", f"{spread['p99']:,.0f}", f"{spread['max']:,.0f}"


def _section(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from _table(head, rows)


def _counts(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    for name, count in counts.items():
        yield name.replace("_", " "), f"{count:,}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|---{'|---:' * (len(head) - 1)}|"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
