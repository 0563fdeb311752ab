"""Sometimes-properties: a campaign that never reaches these has proven little. Counted, never judged."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from jackline.world.judges.breach import Judge
from jackline.world.judges.journal import RunEnd
from jackline.world.judges.kill import KILL, is_reset
from jackline.world.judges.names import Role
from jackline.world.judges.requests import Request
from jackline.world.judges.scene import FillSeen, PositionKey, Scene, StopEnd
from jackline.world.watching import Arrival, Departure

ONE_STOP_PER_DIRECTION: Final = (-4130, 110406)
"""Of each wire."""
DISK_FULL: Final = "disk_full"


class Sometimes(StrEnum):
    """What should happen in some runs of every campaign."""

    UNKNOWN_ENTRY_FILLED = "unknown_entry_recovered_as_filled"
    UNKNOWN_ENTRY_DEAD = "unknown_entry_recovered_as_dead"
    CLOSING_RUNG_3 = "closing_rung_3"
    SECOND_INSTANCE_REFUSED = "second_instance_refused"
    STOP_REPLACED_AFTER_DROP = "stop_replaced_after_silent_drop"
    ONE_STOP_PER_DIRECTION = "one_stop_per_direction_refused"
    DISK_FULL_WHILE_EXPOSED = "disk_full_while_exposed"
    KILL_WHILE_ENTRY_IN_FLIGHT = "kill_while_entry_in_flight"


class SometimesCounter(Judge):
    """Counts from departures, arrivals and the journal; `note` is for what only the world can see."""

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.counts: dict[Sometimes, int] = dict.fromkeys(Sometimes, 0)
        self._entries: dict[str, Request] = {}
        self._in_flight: dict[int, Request] = {}
        self._filled: dict[str, int] = {}
        self._dropped: dict[PositionKey, int] = {}
        self._drops_seen: dict[int, float] = {}

    def note(self, what: Sometimes) -> None:
        """It has happened."""
        self.counts[what] += 1

    def on_departure(self, departure: Departure) -> None:
        """Entries, and closes on the rung with a limit."""
        request = self.scene.request(departure)
        if request.is_entry:
            self._in_flight[departure.number] = request
            self._entries.setdefault(request.client_id, request)
        elif request.is_close and departure.params.get("type") == "LIMIT":
            self.note(Sometimes.CLOSING_RUNG_3)

    def on_arrival(self, arrival: Arrival) -> None:
        """An entry has arrived; a second whole-position stop was refused."""
        self._in_flight.pop(arrival.departure.number, None)
        if arrival.code in ONE_STOP_PER_DIRECTION:
            self.note(Sometimes.ONE_STOP_PER_DIRECTION)

    def on_fill(self, seen: FillSeen) -> None:
        """Entries that filled; positions that ended."""
        if seen.name is not None and seen.name.role is Role.ENTRY:
            self._filled[seen.client_id] = self._filled.get(seen.client_id, 0) + 1
        if seen.after == 0:
            self._dropped.pop(seen.key, None)

    def on_venue(self, at_ms: float) -> None:
        """A stop that the venue dropped under a position, and the next one of ours on that position."""
        for stop in self.scene.new_stops:
            key = (stop.algo.symbol, stop.algo.position_side)
            if stop.name is not None and self._dropped.pop(key, None) is not None:
                self.note(Sometimes.STOP_REPLACED_AFTER_DROP)
        if not self.scene.openings:
            return
        for algo_id, stop in self.scene.stops.items():
            key = (stop.algo.symbol, stop.algo.position_side)
            fresh = stop.ended_ms == at_ms and algo_id not in self._drops_seen and stop.name is not None
            if fresh and stop.end is StopEnd.DROPPED and key in self.scene.openings:
                self._drops_seen[algo_id] = at_ms
                self._dropped[key] = algo_id

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """A kill while an entry is on the wire."""
        if kind.startswith(KILL) and not is_reset(kind) and not acknowledged and self._in_flight:
            self.note(Sometimes.KILL_WHILE_ENTRY_IN_FLIGHT)

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        """The disk is full under an open position."""
        if act.startswith(DISK_FULL) and self.scene.openings:
            self.note(Sometimes.DISK_FULL_WHILE_EXPOSED)

    def finish(self, end: RunEnd) -> None:
        """Entries whose answer no process ever had, and how their trades were resolved."""
        phases = {trade.trade_id: trade.phase for trade in end.trades}
        for client_id, request in self._entries.items():
            trade_id = request.name.trade_id if request.name is not None else ""
            known = self.scene.journal.answers.get(client_id, "unknown") == "answered"
            done = phases.get(trade_id) == "done" or trade_id in self.scene.journal.dead
            if known:
                continue
            if client_id in self._filled and (done or phases.get(trade_id) == "protected"):
                self.note(Sometimes.UNKNOWN_ENTRY_FILLED)
            elif client_id not in self._filled and done:
                self.note(Sometimes.UNKNOWN_ENTRY_DEAD)
