"""What a search of small worlds saw."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.world.exhaustive_world import Ended


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts over all worlds of one search.

    Attributes:
        points: crash points, or schedules.
        worlds: run; each stands for one point or several.
        helped: worlds in which a person had to close an adopted position.
        untraded: no entry was ever executed.
        bad: each finding with what led to it.
    """

    points: int = 0
    worlds: int = 0
    helped: int = 0
    untraded: int = 0
    naked_able_ms_max: float = 0.0
    naked_raw_ms_max: float = 0.0
    ended_s_max: float = 0.0
    bad: list[str] = field(default_factory=list)

    def take(self, where: str, ended: Ended, *, points: int) -> None:
        """Count one world that stands for so many points."""
        self.worlds += 1
        self.points += points
        self.helped += ended.helped
        self.untraded += ended.fills == 0
        self.naked_able_ms_max = max(self.naked_able_ms_max, ended.naked_able_ms)
        self.naked_raw_ms_max = max(self.naked_raw_ms_max, ended.naked_raw_ms)
        self.ended_s_max = max(self.ended_s_max, ended.ended_s)
        self.bad += [f"{where}: {finding}" for finding in ended.findings]
