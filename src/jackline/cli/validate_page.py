"""A validation on a terminal of 80 columns: each number beside its threshold, then the verdict and why."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from jackline.cli.page import WIDTH

BPS = 10_000


def as_text(plain: dict[str, Any]) -> str:
    """The document of a validation for a person."""
    return "\n".join((*_head(plain), "", *_checks(plain), "", *_end(plain)))


def calibration_text(plain: dict[str, Any]) -> str:
    """The document of a calibration."""
    return "\n".join((*_noise(plain), "", *_power(plain), "", *_leaks(plain)))


def _head(plain: dict[str, Any]) -> Iterator[str]:
    data, holdout, trials = plain["data"], plain["holdout"], plain["trials"]
    figures = plain["figures"]
    yield from _filled(f"Validation of {plain['strategy']}")
    yield (
        f"  {data['symbol']}, bars of {data['interval_ms'] // 60_000} min, {_day(data['from_ms'])} to"
        f" {_day(data['to_ms'])}; from {_day(holdout['from_ms'])} on held out"
    )
    yield from _filled(
        f"{trials['here']} settings tried around it, {trials['elsewhere']} elsewhere on these bars: worth"
        f" {trials['effective']:.1f} independent trials. Look {holdout['looks']} at this holdout.",
        "  ",
    )
    yield from _filled(
        f"Sharpe ratio {figures['sharpe_year']:.2f} a year; by chance the best of so many would show"
        f" {figures['sharpe_of_the_best_by_chance'] * 365**0.5:.2f}. Buy and hold"
        f" {figures['buy_and_hold_day'] * BPS:+.1f} bps a day.",
        "  ",
    )
    for note in plain["notes"]:
        yield from _filled(note, "  ")


def _checks(plain: dict[str, Any]) -> Iterator[str]:
    yield f"  {'check':<30}{'value':>10}  {'needed':<10}"
    for one in plain["checks"]:
        value = "none" if one["value"] is None else f"{one['value']:.4g}"
        mark = ("holds" if one["passed"] else "FAILS") if one["decides"] else "only told"
        yield f"  {one['name']:<30}{value:>10}  {one['needed']:<10}{mark}"


def _end(plain: dict[str, Any]) -> Iterator[str]:
    if plain["proven"]:
        said = (
            "Verdict: proven, on these bars and by these checks. Markets change; it will be watched on paper."
        )
        if plain["data"]["environment"] == "generated":
            said = (
                "Verdict: proven, on generated prices. They trend by design: this says that the gate opens where "
                "there is an edge, and nothing of any market. It is no evidence for a phase."
            )
        yield from _filled(said)
        return
    yield "Verdict: NOT PROVEN, because"
    for reason in plain["reasons"]:
        yield from _filled(reason, "  - ", "    ")


def _noise(plain: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Of {plain['strategies']:,} strategies without an edge {plain['noise_accept_fraction']:.1%} passed the"
        " gate; 5 % are allowed."
    )
    yield "  What each check alone would have let through:"
    for name, share in sorted(plain["noise_passed_by_check"].items(), key=lambda one: one[1]):
        yield f"    {name:<30}{share:>8.1%}"


def _power(plain: dict[str, Any]) -> Iterator[str]:
    yield "With an edge planted, by its correlation with the next day's return:"
    for one in plain["planted"]:
        share = one["accept_fraction"]
        bar = "#" * round(40 * share)
        yield f"    {one['information_coefficient']:.2f}  {share:>6.1%}  {bar}"


def _leaks(plain: dict[str, Any]) -> Iterator[str]:
    yield "Leaks planted on purpose:"
    for name, caught in plain["leaks_caught"].items():
        yield f"    {name:<30}{'caught' if caught else 'MISSED'}"


def _filled(text: str, first: str = "", later: str | None = None) -> list[str]:
    after = first if later is None else later
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=after)


def _day(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1_000, UTC):%Y-%m-%d}"
