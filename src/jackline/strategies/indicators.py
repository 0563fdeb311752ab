"""Indicators over closing prices: floats in, floats out, one value per bar.

Each value depends on its bar and on earlier ones only, so a later bar never changes an earlier value (D2).
A value that is not defined yet is None, never a number that looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Series = list[float | None]
"""One value per bar, oldest first; None while the indicator has seen too few bars."""


def ema(values: Sequence[float], period: int) -> Series:
    """Exponential moving average: ``e[i] = e[i-1] + w·(v[i] − e[i-1])`` with ``w = 2 / (period + 1)``.

    Seeded with the simple mean of the first `period` values; first defined at index ``period − 1``.
    Source: the common definition (e.g. Murphy, Technical Analysis of the Financial Markets, ch. 9).
    """
    _check(period)
    series: Series = [None] * min(period - 1, len(values))
    if len(values) < period:
        return series
    weight = 2 / (period + 1)
    average = sum(values[:period]) / period
    series.append(average)
    for value in values[period:]:
        average += weight * (value - average)
        series.append(average)
    return series


def rsi(values: Sequence[float], period: int) -> Series:
    """Relative strength index with Wilder's smoothing, 0 … 100: ``100 − 100 / (1 + gain / loss)``.

    Average gain and loss are seeded with the simple mean of the first `period` changes, then smoothed by
    ``a[i] = a[i-1] + (x[i] − a[i-1]) / period``; first defined at index `period`. Only gains give 100,
    only losses 0, and a market that did not move at all 50.
    Source: Wilder, New Concepts in Technical Trading Systems (1978), section 6.
    """
    _check(period)
    series: Series = [None] * min(period, len(values))
    if len(values) <= period:
        return series
    changes = [after - before for before, after in pairwise(values)]
    gain = sum(max(change, 0.0) for change in changes[:period]) / period
    loss = sum(max(-change, 0.0) for change in changes[:period]) / period
    series.append(_strength(gain, loss))
    for change in changes[period:]:
        gain += (max(change, 0.0) - gain) / period
        loss += (max(-change, 0.0) - loss) / period
        series.append(_strength(gain, loss))
    return series


def _strength(gain: float, loss: float) -> float:
    total = gain + loss
    return 50.0 if total == 0 else 100 * gain / total


def _check(period: int) -> None:
    if period < 1:
        raise ValueError(f"period {period} is below 1")
