"""BingX's request gate: its golden shapes, and what their fields may mean together (`transport/gate.py` says why)."""

from __future__ import annotations

import re
from decimal import Decimal

from jackline.core.plan import Rung
from jackline.core.requests import SendEntry
from jackline.core.standing import Traffic
from jackline.venue.bingx.requests import position_side, stop_leg
from jackline.venue.profile import BINGX_SWAP
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

ORDER_PATH = "/openApi/swap/v2/trade/order"
KEY_PATH = "/openApi/user/auth/userDataStream"
_ORDER = Shape(
    traffic=Traffic.REDUCES,
    required=SIGNED | {"symbol", "side", "positionSide", "type", "recvWindow"},
    optional=frozenset({"quantity", "price", "timeInForce", "reduceOnly", "clientOrderID", "stopLoss"})
    | {"stopPrice", "workingType", "closePosition"},
)
GOLDEN: dict[tuple[str, str], Shape] = {
    ("POST", ORDER_PATH): _ORDER,
    ("DELETE", ORDER_PATH): Shape(
        traffic=Traffic.CANCELS,
        required=SIGNED | {"symbol", "recvWindow"},
        optional=frozenset({"orderId", "clientOrderID"}),
    ),
    ("POST", "/openApi/swap/v2/trade/leverage"): Shape(
        traffic=Traffic.SETS, required=SIGNED | {"symbol", "side", "leverage", "recvWindow"}
    ),
    ("POST", "/openApi/swap/v2/trade/marginType"): Shape(
        traffic=Traffic.SETS, required=SIGNED | {"symbol", "marginType", "recvWindow"}
    ),
    ("POST", KEY_PATH): Shape(traffic=Traffic.READ, required=SIGNED),
    # Extends a key of our own. Other processes have theirs, so the DELETE, which could name one, has no shape.
    ("PUT", KEY_PATH): Shape(traffic=Traffic.READ, required=SIGNED | {"listenKey"}),
}
"""No batch, no cancelReplace, no closeAllPositions, no cancelAllAfter, no change of mode: they have no shape."""

_POSITION_SIDES = "BOTH|LONG|SHORT"
_FORMS: dict[str, re.Pattern[str]] = {
    "side": re.compile(f"BUY|SELL|{_POSITION_SIDES}"),
    "positionSide": re.compile(_POSITION_SIDES),
    "type": re.compile("LIMIT|MARKET|STOP_MARKET|TAKE_PROFIT_MARKET"),
    "timeInForce": re.compile("IOC"),
    "quantity": DECIMAL,
    "price": DECIMAL,
    "stopPrice": DECIMAL,
    "workingType": re.compile("MARK_PRICE|CONTRACT_PRICE"),
    "reduceOnly": re.compile("true"),
    "closePosition": re.compile("true"),
    "clientOrderID": BINGX_SWAP.client_id_pattern,
    "stopLoss": re.compile(
        r'\{"type":"STOP_MARKET","stopPrice":[0-9.]+,"workingType":"(MARK_PRICE|CONTRACT_PRICE)","quantity":[0-9.]+\}'
    ),
    "symbol": re.compile(r"\w{2,30}-\w{2,10}"),
    "marginType": re.compile("ISOLATED|CROSSED"),
    "listenKey": re.compile("[0-9A-Za-z]{8,128}"),
    "signature": re.compile("[0-9a-f]{64}"),
    **dict.fromkeys(("leverage", "recvWindow", "timestamp", "orderId"), NUMBER),
}
_ORDER_SIDES = {"BUY", "SELL"}
_PLAIN_ONLY = {"price", "timeInForce", "clientOrderID", "stopLoss"}
_CONDITIONAL_ONLY = {"stopPrice", "workingType", "closePosition"}


