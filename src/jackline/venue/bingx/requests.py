"""Core requests in BingX's words: raw parameters, every number a plain decimal string.

The position side and the price that fires are said every time: the venue's defaults are LONG, and either of two prices.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from jackline.core.errors import invariant
from jackline.core.orders import PositionMode, PriceSource
from jackline.core.plan import ProtectedEntry, Rung
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
)
from jackline.core.values import Side

Params = dict[str, str]

STOP_WINDOW_MS = 5_000
"""Receive window of stops, closes and cancels: the longest the venue grants, for late is better than refused."""

ORDER = "trade/order"
LEVERAGE = "trade/leverage"
MARGIN_TYPE = "trade/marginType"
WORKING_TYPES = {PriceSource.MARK: "MARK_PRICE", PriceSource.LAST: "CONTRACT_PRICE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRequest:
    """A method, a path under ``/openApi/swap/v2/`` and its parameters, before time stamp and signature."""

    method: str
    path: str
    params: Params


class NoTrailing(ValueError):
    """A side has room for one stop, so nothing follows the price beside it."""


def wire_request(request: Mutation) -> WireRequest:
    """The one shape in which this request may leave. A whole-position stop has none in netting mode."""
    match request:
        case SendEntry():
            params = _entry(request)
        case SendStop():
            params = _conditional(request, kind="STOP_MARKET")
        case SendTarget():
            params = _conditional(request, kind="TAKE_PROFIT_MARKET")
        case SendTrailing():
            # The profile says that none rests here; it must not become another order on its way (P3).
            raise NoTrailing(request.symbol)
        case SendClose():
            params = _close(request)
        case CancelOrder():
            return WireRequest(method="DELETE", path=ORDER, params=_cancel(request))
        case _:
            assert_never(request)
    return WireRequest(method="POST", path=ORDER, params=params)


def read_order_request(request: ReadOrder) -> WireRequest:
    """Query by the venue's id where it is known, else by ours, which plain orders carry."""
    if request.venue_id is not None:
        by_id = {"orderId": str(request.venue_id)}
    else:
        invariant(not request.conditional, "O2", client_id=request.client_id)
        by_id = {"clientOrderID": request.client_id}
    return WireRequest(method="GET", path=ORDER, params={"symbol": request.symbol} | by_id)


def plain(number: Decimal) -> str:
    """A decimal as BingX wants it: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def stop_leg(entry: ProtectedEntry) -> str:
    """The `stopLoss` of an entry: JSON whose numbers are numbers, for the venue refuses them in quotes.

    Its quantity is the whole entry's: what a partial fill leaves of it can only reduce.
    """
    return (
        f'{{"type":"STOP_MARKET","stopPrice":{plain(entry.stop.disaster_price)},'
        f'"workingType":"{WORKING_TYPES[entry.stop.price_source]}","quantity":{plain(entry.quantity)}}}'
    )


def _entry(request: SendEntry) -> Params:
    entry = request.entry
    attached = {"stopLoss": stop_leg(entry)} if entry.rung is Rung.ATTACHED else {}
    return {
        "symbol": entry.symbol,
        "side": entry.side.opens_with.value,
        "positionSide": position_side(entry.side, entry.mode),
        "type": "LIMIT",
        "timeInForce": "IOC",
        "quantity": plain(entry.quantity),
        "price": plain(entry.collar_price),
        **attached,
        "clientOrderID": request.client_id,
        "recvWindow": str(entry.receive_window_ms),
    }


def _conditional(request: SendStop | SendTarget, *, kind: str) -> Params:
    whole = request.quantity is None
    invariant(
        not (whole and request.mode is PositionMode.NETTING), "P3", symbol=request.symbol, mode=request.mode
    )
    reducing = (
        {"closePosition": "true"}
        if request.quantity is None
        else {"quantity": plain(request.quantity), **_reduce_only(request.mode)}
    )
    return {
        "symbol": request.symbol,
        "side": request.side.closes_with.value,
        "positionSide": position_side(request.side, request.mode),
        "type": kind,
        "stopPrice": plain(request.trigger_price),
        "workingType": WORKING_TYPES[request.price_source],
        **reducing,
        "recvWindow": str(STOP_WINDOW_MS),
    }


def _close(request: SendClose) -> Params:
    plain_market = request.shape is CloseShape.PLAIN_MARKET
    common = {
        "symbol": request.symbol,
        "side": request.side.closes_with.value,
        "positionSide": position_side(request.side, request.mode),
        "quantity": plain(request.quantity),
        **({} if plain_market else _reduce_only(request.mode)),
        "clientOrderID": request.client_id,
        "recvWindow": str(STOP_WINDOW_MS),
    }
    if plain_market or request.shape is CloseShape.REDUCE_ONLY_MARKET:
        return common | {"type": "MARKET"}
    invariant(request.limit_price is not None, "P1", shape=request.shape, limit_price=request.limit_price)
    limit = plain(request.limit_price or Decimal(0))
    return common | {"type": "LIMIT", "timeInForce": "IOC", "price": limit}


def _cancel(request: CancelOrder) -> Params:
    key = request.key
    invariant(key.venue_id is not None or not key.conditional, "P6", key=key)
    by_id = {"orderId": str(key.venue_id)} if key.venue_id is not None else {"clientOrderID": key.client_id}
    return {"symbol": key.symbol} | by_id | {"recvWindow": str(STOP_WINDOW_MS)}


def position_side(side: Side, mode: PositionMode) -> str:
    """The venue's word for the leg; one-way accounts must say BOTH."""
    return side.name if mode is PositionMode.HEDGE else "BOTH"


def _reduce_only(mode: PositionMode) -> Params:
    """In hedge mode the position side reduces, and the flag is refused (109400)."""
    return {} if mode is PositionMode.HEDGE else {"reduceOnly": "true"}
