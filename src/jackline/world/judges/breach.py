"""What a judge finds, and what every judge is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from jackline.world.judges.journal import RunEnd
from jackline.world.judges.scene import FillSeen, Scene
from jackline.world.watching import Arrival, Departure, ProcessEvent

BREACHES_MAX: Final = 50
"""Kept per judge; a broken rule repeats itself and the first ones tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """A promise that was not kept. `code` is the invariant's, `at_ms` virtual time."""

    code: str
    at_ms: float
    detail: str


class Judge:
    """One judge. The panel keeps the scene current, then calls the methods a judge overrides; the rest cost nothing.

    `advance` is called before anything changes, so that clocks run under the state that has held since `from_ms`.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.breaches: list[Breach] = []

    def advance(self, from_ms: float, to_ms: float) -> None:
        """Time has passed and nothing has changed in it."""

    def on_fill(self, seen: FillSeen) -> None:
        """The venue booked a fill."""

    def on_departure(self, departure: Departure) -> None:
        """A request that may change something left a process; reads are not shown."""

    def on_arrival(self, arrival: Arrival) -> None:
        """The venue executed or refused it."""

    def on_venue(self, at_ms: float) -> None:
        """Something at the venue may have changed."""

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        """A process of ours started, was killed …"""

    def on_command(self, kind: str, *, acknowledged: bool, at_ms: float) -> None:
        """An operator's command was given, or its acknowledgement seen."""

    def on_act(self, act: str, detail: str, at_ms: float) -> None:
        """The world did something by itself."""

    def finish(self, end: RunEnd) -> None:
        """The run is over; what can only be judged now."""

    def breach(self, code: str, at_ms: float, detail: str) -> None:
        """Write a finding down."""
        if len(self.breaches) < BREACHES_MAX:
            self.breaches.append(Breach(code=code, at_ms=at_ms, detail=detail))


JudgeMaker = Callable[[Scene], Judge]
