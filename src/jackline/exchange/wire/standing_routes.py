"""Where an account stands with the venue: its order windows, what was taken over, its place in the queue of
auto-deleveraging, and the margin of isolated positions."""

from decimal import Decimal
from typing import Final

from jackline.exchange import margin
from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.hands import ADL_CLIENT_ID
from jackline.exchange.liquidation import LIQUIDATION_CLIENT_ID
from jackline.exchange.position import Position
from jackline.exchange.state import State
from jackline.exchange.wire import order_payloads
from jackline.exchange.wire.call import Call, Route
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.limits import MINUTE_ORDERS, SHORT_ORDERS
from jackline.exchange.wire.order_routes import read_position_side, read_span
from jackline.exchange.wire.params import need

_TAKEN: Final = {"LIQUIDATION": LIQUIDATION_CLIENT_ID, "ADL": ADL_CLIENT_ID}
"""What the venue calls a taking over, and how the client ids of such orders begin."""

FORCED_DEFAULT: Final = 50
FORCED_MAX: Final = 100
_RETURNS: Final = tuple(map(Decimal, ("0", "0.25", "0.5", "1")))
"""Gains on margin above which a position moves one place up in the queue. A guess: the venue ranks its traders against
each other, and here are no others."""

_ADD: Final = 1
_TAKE: Final = 2


def order_windows(call: Call) -> Json:
    """The limits of this account; how much of them is used stands in the headers of orders."""
    call.finish()
    return [
        {
            "rateLimitType": limit.kind,
            "interval": limit.interval,
            "intervalNum": limit.interval_count,
            "limit": limit.limit,
        }
        for _, limit in (SHORT_ORDERS, MINUTE_ORDERS)
    ]


def forced(call: Call) -> Json:
    """Orders by which the venue took positions over, the latest ones."""
    params = call.params
    symbol, kind = params.symbol(), params.text("autoCloseType")
    span = read_span(params)
    limit = params.limit(default=FORCED_DEFAULT, largest=FORCED_MAX)
    if kind is not None and kind not in _TAKEN:
        raise VenueError(-1130, name="autoCloseType")
    call.finish()
    begins = tuple(_TAKEN.values()) if kind is None else _TAKEN[kind]
    rows = [
        order
        for order in call.account.orders.values()
        if order.client_id.startswith(begins) and symbol in {None, order.symbol} and order.created_ms in span
    ]
    return [order_payloads.order_payload(order) for order in rows[-limit:]]


def adl_quantile(call: Call) -> Json:
    """0 (last in the queue) to 4 per open position. HEDGE is a mark of hedge mode, not a place."""
    symbol = call.params.symbol()
    call.finish()
    state, account = call.venue.state, call.account
    if symbol is not None:
        state.market(symbol)
    places: dict[str, dict[str, Json]] = {}
    for position in account.open_positions():
        if symbol in {None, position.symbol}:
            shown = places.setdefault(position.symbol, _nowhere(account))
            shown[position.side.value] = _quantile(state, account, position)
    return [{"symbol": name, "adlQuantile": shown} for name, shown in places.items()]


def _nowhere(account: Account) -> dict[str, Json]:
    return {"LONG": 0, "SHORT": 0, ("HEDGE" if account.hedge else "BOTH"): 0}


def _quantile(state: State, account: Account, position: Position) -> int:
    held = margin.initial_margin(state, account, position)
    gain = position.unrealised(state.markets[position.symbol].mark)
    return sum(gain > held * step for step in _RETURNS)


def single_asset_mode(call: Call) -> Json:
    """One asset is all the margin there is."""
    call.finish()
    return {"multiAssetsMargin": False}


def move_margin(call: Call) -> Json:
    """Adds margin to an isolated position, or takes some away."""
    params = call.params
    symbol = need(params.symbol(), "symbol")
    side = read_position_side(params)
    amount, kind = need(params.decimal("amount"), "amount"), need(params.integer("type"), "type")
    if amount <= 0:
        raise VenueError(-1130, name="amount")
    if kind not in {_ADD, _TAKE}:
        raise VenueError(-1130, name="type")
    call.finish()
    call.venue.state.market(symbol)
    signed = amount if kind == _ADD else -amount
    call.venue.add_isolated_margin(call.account, symbol, side, signed)
    return {
        "amount": float(amount),
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": kind,
    }


ROUTES: Final = (
    Route(method="GET", path="/fapi/v1/rateLimit/order", handler=order_windows),
    Route(method="GET", path="/fapi/v1/forceOrders", handler=forced, weight=20, weight_all=50),
    Route(method="GET", path="/fapi/v1/adlQuantile", handler=adl_quantile, weight=5),
    Route(method="GET", path="/fapi/v1/multiAssetsMargin", handler=single_asset_mode, weight=30),
    Route(method="POST", path="/fapi/v1/positionMargin", handler=move_margin),
)