class RequestGate(GateMechanics):
    """One per account; every connection passes through it."""

    profile = BINGX_SWAP
    golden = GOLDEN
    forms = _FORMS
    positive = frozenset({"quantity", "price", "stopPrice", "leverage"})

    def _judge(self, method: str, path: str, fields: Fields) -> None:
        if (method, path) == ("POST", ORDER_PATH):
            self._check_placement(fields)
        elif method == "DELETE":
            check_named_once(fields, ("orderId", "clientOrderID"))
        elif "leverage" in fields and fields["side"] in _ORDER_SIDES:
            raise GateRefused("P2", f"leverage of {fields['side']}: LONG, SHORT or BOTH")

    def _check_placement(self, fields: Fields) -> None:
        if fields["side"] not in _ORDER_SIDES:
            raise GateRefused("P2", f"an order's side is BUY or SELL, not {fields['side']}")
        conditional = fields["type"] not in {"LIMIT", "MARKET"}
        strange = fields.keys() & (_PLAIN_ONLY if conditional else _CONDITIONAL_ONLY)
        if strange:
            raise GateRefused("P3" if conditional else "P2", f"{fields['type']} with {sorted(strange)}")
        if conditional:
            _check_conditional(fields)
        else:
            self._check_plain(fields)

    def _check_plain(self, fields: Fields) -> None:
        if "quantity" not in fields or "clientOrderID" not in fields:
            raise GateRefused("P2", f"{fields['type']} without quantity or id: {shown(fields)}")
        limited = fields["type"] == "LIMIT"
        if limited != ("price" in fields) or limited != ("timeInForce" in fields):
            raise GateRefused(
                "P2", "a limit order must be IOC: a resting one could fill after its stop is gone"
            )
        client_id = fields["clientOrderID"]
        entry, plain_close = self._entries.get(client_id), self._plain_closes.get(client_id)
        if entry is not None:
            self._check_entry(entry, fields)
        elif "stopLoss" in fields:
            raise GateRefused("P2", f"order {client_id} carries a stop and no protected entry is behind it")
        elif plain_close is not None:
            check_plain_close(plain_close, fields, self._venue_ms())
        elif not _is_reducing(fields):
            raise GateRefused("P2", f"order {client_id} can add exposure and no protected entry is behind it")

    def _check_entry(self, request: SendEntry, fields: Fields) -> None:
        entry = request.entry
        same = (
            fields["symbol"] == entry.symbol
            and fields["side"] == entry.side.opens_with
            and fields["positionSide"] == position_side(entry.side, entry.mode)
            and Decimal(fields["quantity"]) == entry.quantity
            and "reduceOnly" not in fields
            and int(fields["recvWindow"]) <= entry.receive_window_ms
        )
        if not same or "price" not in fields:
            raise GateRefused("P2", f"entry {request.client_id} differs from its plan: {shown(fields)}")
        # To the letter: a leg that the venue cannot read is one that it ignores, and the entry stands bare.
        planned = stop_leg(entry) if entry.rung is Rung.ATTACHED else None
        if fields.get("stopLoss") != planned:
            raise GateRefused("P2", f"entry {request.client_id} must carry {planned}: {shown(fields)}")
        check_collar(request, fields["price"])
        self._check_moment(request)


def _is_reducing(fields: Fields) -> bool:
    """Reduce-only by flag in one-way mode, by the closing side in hedge mode, where the venue refuses the flag."""
    if fields["positionSide"] == "BOTH":
        return "reduceOnly" in fields
    return "reduceOnly" not in fields and (fields["positionSide"], fields["side"]) in CLOSING


def _check_conditional(fields: Fields) -> None:
    """A conditional order of ours can only reduce (P3): by quantity, or in hedge mode the whole position."""
    if not {"stopPrice", "workingType"} <= fields.keys():
        raise GateRefused("P3", f"{fields['type']} without trigger: {shown(fields)}")
    whole, sized = "closePosition" in fields, "quantity" in fields
    if whole == sized:
        raise GateRefused("P3", f"closePosition and quantity contradict: {shown(fields)}")
    if whole and fields["positionSide"] == "BOTH":
        raise GateRefused("P3", "closePosition is refused in one-way mode")
    if not _is_reducing(fields):
        raise GateRefused("P3", f"conditional order could open a position: {shown(fields)}")
