"""Candles of one market as columns: what a data set holds and everything in research reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """Completed bars, oldest first; each array has shape (bars,).

    Consecutive bars need not join: an open away from the close before it is a gap in price, and real.

    Attributes:
        symbol: as the venue spells it.
        venue: `binance`, `bingx` or whoever the prices are from; None where nobody says.
        environment: `production`, `testnet` or `generated`; None where nobody says.
        open_ms: UTC epoch ms of each bar's open.
        volume: base units.
    """

    symbol: str
    interval_ms: int
    venue: str | None = None
    environment: str | None = None
    open_ms: Times
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.open_ms)

    @property
    def table(self) -> Floats:
        """Rows open, high, low, close, volume: what `models.features` reads. Shape (5, bars)."""
        return np.stack((self.open, self.high, self.low, self.close, self.volume))

    def part(self, begin: int, end: int) -> Candles:
        """Bars `begin` … `end`, the last left out, as views of these."""
        cut = slice(begin, end)
        return Candles(
            symbol=self.symbol,
            interval_ms=self.interval_ms,
            venue=self.venue,
            environment=self.environment,
            open_ms=self.open_ms[cut],
            open=self.open[cut],
            high=self.high[cut],
            low=self.low[cut],
            close=self.close[cut],
            volume=self.volume[cut],
        )
