"""Indicators over highs, lows and closes: how far a market moves in a bar, and what it has left behind.

Like those over closes alone: one value per bar, None while it is not defined, and a later bar never changes an
earlier value (D2).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from jackline.core.orders import Bar
from jackline.strategies.indicators import Series, wilder


class Candle(NamedTuple):
    """Three prices of a bar, as floats: an indicator decides nothing that has to be exact."""

    high: float
    low: float
    close: float


class Trend(NamedTuple):
    """Which way SuperTrend points, and its line: below a rising market, above a falling one."""

    rising: bool
    line: float


def candles_of(bars: Iterable[Bar]) -> list[Candle]:
    """What these indicators need of bars."""
    return [Candle(float(bar.high), float(bar.low), float(bar.close)) for bar in bars]


def true_range(candles: Sequence[Candle]) -> list[float]:
    """How far the price went in each bar, the gap before it included: ``max(h, c[i-1]) − min(l, c[i-1])``.

    The first bar has no close before it: its range is ``h − l``.
    Source: Wilder, New Concepts in Technical Trading Systems (1978), section 3.
    """
    ranges = [candle.high - candle.low for candle in candles[:1]]
    for before, candle in pairwise(candles):
        ranges.append(max(candle.high, before.close) - min(candle.low, before.close))
    return ranges


def atr(candles: Sequence[Candle], period: int) -> Series:
    """Average true range with Wilder's smoothing, in units of price; first defined at index ``period − 1``.

    Source: Wilder, New Concepts in Technical Trading Systems (1978), section 3.
    """
    return wilder(true_range(candles), period)


def supertrend(candles: Sequence[Candle], period: int, multiplier: float) -> list[Trend | None]:
    """SuperTrend: two bands around ``(h + l) / 2``, each `multiplier` · ATR away, that only close in.

    The upper band never rises and the lower one never falls, until a close beyond a band lets it start anew at its
    basic value. A close above the upper band turns the trend up, one below the lower band turns it down. Most
    descriptions begin with a direction of their choice; here it is None until the first close beyond a band, so
    that no turn is seen which is only the end of a guess.
    Source: Olivier Seban's indicator, in its common form with Wilder's ATR of 10 bars and a multiplier of 3.
    """
    trends: list[Trend | None] = []
    upper = lower = close = 0.0
    rising: bool | None = None
    begun = False
    for candle, spread in zip(candles, atr(candles, period), strict=True):
        if spread is None:
            trends.append(None)
            continue
        middle = (candle.high + candle.low) / 2
        above, below = middle + multiplier * spread, middle - multiplier * spread
        upper = above if not begun or above < upper or close > upper else upper
        lower = below if not begun or below > lower or close < lower else lower
        begun, close = True, candle.close
        if rising is not True and close > upper:
            rising = True
        elif rising is not False and close < lower:
            rising = False
        trends.append(None if rising is None else Trend(rising, lower if rising else upper))
    return trends
