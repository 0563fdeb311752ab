"""Indicators over closing prices: floats in, floats out, one value per bar.

Each value depends on its bar and on earlier ones only, so a later bar never changes an earlier value (D2).
A value that is not defined yet is None, never a number that looks like one.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Series = list[float | None]
"""One value per bar, oldest first; None while the indicator has seen too few bars."""

EMA_MEMORY = 3
"""Bars per EMA period that a strategy looks at: after them the seed weighs e⁻⁴, under 2 %."""
WILDER_MEMORY = 5
"""The same for Wilder's slower smoothing."""


def ema(values: Sequence[float], period: int) -> Series:
    """Exponential moving average: ``e[i] = e[i-1] + w·(v[i] − e[i-1])`` with ``w = 2 / (period + 1)``.

    Seeded with the simple mean of the first `period` values; first defined at index ``period − 1``.
    Source: the common definition (e.g. Murphy, Technical Analysis of the Financial Markets, ch. 9).
    """
    check_period(period)
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


def wilder(values: Sequence[float], period: int) -> Series:
    """Wilder's smoothing: ``a[i] = a[i-1] + (v[i] − a[i-1]) / period``.

    Seeded with the simple mean of the first `period` values; first defined at index ``period − 1``.
    Source: Wilder, New Concepts in Technical Trading Systems (1978), section 3.
    """
    check_period(period)
    series: Series = [None] * min(period - 1, len(values))
    if len(values) < period:
        return series
    average = sum(values[:period]) / period
    series.append(average)
    for value in values[period:]:
        average += (value - average) / period
        series.append(average)
    return series


def rsi(values: Sequence[float], period: int) -> Series:
    """Relative strength index with Wilder's smoothing, 0 … 100: ``100 − 100 / (1 + gain / loss)``.

    `gain` and `loss` are the smoothed changes up and down; first defined at index `period`. Only gains give 100,
    only losses 0, and a market that did not move at all 50.
    Source: Wilder, New Concepts in Technical Trading Systems (1978), section 6.
    """
    changes = [after - before for before, after in pairwise(values)]
    gains = wilder([max(change, 0.0) for change in changes], period)
    losses = wilder([max(-change, 0.0) for change in changes], period)
    undefined: Series = [None] * min(1, len(values))
    return undefined + [
        None if gain is None or loss is None else _strength(gain, loss)
        for gain, loss in zip(gains, losses, strict=True)
    ]


def _strength(gain: float, loss: float) -> float:
    total = gain + loss
    return 50.0 if total == 0 else 100 * gain / total


def check_period(period: int) -> None:
    """Raises ValueError for a period that covers no bar."""
    if period < 1:
        raise ValueError(f"period {period} is below 1")
