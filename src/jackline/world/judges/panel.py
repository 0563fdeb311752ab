"""The panel: one watcher that keeps the scene current and lets every judge see what it asked to see."""

from __future__ import annotations

from collections.abc import Sequence

from jackline.exchange.venue import Venue
from jackline.world.judges.breach import Breach, Judge
from jackline.world.judges.journal import RunEnd
from jackline.world.judges.scene import Scene
from jackline.world.watching import Arrival, Departure, ProcessEvent


class Panel:
    """Implements `Watcher` for all judges. Reads are not shown to them: they change nothing at the venue."""

    def __init__(self, scene: Scene, judges: Sequence[Judge]) -> None:
        self.scene = scene
        self.judges = tuple(judges)
        self._at_ms = 0.0
        self._advancing = self._overriding("advance")
        self._filling = self._overriding("on_fill")
        self._departing = self._overriding("on_departure")
        self._arriving = self._overriding("on_arrival")
        self._looking = self._overriding("on_venue")

    def on_departure(self, departure: Departure) -> None:
        """A request left a process."""
        if departure.method == "GET":
            return
        self._advance(departure.at_ms)
        self.scene.take_departure(departure)
        for judge in self._departing:
            judge.on_departure(departure)

    def on_arrival(self, arrival: Arrival) -> None:
        """The venue has executed or refused it."""
        if arrival.departure.method == "GET":
            return
        self._look(self.scene.venue, arrival.at_ms, arrival)

    def on_venue(self, venue: Venue, at_ms: float) -> None:
        """Something at the venue may have changed."""
        self._look(venue, at_ms, None)

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        """A process of ours started, was killed …"""
        self._advance(at_ms)
        self.scene.lives.on_process(process, event, at_ms)
        for judge in self.judges:
            judge.on_process(process, event, at_ms)

    def on_reach(self, process: str, *, reachable: bool, at_ms: float) -> None:
        """The venue answers this process, or does not."""
        self._advance(at_ms)
        self.scene.lives.on_reach(process, reachable=reachable)

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """An operator's command was given, or its acknowledgement seen."""
        self._advance(at_ms)
        for judge in self.judges:
            judge.on_command(kind, acknowledged=acknowledged, at_ms=at_ms)

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        """The world did something by itself."""
        self._advance(at_ms)
        for judge in self.judges:
            judge.on_act(act, detail, at_ms)

    def finish(self, end: RunEnd) -> None:
        """Judge what can only be judged at the end."""
        self._look(self.scene.venue, end.at_ms, None)
        self.scene.journal.refresh()
        if self.scene.watch_journal is not None:
            self.scene.watch_journal.refresh()
        for judge in self.judges:
            judge.finish(end)

    @property
    def breaches(self) -> list[Breach]:
        """All findings, oldest first."""
        found = [breach for judge in self.judges for breach in judge.breaches]
        return sorted(found, key=lambda breach: (breach.at_ms, breach.code, breach.detail))

    def _look(self, venue: Venue, at_ms: float, arrival: Arrival | None) -> None:
        self._advance(at_ms)
        fills = self.scene.refresh(venue, at_ms)
        if arrival is not None:
            self.scene.take_arrival(arrival)
        for seen in fills:
            for judge in self._filling:
                judge.on_fill(seen)
        if arrival is not None:
            for judge in self._arriving:
                judge.on_arrival(arrival)
        for judge in self._looking:
            judge.on_venue(at_ms)

    def _advance(self, at_ms: float) -> None:
        if at_ms > self._at_ms:
            for judge in self._advancing:
                judge.advance(self._at_ms, at_ms)
            self._at_ms = at_ms

    def _overriding(self, method: str) -> tuple[Judge, ...]:
        plain = getattr(Judge, method)
        return tuple(judge for judge in self.judges if getattr(type(judge), method) is not plain)
