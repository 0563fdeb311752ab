"""The way of a price through a bar, for protections that look or act inside it.

Open, the extreme that hurts the position, the other extreme, close: the order of every backtest here. When the two
extremes are passed is not in a candle: it is drawn evenly, once a bar, the same for both sides. A leg is a straight
line in time; one longer than `jump_leg_fraction` is four equal steps, with nothing between them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jackline.data.candles import Candles

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

STEPS = 4
"""Of a leg that is a jump."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Paths:
    """Every bar's way for a position on `side`; knots have shape (4, bars): prices, and shares of the bar's time."""

    prices: Floats
    times: Floats
    interval_ms: int
    jump_leg_fraction: float

    def price(self, bars: Times, into_ms: Floats) -> Floats:
        """The price `into_ms` after the open of each of `bars`; shape (asked,)."""
        at = into_ms / self.interval_ms
        leg = np.zeros(len(bars), dtype=np.int64)
        for knot in (1, 2):
            leg += at >= self.times[knot, bars]
        start, end = self.prices[leg, bars], self.prices[leg + 1, bars]
        begun, ended = self.times[leg, bars], self.times[leg + 1, bars]
        way = np.clip((at - begun) / np.maximum(ended - begun, 1e-12), 0.0, 1.0)
        return start + (end - start) * self._walked(way, start, end)

    def touched_ms(self, bars: Times, stops: Floats) -> Floats:
        """When the stop is touched in a bar that touches it, after its open: always on the way to the first extreme.

        On a jump it is the first step at or beyond the stop, as nothing was traded between two steps.
        """
        start, end = self.prices[0, bars], self.prices[1, bars]
        length = end - start
        share = np.clip((stops - start) / np.where(length == 0, 1.0, length), 0.0, 1.0)
        share = np.where(self._is_jump(start, end), np.ceil(share * STEPS - 1e-9) / STEPS, share)
        is_past = np.where(length < 0, start <= stops, start >= stops) | (length == 0)
        found: Floats = np.where(is_past, 0.0, share * self.times[1, bars] * self.interval_ms)
        return found

    def hurting(self, bars: Times) -> Floats:
        """The extreme that hurts the position, of each bar."""
        found: Floats = self.prices[1, bars]
        return found

    def _walked(self, way: Floats, start: Floats, end: Floats) -> Floats:
        # a hair forward: the moment of a step belongs to the step
        stepped = np.floor(way * STEPS + 1e-9) / STEPS
        found: Floats = np.where(self._is_jump(start, end), stepped, way)
        return found

    def _is_jump(self, start: Floats, end: Floats) -> Flags:
        found: Flags = np.abs(end - start) > self.jump_leg_fraction * start
        return found


def drawn_times(bars: int, *, seed: int) -> Floats:
    """When each bar passes its two extremes, as shares of its time; shape (2, bars), the first before the second."""
    drawn = np.random.default_rng(seed).uniform(size=(2, bars))
    return np.sort(drawn, axis=0)


def paths_of(candles: Candles, *, side: int, times: Floats, jump_leg_fraction: float) -> Paths:
    """The ways of all bars for a long (`side` 1: low first) or a short (−1: high first)."""
    first, second = (candles.low, candles.high) if side > 0 else (candles.high, candles.low)
    ends = np.ones((1, len(candles)))
    return Paths(
        prices=np.stack((candles.open, first, second, candles.close)),
        times=np.concatenate((0 * ends, times, ends)),
        interval_ms=candles.interval_ms,
        jump_leg_fraction=jump_leg_fraction,
    )
