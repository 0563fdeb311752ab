"""What the stop lab found, on a terminal of 80 columns, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator

from jackline.cli.page import WIDTH, fitted
from jackline.research.stop_lab.kinds import Assumed, Measured, Row
from jackline.research.stop_lab.words import as_document, moment, of_margin_percent, plain, plainly, stop_bps

LABEL = 22
HEAD = f"{'':<{LABEL}}{'mean':>7} {'95 % of means':>14}{'p50':>7}{'p95':>7}{'p99':>7}{'max':>7} {'never':>7}"


def as_json(measured: tuple[Measured, ...], assumed: Assumed) -> str:
    """One object; docs/stop-lab.md says what is in it."""
    return json.dumps(as_document(measured, assumed), indent=2)


def as_text(measured: tuple[Measured, ...], assumed: Assumed) -> str:
    """A table a set of prices, and what it says."""
    return "\n".join(line for one in measured for line in _lines(one, assumed)).rstrip()


def _lines(one: Measured, assumed: Assumed) -> Iterator[str]:
    yield fitted(f"{one.name}: {moment(one.first_ms)} to {moment(one.last_ms)} UTC")
    yield fitted(
        f"{one.entries:,} entries ({one.sampling}), stop at {stop_bps(one):g} bps, {one.touched:,} touched"
    )
    yield ""
    yield "Loss beyond the stop, bps of price"
    yield HEAD
    yield from (_row(row) for row in one.rows)
    yield ""
    yield f"The same in percent of margin at {assumed.leverage:g}×"
    yield from (_margin(row, assumed) for row in one.rows)
    yield ""
    yield from (_item(text) for text in plainly(one, assumed))
    yield from (_item(f"Note: {text}.") for text in one.notes)
    yield ""


def _row(row: Row) -> str:
    beyond = row.beyond
    if beyond is None:
        return f"{row.label:<{LABEL}}{'none closed':>49} {row.never_fraction:>7.1%}"
    means = (
        "-"
        if beyond.mean_low is None or beyond.mean_high is None
        else f"{plain(beyond.mean_low, 1)} … {plain(beyond.mean_high, 1)}"
    )
    rest = "".join(f"{plain(one, 1):>7}" for one in (beyond.p50, beyond.p95, beyond.p99))
    return (
        f"{row.label:<{LABEL}}{plain(beyond.mean, 1):>7} {means:>14}{rest}{plain(beyond.max, 0):>7}"
        f" {row.never_fraction:>7.1%}"
    )


def _margin(row: Row, assumed: Assumed) -> str:
    if row.beyond is None:
        return f"{row.label:<{LABEL}}{'none closed':>49}"
    mean, p50, p95, p99, most = (
        f"{plain(of_margin_percent(bps, assumed.leverage), 2):>7}"
        for bps in (row.beyond.mean, row.beyond.p50, row.beyond.p95, row.beyond.p99, row.beyond.max)
    )
    return f"{row.label:<{LABEL}}{mean} {'':>14}{p50}{p95}{p99}{most}"


def _item(text: str) -> str:
    """A sentence under a dash, its next lines beneath its first word."""
    return fitted(f"  {text}").replace("  ", "- ", 1) if len(text) + 2 <= WIDTH else _hanging(text)


def _hanging(text: str) -> str:
    first, *rest = fitted(f"  {text}").splitlines()
    return "\n".join([f"- {first[2:]}", *rest])
