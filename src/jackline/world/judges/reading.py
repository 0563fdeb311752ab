"""Departures read as requests, each wire by its own words.

Nothing of the transports is used: a judge that read with the engine's parser would share its mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import msgspec

from jackline.exchange.values import PositionSide, Side
from jackline.world.judges.names import parse
from jackline.world.judges.requests import Leg, Request, RequestKind
from jackline.world.watching import Departure
from jackline.world.wires import exchange_name

_BINGX_ROOT: Final = "/openApi/"
_CLOSING: Final = {("LONG", "SELL"), ("SHORT", "BUY")}
_PLAIN: Final = ("LIMIT", "MARKET")
_BINANCE_KINDS: Final = {
    ("POST", "order"): RequestKind.ORDER,
    ("POST", "algoOrder"): RequestKind.CONDITIONAL,
    ("DELETE", "order"): RequestKind.CANCEL,
    ("DELETE", "algoOrder"): RequestKind.CANCEL_CONDITIONAL,
    ("DELETE", "allOpenOrders"): RequestKind.BLANKET_CANCEL,
    ("DELETE", "algoOpenOrders"): RequestKind.BLANKET_CANCEL,
    ("DELETE", "batchOrders"): RequestKind.BLANKET_CANCEL,
    ("POST", "countdownCancelAll"): RequestKind.BLANKET_CANCEL,
    ("POST", "leverage"): RequestKind.SETTING,
    ("POST", "marginType"): RequestKind.SETTING,
}
_BINGX_KINDS: Final = {
    ("POST", "order"): RequestKind.ORDER,
    ("DELETE", "order"): RequestKind.CANCEL,
    ("DELETE", "allOpenOrders"): RequestKind.BLANKET_CANCEL,
    ("DELETE", "batchOrders"): RequestKind.BLANKET_CANCEL,
    ("POST", "cancelAllAfter"): RequestKind.BLANKET_CANCEL,
    ("POST", "cancelReplace"): RequestKind.BLANKET_CANCEL,
    ("POST", "batchCancelReplace"): RequestKind.BLANKET_CANCEL,
    ("POST", "closeAllPositions"): RequestKind.BLANKET_CANCEL,
    ("POST", "leverage"): RequestKind.SETTING,
    ("POST", "marginType"): RequestKind.SETTING,
}
"""What ends many orders at once, or one to place another, is blanket here: none names one order and does no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """How a wire names the parts of a request."""

    client_ids: tuple[str, ...]
    venue_ids: tuple[str, ...]
    trigger: str


_BINANCE: Final = _Words(
    client_ids=("newClientOrderId", "clientAlgoId", "origClientOrderId"),
    venue_ids=("orderId", "algoId"),
    trigger="triggerPrice",
)
_BINGX: Final = _Words(
    client_ids=("clientOrderID", "clientOrderId"), venue_ids=("orderId",), trigger="stopPrice"
)


class _LegText(msgspec.Struct, frozen=True):
    """`stopLoss` as sent: JSON in a parameter."""

    type: str
    stopPrice: Decimal
    quantity: Decimal


_leg_text = msgspec.json.Decoder(_LegText, float_hook=Decimal).decode


def read_request(departure: Departure) -> Request:
    """Classify a departure. Nothing in it is trusted to be well formed except its numbers."""
    if departure.path.startswith(_BINGX_ROOT):
        return _read(departure, _bingx_kind(departure), _BINGX)
    return _read(departure, _kind(departure, _BINANCE_KINDS), _BINANCE)


def _read(departure: Departure, kind: RequestKind, words: _Words) -> Request:
    params = departure.params
    client_id = _first(params, words.client_ids)
    venue_id = _first(params, words.venue_ids)
    placed = kind is not RequestKind.SETTING and "side" in params
    closing = (params.get("positionSide", ""), params.get("side", "")) in _CLOSING
    flagged = params.get("reduceOnly") == "true" or params.get("closePosition") == "true"
    return Request(
        departure=departure,
        kind=kind,
        client_id=client_id,
        venue_id=int(venue_id) if venue_id else None,
        name=parse(client_id),
        symbol=exchange_name(params.get("symbol", "")),
        side=Side(params["side"]) if placed else None,
        position_side=PositionSide(params.get("positionSide", "BOTH")),
        quantity=Decimal(params["quantity"]) if "quantity" in params else None,
        trigger_price=Decimal(params[words.trigger]) if words.trigger in params else None,
        reducing=flagged or closing,
        leg=_leg(params.get("stopLoss")),
    )


def _kind(departure: Departure, kinds: Mapping[tuple[str, str], RequestKind]) -> RequestKind:
    return kinds.get((departure.method, departure.path.rsplit("/", 1)[-1]), RequestKind.OTHER)


def _bingx_kind(departure: Departure) -> RequestKind:
    """One path takes every order: what waits for a trigger is told by its type. Only plain ones have a client id."""
    kind = _kind(departure, _BINGX_KINDS)
    if kind is RequestKind.ORDER and departure.params.get("type") not in _PLAIN:
        return RequestKind.CONDITIONAL
    if kind is RequestKind.CANCEL and not _first(departure.params, _BINGX.client_ids):
        return RequestKind.CANCEL_EITHER
    return kind


def _leg(text: str | None) -> Leg | None:
    """None where nothing is attached, or nothing that the venue would take for a stop."""
    if text is None:
        return None
    try:
        sent = _leg_text(text)
    except msgspec.MsgspecError:
        return None
    return Leg(trigger_price=sent.stopPrice, quantity=sent.quantity) if sent.type == "STOP_MARKET" else None


def _first(params: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((params[name] for name in names if name in params), "")
