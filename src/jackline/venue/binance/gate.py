"""Binance's request gate: its golden shapes, and what their fields may mean together (`transport/gate.py` says why)."""

from __future__ import annotations

import re
from decimal import Decimal

from jackline.core.requests import SendEntry
from jackline.core.standing import Traffic
from jackline.core.trailing import CALLBACK_MAX_FRACTION, CALLBACK_MIN_FRACTION
from jackline.venue.binance.order_frames import frame_request
from jackline.venue.profile import BINANCE_USDM
from jackline.venue.transport.gate import (
    CLOSING,
    DECIMAL,
    NUMBER,
    SIGNED,
    Fields,
    GateMechanics,
    GateRefused,
    Shape,
    check_collar,
    check_named_once,
    check_plain_close,
    shown,
)

_ORDER_NAME = frozenset(
    {"symbol", "side", "type", "quantity", "newClientOrderId", "newOrderRespType", "recvWindow"}
)
_ORDER = Shape(
    traffic=Traffic.REDUCES,
    required=SIGNED | _ORDER_NAME,
    optional=frozenset({"positionSide", "reduceOnly", "timeInForce", "price"}),
)
_TRIGGERED, _FOLLOWING = (
    frozenset({"triggerPrice", "priceProtect"}),
    frozenset({"callbackRate", "activatePrice"}),
)
"""What a stop or target has, and what an order has that follows the price: never of both."""
_ALGO_ORDER = Shape(
    traffic=Traffic.REDUCES,
    required=SIGNED
    | {"algoType", "symbol", "side", "type", "workingType", "clientAlgoId"}
    | {"selfTradePreventionMode", "recvWindow"},
    optional=frozenset({"positionSide", "quantity", "reduceOnly", "closePosition"}) | _TRIGGERED | _FOLLOWING,
)
GOLDEN: dict[tuple[str, str], Shape] = {
    ("POST", "/fapi/v1/order"): _ORDER,
    ("POST", "/fapi/v1/algoOrder"): _ALGO_ORDER,
    ("DELETE", "/fapi/v1/order"): Shape(
        traffic=Traffic.CANCELS,
        required=SIGNED | {"symbol", "recvWindow"},
        optional=frozenset({"orderId", "origClientOrderId"}),
    ),
    ("DELETE", "/fapi/v1/algoOrder"): Shape(
        traffic=Traffic.CANCELS,
        required=SIGNED | {"recvWindow"},
        optional=frozenset({"algoId", "clientAlgoId"}),
    ),
    ("POST", "/fapi/v1/leverage"): Shape(
        traffic=Traffic.SETS, required=SIGNED | {"symbol", "leverage", "recvWindow"}
    ),
    ("POST", "/fapi/v1/marginType"): Shape(
        traffic=Traffic.SETS, required=SIGNED | {"symbol", "marginType", "recvWindow"}
    ),
    # Creates or extends. The key is shared by all processes of the account, so its DELETE has no shape.
    ("POST", "/fapi/v1/listenKey"): Shape(traffic=Traffic.READ, required=frozenset()),
}

TRAILING = "TRAILING_STOP_MARKET"
RATE_PERCENT_MIN, RATE_PERCENT_MAX = CALLBACK_MIN_FRACTION * 100, CALLBACK_MAX_FRACTION * 100
"""A rate that was multiplied twice is refused here and not by the venue: 1.5 per cent, sent as 150."""

_VALUES: dict[str, re.Pattern[str]] = {
    "algoType": re.compile("CONDITIONAL"),
    "side": re.compile("BUY|SELL"),
    "positionSide": re.compile("LONG|SHORT"),
    "type": re.compile("LIMIT|MARKET|STOP_MARKET|TAKE_PROFIT_MARKET|TRAILING_STOP_MARKET"),
    "timeInForce": re.compile("IOC"),
    "quantity": DECIMAL,
    "price": DECIMAL,
    "triggerPrice": DECIMAL,
    "activatePrice": DECIMAL,
    "callbackRate": DECIMAL,
    "workingType": re.compile("MARK_PRICE|CONTRACT_PRICE"),
    "priceProtect": re.compile("false"),
    "reduceOnly": re.compile("true"),
    "closePosition": re.compile("true"),
    "selfTradePreventionMode": re.compile("NONE"),
    "newOrderRespType": re.compile("RESULT"),
    "newClientOrderId": BINANCE_USDM.client_id_pattern,
    "clientAlgoId": BINANCE_USDM.client_id_pattern,
    "origClientOrderId": BINANCE_USDM.client_id_pattern,
    "symbol": re.compile(r"\w{2,40}"),
    "marginType": re.compile("ISOLATED|CROSSED"),
    "signature": re.compile("[0-9a-f]{64}"),
    **dict.fromkeys(("leverage", "recvWindow", "timestamp", "orderId", "algoId"), NUMBER),
}


