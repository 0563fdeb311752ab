"""A conditional order of its own: where its trigger lies, what it may do, and what already stands."""

from decimal import Decimal

from jackline.exchange.account import Account
from jackline.exchange.bingx.errors import refusal, wrong
from jackline.exchange.bingx.order_head import Head, Kind, available
from jackline.exchange.bingx.prices import check_trigger_side
from jackline.exchange.conditions import AlgoRequest
from jackline.exchange.triggers import reference
from jackline.exchange.values import OrderType, Side, TimeInForce, WorkingType
from jackline.exchange.wire.params import Params


def standing_request(params: Params, account: Account, head: Head, working_type: WorkingType) -> AlgoRequest:
    """Raises BingxError: 101205 without a position to reduce, 110406, 110411 to 110414, or 109400."""
    trigger_price, activate_price = params.decimal("stopPrice"), params.decimal("activationPrice")
    rate = params.decimal("priceRate")
    if head.close_position and head.kind not in {Kind.STOP_MARKET, Kind.TAKE_PROFIT_MARKET}:
        raise wrong("closePosition: STOP_MARKET and TAKE_PROFIT_MARKET only")
    if head.close_position and not head.reducing:
        raise wrong("closePosition: the closing side only, SELL with LONG and BUY with SHORT")
    if (head.reducing or head.kind is Kind.TRAILING_TP_SL) and not available(account, head):
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


def _venue_type(head: Head, trigger_price: Decimal, price: Decimal) -> OrderType:
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


def _check_single_stop(account: Account, head: Head, type_: OrderType) -> None:
    """One stop-loss per position, wherever it came from. What merely may reverse it is none."""
    if not head.reducing or type_.takes_profit or head.kind not in {Kind.STOP_MARKET, Kind.STOP}:
        return
    name = head.market.symbol.name
    for other in account.open_algos.values():
        same = (other.symbol, other.side, other.position_side) == (name, head.side, head.position_side)
        if same and other.reducing and other.type in {OrderType.STOP_MARKET, OrderType.STOP}:
            raise refusal(110406)
