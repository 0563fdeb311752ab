"""What is a breach, judged from what leaves the engine and from the venue's books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jackline.core.ids import is_ours
from jackline.core.plan import ProtectedEntry, Rung
from jackline.core.requests import CancelOrder, Mutation, SendEntry, SendStop
from tests.core.making import TAG
from tests.core.small_venue import SmallVenue

if TYPE_CHECKING:
    from tests.core.exhaustive_world import World

NAKED_MS_MAX = 1_500 + 500
"""The deadline to be protected or flattening, and a tick and the round trips of a close."""


class Breach(AssertionError):
    """A broken promise: its code, what was seen, and (from the search) the moves that led to it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


def departure(world: World, request: Mutation) -> None:
    """Judge a mutation as it leaves."""
    if isinstance(request, SendEntry):
        _require(isinstance(request.entry, ProtectedEntry), "P2", "a bare entry")
        _require(request.client_id not in world.entered, "O1", f"{request.client_id} leaves again")
        durable = any(trade.trade_id == request.entry.trade_id for trade in world.disk)
        _require(durable, "O4", f"{request.client_id} leaves without a durable intent")
        _require(world.now_ms <= request.latest_ms, "O1", f"{request.client_id} leaves past its time")
    if isinstance(request, CancelOrder):
        _require(is_ours(request.key.client_id, TAG), "P6", f"{request.key.client_id} is not ours")
    if isinstance(request, SendStop):
        trade = world.state.trades.get(request.trade_id)
        better = trade is None or request.side.sign * (request.trigger_price - trade.stop.disaster_price) >= 0
        _require(better, "P4", f"{request.client_id} is worse than its plan")


def arrival(request: Mutation, before: SmallVenue, after: SmallVenue) -> None:
    """Judge what a mutation did at the venue."""
    if isinstance(request, CancelOrder):
        uncovered = after.is_naked and not before.is_naked
        _require(not uncovered, "P5", f"cancelling {request.key.client_id} uncovered the position")
    _require(not after.opened_by_reduction, "P3", f"{after.opened_by_reduction} opened a position")
    _require(len(after.entries) <= 1, "O1", f"{after.entries} entered")


def nakedness(world: World) -> None:
    """Judge how long a position has been uncovered: not at all where the stop rests first and was not spent."""
    rested_first = world.rung in {Rung.ATTACHED, Rung.STOP_FIRST} and not world.spent
    _require(not (rested_first and world.venue.is_naked), "P1", "naked, though the stop rested first")
    _require(world.naked_ms <= NAKED_MS_MAX, "P1", f"naked for {world.naked_ms} ms")


def _require(condition: bool, code: str, detail: str) -> None:  # reads as a sentence
    if not condition:
        raise Breach(code, detail)
