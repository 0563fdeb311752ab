"""Stops of one side that were touched, and what a kind of protection made of each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jackline.data.candles import Candles
from jackline.research.stop_lab.kinds import BPS
from jackline.research.stop_lab.path import Paths

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Touched:
    """Stops of one side that were touched; every array has shape (stops,).

    Attributes:
        entry_bars, bars: indices of the bar of the entry, and of the touch.
        at_ms: the touch, counted from the open of bar 0 as if no bar were missing.
        until_ms: the end of the hold, counted likewise.
    """

    candles: Candles
    paths: Paths
    side: int
    entry_bars: Times
    bars: Times
    entries: Floats
    stops: Floats
    at_ms: Floats
    until_ms: Floats

    def beyond(self, prices: Floats) -> Floats:
        """What fills at `prices` lie beyond the stops, in bps of the entry."""
        return self.beyond_of(np.arange(len(self.stops)), prices)

    def beyond_of(self, chosen: Times, prices: Floats) -> Floats:
        """The same for the chosen stops alone."""
        found: Floats = self.side * (self.stops[chosen] - prices) / self.entries[chosen] * BPS
        return found

    def price(self, at_ms: Floats) -> Floats:
        """The price on the way at moments, shape (asked,)."""
        interval_ms = self.candles.interval_ms
        bars = (at_ms // interval_ms).astype(np.int64)
        return self.paths.price(bars, at_ms - bars * interval_ms)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Closed:
    """What a kind made of every touched stop; shape (stops,).

    Attributes:
        losses: bps beyond the stop; NaN where it never closed.
        left: where the price stood when it was no more watched, bps beyond the stop; of all.
        missed: its first look came when the price was back; of polls.
        worst: the worst price until then, bps beyond the stop; of stop-limits.
    """

    losses: Floats
    left: Floats
    missed: Flags | None = None
    worst: Floats | None = None


def at_end(touched: Touched) -> Floats:
    """Where the price stood when the hold ended, bps beyond the stops."""
    bars = (touched.until_ms // touched.candles.interval_ms).astype(np.int64) - 1
    return touched.beyond(touched.candles.close[bars])
