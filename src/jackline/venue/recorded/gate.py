"""The gate in front of the network: what it lets through is a golden shape, and an entry is its plan to the letter.

It reads method, address, headers and body as they would leave, never our intentions: a library in between may drop a
field, leak one, or turn a stop into a market order. It judges queries too, for a listing without its key is blind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import parse_qsl, urlsplit

from jackline.core.requests import SendEntry
from jackline.core.values import Side, WireMs
from jackline.venue.recorded.shape import TRIGGERED, Action, Shape
from jackline.venue.recorded.slots import Name, Values
from jackline.venue.recorded.terms import Terms
from jackline.venue.recorded.values import entry_values
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import Json, ShapeRefused, WireRequest, plain

EntryPermit = Callable[[SendEntry], str | None]
"""Clock, fencing number and kill level, read at the last moment: None, or why the entry must not leave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An entry that may leave while its ticket is held."""

    request: SendEntry
    terms: Terms


class ShapeGate:
    """One per account of a recorded venue."""

    def __init__(self, *, venue: RecordedVenue, permit: EntryPermit, venue_ms: Callable[[], WireMs]) -> None:
        self._venue = venue
        self._permit = permit
        self._venue_ms = venue_ms
        self._tickets: dict[str, Ticket] = {}

    @contextmanager
    def entry(self, request: SendEntry, terms: Terms) -> Iterator[None]:
        """Let this one entry through while the block runs."""
        spelled = self._venue.profile.client_id(request.client_id)
        self._tickets[spelled] = Ticket(request=request, terms=terms)
        try:
            yield
        finally:
            self._tickets.pop(spelled, None)

    def check(self, *, method: str, url: str, headers: Mapping[str, str], body: str | None) -> Action:
        """What the request does. Raises `ShapeRefused` unless it may leave. Signed or not is the same to it."""
        if not self._venue.shapes:
            raise ShapeRefused("P2", f"{self._venue.profile.name}: {self._venue.profile.no_rung}")
        request = self._unsigned(method, url, headers, body)
        shape, found = self._golden(request)
        if shape.action is Action.ENTRY:
            self._check_entry(shape, found)
        elif shape.action in TRIGGERED and shape.side is not None and Name.LIMIT in found:
            self._check_worst(shape.side, found)
        return shape.action

    def _unsigned(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> WireRequest:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        query = dict(pairs)
        if len(query) != len(pairs):
            raise ShapeRefused("P2", f"a parameter is given twice: {sorted(key for key, _ in pairs)}")
        known = {name.lower(): name for name in sorted(self._venue.kept_headers)}
        parsed = None if not body else _parsed(body)
        if isinstance(parsed, dict):
            parsed = {key: value for key, value in parsed.items() if key not in self._venue.auth_body}
        return WireRequest(
            method=method,
            path=parts.path,
            query={key: value for key, value in query.items() if key not in self._venue.auth_query},
            headers={known[key.lower()]: value for key, value in headers.items() if key.lower() in known},
            body=parsed,
        )

    def _golden(self, request: WireRequest) -> tuple[Shape, Values]:
        """The shape it is, or a refusal that names the nearest one."""
        nearest: tuple[Shape, list[str]] | None = None
        for shape in (shape for shape in self._venue.shapes if shape.is_at(request)):
            found: Values = {}
            problems = shape.differences(request, found)
            if not problems:
                return shape, found
            if nearest is None or len(problems) < len(nearest[1]):
                nearest = shape, problems
        if nearest is None:
            raise ShapeRefused("P2", f"{request.method} {request.path} is no request of ours")
        shape, problems = nearest
        code = "P2" if shape.action is Action.ENTRY else "P3"
        raise ShapeRefused(code, f"{request.path}, nearest to {shape.action}: {'; '.join(problems)}")

    def _check_entry(self, shape: Shape, found: Values) -> None:
        ticket = self._tickets.get(found[Name.CLIENT_ID])
        if ticket is None:
            raise ShapeRefused("P2", f"entry {found[Name.CLIENT_ID]}: no protected entry is behind it")
        entry, profile = ticket.request.entry, self._venue.profile
        if (shape.mode, shape.side) != (entry.mode, entry.side) or entry.rung not in profile.rungs:
            raise ShapeRefused(
                "P2", f"entry is {shape.mode} {shape.side}; its plan {entry.mode} {entry.side}"
            )
        planned = entry_values(self._venue, ticket.request, ticket.terms)
        wrong = sorted(f"{name} {value}" for name, value in found.items() if planned.get(name) != value)
        if wrong:
            raise ShapeRefused(
                "P2", f"entry {ticket.request.client_id} differs from its plan: {', '.join(wrong)}"
            )
        if profile.expiry is None and profile.late_execution_ms_max is None:
            # Rule 3: it could execute after everybody has given it up.
            raise ShapeRefused(
                "O1", f"{profile.name} takes no expiry, and late execution there is not measured"
            )
        now = self._venue_ms()
        if now > ticket.request.latest_ms:
            raise ShapeRefused("O1", f"entry is {now - ticket.request.latest_ms} ms past its latest time")
        denied = self._permit(ticket.request)
        if denied is not None:
            raise ShapeRefused("K3", denied)

    def _check_worst(self, side: Side, found: Values) -> None:
        """A worst price too near its trigger leaves the stop unfilled in the fall that it is for."""
        slip = self._venue.slippage_fraction or Decimal(0)
        bound = Decimal(found[Name.TRIGGER]) * (1 - side.sign * slip)
        if (Decimal(found[Name.LIMIT]) - bound) * side.sign > 0:
            raise ShapeRefused(
                "P1", f"worst price {found[Name.LIMIT]} of a stop that has to reach {plain(bound)}"
            )


def _parsed(body: str) -> Json:
    """The JSON body. A float, a null or a key given twice is no golden form."""
    try:
        parsed: Json = json.loads(
            body, parse_float=_no_float, parse_constant=_no_float, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        raise ShapeRefused("P2", f"the body is no JSON: {error}") from None
    return parsed


def _no_float(text: str) -> Json:
    raise ShapeRefused("P2", f"the body holds the number {text}: prices and quantities leave as text")


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ShapeRefused("P2", f"a field is given twice: {sorted(key for key, _ in pairs)}")
    return fields
