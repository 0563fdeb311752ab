"""Bitget v2 mix, USDT futures. Stops live apart, each listing names its kind, and the attached leg has no source."""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import BOTH_MODES, closes, combos, opens
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, Slot, Template, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_ORDER, _ACCOUNT = "/api/v2/mix/order", "/api/v2/mix/account"
_ID = profiles.BITGET.client_id.pattern
_PRODUCT: dict[str, Template] = {"productType": "USDT-FUTURES"}
_SYMBOL: dict[str, Template] = {**_PRODUCT, "symbol": text(Name.SYMBOL)}
_COIN: dict[str, Template] = {"marginCoin": "USDT"}
_MARKET: dict[str, Template] = {**_SYMBOL, **_COIN}
_NAMED: dict[str, Template] = {"clientOid": text(Name.CLIENT_ID, _ID)}
_MARGIN = words(Name.MARGIN, isolated="isolated", cross="crossed")
PAGE = "100"
PLAN_LISTINGS = ("profit_loss", "normal_plan", "track_plan")
"""Stops and targets are in the first and in no other."""


def _source() -> Slot:
    return words(Name.SOURCE, mark="mark_price", last="fill_price")


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    hedge = mode is PositionMode.HEDGE
    base: dict[str, Template] = {
        **_MARKET,
        **_NAMED,
        "marginMode": _MARGIN,
        "size": decimal(Name.QUANTITY),
    }
    limit: dict[str, Template] = {"orderType": "limit", "force": "IOC", "price": decimal(Name.PRICE)}
    # In hedge mode `side` is the position's direction and `tradeSide` says whether it grows.
    opening: dict[str, Template] = {"side": opens(side), **({"tradeSide": "Open"} if hedge else {})}
    closing: dict[str, Template] = (
        {"side": opens(side), "tradeSide": "Close"} if hedge else {"side": closes(side), "reduceOnly": "YES"}
    )
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path=f"{_ORDER}/place-order",
        mode=mode,
        side=side,
        body={**base, **limit, **opening, "presetStopLossPrice": decimal(Name.LEG_TRIGGER)},
    )
    plain_bodies: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.CLOSE_MARKET, {"orderType": "market", "force": "GTC"}),
        (Action.CLOSE_LIMIT, limit),
    )
    for action, own in plain_bodies:
        yield Shape(
            action=action,
            method="POST",
            path=f"{_ORDER}/place-order",
            mode=mode,
            side=side,
            reduces=Reduces.POSITION_SIDE if hedge else Reduces.FLAG,
            body={**base, **own, **closing},
        )
    held: dict[str, Template] = {"holdSide": side.value if hedge else opens(side)}
    plans: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.STOP_WHOLE, "pos_loss", {}),
        (Action.STOP_QUANTITY, "loss_plan", {"size": decimal(Name.QUANTITY)}),
        (Action.TARGET, "profit_plan", {"size": decimal(Name.QUANTITY)}),
    )
    for action, plan, own in plans:
        at: dict[str, Template] = {"triggerPrice": decimal(Name.TRIGGER), "triggerType": _source()}
        yield Shape(
            action=action,
            method="POST",
            path=f"{_ORDER}/place-tpsl-order",
            mode=mode,
            side=side,
            reduces=Reduces.WHOLE if not own else Reduces.POSITION_SIDE,
            body={**_MARKET, **_NAMED, **held, **at, **own, "planType": plan},
        )


def _changes() -> Iterator[Shape]:
    at: dict[str, Template] = {"triggerPrice": decimal(Name.TRIGGER), "triggerType": _source()}
    size: dict[str, Template] = {"size": decimal(Name.QUANTITY)}
    yield Shape(
        action=Action.MOVE_STOP,
        method="POST",
        path=f"{_ORDER}/modify-tpsl-order",
        body={**_MARKET, **_NAMED, **at, **size},
    )
    by_id: dict[str, Template] = {"orderId": text(Name.ORDER_ID, "[0-9]{1,20}")}
    plan = words(Name.PLAN, d="pos_loss", w="loss_plan", t="profit_plan", y="pos_loss", c="pos_loss")
    for name in (by_id, _NAMED):
        body: Template = {**_SYMBOL, **name}
        yield Shape(action=Action.CANCEL_PLAIN, method="POST", path=f"{_ORDER}/cancel-order", body=body)
        # An empty list would be a blanket cancel: exactly one order is named.
        listed: Template = {**_SYMBOL, "planType": plan, "orderIdList": [name]}
        yield Shape(
            action=Action.CANCEL_CONDITIONAL, method="POST", path=f"{_ORDER}/cancel-plan-order", body=listed
        )
    leverage: dict[str, Template] = {"leverage": text(Name.LEVERAGE, "[1-9][0-9]{0,2}")}
    yield Shape(
        action=Action.SET_LEVERAGE,
        method="POST",
        path=f"{_ACCOUNT}/set-leverage",
        body={**_MARKET, **leverage},
    )
    margin: dict[str, Template] = {"marginMode": _MARGIN}
    yield Shape(
        action=Action.SET_MARGIN,
        method="POST",
        path=f"{_ACCOUNT}/set-margin-mode",
        body={**_MARKET, **margin},
    )


def _queries() -> Iterator[Shape]:
    page: dict[str, Template] = {**_SYMBOL, "limit": PAGE}
    plans = f"{_ORDER}/orders-plan-pending"
    routes: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, f"{_ORDER}/detail", {**_SYMBOL, **_NAMED}),
        (Action.READ_CONDITIONAL, plans, {**_SYMBOL, **_NAMED, "planType": PLAN_LISTINGS[0]}),
        (Action.LIST_PLAIN, f"{_ORDER}/orders-pending", page),
        *((Action.LIST_CONDITIONAL, plans, {**page, "planType": kind}) for kind in PLAN_LISTINGS),
        (Action.READ_POSITIONS, "/api/v2/mix/position/all-position", {**_PRODUCT, **_COIN}),
        (Action.READ_SETTINGS, f"{_ACCOUNT}/account", _MARKET),
    )
    for action, path, query in routes:
        yield Shape(action=action, method="GET", path=path, query=query)


BITGET = RecordedVenue(
    profile=profiles.BITGET,
    shapes=(
        *(shape for mode, side in combos(BOTH_MODES) for shape in _orders(mode, side)),
        *_changes(),
        *_queries(),
    ),
)
