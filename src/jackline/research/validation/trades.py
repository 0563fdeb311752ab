"""Trades of one setting as columns: what every statistic of validation is made of."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from jackline.data.candles import Candles, Floats

Bars = NDArray[np.int64]
Flags = NDArray[np.bool_]

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Closed trades in order of their entries; each array has shape (trades,).

    Attributes:
        decided_bar: at whose close the entry was decided.
        entry_bar, exit_bar: in which they were filled; the entry at the open of its bar.
        side: +1 long, −1 short.
        stop_price: the trigger of the stop that rested when the trade ended.
        stopped: whether that stop ended it.
        net_fraction: result after fees, slippage and funding, as a fraction of the notional at entry.
        cost_fraction: what these took, as the same fraction: what a stress multiplies.
    """

    decided_bar: Bars
    entry_bar: Bars
    exit_bar: Bars
    side: Bars
    entry_price: Floats
    exit_price: Floats
    stop_price: Floats
    stopped: Flags
    net_fraction: Floats
    cost_fraction: Floats

    def __len__(self) -> int:
        return len(self.entry_bar)

    def where(self, kept: Flags) -> Trades:
        """Those of a mask of shape (trades,)."""
        return Trades(**{one.name: getattr(self, one.name)[kept] for one in fields(self)})


def day_of(candles: Candles) -> Bars:
    """Number of the UTC day of each bar, 0 for the first bar's. Shape (bars,)."""
    found: Bars = candles.open_ms // DAY_MS - candles.open_ms[0] // DAY_MS
    return found


def day_returns(trades: Trades, days: Bars) -> Floats:
    """Sum of results by the UTC day of the exit, zero on days without one. `days` as `day_of` gives them."""
    count = int(days[-1]) + 1
    return np.bincount(days[trades.exit_bar], weights=trades.net_fraction, minlength=count).astype(np.float64)
