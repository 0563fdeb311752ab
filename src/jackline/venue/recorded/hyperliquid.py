"""Hyperliquid perpetuals: one signed action. There are no market orders, so every one of ours names its worst price.

The source of a trigger cannot be chosen: it is mark, and a plan that asks for another has no shape here.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from jackline.core.orders import PositionMode
from jackline.core.values import OrderSide, Side
from jackline.venue.recorded import profiles
from jackline.venue.recorded.combos import NETTING_ONLY, combos
from jackline.venue.recorded.shape import Action, Reduces, Shape
from jackline.venue.recorded.slots import Form, Name, Slot, Template, count, decimal, text, words
from jackline.venue.recorded.venue import RecordedVenue

_ID = profiles.HYPERLIQUID.client_id.pattern
_ASSET = Slot(name=Name.ASSET, form=Form.INDEX)
_USER = text(Name.USER, "0x[0-9a-fA-F]{40}")
SLIPPAGE_FRACTION = Decimal("0.10")
"""The venue's own allowance for stops; ccxt's 5 % would leave a stop unfilled in the fall that it is for."""

PRICE_DIGITS_MAX = 5
"""Significant digits of a price that is no whole number."""


def _one(buys: bool, *, reduces: bool, price: Name, size: Template, kind: Template, name: Name) -> Template:
    return {
        "a": _ASSET,
        "b": buys,
        "p": decimal(price),
        "s": size,
        "r": reduces,
        "t": kind,
        "c": text(name, _ID),
    }


def _trigger(at: Name, tpsl: str) -> Template:
    return {"trigger": {"isMarket": True, "triggerPx": decimal(at), "tpsl": tpsl}}


def _action(grouping: str, *orders: Template) -> dict[str, Template]:
    return {"action": {"type": "order", "orders": [*orders], "grouping": grouping}}


def _orders(mode: PositionMode, side: Side) -> Iterator[Shape]:
    buys = side.opens_with is OrderSide.BUY
    ioc: Template = {"limit": {"tif": "Ioc"}}
    size = decimal(Name.QUANTITY)
    entry = _one(buys, reduces=False, price=Name.PRICE, size=size, kind=ioc, name=Name.CLIENT_ID)
    leg = _one(
        not buys,
        reduces=True,
        price=Name.LEG_LIMIT,
        size=size,
        kind=_trigger(Name.LEG_TRIGGER, "sl"),
        name=Name.LEG_ID,
    )
    yield Shape(
        action=Action.ENTRY,
        method="POST",
        path="/exchange",
        mode=mode,
        side=side,
        body={**_action("normalTpsl", entry, leg), "expiresAfter": count(Name.EXPIRY_MS)},
    )
    stop, target = _trigger(Name.TRIGGER, "sl"), _trigger(Name.TRIGGER, "tp")
    orders: tuple[tuple[Action, Name, Template, Template], ...] = (
        (Action.STOP_QUANTITY, Name.LIMIT, size, stop),
        (Action.TARGET, Name.LIMIT, size, target),
        (Action.CLOSE_MARKET, Name.LIMIT, size, ioc),
        (Action.CLOSE_LIMIT, Name.PRICE, size, ioc),
        (Action.STOP_WHOLE, Name.LIMIT, "0", stop),
    )
    for action, price, amount, kind in orders:
        order = _one(not buys, reduces=True, price=price, size=amount, kind=kind, name=Name.CLIENT_ID)
        whole = action is Action.STOP_WHOLE
        yield Shape(
            action=action,
            method="POST",
            path="/exchange",
            mode=mode,
            side=side,
            reduces=Reduces.WHOLE if whole else Reduces.FLAG,
            body=_action("positionTpsl" if whole else "na", order),
        )


def _others() -> Iterator[Shape]:
    by_id: Template = {
        "action": {"type": "cancel", "cancels": [{"a": _ASSET, "o": count(Name.ORDER_ID)}]},
    }
    by_name: Template = {
        "action": {
            "type": "cancelByCloid",
            "cancels": [{"asset": _ASSET, "cloid": text(Name.CLIENT_ID, _ID)}],
        },
    }
    for action in (Action.CANCEL_PLAIN, Action.CANCEL_CONDITIONAL):
        for body in (by_id, by_name):
            yield Shape(action=action, method="POST", path="/exchange", body=body)
    leverage: Template = {
        "action": {
            "type": "updateLeverage",
            "asset": _ASSET,
            "isCross": words(Name.MARGIN, isolated=False, cross=True),
            "leverage": count(Name.LEVERAGE),
        }
    }
    yield Shape(action=Action.SET_LEVERAGE, method="POST", path="/exchange", body=leverage)
    asked: dict[str, Template] = {"user": _USER}
    named: dict[str, Template] = {"type": "orderStatus", "oid": text(Name.CLIENT_ID, _ID)}
    # `openOrders` leaves out what makes an order a stop; `frontendOpenOrders` lists both kinds whole.
    listing: dict[str, Template] = {"type": "frontendOpenOrders"}
    state: dict[str, Template] = {"type": "clearinghouseState"}
    queries: tuple[tuple[Action, dict[str, Template]], ...] = (
        (Action.READ_PLAIN, named),
        (Action.READ_CONDITIONAL, named),
        (Action.LIST_PLAIN, listing),
        (Action.LIST_CONDITIONAL, listing),
        (Action.READ_POSITIONS, state),
        (Action.READ_SETTINGS, state),
    )
    for action, own in queries:
        yield Shape(action=action, method="POST", path="/info", body={**asked, **own})


HYPERLIQUID = RecordedVenue(
    profile=profiles.HYPERLIQUID,
    shapes=(*(shape for mode, side in combos(NETTING_ONLY) for shape in _orders(mode, side)), *_others()),
    auth_body=frozenset({"nonce", "signature"}),
    slippage_fraction=SLIPPAGE_FRACTION,
    price_digits_max=PRICE_DIGITS_MAX,
)
