"""Core requests in Binance's words: raw parameters, every number a plain decimal string.

Written against USDⓈ-M futures after the move of conditional orders to the algo service (-4120 elsewhere).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from jackline.core.errors import invariant
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    ReadOrder,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
    StopShape,
)
from jackline.core.values import Side, exact

Params = dict[str, str]

STOP_WINDOW_MS = 10_000
"""Receive window of stops, closes and cancels: they are idempotent, so late is better than refused."""

ORDER = "order"
ALGO_ORDER = "algoOrder"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A method, a path under ``/fapi/v1/`` and its parameters, before time stamp and signature."""

    method: str
    path: str
    params: Params


def wire_request(request: Mutation) -> WireRequest:
    """The one shape in which this request may leave."""
    match request:
        case SendEntry():
            return WireRequest(method="POST", path=ORDER, params=_entry(request))
        case SendStop():
            return WireRequest(method="POST", path=ALGO_ORDER, params=_stop(request))
        case SendTarget():
            return WireRequest(method="POST", path=ALGO_ORDER, params=_target(request))
        case SendTrailing():
            return WireRequest(method="POST", path=ALGO_ORDER, params=_trailing(request))
        case SendClose():
            return WireRequest(method="POST", path=ORDER, params=_close(request))
        case CancelOrder():
            return _cancel(request)
        case _:
            assert_never(request)


def read_order_request(request: ReadOrder) -> WireRequest:
    """Query by our own client id, at the service the order lives in."""
    if request.conditional:
        return WireRequest(method="GET", path=ALGO_ORDER, params={"clientAlgoId": request.client_id})
    params = {"symbol": request.symbol, "origClientOrderId": request.client_id}
    return WireRequest(method="GET", path=ORDER, params=params)


def plain(number: Decimal) -> str:
    """A decimal as Binance wants it: no exponent, no trailing zeros. Raises TypeError for a float."""
    text = f"{exact(number):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _entry(request: SendEntry) -> Params:
    entry = request.entry
    return {
        "symbol": entry.symbol,
        "side": entry.side.opens_with.value,
        **_position_side(entry.side, entry.mode),
        "type": "LIMIT",
        "timeInForce": "IOC",
        "quantity": plain(entry.quantity),
        "price": plain(entry.collar_price),
        "newClientOrderId": request.client_id,
        "newOrderRespType": "RESULT",
        "recvWindow": str(entry.receive_window_ms),
    }


def _stop(request: SendStop) -> Params:
    whole = request.shape is StopShape.WHOLE_POSITION
    invariant(whole == (request.quantity is None), "P3", shape=request.shape, quantity=request.quantity)
    if request.quantity is None:
        reducing = {"closePosition": "true"}
    else:
        reducing = {"quantity": plain(request.quantity), **_reduce_only(request.mode)}
    return _conditional(request, kind="STOP_MARKET", reducing=reducing)


def _target(request: SendTarget) -> Params:
    reducing = {"quantity": plain(request.quantity), **_reduce_only(request.mode)}
    return _conditional(request, kind="TAKE_PROFIT_MARKET", reducing=reducing)


def _trailing(request: SendTrailing) -> Params:
    # In per cent: 0.01 is 1. With a trigger price it is refused, and price protection is not of this type.
    following = {"callbackRate": plain(request.callback_fraction * 100)}
    if request.activate_price is not None:
        following["activatePrice"] = plain(request.activate_price)
    reducing = {"quantity": plain(request.quantity), **_reduce_only(request.mode)}
    return _standing(request, kind="TRAILING_STOP_MARKET", when=following, reducing=reducing)


def _conditional(request: SendStop | SendTarget, *, kind: str, reducing: Params) -> Params:
    # True would hold the stop back while mark and last disagree, which is the crash it is for.
    unprotected = {"priceProtect": "false", **reducing}
    return _standing(
        request, kind=kind, when={"triggerPrice": plain(request.trigger_price)}, reducing=unprotected
    )


def _standing(
    request: SendStop | SendTarget | SendTrailing, *, kind: str, when: Params, reducing: Params
) -> Params:
    return {
        "algoType": "CONDITIONAL",
        "symbol": request.symbol,
        "side": request.side.closes_with.value,
        **_position_side(request.side, request.mode),
        "type": kind,
        **when,
        # Said every time: the venue's own default fires on the last price.
        "workingType": "MARK_PRICE" if request.price_source is PriceSource.MARK else "CONTRACT_PRICE",
        **reducing,
        "clientAlgoId": request.client_id,
        # Anything else could expire the stop against our own resting order.
        "selfTradePreventionMode": "NONE",
        "recvWindow": str(STOP_WINDOW_MS),
    }


def _close(request: SendClose) -> Params:
    plain_market = request.shape is CloseShape.PLAIN_MARKET
    common = {
        "symbol": request.symbol,
        "side": request.side.closes_with.value,
        **_position_side(request.side, request.mode),
        "quantity": plain(request.quantity),
        **({} if plain_market else _reduce_only(request.mode)),
        "newClientOrderId": request.client_id,
        "newOrderRespType": "RESULT",
        "recvWindow": str(STOP_WINDOW_MS),
    }
    if plain_market or request.shape is CloseShape.REDUCE_ONLY_MARKET:
        return common | {"type": "MARKET"}
    invariant(request.limit_price is not None, "P1", shape=request.shape, limit_price=request.limit_price)
    limit = plain(request.limit_price or Decimal(0))
    return common | {"type": "LIMIT", "timeInForce": "IOC", "price": limit}


def _cancel(request: CancelOrder) -> WireRequest:
    key = request.key
    named = key.venue_id is not None
    window = {"recvWindow": str(STOP_WINDOW_MS)}
    if key.conditional:
        by_id = {"algoId": str(key.venue_id)} if named else {"clientAlgoId": key.client_id}
        return WireRequest(method="DELETE", path=ALGO_ORDER, params=by_id | window)
    by_id = {"orderId": str(key.venue_id)} if named else {"origClientOrderId": key.client_id}
    return WireRequest(method="DELETE", path=ORDER, params={"symbol": key.symbol} | by_id | window)


def _position_side(side: Side, mode: PositionMode) -> Params:
    return {"positionSide": side.name} if mode is PositionMode.HEDGE else {}


def _reduce_only(mode: PositionMode) -> Params:
    """In hedge mode the position side reduces, and the flag is refused (-1106)."""
    return {} if mode is PositionMode.HEDGE else {"reduceOnly": "true"}
