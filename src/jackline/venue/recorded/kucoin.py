"""KuCoin futures. `up` and `down` are directions of the price: a short's stop is the upper one. Quantities are lots."""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import BOTH_MODES, closes, combos, opens
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, Slot, Template, count, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_ORDERS, _STOPS = "/api/v1/orders", "/api/v1/stopOrders"
_SYMBOL: dict[str, Template] = {"symbol": text(Name.SYMBOL)}
_NAMED: dict[str, Template] = {"clientOid": text(Name.CLIENT_ID, profiles.KUCOIN.client_id.pattern)}
_MARGIN: dict[str, Template] = {"marginMode": words(Name.MARGIN, isolated="ISOLATED", cross="CROSS")}
PAGE = "1000"


def _source(name: Name) -> Slot:
    return words(name, mark="MP", last="TP")


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    hedge: dict[str, Template] = {"positionSide": side.name} if mode is PositionMode.HEDGE else {}
    base: dict[str, Template] = {**_NAMED, **_SYMBOL, **_MARGIN, **hedge}
    sized: dict[str, Template] = {"size": count(Name.QUANTITY)}
    limit: dict[str, Template] = {"type": "limit", "timeInForce": "IOC", "price": decimal(Name.PRICE)}
    losing, winning = ("Down", "up") if side is Side.LONG else ("Up", "down")
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path="/api/v1/st-orders",
        mode=mode,
        side=side,
        body={
            **base,
            **sized,
            **limit,
            "side": opens(side),
            # Said every time: ccxt's default of 1 freezes the whole notional, and reads as a leverage of our choice.
            "leverage": count(Name.LEVERAGE),
            f"triggerStop{losing}Price": decimal(Name.LEG_TRIGGER),
            "stopPriceType": _source(Name.LEG_SOURCE),
        },
    )
    at: dict[str, Template] = {"stopPrice": decimal(Name.TRIGGER), "stopPriceType": _source(Name.SOURCE)}
    flag: dict[str, Template] = {"reduceOnly": True, **sized}
    market: dict[str, Template] = {"type": "market"}
    bodies: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.STOP_WHOLE, {**market, **at, "stop": losing.lower(), "closeOrder": True}),
        (Action.STOP_QUANTITY, {**market, **at, **flag, "stop": losing.lower()}),
        (Action.TARGET, {**market, **at, **flag, "stop": winning}),
        (Action.CLOSE_MARKET, {**market, **flag}),
        (Action.CLOSE_LIMIT, {**limit, **flag}),
    )
    for action, own in bodies:
        yield Shape(
            action=action,
            method="POST",
            path=_ORDERS,
            mode=mode,
            side=side,
            reduces=Reduces.WHOLE if action is Action.STOP_WHOLE else Reduces.FLAG,
            body={**base, "side": closes(side), **own},
        )


def _others() -> Iterator[Shape]:
    for action in (Action.CANCEL_PLAIN, Action.CANCEL_CONDITIONAL):
        yield Shape(action=action, method="DELETE", path=_ORDERS + "/{order_id}")
        yield Shape(action=action, method="DELETE", path=_ORDERS + "/client-order/{client_id}", query=_SYMBOL)
    yield Shape(
        action=Action.SET_LEVERAGE,
        method="POST",
        path="/api/v2/changeCrossUserLeverage",
        body={**_SYMBOL, "leverage": text(Name.LEVERAGE, "[1-9][0-9]{0,2}")},
    )
    yield Shape(
        action=Action.SET_MARGIN,
        method="POST",
        path="/api/v2/position/changeMarginMode",
        body={**_SYMBOL, **_MARGIN},
    )
    page: dict[str, Template] = {**_SYMBOL, "pageSize": PAGE}
    # No query of a waiting stop by our id is recorded: it is found in the listing of stops.
    routes: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, f"{_ORDERS}/byClientOid", _NAMED),
        (Action.LIST_PLAIN, _ORDERS, {**page, "status": "active"}),
        (Action.LIST_CONDITIONAL, _STOPS, page),
        (Action.READ_POSITIONS, "/api/v1/positions", {}),
        (Action.READ_SETTINGS, "/api/v2/getCrossUserLeverage", _SYMBOL),
        (Action.READ_SETTINGS, "/api/v2/position/getPositionMode", {}),
    )
    for action, path, query in routes:
        yield Shape(action=action, method="GET", path=path, query=query)


KUCOIN = RecordedVenue(
    profile=profiles.KUCOIN,
    shapes=(*(shape for mode, side in combos(BOTH_MODES) for shape in _orders(mode, side)), *_others()),
)
