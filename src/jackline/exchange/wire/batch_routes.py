"""Several plain orders in one request, and the timer that cancels them all."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from jackline.exchange.errors import VenueError
from jackline.exchange.wire import order_routes
from jackline.exchange.wire.call import Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.params import Params, need

PLACED_MAX: Final = 5
CANCELLED_MAX: Final = 10


def place(call: Call) -> Json:
    """Each order is judged by itself: what is refused stands as an error at its place. No order is promised."""
    orders = _orders(call.params)
    call.finish()
    return [_alone(call, params, order_routes.place) for params in orders]


def count(params: Params) -> int:
    """Every order of the batch counts; a batch that cannot be read as one."""
    try:
        return len(_orders(params))
    except VenueError:
        return 1


def _orders(params: Params) -> list[Params]:
    orders = _listed(params, "batchOrders", dict[str, Any])
    if not 1 <= len(orders) <= PLACED_MAX:
        raise VenueError(-4082)
    return [Params.of({name: _spelled(value) for name, value in one.items()}) for one in orders]


def _spelled(value: object) -> str:
    """A value of the array as a form would carry it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def cancel(call: Call) -> Json:
    """By ids of one symbol: ours or the venue's. Clients spell the lists in two ways, and the venue takes both."""
    params = call.params
    symbol = need(params.symbol(), "symbol")
    named: list[tuple[str, str]] = []
    for name in ("orderIdList", "orderidlist"):
        named += [("orderId", str(one)) for one in _listed(params, name, int)]
    for name in ("origClientOrderIdList", "origclientorderidlist"):
        named += [("origClientOrderId", one) for one in _listed(params, name, str)]
    call.finish()
    if not 1 <= len(named) <= CANCELLED_MAX:
        raise VenueError(-1102, name="orderIdList")
    return [
        _alone(call, Params.of({"symbol": symbol, name: value}), order_routes.cancel) for name, value in named
    ]


def _alone(call: Call, params: Params, handler: Callable[[Call], Json]) -> Json:
    try:
        return handler(
            Call(
                venue=call.venue,
                params=params,
                options=call.options,
                listen_keys=call.listen_keys,
                caller=call.caller,
                limits=call.limits,
            )
        )
    except VenueError as refusal:
        return {"code": refusal.code, "msg": refusal.text}


def _listed(params: Params, name: str, kind: type[Any]) -> list[Any]:
    text = params.text(name)
    if text is None:
        return []
    try:
        return msgspec.json.decode(text, type=list[kind])  # type: ignore[valid-type] # a list of what the caller named
    except msgspec.MsgspecError:
        raise VenueError(-1102, name=name) from None


def count_down(call: Call) -> Json:
    """Cancel the symbol's open orders after so many milliseconds, unless this is called again; 0 ends it."""
    symbol = need(call.params.symbol(), "symbol")
    after_ms = need(call.params.integer("countdownTime"), "countdownTime")
    if after_ms < 0:
        raise VenueError(-1130, name="countdownTime")
    call.finish()
    call.venue.set_countdown(call.account, symbol, after_ms)
    return {"symbol": symbol, "countdownTime": str(after_ms)}


ROUTES: Final = (
    Route(method="POST", path="/fapi/v1/batchOrders", handler=place, weight=5, orders=count),
    Route(method="DELETE", path="/fapi/v1/batchOrders", handler=cancel),
    Route(method="POST", path="/fapi/v1/countdownCancelAll", handler=count_down, weight=10),
)
