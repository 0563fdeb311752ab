"""What every placement names, whatever its type: market, side, position side, size, and what they may be together."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.exchange.account import Account
from jackline.exchange.bingx.call import Call
from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.bingx.names import read_market
from jackline.exchange.checks import reducible_quantity
from jackline.exchange.market import Market
from jackline.exchange.values import ZERO, PositionSide, Side, text, to_step
from jackline.exchange.wire.params import Params, need


class Kind(StrEnum):
    """Order types as BingX spells them."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_MARKET = "STOP_MARKET"
    STOP = "STOP"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"
    TRAILING_TP_SL = "TRAILING_TP_SL"
    TRIGGER_MARKET = "TRIGGER_MARKET"
    TRIGGER_LIMIT = "TRIGGER_LIMIT"

    @property
    def plain(self) -> bool:
        return self in {Kind.MARKET, Kind.LIMIT}

    @property
    def trailing(self) -> bool:
        return self in {Kind.TRAILING_STOP_MARKET, Kind.TRAILING_TP_SL}

    @property
    def limited(self) -> bool:
        return self in {Kind.LIMIT, Kind.STOP, Kind.TAKE_PROFIT, Kind.TRIGGER_LIMIT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What every placement names. `reducing`: it can only make a position smaller."""

    market: Market
    kind: Kind
    side: Side
    position_side: PositionSide
    reduce_only: bool
    close_position: bool
    reducing: bool
    price: Decimal | None
    quantity: Decimal


def read_head(call: Call) -> Head:
    """Raises BingxError: 109425, 101400, or 109400 for what does not fit the account's mode or the order's type."""
    params, account = call.params, call.account
    market = read_market(call.venue, params)
    side = need(params.word("side", Side, code=-1117), "side")
    kind = need(params.word("type", Kind, code=-1116), "type")
    # One-way accounts must say BOTH: what is left out means LONG.
    position_side = params.word("positionSide", PositionSide, code=-1130) or PositionSide.LONG
    if account.hedge is (position_side is PositionSide.BOTH):
        raise wrong(
            "positionSide: in the Hedge mode only LONG or SHORT, in the One-way mode only BOTH"
            if account.hedge
            else "positionSide: in the One-way mode, the 'PositionSide' field can only be set to BOTH"
        )
    sent_reduce_only = params.boolean("reduceOnly")
    if account.hedge and sent_reduce_only is not None:
        raise wrong("reduceOnly: in the Hedge mode, the 'ReduceOnly' field can not be filled")
    close_position = bool(params.boolean("closePosition"))
    if close_position and not account.hedge:
        raise wrong("closePosition: not in the One-way mode")
    price = params.decimal("price")
    if kind.limited and price is None:
        raise wrong(f"price: required for {kind.value}")
    reduce_only = bool(sent_reduce_only)
    return Head(
        market=market,
        kind=kind,
        side=side,
        position_side=position_side,
        reduce_only=reduce_only,
        close_position=close_position,
        reducing=account.can_only_reduce(side=side, position_side=position_side, reduce_only=reduce_only),
        price=price if kind.limited or kind.trailing else None,
        quantity=_read_quantity(params, market, closing=close_position),
    )


def _read_quantity(params: Params, market: Market, *, closing: bool) -> Decimal:
    """Base units; `quoteOrderQty` is turned into them at the last price. None goes with closePosition."""
    quantity, quote = params.decimal("quantity"), params.decimal("quoteOrderQty")
    if closing:
        if quantity is not None or quote is not None:
            raise wrong("quantity: not with closePosition")
        return ZERO
    symbol = market.symbol
    if quantity is None and quote is not None:
        quantity = to_step(quote / market.last, symbol.step)
    if quantity is None:
        raise wrong("quantity: required")
    if quantity < symbol.step:
        raise refusal(101400, reason=f"The minimum order amount is {text(symbol.step)} {symbol.base}.")
    return quantity


def available(account: Account, head: Head) -> Decimal:
    """How much of a position this side would reduce, in base units; 0 without one."""
    return reducible_quantity(
        account, symbol=head.market.symbol.name, position_side=head.position_side, side=head.side
    )
