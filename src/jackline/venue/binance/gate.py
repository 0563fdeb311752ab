"""The request gate: looks at what is about to leave, after signing and before the socket.

It reads the final method, address and body, never our intentions, because a library between the two may
drop or leak a field (a ``stopLoss`` that Binance ignores, a "stop" that is a market order). A request that
changes something and matches no golden shape does not leave. An order that can increase exposure leaves
only on the ticket of a `ProtectedEntry` (P2), within its time, and with the permit's word (rule 3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from jackline.core.orders import PositionView
from jackline.core.requests import SendClose, SendEntry
from jackline.core.values import OrderSide, Side, WireMs
from jackline.venue.binance.endpoint import is_loopback
from jackline.venue.profile import BINANCE_USDM

EntryPermit = Callable[[SendEntry], str | None]
"""Clock, fencing number and kill level, read at the last moment: None, or why the entry must not leave."""

POSITION_AGE_MS_MAX = 300
"""A close without the reduce-only flag leaves only on a position read younger than this (protocol,
closing)."""


class GateRefused(Exception):
    """The gate kept a request from leaving.

    Attributes:
        code: the rule it would have broken.
        why: the figures.
    """

    def __init__(self, code: str, why: str) -> None:
        self.code = code
        self.why = why
        super().__init__(f"{code}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A golden shape: the keys it must have and may have. Nothing else."""

    required: frozenset[str]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainClose:
    """Ticket of a close whose flags the venue refuses: what was just read stands in for the flag."""

    request: SendClose
    position: PositionView
    read_ms: WireMs


_SIGNED = frozenset({"timestamp", "signature"})
_ORDER_NAME = frozenset(
    {"symbol", "side", "type", "quantity", "newClientOrderId", "newOrderRespType", "recvWindow"}
)
_ORDER = Shape(
    required=_SIGNED | _ORDER_NAME, optional=frozenset({"positionSide", "reduceOnly", "timeInForce", "price"})
)
_ALGO_ORDER = Shape(
    required=_SIGNED
    | {"algoType", "symbol", "side", "type", "triggerPrice", "workingType", "priceProtect", "clientAlgoId"}
    | {"selfTradePreventionMode", "recvWindow"},
    optional=frozenset({"positionSide", "quantity", "reduceOnly", "closePosition"}),
)
GOLDEN: dict[tuple[str, str], Shape] = {
    ("POST", "/fapi/v1/order"): _ORDER,
    ("POST", "/fapi/v1/algoOrder"): _ALGO_ORDER,
    ("DELETE", "/fapi/v1/order"): Shape(
        required=_SIGNED | {"symbol", "recvWindow"}, optional=frozenset({"orderId", "origClientOrderId"})
    ),
    ("DELETE", "/fapi/v1/algoOrder"): Shape(
        required=_SIGNED | {"recvWindow"}, optional=frozenset({"algoId", "clientAlgoId"})
    ),
    ("POST", "/fapi/v1/leverage"): Shape(required=_SIGNED | {"symbol", "leverage", "recvWindow"}),
    ("POST", "/fapi/v1/marginType"): Shape(required=_SIGNED | {"symbol", "marginType", "recvWindow"}),
    # Creates or extends. The key is shared by all processes of the account, so its DELETE has no shape.
    ("POST", "/fapi/v1/listenKey"): Shape(required=frozenset()),
}

_NUMBER = re.compile(r"[0-9]+")
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_VALUES: dict[str, re.Pattern[str]] = {
    "algoType": re.compile("CONDITIONAL"),
    "side": re.compile("BUY|SELL"),
    "positionSide": re.compile("LONG|SHORT"),
    "type": re.compile("LIMIT|MARKET|STOP_MARKET|TAKE_PROFIT_MARKET"),
    "timeInForce": re.compile("IOC"),
    "quantity": _DECIMAL,
    "price": _DECIMAL,
    "triggerPrice": _DECIMAL,
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
    **dict.fromkeys(("leverage", "recvWindow", "timestamp", "orderId", "algoId"), _NUMBER),
}
_POSITIVE = ("quantity", "price", "triggerPrice", "leverage")
_CLOSING = {("LONG", "SELL"), ("SHORT", "BUY")}

Fields = dict[str, str]


