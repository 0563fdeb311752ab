"""What a simulation says on a terminal: figures of a campaign, one experiment, its verdict. 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from rich.console import Group, RenderableType
from rich.text import Text

from jackline.cli.page import WIDTH
from jackline.world.acts import Act
from jackline.world.campaign import Found
from jackline.world.experiment import Experiment, Noise
from jackline.world.report import Report
from jackline.world.simulation import Verdict

LABEL = 13
LISTED_MAX = 12
HEADING, QUIET, GOOD, BAD = "bold", "dim", "green", "bold red"


def summary(figures: Report, *, interrupted: bool) -> RenderableType:
    """A campaign on half a screen."""
    return Group(*_summary(figures, interrupted))


def _summary(figures: Report, interrupted: bool) -> Iterator[Text]:
    seeds, points, faults = figures["seeds"], figures["crash_points"], figures["faults"]
    yield Text(
        f"{seeds:,} worlds of profile {figures['profile']}" + (", interrupted" if interrupted else ""),
        HEADING,
    )
    speed = figures["throughput_simulated_hours_per_cpu_second"]
    yield _row("simulated", f"{figures['simulated_hours']:,.1f} h in {figures['cpu_seconds']:,.0f} CPU s, "
                            f"{speed * 3_600:,.0f} s a second")  # fmt: skip
    yield _row("counting", f"{figures['counting_seeds']:,} with two entries, one crash and 105 s; "
                           f"{figures['entries']:,} entries, {figures['crashes']:,} crashes")  # fmt: skip
    yield _row("faults", f"{sum(faults.values()):,} of {len(faults)} kinds")
    yield _row("crash points", f"{points['hit']} of {points['known']} hit")
    for rung, spread in figures["naked_able_ms"].items():
        yield _row("naked", f"{rung:<11} p50 {spread['p50']:>5,.0f}  p99 {spread['p99']:>7,.0f}  "
                            f"max {spread['max']:>7,.0f} ms, {figures['naked_trades'][rung]:,} trades")  # fmt: skip
    never = [name.replace("_", " ") for name, count in figures["sometimes"].items() if not count]
    if never and seeds:
        yield from _rows("never seen", ", ".join(never))
    yield _row("digest", figures["trace_digest"])
    breaches = figures["breaches"]
    broken = len({row["seed"] for row in breaches})
    if broken:
        yield Text(f"{broken} of {seeds:,} worlds broke a promise.", BAD)
    elif seeds:
        yield Text("No promise was broken.", GOOD)
    else:
        yield Text("Nothing was run.")


def failures(breaches: Sequence[Found], profile: str) -> RenderableType:
    """All breaches, one a line, and how to see one."""
    lines = [Text(f"{'seed':>9}  code  what", QUIET)]
    for found in breaches[:LISTED_MAX]:
        text = f"{found.seed:>9}  {found.breach.code:<5} {found.breach.detail}"
        lines.append(Text(text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"))
    if len(breaches) > LISTED_MAX:
        lines.append(Text(f"{'':>9}  and {len(breaches) - LISTED_MAX} more, all in --json", QUIET))
    lines.append(Text(f"Each of them: {replay_command(profile, 'SEED')}", QUIET))
    return Group(Text(), *lines)


def replay_command(profile: str, seed: int | str) -> str:
    """What shows one seed again, everywhere."""
    return f"jackline simulate --profile {profile} --seed {seed}"


def _trailing(one: Experiment) -> str:
    clamped = f", at most {one.callback_max_fraction}" if one.callback_max_fraction is not None else ""
    return f"{one.trailing_fraction or 'off'}{' by the venue' + clamped if one.trailed else ''}"


def experiment_lines(experiment: Experiment) -> RenderableType:
    """Everything that was drawn, in a few lines."""
    one = experiment
    rung = "best rung" if one.rung is None else f"rung {one.rung.value}"
    mode = "hedge" if one.hedge else "netting"
    options = [
        f"{rung}, {mode}, leverage {one.leverage}, {', '.join(one.symbols)}",
        f"stop {one.stop_fraction}, trailing {_trailing(one)}, target {one.target_fraction or 'off'}, "
        f"hold {one.hold_max_ms // 1_000} s, stages {'on' if one.staged else 'off'}, opinions {one.opinion_rate:.2f}, "
        f"patience {'off' if one.no_progress_ms is None else f'{one.no_progress_ms // 1_000} s'}",
        f"signals {one.signal_rate:.2f}, volatility {one.volatility:g}, {_parts(one.fill_parts)} a fill, "
        f"{'takes' if one.stop_while_flat else 'refuses'} a stop while flat",
        f"{'with' if one.watchdog else 'no'} watchdog, callbacks {one.order.value}, "
        f"clock {one.clock_offset_ms:+g} ms {one.clock_drift_ppm:+g} ppm, "
        f"sync {one.commit_ms[0]:g} – {one.commit_ms[1]:g} ms",
    ]
    rates = {kind.name: getattr(one.noise, kind.name) for kind in fields(Noise)}
    way = f"one way {rates.pop('median_ms'):g} ms, tail ×{rates.pop('tail'):g}"
    noise = [way, *(f"{name.replace('_', ' ')} {rate:.1%}" for name, rate in rates.items() if rate)]
    lines = [Text(f"seed {one.seed} of profile {one.profile}", HEADING)]
    for index, text in enumerate(options):
        lines += _rows("" if index else "options", text)
    lines += _rows("messages", ", ".join(noise))
    for index, act in enumerate((*one.acts, *one.broken_for_ever)):
        lines.append(_row("" if index else "acts", _act(act)))
    return Group(*lines)


def verdict_lines(verdict: Verdict) -> RenderableType:
    """What came of it."""
    v = verdict
    lines = [
        _row("course", f"{v.simulated_s:.0f} s, {v.entries} entries, {v.crashes} crashes, {v.requests:,} requests, "
                       f"{v.steps:,} steps"),
        *_rows("faults", _counted(v.faults) or "none"),
        *_rows("sometimes", _counted(v.sometimes) or "none"),
    ]  # fmt: skip
    worst = max(v.naked, key=lambda one: one.able_ms, default=None)
    if worst is not None:
        told = f"at most {worst.able_ms:,.0f} ms while able to act" + (
            f" ({worst.cause})" if worst.cause else ""
        )
        raw = max(one.raw_ms for one in v.naked)
        lines.append(_row("naked", f"{told}, {raw:,.0f} ms raw, {len(v.naked)} trades"))
    lines.append(_row("digest", v.digest))
    for breach in v.breaches[:LISTED_MAX]:
        lines += _rows(breach.code, f"at {breach.at_ms / 1_000:.3f} s: {breach.detail}", style=BAD)
    if not v.breaches:
        lines.append(Text("No promise was broken.", GOOD))
    return Group(*lines)


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()) if count)


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"


def _act(act: Act) -> str:
    lasts = f"{act.lasts_s:5.1f} s" if math.isfinite(act.lasts_s) else "for ever"
    return f"{act.at_s:7.3f} s  {act.kind.value:<22} {lasts:<8}  size {act.size:.2f}  pick {act.pick:.2f}"


def _row(label: str, text: str, style: str = QUIET) -> Text:
    return Text.assemble((f"{label:<{LABEL}}", style), text)


def _rows(label: str, text: str, style: str = QUIET) -> list[Text]:
    """Broken at spaces, continued under itself."""
    lines, line = [], ""
    for word in text.split():
        if line and LABEL + len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".lstrip()
    return [_row("" if index else label, part, style) for index, part in enumerate([*lines, line])]
