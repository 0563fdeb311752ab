"""Several deeds in one request: batches, cancel-and-replace, closing everything, and the timer that cancels it all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeVar

import msgspec

from jackline.exchange.bingx.account_payloads import position_id
from jackline.exchange.bingx.book import Book
from jackline.exchange.bingx.call import Call, Route
from jackline.exchange.bingx.errors import PARAMETER, BingxError, refusal, translated, wrong
from jackline.exchange.bingx.names import read_market, read_market_or_all, spelled
from jackline.exchange.bingx.order_payloads import order_row, placed_row
from jackline.exchange.bingx.order_requests import read_placement
from jackline.exchange.bingx.order_routes import placed, read_named
from jackline.exchange.bingx.records import Record, cancel, found
from jackline.exchange.errors import VenueError
from jackline.exchange.market import Market
from jackline.exchange.orders import Order, OrderRequest
from jackline.exchange.position import Position
from jackline.exchange.values import OrderType, PositionSide, Side, TimeInForce
from jackline.exchange.venue import Venue
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.params import Params, need

BATCH_MAX: Final = 5
CANCELLED_MAX: Final = 10
TIMER_S: Final = range(10, 121)
_STOP: Final = "STOP_ON_FAILURE"
_ALLOW: Final = "ALLOW_FAILURE"

_Result = TypeVar("_Result")


def place_batch(call: Call) -> Json:
    """Each order is judged by itself; what is refused stands among the errors."""
    text = need(call.params.text("batchOrders"), "batchOrders")
    try:
        asked = msgspec.json.decode(text, type=list[dict[str, Any]])
    except msgspec.MsgspecError:
        raise wrong("batchOrders: not a list of orders") from None
    if not 1 <= len(asked) <= BATCH_MAX:
        raise wrong(f"batchOrders: 1 to {BATCH_MAX} orders")
    call.finish()
    orders: list[Json] = []
    errors: list[Json] = []
    for one in asked:
        alone = replace(call, params=Params.of({name: _spelled(value) for name, value in one.items()}))
        done = _tried(lambda alone=alone: placed(alone))  # type: ignore[misc] # bound early, for the loop
        if isinstance(done, BingxError):
            errors.append(
                {"errorCode": done.code, "errorMsg": done.text, "symbol": str(one.get("symbol", ""))}
            )
        else:
            orders.append(placed_row(call.book, done))
    return {"orders": orders, "errors": errors}


def cancel_batch(call: Call) -> Json:
    """By ids of either kind. Clients spell the lists as JSON, and without the quotes."""
    market = read_market(call.venue, call.params)
    ids = [(one, None) for one in _listed(call, "orderIdList")]
    names: list[str] = []
    for spelling in ("clientOrderIdList", "clientOrderIDList"):
        names += _listed(call, spelling)
    call.finish()
    if not 1 <= len(ids) + len(names) <= CANCELLED_MAX:
        raise wrong(f"orderIdList: 1 to {CANCELLED_MAX} ids")
    success: list[Json] = []
    failed: list[Json] = []
    for order_id, client_id in [*ids, *((None, one) for one in names)]:
        done = _tried(lambda i=order_id, c=client_id: _cancel_named(call, market, i, c))  # type: ignore[misc] # bound early
        if isinstance(done, BingxError):
            told = {"orderId": order_id or 0, "clientOrderId": client_id or ""}
            failed.append(told | {"errorCode": done.code, "errorMessage": done.text})
        else:
            success.append(order_row(call.book, call.account, done))
    return {"success": success, "failed": failed or None}


def _cancel_named(call: Call, market: Market, order_id: str | None, client_id: str | None) -> Record:
    if order_id is not None and not (order_id.isascii() and order_id.isdigit()):
        raise wrong(f"orderIdList: {order_id!r}")
    number = None if order_id is None else int(order_id)
    record = found(call.account, order_id=number, client_id=client_id)
    if record.symbol != market.symbol.name:
        raise refusal(109421)
    return cancel(call.venue, call.account, record)


def _listed(call: Call, name: str) -> list[str]:
    sent = call.params.text(name) or ""
    return [one.strip().strip('"') for one in sent.strip("[]").split(",") if one.strip()]


def _spelled(value: object) -> str:
    """A value of the array as a form would carry it."""
    if isinstance(value, bool):
        return str(value).lower()
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)


def _tried(deed: Callable[[], _Result]) -> _Result | BingxError:
    try:
        return deed()
    except BingxError as refused:
        return refused
    except VenueError as refused:
        return translated(refused)


def cancel_replace(call: Call) -> Json:
    """Cancels one order, then places another, with nobody in between.

    What is malformed is refused whole. With STOP_ON_FAILURE a cancel that fails is the answer; a new order that the
    venue refuses *after* the cancel is told under code 0 (`replaceResult` "false"): the reference names both results
    and no code for it.
    """
    mode = need(call.params.text("cancelReplaceMode"), "cancelReplaceMode")
    if mode not in {_STOP, _ALLOW}:
        raise wrong(f"cancelReplaceMode: {_STOP} or {_ALLOW}")
    restriction = call.params.text("cancelRestrictions")
    if restriction not in {None, "ONLY_NEW", "ONLY_PENDING", "ONLY_PARTIALLY_FILLED"}:
        raise wrong("cancelRestrictions")
    names = ("cancelClientOrderID", "cancelClientOrderId")
    named = _tried(lambda: read_named(call, id_name="cancelOrderId", client_names=names))
    allowed = "" if restriction is None else restriction.removeprefix("ONLY_")
    # Read once to see that it can be read, and again when the old order no longer stands in its way.
    drafted = _tried(lambda: read_placement(call))
    if isinstance(drafted, BingxError) and drafted.code == PARAMETER:
        raise drafted
    call.finish()
    cancelled = _tried(lambda: _cancel(call, named, allowed))
    if isinstance(cancelled, BingxError) and mode == _STOP:
        raise cancelled
    renewed = _tried(lambda: placed(call))
    if isinstance(renewed, BingxError) and isinstance(cancelled, BingxError):
        raise renewed
    return _both(call, cancelled, renewed)


def _cancel(call: Call, named: Record | BingxError, allowed: str) -> Record:
    if isinstance(named, BingxError):
        raise named
    if allowed and named.status != allowed:
        raise wrong(f"cancelRestrictions: the order is {named.status}")
    return cancel(call.venue, call.account, named)


def _both(call: Call, cancelled: Record | BingxError, renewed: Record | BingxError) -> Json:
    failed_cancel, failed_new = isinstance(cancelled, BingxError), isinstance(renewed, BingxError)
    return {
        "cancelResult": str(not failed_cancel).lower(),
        "cancelMsg": cancelled.text if isinstance(cancelled, BingxError) else "",
        "cancelResponse": {}
        if isinstance(cancelled, BingxError)
        else order_row(call.book, call.account, cancelled),
        "replaceResult": str(not failed_new).lower(),
        "replaceMsg": renewed.text if isinstance(renewed, BingxError) else "",
        "newOrderResponse": {} if isinstance(renewed, BingxError) else placed_row(call.book, renewed),
    }


def close_all(call: Call) -> Json:
    """Closes every position at the market, both sides of a symbol alike; with a symbol those of it."""
    market = read_market_or_all(call.venue, call.params)
    call.finish()
    name = None if market is None else market.symbol.name
    success: list[Json] = []
    failed: list[Json] = []
    for position in [one for one in call.account.open_positions() if name in {None, one.symbol}]:
        done = _tried(lambda position=position: _close(call, position))  # type: ignore[misc] # bound early
        (failed if isinstance(done, BingxError) else success).append(
            done.text if isinstance(done, BingxError) else done.order_id
        )
    return {"success": success, "failed": failed or None}


def _close(call: Call, position: Position) -> Order:
    return call.venue.place_order(
        call.account,
        OrderRequest(
            symbol=position.symbol,
            side=Side.SELL if position.amount > 0 else Side.BUY,
            position_side=position.side,
            type=OrderType.MARKET,
            quantity=abs(position.amount),
            price=None,
            time_in_force=TimeInForce.GTC,
            reduce_only=position.side is PositionSide.BOTH,
            client_id=None,
        ),
    )


def close_one(call: Call) -> Json:
    """Closes the position of that id at the market. Raises BingxError 101205 where there is none."""
    sent = need(call.params.text("positionId"), "positionId")
    call.finish()
    for position in call.account.open_positions():
        if position_id(call.account, position) == sent:
            order = _close(call, position)
            return {"orderId": order.order_id, "positionId": sent, "symbol": spelled(order.symbol)}
    raise refusal(101205)


def set_timer(call: Call) -> Json:
    """Cancels everything the account has open so many seconds from now, stops included, unless asked again."""
    kind = need(call.params.text("type"), "type")
    seconds = need(call.params.integer("timeOut"), "timeOut")
    call.finish()
    if kind == "CLOSE":
        call.book.timers.pop(call.account.name, None)
        return {"triggerTime": 0, "status": "CLOSED", "note": ""}
    if kind != "ACTIVATE" or seconds not in TIMER_S:
        raise wrong("timeOut: 10 to 120 with ACTIVATE, or CLOSE")
    due_ms = call.book.timers[call.account.name] = call.wire_ms + seconds * 1_000
    return {"triggerTime": due_ms // 1_000, "status": "ACTIVATED", "note": ""}


def run_timers(venue: Venue, book: Book) -> None:
    """Carries out the timers whose time has come."""
    wire_ms = venue.state.clock.wire_ms()
    for name in [one for one, due_ms in book.timers.items() if due_ms <= wire_ms]:
        del book.timers[name]
        account = venue.state.accounts[name]
        for order in list(account.open_orders.values()):
            venue.cancel_order(account, order)
        for algo in list(account.open_algos.values()):
            venue.cancel_algo(account, algo)


ROUTES: Final = (
    Route(method="POST", path="/openApi/swap/v2/trade/batchOrders", handler=place_batch, per_second=3),
    Route(method="DELETE", path="/openApi/swap/v2/trade/batchOrders", handler=cancel_batch, per_second=3),
    Route(method="POST", path="/openApi/swap/v1/trade/closePosition", handler=close_one, per_second=2),
    Route(method="POST", path="/openApi/swap/v1/trade/cancelReplace", handler=cancel_replace, per_second=2),
    Route(method="POST", path="/openApi/swap/v2/trade/closeAllPositions", handler=close_all, per_second=2),
    Route(method="POST", path="/openApi/swap/v2/trade/cancelAllAfter", handler=set_timer, per_second=1),
)
