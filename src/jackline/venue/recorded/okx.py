"""OKX v5 swaps. An algo order has a client id of its own (`algoClOrdId`); quantities are contracts, as text."""

from __future__ import annotations

from collections.abc import Iterator

from jackline.core.orders import PositionMode
from jackline.core.values import Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import BOTH_MODES, closes, combos, opens
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Name, Slot, Template, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_TRADE, _ACCOUNT = "/api/v5/trade", "/api/v5/account"
_ID = profiles.OKX.client_id.pattern
_NUMBER = "[0-9]{1,20}"
_MARKET: dict[str, Template] = {"instId": text(Name.SYMBOL)}
_MARGIN = words(Name.MARGIN, isolated="isolated", cross="cross")
_LEVERAGE = text(Name.LEVERAGE, "[1-9][0-9]{0,2}")
_AT_MARKET = "-1"
_SIZED: dict[str, Template] = {"sz": decimal(Name.QUANTITY)}
PAGE = "100"
ALGO_LISTINGS = ("conditional", "oco", "trigger", "move_order_stop")
"""One listing each: a stop is in the listing of its own kind and in no other."""


def _source(name: Name) -> Slot:
    return words(name, mark="mark", last="last")


def _base(mode: PositionMode, side: Side) -> dict[str, Template]:
    pos_side: dict[str, Template] = {"posSide": side.value} if mode is PositionMode.HEDGE else {}
    return {**_MARKET, **pos_side, "tdMode": _MARGIN}


def _flag(mode: PositionMode) -> dict[str, Template]:
    """In hedge mode the position side reduces; the flag is for net mode."""
    return {} if mode is PositionMode.HEDGE else {"reduceOnly": True}


def _reduces(mode: PositionMode) -> Reduces:
    return Reduces.POSITION_SIDE if mode is PositionMode.HEDGE else Reduces.FLAG


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    base, flag, reduces = _base(mode, side), _flag(mode), _reduces(mode)
    limit: dict[str, Template] = {"ordType": "ioc", "px": decimal(Name.PRICE)}
    named: dict[str, Template] = {"clOrdId": text(Name.CLIENT_ID, _ID)}
    leg: dict[str, Template] = {
        "attachAlgoClOrdId": text(Name.LEG_ID, _ID),
        "slTriggerPx": decimal(Name.LEG_TRIGGER),
        "slOrdPx": _AT_MARKET,
        "slTriggerPxType": _source(Name.LEG_SOURCE),
    }
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path=f"{_TRADE}/order",
        mode=mode,
        side=side,
        headers={"expTime": text(Name.EXPIRY_MS, "[0-9]{13}")},
        body={**base, **_SIZED, **limit, **named, "side": opens(side), "attachAlgoOrds": [leg]},
    )
    plain_bodies: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.CLOSE_MARKET, {"ordType": "market"}),
        (Action.CLOSE_LIMIT, limit),
    )
    for action, own in plain_bodies:
        yield Shape(
            action=action,
            method="POST",
            path=f"{_TRADE}/order",
            mode=mode,
            side=side,
            reduces=reduces,
            body={**base, **_SIZED, **named, **flag, **own, "side": closes(side)},
        )


def _algos(mode: PositionMode, side: Side) -> Iterator[Shape]:
    base, flag, reduces = _base(mode, side), _flag(mode), _reduces(mode)
    stop: dict[str, Template] = {
        "slTriggerPx": decimal(Name.TRIGGER),
        "slOrdPx": _AT_MARKET,
        "slTriggerPxType": _source(Name.SOURCE),
    }
    target: dict[str, Template] = {
        "tpTriggerPx": decimal(Name.TRIGGER),
        "tpOrdPx": _AT_MARKET,
        "tpTriggerPxType": _source(Name.SOURCE),
    }
    algo: dict[str, Template] = {
        **base,
        **flag,
        "side": closes(side),
        "ordType": "conditional",
        "algoClOrdId": text(Name.CLIENT_ID, _ID),
    }
    whole: dict[str, Template] = {"closeFraction": "1"}
    algo_bodies: tuple[tuple[Action, Reduces, dict[str, Template]], ...] = (
        (Action.STOP_WHOLE, Reduces.WHOLE, {**stop, **whole}),
        (Action.STOP_QUANTITY, reduces, {**stop, **_SIZED}),
        (Action.TARGET, reduces, {**target, **_SIZED}),
    )
    for action, by, own in algo_bodies:
        yield Shape(
            action=action,
            method="POST",
            path=f"{_TRADE}/order-algo",
            mode=mode,
            side=side,
            reduces=by,
            body={**algo, **own},
        )


