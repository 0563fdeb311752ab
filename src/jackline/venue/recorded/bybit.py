"""Bybit v5, linear, unified account. Left to itself every trigger is the last price: the source is said each time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import BOTH_MODES, closes, combos, opens
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, Slot, Template, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_PLACE, _STOP, _CANCEL, _AMEND = (
    f"/v5/{one}" for one in ("order/create", "position/trading-stop", "order/cancel", "order/amend")
)
_MARKET: dict[str, Template] = {"category": "linear", "symbol": text(Name.SYMBOL)}
_NAMED: dict[str, Template] = {
    **_MARKET,
    "orderLinkId": text(Name.CLIENT_ID, profiles.BYBIT.client_id.pattern),
}
_RISES, _FALLS = 1, 2
_WINDOW = "X-BAPI-RECV-WINDOW"
STOP_WINDOW_MS = 10_000
"""Receive window of all but entries: stops, closes and cancels are idempotent, so late is better than refused."""
PAGE = "50"
"""The largest page of an order listing; left out it is 20, and the twenty-first stop is invisible."""


def _source(name: Name) -> Slot:
    return words(name, mark="MarkPrice", last="LastPrice")


def _index(mode: PositionMode, side: Side) -> int:
    if mode is PositionMode.NETTING:
        return 0
    return 1 if side is Side.LONG else 2


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    index: dict[str, Template] = {"positionIdx": _index(mode, side)}
    buys: dict[str, Template] = {"side": opens(side).capitalize()}
    sells: dict[str, Template] = {"side": closes(side).capitalize(), "reduceOnly": True}
    market: dict[str, Template] = {"orderType": "Market"}
    limit: dict[str, Template] = {"orderType": "Limit", "timeInForce": "IOC", "price": decimal(Name.PRICE)}
    sized: dict[str, Template] = {"qty": decimal(Name.QUANTITY)}
    leg: dict[str, Template] = {
        "stopLoss": decimal(Name.LEG_TRIGGER),
        "slTriggerBy": _source(Name.LEG_SOURCE),
        "tpslMode": "Full",
        "slOrderType": "Market",
    }
    losing, winning = (_FALLS, _RISES) if side is Side.LONG else (_RISES, _FALLS)
    at: dict[str, Template] = {"triggerPrice": decimal(Name.TRIGGER), "triggerBy": _source(Name.SOURCE)}
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path=_PLACE,
        mode=mode,
        side=side,
        headers={_WINDOW: text(Name.WINDOW_MS, "[0-9]{3,5}")},
        body={**_NAMED, **index, **buys, **limit, **sized, **leg},
    )
    yield Shape(
        action=Action.STOP_WHOLE,
        method="POST",
        path=_STOP,
        mode=mode,
        side=side,
        reduces=Reduces.WHOLE,
        body={
            **_MARKET,
            **index,
            "stopLoss": decimal(Name.TRIGGER),
            "slTriggerBy": _source(Name.SOURCE),
            "tpslMode": "Full",
            "slOrderType": "Market",
        },
    )
    bodies: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.STOP_QUANTITY, {**market, **at, "triggerDirection": losing}),
        (Action.TARGET, {**market, **at, "triggerDirection": winning}),
        (Action.CLOSE_MARKET, market),
        (Action.CLOSE_LIMIT, limit),
    )
    for action, own in bodies:
        yield Shape(
            action=action,
            method="POST",
            path=_PLACE,
            mode=mode,
            side=side,
            reduces=Reduces.FLAG,
            body={**_NAMED, **index, **sells, **sized, **own},
        )


def _others() -> Iterator[Shape]:
    at: dict[str, Template] = {"triggerPrice": decimal(Name.TRIGGER), "triggerBy": _source(Name.SOURCE)}
    yield Shape(action=Action.MOVE_STOP, method="POST", path=_AMEND, body={**_NAMED, **at})
    for action in (Action.CANCEL_PLAIN, Action.CANCEL_CONDITIONAL):
        yield Shape(action=action, method="POST", path=_CANCEL, body=_NAMED)
    leverage = text(Name.LEVERAGE, "[1-9][0-9]{0,2}")
    both: dict[str, Template] = {"buyLeverage": leverage, "sellLeverage": leverage}
    yield Shape(
        action=Action.SET_LEVERAGE, method="POST", path="/v5/position/set-leverage", body={**_MARKET, **both}
    )
    mode = words(Name.MARGIN, isolated="ISOLATED_MARGIN", cross="REGULAR_MARGIN")
    yield Shape(
        action=Action.SET_MARGIN,
        method="POST",
        path="/v5/account/set-margin-mode",
        body={"setMarginMode": mode},
    )
    conditional: dict[str, Template] = {"orderFilter": "StopOrder"}
    queries: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, _NAMED),
        (Action.READ_CONDITIONAL, {**_NAMED, **conditional}),
        (Action.LIST_PLAIN, {**_MARKET, "limit": PAGE}),
        (Action.LIST_CONDITIONAL, {**_MARKET, **conditional, "limit": PAGE}),
    )
    for action, query in queries:
        yield Shape(action=action, method="GET", path="/v5/order/realtime", query=query)
    yield Shape(
        action=Action.READ_POSITIONS,
        method="GET",
        path="/v5/position/list",
        query={**_MARKET, "limit": "200"},
    )
    # Leverage, and by the index the position mode.
    yield Shape(action=Action.READ_SETTINGS, method="GET", path="/v5/position/list", query=_MARKET)


def _windowed(shape: Shape) -> Shape:
    """Every signed request has a window; an entry's is its own and short."""
    return shape if shape.headers else replace(shape, headers={_WINDOW: str(STOP_WINDOW_MS)})


BYBIT = RecordedVenue(
    profile=profiles.BYBIT,
    shapes=tuple(
        _windowed(shape)
        for shape in (
            *(order for mode, side in combos(BOTH_MODES) for order in _orders(mode, side)),
            *_others(),
        )
    ),
    kept_headers=frozenset({_WINDOW}),
)
