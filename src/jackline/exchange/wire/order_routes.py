"""Plain orders over REST: place, query, list, cancel, and the trades that came of them."""

import re
from collections.abc import Sequence
from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.orders import Amendment, Order, OrderRequest
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce
from jackline.exchange.wire import order_payloads
from jackline.exchange.wire.call import Call, Route, one_order
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.params import Params, need

CLIENT_ID: Final = re.compile(r"^[.A-Z:/a-z0-9_-]{1,36}$")
LISTING_DEFAULT: Final = 500
LISTING_MAX: Final = 1_000


def place(call: Call) -> Json:
    params = call.params
    request = _request(params, hedge=call.account.hedge)
    detailed = params.text("newOrderRespType")
    if detailed not in {None, "ACK", "RESULT"}:
        raise VenueError(-1130, name="newOrderRespType")
    call.finish()
    order = call.venue.place_order(call.account, request)
    if detailed == "RESULT":
        return order_payloads.order_payload(order, fill_prices=call.options.fill_prices)
    return order_payloads.order_ack(order, fill_prices=call.options.fill_prices)


def _request(params: Params, *, hedge: bool) -> OrderRequest:
    """Reads a placement and refuses combinations the venue does not know."""
    symbol = need(params.symbol(), "symbol")
    side = need(params.word("side", Side, code=-1117), "side")
    kind = need(params.word("type", OrderType, code=-1116), "type")
    if kind.conditional:
        raise VenueError(-4120)
    limited = kind is OrderType.LIMIT
    price = params.decimal("price")
    sent_tif = params.word("timeInForce", TimeInForce, code=-1115)
    if limited:
        need(sent_tif, "timeInForce")
        need(price, "price")
    elif price is not None:
        raise VenueError(-1106, name="price")
    elif sent_tif is not None:
        raise VenueError(-1106, name="timeInForce")
    reduce_only = read_reduce_only(params, hedge=hedge)
    read_self_trade_prevention(params)
    return OrderRequest(
        symbol=symbol,
        side=side,
        position_side=read_position_side(params),
        type=kind,
        quantity=need(params.decimal("quantity"), "quantity"),
        price=price,
        time_in_force=order_payloads.plain_time_in_force(sent_tif, TimeInForce.GTC),
        reduce_only=reduce_only,
        client_id=read_client_id(params, "newClientOrderId"),
    )


def read_position_side(params: Params) -> PositionSide:
    return params.word("positionSide", PositionSide, code=-1130) or PositionSide.BOTH


def read_reduce_only(params: Params, *, hedge: bool) -> bool:
    """-1106 where it is sent at all in hedge mode: there the position side says what may be reduced."""
    value = params.boolean("reduceOnly")
    if value is not None and hedge:
        raise VenueError(-1106, name="reduceOnly")
    return bool(value)


def read_client_id(params: Params, name: str) -> str | None:
    value = params.text(name)
    if value is not None and not CLIENT_ID.match(value):
        raise VenueError(-1100, name=name)
    return value


def read_self_trade_prevention(params: Params) -> None:
    """Accepted in its four forms and without effect: nobody else trades here."""
    if params.text("selfTradePreventionMode") not in {
        None,
        "NONE",
        "EXPIRE_TAKER",
        "EXPIRE_MAKER",
        "EXPIRE_BOTH",
    }:
        raise VenueError(-1130, name="selfTradePreventionMode")


def _named(call: Call, *, code: int) -> Order:
    """The order a request names by either id; by client id the latest one. Raises VenueError with `code`."""
    symbol = need(call.params.symbol(), "symbol")
    order_id = call.params.integer("orderId")
    client_id = call.params.text("origClientOrderId")
    if order_id is None and client_id is None:
        raise VenueError(-1102, name="origClientOrderId")
    call.finish()
    if order_id is None:
        order_id = call.account.order_ids.get(client_id or "")
    order = call.account.orders.get(order_id or 0)
    if order is None or order.symbol != symbol:
        raise VenueError(code)
    return order


