"""Gate v4 USDT futures. No stop travels with an entry: after the fill, a price order. Size is signed contracts.

A price order keeps no client id that anybody promises to give back, so ours is found by the id Gate answers with, or in
the listing; hedge mode has no shapes (closing one side needs forms that nobody recorded).
"""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import NETTING_ONLY, combos
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Form, Name, Slot, Template, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_ROOT = "/api/v4/futures/usdt"
_CONTRACT: dict[str, Template] = {"contract": text(Name.SYMBOL)}
_TEXT: dict[str, Template] = {"text": text(Name.CLIENT_ID, profiles.GATE.client_id.pattern)}
_AT_MARKET: dict[str, Template] = {"price": "0", "tif": "ioc"}
_RISES, _FALLS = 1, 2
_FLAG: dict[str, Template] = {"reduce_only": True}
PAGE = "100"


def _size(*, buys: bool) -> dict[str, Template]:
    return {"size": Slot(name=Name.QUANTITY, form=Form.COUNT if buys else Form.MINUS)}


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    buys = side is Side.LONG
    limit: dict[str, Template] = {"price": decimal(Name.PRICE), "tif": "ioc"}
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path=f"{_ROOT}/orders",
        mode=mode,
        side=side,
        bare=True,
        headers={"X-Gate-Exptime": text(Name.EXPIRY_MS, "[0-9]{13}")},
        body={**_CONTRACT, **_TEXT, **_size(buys=buys), **limit},
    )
    closing: dict[str, Template] = {**_CONTRACT, **_TEXT, **_size(buys=not buys), **_FLAG}
    for action, own in ((Action.CLOSE_MARKET, _AT_MARKET), (Action.CLOSE_LIMIT, limit)):
        yield Shape(
            action=action,
            method="POST",
            path=f"{_ROOT}/orders",
            mode=mode,
            side=side,
            reduces=Reduces.FLAG,
            body={**closing, **own},
        )
    losing, winning = (_FALLS, _RISES) if buys else (_RISES, _FALLS)
    whole: dict[str, Template] = {**_CONTRACT, **_TEXT, **_AT_MARKET, **_FLAG, "size": 0, "close": True}
    kind: dict[str, Template] = {"order_type": f"close-{side.value}-position"}
    price_orders: tuple[tuple[Action, dict[str, Template], int, dict[str, Template]], ...] = (
        (Action.STOP_QUANTITY, {**closing, **_AT_MARKET}, losing, {}),
        (Action.TARGET, {**closing, **_AT_MARKET}, winning, {}),
        (Action.STOP_WHOLE, whole, losing, kind),
    )
    for action, initial, rule, extra in price_orders:
        trigger: dict[str, Template] = {
            "price_type": words(Name.SOURCE, last=0, mark=1),
            "price": decimal(Name.TRIGGER),
            "rule": rule,
        }
        yield Shape(
            action=action,
            method="POST",
            path=f"{_ROOT}/price_orders",
            mode=mode,
            side=side,
            reduces=Reduces.WHOLE if extra else Reduces.FLAG,
            body={"initial": initial, "trigger": trigger, **extra},
        )


def _others() -> Iterator[Shape]:
    for name in ("order_id", "client_id"):
        path = f"{_ROOT}/orders/{{{name}}}"
        yield Shape(action=Action.CANCEL_PLAIN, method="DELETE", path=path, query=_CONTRACT)
    price_order = _ROOT + "/price_orders/{order_id}"
    yield Shape(action=Action.CANCEL_CONDITIONAL, method="DELETE", path=price_order, query=_CONTRACT)
    yield Shape(
        action=Action.SET_LEVERAGE,
        method="POST",
        path=_ROOT + "/positions/{symbol}/leverage",
        query={"leverage": text(Name.LEVERAGE, "[1-9][0-9]{0,2}")},
    )
    page: dict[str, Template] = {**_CONTRACT, "status": "open", "limit": PAGE}
    routes: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, _ROOT + "/orders/{client_id}", _CONTRACT),
        (Action.LIST_PLAIN, f"{_ROOT}/orders", page),
        (Action.LIST_CONDITIONAL, f"{_ROOT}/price_orders", page),
        (Action.READ_POSITIONS, f"{_ROOT}/positions", {}),
        (Action.READ_SETTINGS, f"{_ROOT}/accounts", {}),
    )
    for action, path, query in routes:
        yield Shape(action=action, method="GET", path=path, query=query)


GATE = RecordedVenue(
    profile=profiles.GATE,
    shapes=(*(shape for mode, side in combos(NETTING_ONLY) for shape in _orders(mode, side)), *_others()),
    kept_headers=frozenset({"X-Gate-Exptime"}),
)
