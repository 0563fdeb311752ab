"""A gate with the samples' entries on its tickets, so that a refusal is the shape's and not a missing ticket's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from json import dumps
from urllib.parse import urlencode

from jackline.core.orders import PositionMode
from jackline.core.requests import SendEntry
from jackline.core.values import Side, WireMs
from jackline.venue.recorded.gate import ShapeGate
from jackline.venue.recorded.shape import Action
from jackline.venue.recorded.venue import RecordedVenue
from jackline.venue.recorded.wire import ShapeRefused, WireRequest
from tests.venue.recorded.samples import LATEST, entry, terms_of

MEASURED_MS = 2_000
"""Stands in for a measurement that nobody has made, so that the rest of an entry can be judged."""


def gate_of(
    venue: RecordedVenue, *, denial: str | None = None, now: int = LATEST, measured: bool = True
) -> ShapeGate:
    profile = venue.profile
    if measured and profile.expiry is None:
        profile = replace(profile, late_execution_ms_max=MEASURED_MS)
    known = replace(venue, profile=profile)
    return ShapeGate(venue=known, permit=lambda _: denial, venue_ms=lambda: WireMs(now))


@contextmanager
def tickets(gate: ShapeGate, venue: RecordedVenue, request: SendEntry | None = None) -> Iterator[None]:
    """A ticket for `request`, or for the sample entry of a long in netting mode."""
    with gate.entry(request or entry(venue), terms_of(venue)):
        yield


def offer(gate: ShapeGate, request: WireRequest) -> Action:
    """The request as it would leave, unsigned."""
    query = f"?{urlencode(request.query)}" if request.query else ""
    body = None if request.body is None else dumps(request.body)
    url = f"https://venue.invalid{request.path}{query}"
    return gate.check(method=request.method, url=url, headers=request.headers, body=body)


SIDES = [(mode, side) for mode in PositionMode for side in Side]


def refusal(gate: ShapeGate, request: WireRequest) -> str:
    """Why the request does not leave; empty when it does."""
    try:
        offer(gate, request)
    except ShapeRefused as no:
        return str(no)
    return ""