def query(call: Call) -> Json:
    return order_payloads.order_payload(_named(call, code=-2013))


def query_open(call: Call) -> Json:
    order = _named(call, code=-2013)
    if not order.status.open:
        raise VenueError(-2013)
    return order_payloads.order_payload(order)


def cancel(call: Call) -> Json:
    order = call.venue.cancel_order(call.account, _named(call, code=-2011))
    return order_payloads.order_payload(order, fill_prices=call.options.fill_prices)


def amend(call: Call) -> Json:
    """Another price or quantity for an open LIMIT order."""
    params = call.params
    amendment = Amendment(
        side=need(params.word("side", Side, code=-1117), "side"),
        quantity=need(params.decimal("quantity"), "quantity"),
        price=need(params.decimal("price"), "price"),
    )
    order = call.venue.amend_order(call.account, _named(call, code=-2013), amendment)
    return order_payloads.order_payload(order, fill_prices=call.options.fill_prices)


def _open(call: Call, symbol: str | None) -> Sequence[Order]:
    if symbol is not None:
        call.venue.state.market(symbol)
    return [order for order in call.account.open_orders.values() if symbol in {None, order.symbol}]


def list_open(call: Call) -> Json:
    symbol = call.params.symbol()
    call.finish()
    return [order_payloads.order_payload(order) for order in _open(call, symbol)]


def cancel_open(call: Call) -> Json:
    symbol = need(call.params.symbol(), "symbol")
    call.finish()
    for order in _open(call, symbol):
        call.venue.cancel_order(call.account, order)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def list_all(call: Call) -> Json:
    """From `orderId` on where it is given, else the latest of the time span."""
    params = call.params
    symbol = need(params.symbol(), "symbol")
    from_id, span = params.integer("orderId"), read_span(params)
    limit = params.limit(default=LISTING_DEFAULT, largest=LISTING_MAX)
    call.finish()
    rows = [
        order for order in call.account.orders.values() if order.symbol == symbol and order.created_ms in span
    ]
    if from_id is not None:
        rows = [order for order in rows if order.order_id >= from_id][:limit]
    return [order_payloads.order_payload(order) for order in rows[-limit:]]


def read_span(params: Params) -> range:
    """StartTime and endTime, both included, in wire milliseconds."""
    start_ms, end_ms = params.integer("startTime"), params.integer("endTime")
    return range(0 if start_ms is None else start_ms, 2**63 if end_ms is None else end_ms + 1)


def trades(call: Call) -> Json:
    """From `fromId` or `startTime` on the oldest rows first; with neither the latest ones."""
    params = call.params
    symbol = need(params.symbol(), "symbol")
    from_id, order_id = params.integer("fromId"), params.integer("orderId")
    anchored = from_id is not None or params.text("startTime") is not None
    span = read_span(params)
    limit = params.limit(default=LISTING_DEFAULT, largest=LISTING_MAX)
    call.finish()
    rows = [
        fill
        for fill in call.account.fills
        if fill.symbol == symbol
        and fill.wire_ms in span
        and fill.trade_id >= (from_id or 0)
        and order_id in {None, fill.order_id}
    ]
    return [order_payloads.trade_payload(fill) for fill in (rows[:limit] if anchored else rows[-limit:])]


ROUTES: Final = (
    Route(method="POST", path="/fapi/v1/order", handler=place, weight=0, orders=one_order),
    Route(method="GET", path="/fapi/v1/order", handler=query),
    Route(method="DELETE", path="/fapi/v1/order", handler=cancel),
    Route(method="PUT", path="/fapi/v1/order", handler=amend, weight=0, orders=one_order),
    Route(method="GET", path="/fapi/v1/openOrder", handler=query_open),
    Route(method="GET", path="/fapi/v1/openOrders", handler=list_open, weight_all=40),
    Route(method="DELETE", path="/fapi/v1/allOpenOrders", handler=cancel_open),
    Route(method="GET", path="/fapi/v1/allOrders", handler=list_all, weight=5),
    Route(method="GET", path="/fapi/v1/userTrades", handler=trades, weight=5),
)
