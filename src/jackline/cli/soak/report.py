"""What a soak found, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from jackline.cli.demo.witness import Traffic
from jackline.cli.soak.bounds import Finding
from jackline.cli.soak.playing import Wishes
from jackline.cli.soak.samples import Sample

ROWS_MAX = 24
"""Samples in the Markdown table; JSON has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`ready_s`: of the wall, until every symbol could be traded. `ended` says which process ended before its time;
    `stopped`: somebody asked for the end."""

    wishes: Wishes
    ready_s: float
    samples: tuple[Sample, ...]
    traffic: Traffic
    findings: tuple[Finding, ...]
    stopped: bool
    ended: str

    @property
    def played_days(self) -> float:
        return self.samples[-1].market_day if self.samples else 0.0

    @property
    def broken(self) -> bool:
        return bool(self.ended) or any(one.broken for one in self.findings)


def as_json(report: Report) -> str:
    """Everything."""
    facts = {
        "passed": not report.broken,
        "stopped": report.stopped,
        "ended": report.ended,
        "asked": asdict(report.wishes),
        "ready_s": report.ready_s,
        "played_days": report.played_days,
        "bounds": [{**asdict(one), "broken": one.broken} for one in report.findings],
        "traffic": msgspec.to_builtins(report.traffic.routes),
        "samples": [asdict(one) for one in report.samples],
    }
    return json.dumps(facts, indent=1)


def as_text(report: Report) -> str:
    """One screen."""
    lines = [_head(report), ""]
    lines += [f"{'bound':<20}{'found':>10}{'most':>10}  {'':<10}"]
    for one in report.findings:
        verdict = "BROKEN" if one.broken else ""
        lines.append(
            f"{one.name:<20}{_figure(one.found):>10}{_figure(one.most):>10}  {one.unit:<10}{verdict}".rstrip()
        )
    if report.ended:
        lines += ["", report.ended]
    return "\n".join(lines)


def as_markdown(report: Report, *, command: str) -> str:
    """A page."""
    lines = [
        "# The last soak",
        "",
        f"Written by `{command}`. What it does and what it leaves out: [soak.md](soak.md).",
        "",
    ]
    lines += [_head(report), "", "| bound | found | at most | unit | why | |", "|---|---:|---:|---|---|---|"]
    lines += [
        f"| {one.name} | {_figure(one.found)} | {_figure(one.most)} | {one.unit} | {one.why} |"
        f" {'**broken**' if one.broken else 'held' if one.found is not None else 'not judged'} |"
        for one in report.findings
    ]
    lines += [
        "",
        "| day | wall s | engine MiB | watchdog MiB | exchange MiB | engine files | inbox | loop lag ms | its own |",
    ]
    lines[-1] += " store MiB | tape MiB | entries |"
    lines += ["|" + "---:|" * 12]
    lines += [_row(one) for one in _thinned(report.samples)]
    lines += ["", "What was asked, heaviest first:", ""]
    lines += ["| route | requests | weight | refused |", "|---|---:|---:|---:|"]
    asked = sorted(report.traffic.routes.items(), key=lambda item: -item[1].weight)
    lines += [f"| `{name}` | {one.requests} | {one.weight} | {one.refused} |" for name, one in asked]
    if report.ended:
        lines += ["", "```", report.ended, "```"]
    return "\n".join(lines) + "\n"


def _head(report: Report) -> str:
    last = report.samples[-1] if report.samples else None
    wall_s = last.wall_s if last else 0.0
    text = (
        f"{report.played_days:.2f} of {report.wishes.days:g} market days, {report.wishes.symbols} symbols, "
    )
    text += f"bars of {report.wishes.bar}, {wall_s:.0f} s of the wall, "
    text += f"{report.ready_s:.0f} of them until all could be traded"
    if last is not None:
        spent = ", ".join(
            f"{name} {life.cpu_s:.0f} s (waited {life.waited_s:.0f} s for a core)"
            for name, life in (
                ("engine", last.engine),
                ("watchdog", last.watchdog),
                ("exchange", last.exchange),
            )
        )
        text += f"; CPU: {spent}; {last.entries} positions"
    return text + ("; stopped before its end" if report.stopped else "")


def _thinned(samples: Sequence[Sample]) -> Sequence[Sample]:
    """At most `ROWS_MAX` of them, first and last included."""
    if len(samples) <= ROWS_MAX:
        return samples
    step = (len(samples) - 1) / (ROWS_MAX - 1)
    return [samples[round(index * step)] for index in range(ROWS_MAX)]


def _row(one: Sample) -> str:
    mib = 1 << 20
    cells = (
        f"{one.market_day:.2f}", f"{one.wall_s:.0f}", f"{one.engine.rss_kib / 1_024:.1f}",
        f"{one.watchdog.rss_kib / 1_024:.1f}", f"{one.exchange.rss_kib / 1_024:.1f}", f"{one.engine.files}",
        f"{one.inbox_max}", f"{one.loop_lag_ms_max}", f"{one.own_lag_ms_max}",
        f"{one.store_bytes / mib:.2f}", f"{one.tape_bytes / mib:.2f}",
        f"{one.entries}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _figure(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.2f}"


def write(path: Path, text: str) -> None:
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
