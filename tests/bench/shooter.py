"""The strategy of tests/bench/scanned.py, as a user's file: at one close it computes for every symbol, at another for
none; at both it wants the first few. When it was asked stands in a file beside it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.parameters import check_parameters, parameter
from jackline.strategies.supertrend import SuperTrend

MINUTE_MS = 60_000
TREND = SuperTrend()
ROUND_BARS = 3
"""One that fires, and two in which the trades end."""


@cache
def record() -> int:
    """The file of the questions, opened at the first one."""
    return os.open(f"{__file__}.asked", os.O_WRONLY | os.O_CREAT | os.O_APPEND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shooter:
    """Long on symbols S000 … at the first bar of every round; of two rounds the second is computed for."""

    wanted: int = parameter(4, low=1, high=20, unit="symbols")

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        return "shooter"

    @property
    def warmup_bars(self) -> int:
        return TREND.warmup_bars

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """What SuperTrend says is thrown away: it is asked for the time it takes."""
        newest = bars[-1]
        turn, place = divmod(newest.open_ms // MINUTE_MS, ROUND_BARS)
        if place:
            return None
        if turn % 2:
            TREND.signal(bars)
        os.write(record(), b"%d %d %d\n" % (turn, int(newest.symbol[1:4]), time.time_ns()))
        return Signal(side=Side.LONG, reason="shot") if int(newest.symbol[1:4]) < self.wanted else None
