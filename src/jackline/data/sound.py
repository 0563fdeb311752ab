"""Whether rows are candles: each rule is a named refusal, and the first bad row is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from jackline.data.candles import Candles, Floats, Times
from jackline.data.intervals import OF_VENUES, misaligned, parse, spell
from jackline.data.problems import DataRefused, counted, utc

MIXED_RUN: Final = 4
"""So many neighbours in a row, each the same longer distance apart, are bars of another length and not gaps."""

Where = Callable[[int], str]
"""A row as a reader finds it in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Bars that are missing between two that are there."""

    first_ms: int
    """The open of the first missing one."""
    bars: int


def check_rows(candles: Candles, where: Where) -> None:
    """Raise DataRefused at the first row that is no bar, or does not follow on the one before."""
    check_times(candles.open_ms, where)
    prices = np.stack((candles.open, candles.high, candles.low, candles.close))
    for name, values, bad in (
        ("price is not above zero", prices.min(axis=0), prices.min(axis=0) <= 0),
        ("negative volume", candles.volume, candles.volume < 0),
    ):
        if bad.any():
            row = int(bad.argmax())
            raise DataRefused(
                what=name,
                where=where(row),
                value=f"{values[row]:.15g}{_more(bad)}",
                fix="correct the row or leave it out; a bar without trades has its last price and volume 0",
            )
    spans = (candles.low <= prices.min(axis=0)) & (candles.high >= prices.max(axis=0))
    if not spans.all():
        row = int((~spans).argmax())
        open_, high, low, close = (float(price) for price in prices[:, row])
        raise DataRefused(
            what="high and low do not span the bar",
            where=where(row),
            value=f"open {open_:.15g}, high {high:.15g}, low {low:.15g}, close {close:.15g}{_more(~spans)}",
            fix="correct the row: low is the lowest and high the highest of the four",
        )


def check_times(open_ms: Times, where: Where) -> None:
    """Raise DataRefused unless each time is later than the one before."""
    steps = np.diff(open_ms)
    bad = np.flatnonzero(steps <= 0)
    if len(bad):
        row = int(bad[0]) + 1
        raise DataRefused(
            what="duplicate timestamp" if steps[bad[0]] == 0 else "timestamps go back",
            where=where(row),
            value=f"{utc(int(open_ms[row]))} after {utc(int(open_ms[row - 1]))}{_more(steps <= 0)}",
            fix="sort the rows by time, and leave one row a bar",
        )


def infer_interval_ms(open_ms: Times, where: str) -> int:
    """The commonest distance between neighbours, the shorter of equals. Raises DataRefused on fewer than two rows."""
    if len(open_ms) < 2:
        raise DataRefused(
            what="too few rows to tell the length of a bar",
            where=where,
            value=counted(len(open_ms), "row"),
            fix="give at least two candles",
        )
    distances, counts = np.unique(np.diff(open_ms), return_counts=True)
    return int(distances[counts.argmax()])


def check_interval(open_ms: Times, interval_ms: int, where: Where) -> None:
    """Raise DataRefused unless all rows are bars of this length that open on its multiples, gaps apart."""
    spell(interval_ms)
    steps = np.diff(open_ms)
    odd = np.flatnonzero(steps % interval_ms)
    at = int(odd[0]) + 1 if len(odd) else _other_length(open_ms, steps, interval_ms)
    if at is not None:
        raise DataRefused(
            what="mixed intervals",
            where=where(at),
            value=f"{utc(int(open_ms[at]))} is {int(steps[at - 1]):_} ms after the bar before; most bars are "
            f"{spell(interval_ms)} ({interval_ms:_} ms)",
            fix="give each interval a file of its own",
        )
    off = misaligned(open_ms, interval_ms)
    if len(off):
        row = int(off[0])
        raise DataRefused(
            what="bar does not open on its interval",
            where=where(row),
            value=f"{utc(int(open_ms[row]))} in bars of {spell(interval_ms)}",
            fix="use the times at which bars open, in UTC, and not those at which they close",
        )


def _other_length(open_ms: Times, steps: Times, interval_ms: int) -> int | None:
    """The row at which bars of a longer, usual length begin; None where there are none."""
    for longer_ms in (parse(one) for one in OF_VENUES):
        if longer_ms <= interval_ms or longer_ms % interval_ms:
            continue
        aligned = np.ones(len(open_ms), dtype=bool)
        aligned[misaligned(open_ms, longer_ms)] = False
        same = (steps == longer_ms) & aligned[1:] & aligned[:-1]
        if len(same) < MIXED_RUN:
            continue
        runs = np.lib.stride_tricks.sliding_window_view(same, MIXED_RUN).all(axis=1)
        if runs.any():
            return int(runs.argmax()) + 1
    return None


def gaps(candles: Candles) -> Iterator[Gap]:
    """Every hole between bars, oldest first."""
    steps = np.diff(candles.open_ms)
    for index in np.flatnonzero(steps > candles.interval_ms):
        yield Gap(
            first_ms=int(candles.open_ms[index]) + candles.interval_ms,
            bars=int(steps[index]) // candles.interval_ms - 1,
        )


def check_gapless(candles: Candles, where: str) -> None:
    """Raise DataRefused where a bar is missing."""
    found = list(gaps(candles))
    if found:
        raise DataRefused(
            what="gap",
            where=where,
            value=f"{counted(sum(gap.bars for gap in found), 'bar')} missing in {counted(len(found), 'place')}, "
            f"the first {counted(found[0].bars, 'bar')} from {utc(found[0].first_ms)}",
            fix="fetch what is missing, or use a stretch without gaps; nothing is made up in between",
        )


def finished(candles: Candles, now_ms: int) -> int:
    """How many bars have ended by `now_ms`: those that begin with the first that has not are no bars yet (D1)."""
    return int(np.searchsorted(candles.open_ms + candles.interval_ms, now_ms, side="right"))


def _more(bad: Floats | np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> str:
    count = int(np.count_nonzero(bad)) - 1
    return f" (and {counted(count, 'row')} more)" if count else ""