def _changes() -> Iterator[Shape]:
    yield Shape(
        action=Action.MOVE_STOP,
        method="POST",
        path=f"{_TRADE}/amend-algos",
        body={
            **_MARKET,
            "algoClOrdId": text(Name.CLIENT_ID, _ID),
            "newSlTriggerPx": decimal(Name.TRIGGER),
            "newSlOrdPx": _AT_MARKET,
            "newSlTriggerPxType": _source(Name.SOURCE),
        },
    )
    plain: dict[str, Template] = {"ordId": text(Name.ORDER_ID, _NUMBER)}
    named: dict[str, Template] = {"clOrdId": text(Name.CLIENT_ID, _ID)}
    algo: dict[str, Template] = {"algoId": text(Name.ORDER_ID, _NUMBER)}
    algo_named: dict[str, Template] = {"algoClOrdId": text(Name.CLIENT_ID, _ID)}
    for by in (plain, named):
        body: Template = {**_MARKET, **by}
        yield Shape(action=Action.CANCEL_PLAIN, method="POST", path=f"{_TRADE}/cancel-order", body=body)
    for by in (algo, algo_named):
        one: Template = [{**_MARKET, **by}]
        yield Shape(action=Action.CANCEL_CONDITIONAL, method="POST", path=f"{_TRADE}/cancel-algos", body=one)
    yield Shape(
        action=Action.SET_LEVERAGE,
        method="POST",
        path=f"{_ACCOUNT}/set-leverage",
        mode=PositionMode.NETTING,
        body={**_MARKET, "lever": _LEVERAGE, "mgnMode": _MARGIN},
    )
    for side in Side:  # isolated margin of a hedge has a leverage for each side
        isolated: dict[str, Template] = {"mgnMode": words(Name.MARGIN, isolated="isolated")}
        yield Shape(
            action=Action.SET_LEVERAGE,
            method="POST",
            path=f"{_ACCOUNT}/set-leverage",
            mode=PositionMode.HEDGE,
            side=side,
            body={**_MARKET, "lever": _LEVERAGE, "posSide": side.value, **isolated},
        )


def _queries() -> Iterator[Shape]:
    named: dict[str, Template] = {**_MARKET, "clOrdId": text(Name.CLIENT_ID, _ID)}
    algo_named: dict[str, Template] = {**_MARKET, "algoClOrdId": text(Name.CLIENT_ID, _ID)}
    page: dict[str, Template] = {**_MARKET, "limit": PAGE}
    routes: tuple[tuple[Action, str, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, f"{_TRADE}/order", named),
        (Action.READ_CONDITIONAL, f"{_TRADE}/order-algo", algo_named),
        (Action.LIST_PLAIN, f"{_TRADE}/orders-pending", page),
        *(
            (Action.LIST_CONDITIONAL, f"{_TRADE}/orders-algo-pending", {**page, "ordType": kind})
            for kind in ALGO_LISTINGS
        ),
        (Action.READ_POSITIONS, f"{_ACCOUNT}/positions", _MARKET),
        (Action.READ_SETTINGS, f"{_ACCOUNT}/leverage-info", {**_MARKET, "mgnMode": _MARGIN}),
        (Action.READ_SETTINGS, f"{_ACCOUNT}/config", {}),
    )
    for action, path, query in routes:
        yield Shape(action=action, method="GET", path=path, query=query)


OKX = RecordedVenue(
    profile=profiles.OKX,
    shapes=(
        *(shape for mode, side in combos(BOTH_MODES) for shape in _orders(mode, side)),
        *(shape for mode, side in combos(BOTH_MODES) for shape in _algos(mode, side)),
        *_changes(),
        *_queries(),
    ),
    kept_headers=frozenset({"expTime"}),
)