class RequestGate:
    """One per account; every connection passes through it."""

    def __init__(self, *, authority: str, permit: EntryPermit, venue_ms: Callable[[], WireMs]) -> None:
        self._authority = authority
        self._permit = permit
        self._venue_ms = venue_ms
        self._entries: dict[str, SendEntry] = {}
        self._plain_closes: dict[str, PlainClose] = {}

    @contextmanager
    def entry(self, request: SendEntry) -> Iterator[None]:
        """Let this one entry through while the block runs."""
        self._entries[request.client_id] = request
        try:
            yield
        finally:
            self._entries.pop(request.client_id, None)

    @contextmanager
    def plain_close(self, ticket: PlainClose) -> Iterator[None]:
        """Let this one close without flags through while the block runs."""
        self._plain_closes[ticket.request.client_id] = ticket
        try:
            yield
        finally:
            self._plain_closes.pop(ticket.request.client_id, None)

    def check(self, *, method: str, url: str, body: str | None) -> None:
        """Raise `GateRefused` unless this signed request may leave."""
        parts = urlsplit(url)
        if parts.netloc != self._authority or not is_loopback(parts.hostname):
            raise GateRefused(
                "C2", f"{method} {parts.netloc}{parts.path} is not the venue at {self._authority}"
            )
        if method == "GET":
            return
        fields = _fields(parts.query, body)
        _match_shape(method, parts.path, fields)
        if (method, parts.path) == ("POST", "/fapi/v1/order"):
            self._check_order(fields)
        elif (method, parts.path) == ("POST", "/fapi/v1/algoOrder"):
            _check_conditional(fields)
        elif method == "DELETE":
            _check_named_once(fields)

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
            _check_plain_close(plain_close, fields, self._venue_ms())
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
            raise GateRefused("P2", f"entry {request.client_id} differs from its plan: {_shown(fields)}")
        if (Decimal(fields["price"]) - entry.collar_price) * entry.side.sign > 0:
            raise GateRefused(
                "P2", f"entry price {fields['price']} is beyond its collar {entry.collar_price}"
            )
        # Before its time is looked at: a clock that is off makes every entry late, and should be named itself.
        denied = self._permit(request)
        if denied is not None:
            raise GateRefused("K3", denied)
        now = self._venue_ms()
        if now > request.latest_ms:
            raise GateRefused("O1", f"entry is {now - request.latest_ms} ms past its latest time")


def _fields(query: str, body: str | None) -> Fields:
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body or "", keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise GateRefused("P2", f"a parameter is given twice: {sorted(key for key, _ in pairs)}")
    return fields


def _match_shape(method: str, path: str, fields: Fields) -> None:
    shape = GOLDEN.get((method, path))
    if shape is None:
        raise GateRefused("P2", f"{method} {path} is no request of ours")
    missing = shape.required - fields.keys()
    leaked = fields.keys() - shape.required - shape.optional
    if missing or leaked:
        raise GateRefused("P2", f"{method} {path}: missing {sorted(missing)}, not ours {sorted(leaked)}")
    for key, value in fields.items():
        if not _VALUES[key].fullmatch(value):
            raise GateRefused("P2", f"{method} {path}: {key}={value!r} is not of its golden form")
        if key in _POSITIVE and Decimal(value) <= 0:
            raise GateRefused("P2", f"{method} {path}: {key} must be above 0")


def _is_reducing(fields: Fields) -> bool:
    """Reduce-only by flag (netting) or by position side (hedge mode, where the venue refuses the flag)."""
    closing_side = (fields.get("positionSide"), fields["side"]) in _CLOSING
    return "reduceOnly" in fields if "positionSide" not in fields else closing_side


def _check_conditional(fields: Fields) -> None:
    """A conditional order of ours can only reduce: whole position, or a quantity with the flag or the side
    (P3)."""
    if fields["type"] not in {"STOP_MARKET", "TAKE_PROFIT_MARKET"}:
        raise GateRefused("P3", f"conditional type {fields['type']}")
    whole, sized = "closePosition" in fields, "quantity" in fields
    if whole == sized or (whole and "reduceOnly" in fields):
        raise GateRefused("P3", f"closePosition, quantity and reduceOnly contradict: {_shown(fields)}")
    if "positionSide" in fields and (fields["positionSide"], fields["side"]) not in _CLOSING:
        raise GateRefused("P3", f"{fields['side']} does not close {fields['positionSide']}")
    if sized and not _is_reducing(fields):
        raise GateRefused("P3", f"conditional order {fields['clientAlgoId']} could open a position")


def _check_plain_close(ticket: PlainClose, fields: Fields, now: WireMs) -> None:
    request, position = ticket.request, ticket.position
    matches = (
        fields["symbol"] == request.symbol == position.symbol
        and position.side is request.side
        and OrderSide(fields["side"]) is Side(position.side).closes_with
        and Decimal(fields["quantity"]) <= position.quantity
    )
    if not matches:
        raise GateRefused(
            "P3", f"close {request.client_id} exceeds the {position.side} {position.quantity} just read"
        )
    if now - ticket.read_ms > POSITION_AGE_MS_MAX:
        raise GateRefused(
            "P3", f"the position behind close {request.client_id} was read {now - ticket.read_ms} ms ago"
        )


def _check_named_once(fields: Fields) -> None:
    """A cancel names exactly one order: there is no blanket cancel (P6)."""
    names = [key for key in ("orderId", "origClientOrderId", "algoId", "clientAlgoId") if key in fields]
    if len(names) != 1:
        raise GateRefused("P6", f"a cancel must name one order, not {names}")


def _shown(fields: Fields) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(fields.items()) if key not in _SIGNED)
