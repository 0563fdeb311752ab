"""Processes of ours as the world runs them: which of them could act, and for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from jackline.world.judges.deadlines import ABLE_AFTER_MS
from jackline.world.watching import ProcessEvent

ENGINE: Final = "engine"
WATCHDOG: Final = "watchdog"


@dataclass(slots=True, kw_only=True)
class Life:
    """One life of one process. `reachable`: the venue answers it."""

    process: str
    started_ms: float
    paused: bool = False
    reachable: bool = True


class Lives:
    """The processes that are up. "Able": up for 2 s, not paused, and the venue answers it."""

    def __init__(self) -> None:
        self._up: dict[str, Life] = {}
        self._unreachable: dict[str, bool] = {}
        self.started: list[str] = []
        self.version = 0

    def on_process(self, process: str, event: ProcessEvent, at_ms: float) -> None:
        """A process started, was killed …"""
        self.version += 1
        if event is ProcessEvent.STARTED:
            reachable = not self._unreachable.get(process, False)
            self._up[process] = Life(process=process, started_ms=at_ms, reachable=reachable)
            self.started.append(process)
        elif event in {ProcessEvent.KILLED, ProcessEvent.ENDED}:
            self._up.pop(process, None)
        elif process in self._up:
            self._up[process].paused = event is ProcessEvent.PAUSED

    def on_reach(self, process: str, *, reachable: bool) -> None:
        """The venue answers this process, or does not. It may be said before the process starts."""
        self.version += 1
        self._unreachable[process] = not reachable
        if process in self._up:
            self._up[process].reachable = reachable

    def able_from_ms(self, role: str = "") -> float:
        """Since when, or from when, some process (of this role) is able, as things stand; infinity when none is."""
        return min(
            (
                life.started_ms + ABLE_AFTER_MS
                for life in self._up.values()
                if life.reachable and not life.paused and life.process.startswith(role)
            ),
            default=math.inf,
        )

    def able_ms(self, from_ms: float, to_ms: float, role: str = "") -> float:
        """How much of a span was able, given that nothing changed in it."""
        return max(0.0, to_ms - max(from_ms, self.able_from_ms(role)))

    def started_ms(self, process: str) -> float:
        """When this life began; minus infinity where nobody said."""
        life = self._up.get(process)
        return life.started_ms if life is not None else -math.inf

    def is_up(self, process: str) -> bool:
        """This life is running, paused or not."""
        return process in self._up


def life_number(process: str) -> int:
    """2 of "engine-2"; 0 where the name carries no number."""
    tail = process.rsplit("-", 1)[-1]
    return int(tail) if tail.isdigit() else 0
