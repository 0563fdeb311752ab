"""What a sweep is told to pay: the options that `jackline backtest` has, for the same costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jackline.research.costs import Costs


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsAsked:
    """As typed; None is the default of research (`research.costs`)."""

    fee: str | None = None
    slippage_bps: str | None = None
    funding_fraction: str | None = None
    funding: Path | None = None
    jump_leg_fraction: str | None = None


def costs_of(asked: CostsAsked) -> Costs:
    """Raises CommandFailed with the option, the value and the range."""
    from jackline.cli.backtest import _number
    from jackline.research.costs import Costs

    costs = Costs()
    if asked.fee is not None:
        costs = replace(costs, taker_fraction=_number("--fee", asked.fee, "0", "0.01"))
    if asked.slippage_bps is not None:
        costs = replace(costs, slippage_bps=_number("--slippage-bps", asked.slippage_bps, "0", "500"))
    if asked.funding_fraction is not None:
        rate = _number("--funding-fraction", asked.funding_fraction, "-0.01", "0.01")
        costs = replace(costs, funding_fraction=rate)
    return costs


def jump_of(asked: CostsAsked) -> Decimal:
    """From which on a leg of a bar is a jump. Raises CommandFailed."""
    from jackline.cli.backtest import _number
    from jackline.research.costs import JUMP_LEG_FRACTION

    if asked.jump_leg_fraction is None:
        return JUMP_LEG_FRACTION
    return _number("--jump-leg-fraction", asked.jump_leg_fraction, "0.0001", "1")


def rates_of(asked: CostsAsked, symbol: str) -> list[tuple[int, Decimal]] | None:
    """Times and rates of a file of funding; None where none was given. Raises DataRefused."""
    from jackline.cli.backtest import _rates

    return None if asked.funding is None else _rates(asked.funding, symbol)
