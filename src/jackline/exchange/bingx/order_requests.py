"""A placement as BingX reads it: one parameter list for every type of order, and what it refuses before the venue is
asked."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from jackline.exchange.account import Account
from jackline.exchange.bingx import legs as attached
from jackline.exchange.bingx.book import AttachedTexts
from jackline.exchange.bingx.call import Call
from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.bingx.names import read_market
from jackline.exchange.bingx.prices import check_trigger_side, read_working_type
from jackline.exchange.checks import reducible_quantity
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.market import Market
from jackline.exchange.orders import OrderRequest
from jackline.exchange.triggers import reference
from jackline.exchange.values import (
    ZERO,
    OrderType,
    PositionSide,
    Side,
    TimeInForce,
    WorkingType,
    text,
    to_step,
)
from jackline.exchange.wire.params import Params, need

CLIENT_ID_LENGTH_MAX: Final = 40


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


class Tif(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    POST_ONLY = "PostOnly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A MARKET or LIMIT order with what travels with it."""

    request: OrderRequest
    legs: tuple[AlgoRequest, ...]
    texts: AttachedTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A conditional order of its own."""

    request: AlgoRequest
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
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


def read_placement(call: Call) -> Entry | Standing:
    """Reads every parameter of a placement. Raises BingxError."""
    params, account = call.params, call.account
    head = _read_head(call)
    client_id = _read_client_id(call, head.kind)
    tif = params.word("timeInForce", Tif, code=-1115) or Tif.GTC
    if params.text("stopGuaranteed") not in {None, "false"}:
        raise wrong("stopGuaranteed: not served here")
    stop_loss = attached.read_leg(params, "stopLoss", strict=call.strict)
    take_profit = attached.read_leg(params, "takeProfit", strict=call.strict)
    working_type = read_working_type(params.text("workingType"))
    if not head.kind.plain:
        if stop_loss is not None or take_profit is not None:
            raise wrong("stopLoss and takeProfit go with MARKET and LIMIT only")
        return Standing(request=_standing(params, account, head, working_type), kind=head.kind)
    if head.close_position:
        raise wrong("closePosition: STOP_MARKET and TAKE_PROFIT_MARKET only")
    if head.reducing and (stop_loss is not None or take_profit is not None):
        raise wrong("stopLoss and takeProfit go with orders that open")
    _check_reducible(account, head)
    entry = OrderRequest(
        symbol=head.market.symbol.name,
        side=head.side,
        position_side=head.position_side,
        type=OrderType(head.kind.value),
        quantity=head.quantity,
        price=head.price,
        time_in_force=TimeInForce.GTX if tif is Tif.POST_ONLY else TimeInForce(tif.value),
        reduce_only=head.reduce_only,
        client_id=client_id,
    )
    legs = tuple(
        attached.leg_request(head.market, entry, leg, hedge=account.hedge)
        for leg in (stop_loss, take_profit)
        if leg is not None
    )
    texts = AttachedTexts(
        stop_loss=params.peek("stopLoss") if stop_loss else "",
        take_profit=params.peek("takeProfit") if take_profit else "",
    )
    return Entry(request=entry, legs=legs, texts=texts)


def _read_head(call: Call) -> _Head:
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
    return _Head(
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


def _read_client_id(call: Call, kind: Kind) -> str | None:
    """Lower-cased, as BingX does; only plain orders have one. A lenient venue drops that of another order."""
    sent = call.params.text("clientOrderID") or call.params.text("clientOrderId")
    if sent is None:
        return None
    if len(sent) > CLIENT_ID_LENGTH_MAX:
        raise wrong(f"clientOrderID: more than {CLIENT_ID_LENGTH_MAX} characters")
    if not kind.plain:
        if call.strict:
            raise wrong("clientOrderID: MARKET and LIMIT only")
        return None
    client_id = sent.lower()
    if client_id in call.account.order_ids:
        raise refusal(101400, reason="clientOrderID unique check failed")
    return client_id


def _check_reducible(account: Account, head: _Head) -> None:
    """101290 for a reduce-only order without a position, 101205 for the closing side of none, 110424 for more than
    there is in hedge mode."""
    if not head.reducing:
        return
    available = _available(account, head)
    if available == 0:
        raise refusal(101205 if account.hedge else 101290)
    if account.hedge and head.quantity > available:
        raise refusal(110424)


def _available(account: Account, head: _Head) -> Decimal:
    return reducible_quantity(
        account, symbol=head.market.symbol.name, position_side=head.position_side, side=head.side
    )


def _standing(params: Params, account: Account, head: _Head, working_type: WorkingType) -> AlgoRequest:
    trigger_price, activate_price = params.decimal("stopPrice"), params.decimal("activationPrice")
    rate = params.decimal("priceRate")
    if head.close_position and head.kind not in {Kind.STOP_MARKET, Kind.TAKE_PROFIT_MARKET}:
        raise wrong("closePosition: STOP_MARKET and TAKE_PROFIT_MARKET only")
    if (head.reducing or head.kind is Kind.TRAILING_TP_SL) and not _available(account, head):
        raise refusal(101205)
    callback: Decimal | None = None
    price = reference(working_type, head.market)
    if head.kind.trailing:
        type_, trigger_price = OrderType.TRAILING_STOP_MARKET, None
        callback = _callback(rate, head.price, price)
    else:
        if trigger_price is None or trigger_price <= 0:
            raise wrong(f"stopPrice: required for {head.kind.value}")
        type_ = _venue_type(head, trigger_price, price)
        check_trigger_side(type_, head.side, trigger_price=trigger_price, price=price)
        _check_single_stop(account, head, type_)
    return AlgoRequest(
        symbol=head.market.symbol.name,
        side=head.side,
        position_side=head.position_side,
        type=type_,
        quantity=head.quantity,
        price=head.price if type_.limited else None,
        trigger_price=trigger_price,
        activate_price=activate_price if head.kind.trailing else None,
        callback_fraction=callback,
        time_in_force=TimeInForce.GTC,
        working_type=working_type,
        close_position=head.close_position,
        reduce_only=head.reduce_only,
        price_protect=False,
        client_id=None,
    )


def _venue_type(head: _Head, trigger_price: Decimal, price: Decimal) -> OrderType:
    """A TRIGGER order waits on either side of the price: as a stop beyond it, as a target before it."""
    if head.kind not in {Kind.TRIGGER_MARKET, Kind.TRIGGER_LIMIT}:
        return OrderType(head.kind.value)
    stop = (trigger_price > price) is (head.side is Side.BUY)
    if head.kind is Kind.TRIGGER_MARKET:
        return OrderType.STOP_MARKET if stop else OrderType.TAKE_PROFIT_MARKET
    return OrderType.STOP if stop else OrderType.TAKE_PROFIT


def _callback(rate: Decimal | None, distance: Decimal | None, price: Decimal) -> Decimal:
    """The distance of a trailing stop as a share of the price; one in quote is turned into that at once."""
    if rate is None and distance is not None and distance > 0:
        rate = distance / price
    if rate is None or not 0 < rate <= 1:
        raise wrong("priceRate: in (0, 1]")
    return rate


def _check_single_stop(account: Account, head: _Head, type_: OrderType) -> None:
    """One stop-loss per position, wherever it came from. What merely may reverse it is none."""
    if not head.reducing or type_.takes_profit or head.kind not in {Kind.STOP_MARKET, Kind.STOP}:
        return
    name = head.market.symbol.name
    for other in account.open_algos.values():
        same = (other.symbol, other.side, other.position_side) == (name, head.side, head.position_side)
        if same and other.reducing and other.type in {OrderType.STOP_MARKET, OrderType.STOP}:
            raise refusal(110406)
