"""Orders of every type over REST: place, query, list, cancel, and the fills that came of them."""

from typing import Final

from jackline.exchange.bingx.book import AttachedTexts
from jackline.exchange.bingx.call import Call, Route
from jackline.exchange.bingx.errors import wrong
from jackline.exchange.bingx.names import read_market, read_market_or_all
from jackline.exchange.bingx.order_head import Kind
from jackline.exchange.bingx.order_payloads import fill_row, order_row, placed_row
from jackline.exchange.bingx.order_requests import Entry, Standing, read_placement
from jackline.exchange.bingx.records import Record, cancel, every, found, living, of_algo
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.order_routes import read_span
from jackline.exchange.wire.params import Params, need

LISTING_DEFAULT: Final = 500
LISTING_MAX: Final = 1_000


def place(call: Call) -> Json:
    return {"order": placed_row(call.book, placed(call))}


def placed(call: Call) -> Record:
    """Reads a placement and carries it out. Raises BingxError or VenueError."""
    asked = read_placement(call)
    call.finish()
    return carry_out(call, asked)


def carry_out(call: Call, asked: Entry | Standing) -> Record:
    """Raises VenueError."""
    account, book = call.account, call.book
    if isinstance(asked, Standing):
        algo = call.venue.place_algo(account, asked.request)
        if asked.kind.value != algo.type.value:
            book.types[algo.algo_id] = asked.kind.value
        return of_algo(account, algo)
    order = call.venue.place_entry(account, asked.request, asked.legs)
    if asked.texts != AttachedTexts():
        book.attached[order.order_id] = asked.texts
    return Record(order=account.orders[order.order_id], algo=None)


def read_named(
    call: Call,
    *,
    id_name: str = "orderId",
    client_names: tuple[str, ...] = ("clientOrderID", "clientOrderId"),
) -> Record:
    """The order that a request names by either id. Raises BingxError: 109400 without one, 109421."""
    params = call.params
    order_id = params.integer(id_name)
    client_id = next((sent for name in client_names if (sent := params.text(name)) is not None), None)
    if order_id is None and client_id is None:
        raise wrong(f"{id_name}: required, or a client id")
    return found(call.account, order_id=order_id, client_id=client_id)


def _of_market(call: Call) -> Record:
    market = read_market(call.venue, call.params)
    record = read_named(call)
    call.finish()
    if record.symbol != market.symbol.name:
        return found(call.account, order_id=None, client_id=None)
    return record


def query(call: Call) -> Json:
    return {"order": order_row(call.book, call.account, _of_market(call))}


def query_open(call: Call) -> Json:
    record = _of_market(call)
    if not record.open:
        record = found(call.account, order_id=None, client_id=None)
    return {"order": order_row(call.book, call.account, record)}


def cancel_one(call: Call) -> Json:
    record = cancel(call.venue, call.account, _of_market(call))
    return {"order": order_row(call.book, call.account, record)}


def _wanted_types(params: Params) -> Kind | None:
    return params.word("type", Kind, code=-1116)


def _living(call: Call) -> list[Record]:
    market, kind = read_market_or_all(call.venue, call.params), _wanted_types(call.params)
    call.finish()
    name = None if market is None else market.symbol.name
    rows = [one for one in living(call.account) if name in {None, one.symbol}]
    return [one for one in rows if kind is None or _type_of(call, one) == kind.value]


def _type_of(call: Call, record: Record) -> str:
    return call.book.types.get(record.order_id, record.type.value)


def list_open(call: Call) -> Json:
    return {"orders": [order_row(call.book, call.account, one) for one in _living(call)]}


def cancel_open(call: Call) -> Json:
    """Everything, stops included."""
    records = _living(call)
    done = [cancel(call.venue, call.account, one) for one in records]
    return {"success": [order_row(call.book, call.account, one) for one in done], "failed": None}


def list_all(call: Call) -> Json:
    params = call.params
    market, from_id, span = (
        read_market_or_all(call.venue, params),
        params.integer("orderId"),
        read_span(params),
    )
    params.text("currency")
    limit = params.limit(default=LISTING_DEFAULT, largest=LISTING_MAX)
    call.finish()
    name = None if market is None else market.symbol.name
    rows = [
        one
        for one in every(call.account)
        if name in {None, one.symbol} and one.created_ms in span and one.order_id >= (from_id or 0)
    ]
    rows.sort(key=lambda one: one.created_ms)
    return {"orders": [order_row(call.book, call.account, one) for one in rows[-limit:]]}


def fills(call: Call) -> Json:
    """All fills of a span, whose two ends are mandatory."""
    params = call.params
    if need(params.text("tradingUnit"), "tradingUnit") not in {"COIN", "CONT"}:
        raise wrong("tradingUnit: COIN or CONT")
    start_ms, end_ms = need(params.integer("startTs"), "startTs"), need(params.integer("endTs"), "endTs")
    market, order_id = read_market_or_all(call.venue, params), params.integer("orderId")
    params.text("currency")
    call.finish()
    name = None if market is None else market.symbol.name
    rows = [
        fill_row(call.account, one)
        for one in call.account.fills
        if start_ms <= one.wire_ms <= end_ms and name in {None, one.symbol}
    ]
    return {"fill_orders": [one for one in rows if order_id is None or one["orderId"] == str(order_id)]}


ROUTES: Final = (
    Route(method="POST", path="/openApi/swap/v2/trade/order", handler=place, per_second=3),
    Route(method="GET", path="/openApi/swap/v2/trade/order", handler=query, per_second=2),
    Route(method="DELETE", path="/openApi/swap/v2/trade/order", handler=cancel_one, per_second=3),
    Route(method="GET", path="/openApi/swap/v2/trade/openOrder", handler=query_open, per_second=2),
    Route(method="GET", path="/openApi/swap/v2/trade/openOrders", handler=list_open, per_second=3),
    Route(method="DELETE", path="/openApi/swap/v2/trade/allOpenOrders", handler=cancel_open, per_second=2),
    Route(method="GET", path="/openApi/swap/v2/trade/allOrders", handler=list_all, per_second=3),
    Route(method="GET", path="/openApi/swap/v1/trade/fullOrder", handler=list_all, per_second=3),
    Route(method="GET", path="/openApi/swap/v2/trade/allFillOrders", handler=fills, per_second=2),
)
