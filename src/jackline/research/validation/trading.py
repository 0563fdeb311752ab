"""The sweep kernel at the gate's desk: settings to results by day, one setting to its trades."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jackline.core.settings import RiskSettings
from jackline.data.candles import Candles
from jackline.research.sweep.bar_rules import STOP
from jackline.research.sweep.market import Prepared
from jackline.research.sweep.points import Points, fraction_of
from jackline.research.sweep.runs import run_points, trades_of
from jackline.research.sweep.signals import Signals
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import Trades

STEP_ROOM = 0.001
"""Of price: a stop is moved only where it gets closer by at least some basis points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """A market on which settings are traded. `parallel`: on all cores; without it on one, for a process among many."""

    prepared: Prepared
    risk: RiskSettings
    parallel: bool = True

    @property
    def candles(self) -> Candles:
        """The bars."""
        return self.prepared.candles

    def daily(self, signals: Signals, points: Points) -> Floats:
        """Results by the day of the exit, as fractions of the notional of each trade. Shape (days, points)."""
        found = run_points(
            self.prepared, signals, points, self.risk, parallel=self.parallel, daily=True
        ).daily
        return np.ascontiguousarray(found.T)

    def trades(self, signals: Signals, point: Points) -> Trades:
        """Of the first point, with what their costs were: fees, funding, and slippage at both fills."""
        found = trades_of(self.prepared, signals, point, self.risk)
        stop = found.stop_price
        if point.columns["trail"][0]:
            # Where it stood when the bar opened is not on record; that it was no looser than planned is.
            planned = float(fraction_of(int(point.columns["stop"][0]))) + STEP_ROOM
            stop = found.entry_price * (1 - found.side * planned)
        slipped = 2 * float(self.prepared.costs.slippage_fraction)
        return Trades(
            decided_bar=found.decided_bar,
            entry_bar=found.entry_bar,
            exit_bar=found.exit_bar,
            side=found.side,
            entry_price=found.entry_price,
            exit_price=found.exit_price,
            stop_price=stop,
            stopped=found.reason == STOP,
            net_fraction=found.net,
            cost_fraction=found.gross - found.net + slipped,
        )


def values_of(points: Points, number: int) -> Mapping[str, float]:
    """A setting in plain numbers: fractions, and times in ms."""
    times = ("hold", "cooldown")
    return {
        name: float(column[number]) if name in times else float(fraction_of(int(column[number])))
        for name, column in points.columns.items()
    }
