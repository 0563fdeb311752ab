"""HTX v5 linear swaps. Ids are whole numbers, and a stop says reduce-only itself, for ccxt's does not."""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import BOTH_MODES, closes, combos, opens
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, Slot, Template, count, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_MARKET: dict[str, Template] = {"contract_code": text(Name.SYMBOL)}
_MARGIN: dict[str, Template] = {"margin_mode": words(Name.MARGIN, isolated="isolated", cross="cross")}
_ID = count(Name.CLIENT_ID)
_ID_TEXT = text(Name.CLIENT_ID, profiles.HTX.client_id.pattern)
_ALGO_LISTINGS = ("sl", "tp", "tpsl", "trigger", "trailing_stop")
"""One listing each; a stop is in that of its own kind."""
PAGE = "50"


def _source(name: Name) -> Slot:
    return words(name, mark="mark", last="last")


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    hedge: dict[str, Template] = {"position_side": side.value} if mode is PositionMode.HEDGE else {}
    base: dict[str, Template] = {**_MARKET, **_MARGIN, **hedge}
    sized: dict[str, Template] = {"volume": text(Name.QUANTITY, "[1-9][0-9]*")}
    named: dict[str, Template] = {"client_order_id": _ID}
    limit: dict[str, Template] = {"type": "limit", "time_in_force": "ioc", "price": decimal(Name.PRICE)}
    leg: dict[str, Template] = {
        "sl_trigger_price": decimal(Name.LEG_TRIGGER),
        "sl_trigger_price_type": _source(Name.LEG_SOURCE),
        "sl_type": "market",
    }
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path="/v5/trade/order",
        mode=mode,
        side=side,
        body={**base, **named, **sized, **limit, **leg, "side": opens(side)},
    )
    flag: dict[str, Template] = {"side": closes(side), "reduce_only": 1}
    rest: dict[str, Template] = {"time_in_force": "gtc"}
    plain_bodies: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.CLOSE_MARKET, {"type": "market", **rest}),
        (Action.CLOSE_LIMIT, limit),
    )
    for action, own in plain_bodies:
        yield Shape(
            action=action,
            method="POST",
            path="/v5/trade/order",
            mode=mode,
            side=side,
            reduces=Reduces.FLAG,
            body={**base, **named, **sized, **own, **flag},
        )
    # No form that closes a position whatever its size is recorded.
    for action, kind in ((Action.STOP_QUANTITY, "sl"), (Action.TARGET, "tp")):
        yield Shape(
            action=action,
            method="POST",
            path="/v5/algo/order",
            mode=mode,
            side=side,
            reduces=Reduces.FLAG,
            body={
                **base,
                **sized,
                **rest,
                **flag,
                "algo_client_order_id": _ID,
                "type": kind,
                f"{kind}_trigger_price": decimal(Name.TRIGGER),
                f"{kind}_trigger_price_type": _source(Name.SOURCE),
                f"{kind}_type": "market",
            },
        )


def _others() -> Iterator[Shape]:
    number = text(Name.ORDER_ID, "[0-9]{1,20}")
    names: tuple[dict[str, Template], ...] = ({"order_id": number}, {"client_order_id": _ID_TEXT})
    for by in names:
        body: Template = {**_MARKET, **by}
        yield Shape(action=Action.CANCEL_PLAIN, method="POST", path="/v5/trade/cancel_order", body=body)
    algo_names: tuple[dict[str, Template], ...] = ({"algo_id": number}, {"algo_client_order_id": _ID_TEXT})
    for by in algo_names:
        one: Template = [{**_MARKET, **by}]
        yield Shape(action=Action.CANCEL_CONDITIONAL, method="POST", path="/v5/algo/cancel_orders", body=one)
    yield Shape(
        action=Action.SET_LEVERAGE,
        method="POST",
        path="/v5/position/lever",
        body={**_MARKET, **_MARGIN, "lever_rate": count(Name.LEVERAGE)},
    )
    kinds = words(Name.PLAN, d="sl", w="sl", t="tp", y="sl", c="sl")
    page: dict[str, Template] = {**_MARKET, "limit": PAGE}
    routes: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, "/v5/trade/order", {**_MARKET, **_MARGIN, "client_order_id": _ID_TEXT}),
        (Action.READ_CONDITIONAL, "/v5/algo/order", {"type": kinds, "algo_client_order_id": _ID_TEXT}),
        (Action.LIST_PLAIN, "/v5/trade/order/opens", page),
        *((Action.LIST_CONDITIONAL, "/v5/algo/order/opens", {**page, "type": one}) for one in _ALGO_LISTINGS),
        (Action.READ_POSITIONS, "/v5/trade/position/opens", {}),
        (Action.READ_SETTINGS, "/v5/position/lever", {**_MARKET, **_MARGIN}),
        (Action.READ_SETTINGS, "/v5/position/mode", {}),
    )
    for action, path, query in routes:
        yield Shape(action=action, method="GET", path=path, query=query)


HTX = RecordedVenue(
    profile=profiles.HTX,
    shapes=(*(shape for mode, side in combos(BOTH_MODES) for shape in _orders(mode, side)), *_others()),
    auth_query=frozenset({"AccessKeyId", "SignatureMethod", "SignatureVersion", "Timestamp", "Signature"}),
)
