"""How a backtest is played."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.research.backtest.street import Transport
from jackline.research.costs import JUMP_LEG_FRACTION, Costs

BALANCE_QUOTE = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestSettings:
    """How a backtest is played.

    Attributes:
        from_ms, to_ms: bars that open from the first on and before the second are traded; what lies before is history.
        resets_next_day: an operator resets a tripped kill switch at the next midnight, UTC; else it stays.
        walks_all: walk every bar while something is open, also where nobody could notice, and wait for every look at
            the clock, also where it finds nothing to do; slower, and the same.
        allows_training_overlap: a model may decide on bars that it has learnt from, and every figure says so.
    """

    balance_quote: Decimal = BALANCE_QUOTE
    costs: Costs = Costs()
    jump_leg_fraction: Decimal = JUMP_LEG_FRACTION
    from_ms: int | None = None
    to_ms: int | None = None
    transport: Transport = Transport.DIRECT
    resets_next_day: bool = True
    walks_all: bool = False
    allows_training_overlap: bool = False
