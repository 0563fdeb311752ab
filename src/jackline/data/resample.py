"""Longer bars from shorter ones: whole ones only, nothing made up."""

from __future__ import annotations

from dataclasses import replace
from math import fsum

import numpy as np

from jackline.data.candles import Candles, Times
from jackline.data.intervals import offset_ms, spell
from jackline.data.problems import DataRefused, utc


def resampled(candles: Candles, interval_ms: int) -> Candles:
    """Bars of `interval_ms`: open of the first, highest high, lowest low, close of the last, sum of the volumes.

    A longer bar is built only where every shorter one of it is there: a part of one at either end is left out, and one
    that a gap has bitten into is a gap. Prices are exact. Volume is the exactly rounded sum (`math.fsum`); a sum of
    the decimals in a file may differ in the last bit.

    Raises:
        DataRefused: where the length is no whole multiple of the present one, or no whole bar comes of it.
    """
    parts, left = divmod(interval_ms, candles.interval_ms)
    if left or parts < 1:
        raise DataRefused(
            what="cannot be resampled",
            where=candles.symbol,
            value=f"{spell(candles.interval_ms)} to {spell(interval_ms)}",
            fix=f"choose a whole multiple of {spell(candles.interval_ms)}",
        )
    first = _firsts((candles.open_ms - offset_ms(interval_ms)) // interval_ms, parts)
    if not len(first):
        begins = f" from {utc(int(candles.open_ms[0]))}" if len(candles) else ""
        raise DataRefused(
            what="no whole bar",
            where=candles.symbol,
            value=f"{len(candles)} of {spell(candles.interval_ms)}{begins}",
            fix=f"give at least {parts} that join and begin on a whole {spell(interval_ms)}",
        )
    within = first[:, np.newaxis] + np.arange(parts)
    return replace(
        candles,
        interval_ms=interval_ms,
        open_ms=candles.open_ms[first],
        open=candles.open[first],
        high=candles.high[within].max(axis=1),
        low=candles.low[within].min(axis=1),
        close=candles.close[first + parts - 1],
        volume=np.array([fsum(row) for row in candles.volume[within]]),
    )


def _firsts(longer: Times, parts: int) -> Times:
    """Indices of the shorter bars with which a whole longer one begins. `longer` says which each belongs to."""
    begins = np.flatnonzero(np.diff(longer, prepend=longer[:1] - 1))
    counts = np.diff(np.append(begins, len(longer)))
    return np.array(begins[counts == parts], dtype=np.int64)
