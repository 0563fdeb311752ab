"""What a judge of a simulated world is told, as it happens. Nothing in here comes from an engine's memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from jackline.exchange.venue import Venue


class ProcessEvent(StrEnum):
    """What may happen to a process of ours."""

    STARTED = "started"
    KILLED = "killed"
    PAUSED = "paused"
    WOKEN = "woken"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """A request as it left a process of ours. Times are virtual milliseconds of the world's own clock.

    Attributes:
        number: counts departures of the whole run; `Arrival.number` refers to it.
        process: "engine-1", "watchdog-2" …: role, and which life of it.
        params: query and body parameters as sent, signature left out.
    """

    number: int
    at_ms: float
    process: str
    method: str
    path: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A departure executed at the venue; the same one may arrive twice. `code`: the venue's error number, if any."""

    number: int
    at_ms: float
    departure: Departure
    status: int
    code: int | None


class Watcher(Protocol):
    """A judge. Called in the order of virtual time; never changes anything."""

    def on_departure(self, departure: Departure) -> None:
        """A request left a process."""
        ...

    def on_arrival(self, arrival: Arrival) -> None:
        """The venue has executed or refused it; `venue` already shows the result."""
        ...

    def on_venue(self, venue: Venue, at_ms: float) -> None:
        """Something at the venue may have changed: a tick, an order, a hand."""
        ...

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        """A process of ours started, was killed …"""
        ...

    def on_reach(self, process: str, *, reachable: bool, at_ms: float) -> None:
        """The venue answers this process, or does not: a partition, an outage, a ban begins or ends."""
        ...

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """An operator's command was given, or its durable acknowledgement was seen by the operator."""
        ...

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        """The world did something by itself: a stranger, a hand, a gap, a fault of the venue."""
        ...
