"""The mechanics of a request gate: it looks at what is about to leave, after signing and before the socket.

It reads the final method, address and body, never our intentions, because a library between the two may
drop or leak a field (a ``stopLoss`` that the venue ignores, a "stop" that is a market order). A request that
changes something and matches no golden shape of its venue does not leave. An order that can increase exposure
leaves only on the ticket of a `ProtectedEntry` (P2), within its time, and with the permit's word (rule 3). And nothing
leaves, questions included, of a process that cannot be sure any more that it speaks for its account (C3).
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar
from urllib.parse import SplitResult, parse_qsl, urlsplit

from jackline.core.orders import PositionView
from jackline.core.requests import SendClose, SendEntry
from jackline.core.standing import Standing, Traffic, refusal
from jackline.core.values import OrderSide, Side, WireMs
from jackline.venue.profile import VenueProfile
from jackline.venue.transport.endpoint import is_loopback

EntryPermit = Callable[[SendEntry], str | None]
"""Clock, fencing number and kill level, read at the last moment: None, or why the entry must not leave."""

Speaks = Callable[[], Standing]
"""Whether this process still speaks for its account, asked for every request."""


def alone() -> Standing:
    """Where the lease is a lock of this host, which its holder cannot lose and live: nobody else can speak."""
    return Standing.HELD


POSITION_AGE_MS_MAX = 300
"""A close without the reduce-only flag leaves only on a position read younger than this (protocol,
closing)."""

SIGNED = frozenset({"timestamp", "signature"})
"""What signing adds to every request."""
NUMBER = re.compile(r"[0-9]+")
DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
CLOSING = {("LONG", "SELL"), ("SHORT", "BUY")}
"""Position sides and the order sides that close them."""

Fields = dict[str, str]


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
    """A golden shape: the keys it must have and may have, nothing else; and what such a request does at the venue.

    One that has `_judge` behind it and `Traffic.REDUCES` reduces unless it leaves on a ticket.
    """

    traffic: Traffic
    required: frozenset[str]
    optional: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainClose:
    """Ticket of a close whose flags the venue refuses: what was just read stands in for the flag."""

    request: SendClose
    position: PositionView
    read_ms: WireMs


class GateMechanics(ABC):
    """One per account; every connection passes through it.

    A venue gives its shapes by method and path, the form of each value, and `_judge`, which looks at what the fields
    mean together.
    """

    profile: ClassVar[VenueProfile]
    golden: ClassVar[Mapping[tuple[str, str], Shape]]
    forms: ClassVar[Mapping[str, re.Pattern[str]]]
    positive: ClassVar[frozenset[str]]

    def __init__(
        self, *, authority: str, permit: EntryPermit, speaks: Speaks, venue_ms: Callable[[], WireMs]
    ) -> None:
        self._authority = authority
        self._permit = permit
        self._speaks = speaks
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
        parts = self._ours(method, url)
        if method == "GET":
            self._admit(Traffic.READ)
        else:
            self._check_mutation(method, parts.path, _fields(parts.query, body))

    def _ours(self, what: str, url: str) -> SplitResult:
        parts = urlsplit(url)
        if parts.netloc != self._authority or not is_loopback(parts.hostname):
            raise GateRefused(
                "C2", f"{what} {parts.netloc}{parts.path} is not the venue at {self._authority}"
            )
        return parts

    def _check_mutation(self, method: str, path: str, fields: Fields) -> None:
        shape = self._match_shape(method, path, fields)
        has_ticket = any(one in self._entries or one in self._plain_closes for one in fields.values())
        self._admit(Traffic.OPENS if has_ticket else shape.traffic)
        self._judge(method, path, fields)

    def _admit(self, traffic: Traffic) -> None:
        why = refusal(self._speaks(), traffic)
        if why is not None:
            raise GateRefused("C3", why)

    @abstractmethod
    def _judge(self, method: str, path: str, fields: Fields) -> None:
        """Raise `GateRefused` for fields that are each of their form and mean something that must not leave."""

    def _match_shape(self, method: str, path: str, fields: Fields) -> Shape:
        shape = self.golden.get((method, path))
        if shape is None:
            raise GateRefused("P2", f"{method} {path} is no request of ours")
        missing = shape.required - fields.keys()
        leaked = fields.keys() - shape.required - shape.optional
        if missing or leaked:
            raise GateRefused("P2", f"{method} {path}: missing {sorted(missing)}, not ours {sorted(leaked)}")
        for key, value in fields.items():
            if not self.forms[key].fullmatch(value):
                raise GateRefused("P2", f"{method} {path}: {key}={value!r} is not of its golden form")
            if key in self.positive and Decimal(value) <= 0:
                raise GateRefused("P2", f"{method} {path}: {key} must be above 0")
        return shape

    def _check_moment(self, request: SendEntry) -> None:
        """On a rung of this venue, with the permit's word, and within its time."""
        if request.entry.rung not in self.profile.rungs:
            # Its stop would be where this venue has none: in a request that cannot carry it, or nowhere (P2).
            raise GateRefused("P2", f"{self.profile.name} has no rung {request.entry.rung}")
        # Before its time is looked at: a clock that is off makes every entry late, and should be named itself.
        denied = self._permit(request)
        if denied is not None:
            raise GateRefused("K3", denied)
        now = self._venue_ms()
        if now > request.latest_ms:
            raise GateRefused("O1", f"entry is {now - request.latest_ms} ms past its latest time")


def check_collar(request: SendEntry, price: str) -> None:
    """The worst fill that was planned with is the worst that may be asked for (P2)."""
    entry = request.entry
    if (Decimal(price) - entry.collar_price) * entry.side.sign > 0:
        raise GateRefused("P2", f"entry price {price} is beyond its collar {entry.collar_price}")


def check_plain_close(ticket: PlainClose, fields: Fields, now: WireMs) -> None:
    """No more than the position just read, on its closing side, and soon (P3)."""
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


def check_named_once(fields: Fields, names: tuple[str, ...]) -> None:
    """A cancel names exactly one order: there is no blanket cancel (P6)."""
    found = [key for key in names if key in fields]
    if len(found) != 1:
        raise GateRefused("P6", f"a cancel must name one order, not {found}")


def shown(fields: Fields) -> str:
    """Fields for a message, without what signing added."""
    return ", ".join(f"{key}={value}" for key, value in sorted(fields.items()) if key not in SIGNED)


def _fields(query: str, body: str | None) -> Fields:
    pairs = parse_qsl(query, keep_blank_values=True) + parse_qsl(body or "", keep_blank_values=True)
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise GateRefused("P2", f"a parameter is given twice: {sorted(key for key, _ in pairs)}")
    return fields