class RequestGate(GateMechanics):
    """One per account; every connection passes through it."""

    profile = BINANCE_USDM
    golden = GOLDEN
    forms = _VALUES
    positive = frozenset({"quantity", "price", "triggerPrice", "activatePrice", "leverage"})

    def check_frame(self, *, url: str, text: str) -> None:
        """Raise `GateRefused` unless this signed frame may leave over the socket of orders."""
        self._ours("frame", url)
        method, path, fields = frame_request(text)
        if fields.get("newClientOrderId") in self._entries:
            raise GateRefused("O1", "an entry has one way out, and it is not a socket")
        self._check_mutation(method, path, fields)

    def _judge(self, method: str, path: str, fields: Fields) -> None:
        if (method, path) == ("POST", "/fapi/v1/order"):
            self._check_order(fields)
        elif (method, path) == ("POST", "/fapi/v1/algoOrder"):
            _check_conditional(fields)
        elif method == "DELETE":
            check_named_once(fields, ("orderId", "origClientOrderId", "algoId", "clientAlgoId"))

    def _check_order(self, fields: Fields) -> None:
        if fields["type"] not in {"LIMIT", "MARKET"} or (fields["type"] == "LIMIT") != ("price" in fields):
            raise GateRefused("P2", f"type {fields['type']} with price {fields.get('price')}")
        if ("timeInForce" in fields) != ("price" in fields):
            raise GateRefused(
                "P2", "a limit order must be IOC: a resting one could fill after its stop is gone"
            )
        client_id = fields["newClientOrderId"]
        entry, plain_close = self._entries.get(client_id), self._plain_closes.get(client_id)
        if entry is not None:
            self._check_entry(entry, fields)
        elif plain_close is not None:
            check_plain_close(plain_close, fields, self._venue_ms())
        elif not _is_reducing(fields):
            raise GateRefused("P2", f"order {client_id} can add exposure and no protected entry is behind it")

    def _check_entry(self, request: SendEntry, fields: Fields) -> None:
        entry = request.entry
        same = (
            fields["symbol"] == entry.symbol
            and fields["side"] == entry.side.opens_with
            and fields.get("positionSide", entry.side.name) == entry.side.name
            and Decimal(fields["quantity"]) == entry.quantity
            and "reduceOnly" not in fields
            and int(fields["recvWindow"]) <= entry.receive_window_ms
        )
        if not same or "price" not in fields:
            raise GateRefused("P2", f"entry {request.client_id} differs from its plan: {shown(fields)}")
        check_collar(request, fields["price"])
        self._check_moment(request)


def _is_reducing(fields: Fields) -> bool:
    """Reduce-only by flag (netting) or by position side (hedge mode, where the venue refuses the flag)."""
    closing_side = (fields.get("positionSide"), fields["side"]) in CLOSING
    return "reduceOnly" in fields if "positionSide" not in fields else closing_side


def _check_trailing(fields: Fields) -> None:
    """It follows by a rate, which is in per cent, and by nothing else; it has a quantity, so it is never the stop of a
    whole position."""
    if fields.keys() & _TRIGGERED or "quantity" not in fields or "callbackRate" not in fields:
        raise GateRefused("P3", f"a trailing order has a quantity and a rate: {shown(fields)}")
    if not RATE_PERCENT_MIN <= Decimal(fields["callbackRate"]) <= RATE_PERCENT_MAX:
        allowed = f"{RATE_PERCENT_MIN} … {RATE_PERCENT_MAX} per cent"
        raise GateRefused("P4", f"callbackRate {fields['callbackRate']} is outside {allowed}")


def _check_conditional(fields: Fields) -> None:
    """A conditional order of ours can only reduce: whole position, or a quantity with the flag or the side
    (P3)."""
    if fields["type"] == TRAILING:
        _check_trailing(fields)
    elif fields.keys() & _FOLLOWING or not fields.keys() >= _TRIGGERED:
        raise GateRefused(
            "P2", f"a {fields['type']} has a trigger price and follows nothing: {shown(fields)}"
        )
    elif fields["type"] not in {"STOP_MARKET", "TAKE_PROFIT_MARKET"}:
        raise GateRefused("P3", f"conditional type {fields['type']}")
    whole, sized = "closePosition" in fields, "quantity" in fields
    if whole == sized or (whole and "reduceOnly" in fields):
        raise GateRefused("P3", f"closePosition, quantity and reduceOnly contradict: {shown(fields)}")
    if "positionSide" in fields and (fields["positionSide"], fields["side"]) not in CLOSING:
        raise GateRefused("P3", f"{fields['side']} does not close {fields['positionSide']}")
    if sized and not _is_reducing(fields):
        raise GateRefused("P3", f"conditional order {fields['clientAlgoId']} could open a position")
