"""Wishes about the limits of the account, and results that its engine did not see, as `step` hears them. `position` is
the command's place in the desk: what was read up to there is not read again."""

from __future__ import annotations

from dataclasses import dataclass

from jackline.core.risk_limits import RiskLimits
from jackline.core.values import Quote, Symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsAsked:
    """Other limits. `before`: those that whoever asks has seen; where others are in force nothing changes."""

    before: RiskLimits
    after: RiskLimits
    actor: str
    reason: str
    command_id: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTradeTold:
    """A closed trade that was made elsewhere, by the word of an operator. `pnl_quote` after fees."""

    trade_id: str
    symbol: Symbol
    pnl_quote: Quote
    actor: str
    command_id: str
    position: int
