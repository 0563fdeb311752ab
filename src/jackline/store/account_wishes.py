"""Arguments of commands about the account as a whole, as the desk keeps them and as `step` hears them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from jackline.core.events import Receipt
from jackline.core.limit_events import LimitsAsked, OutsideTradeTold
from jackline.core.risk_limits import RiskLimits
from jackline.core.values import Quote, Symbol
from jackline.store.key_wishes import KeyWish


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsWish:
    """Other limits than those that whoever asks has seen."""

    before: RiskLimits
    after: RiskLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideTradeWish:
    """A closed trade that was made elsewhere. Only the sign of its result is acted upon."""

    trade_id: str
    symbol: Symbol
    pnl_quote: Quote


AccountWish = LimitsWish | OutsideTradeWish | KeyWish


def account_event(
    wish: LimitsWish | OutsideTradeWish, *, actor: str, reason: str, receipt: Receipt
) -> LimitsAsked | OutsideTradeTold:
    """The event that a wish becomes."""
    match wish:
        case LimitsWish():
            return LimitsAsked(
                before=wish.before,
                after=wish.after,
                actor=actor,
                reason=reason,
                command_id=receipt.command_id,
                position=receipt.position,
            )
        case OutsideTradeWish():
            return OutsideTradeTold(
                trade_id=wish.trade_id,
                symbol=wish.symbol,
                pnl_quote=wish.pnl_quote,
                actor=actor,
                command_id=receipt.command_id,
                position=receipt.position,
            )
        case _:
            assert_never(wish)
