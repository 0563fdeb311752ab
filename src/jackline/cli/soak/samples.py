"""What is measured, and how: from the outside, by the operating system, the disk and the exchange."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from jackline.store.tape import SUFFIX

PROC = Path("/proc")
DAY_MS = 86_400_000
LOOKS_KEPT = 400
BEAT_AGE_S = 1.0
"""A beat is so old at most when it is read, while its process gets on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process at one moment. `rss_kib`: resident memory; `files`: open descriptors; `cpu_s`: since its start;
    `waited_s`: so long it has stood ready to run, and others had the cores."""

    rss_kib: int
    files: int
    cpu_s: float
    waited_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The system at one moment, and the worst of what was seen since the sample before.

    Attributes:
        market_day: days of market time played.
        inbox_max: events that waited for the engine's loop.
        loop_lag_ms_max: how late a heartbeat was; own_lag_ms_max: without what the process waited for a core meanwhile.
        journal_lag_ms_max: age of the oldest row that was not durable.
        store_bytes, tape_bytes: of the state directory.
        weight_max: request weight of the heaviest minute so far, as the exchange counts it.
        refused: requests so far that the exchange refused for want of weight, or because the address was banned.
        entries: positions opened so far, by the witness.
        naked_first_ms_max, naked_later_ms_max: the longest time without a covering stop so far, after an entry's fill
            and after a stop had stood.
        liquidated: positions the exchange closed.
    """

    wall_s: float
    market_day: float
    engine: Life
    watchdog: Life
    exchange: Life
    inbox_max: int
    loop_lag_ms_max: int
    own_lag_ms_max: int
    journal_lag_ms_max: int
    store_bytes: int
    tape_bytes: int
    weight_max: int
    refused: int
    entries: int
    naked_first_ms_max: float
    naked_later_ms_max: float
    liquidated: int


def life(pid: int) -> Life:
    """Raises OSError where the process is gone."""
    here = PROC / str(pid)
    lines = dict(line.split(":", 1) for line in (here / "status").read_text().splitlines() if ":" in line)
    fields = (here / "stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Life(
        rss_kib=int(lines["VmRSS"].split()[0]),
        files=len(os.listdir(here / "fd")),
        cpu_s=round(ticks / os.sysconf("SC_CLK_TCK"), 2),
        waited_s=round(waited_s(pid), 2),
    )


def waited_s(pid: int) -> float:
    """How long the main thread of a process has waited for a core so far; 0 where the system does not tell."""
    try:
        return int((PROC / str(pid) / "schedstat").read_text().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


class Waiting:
    """What a process waited for a core lately, look by look. Times are of a steady clock, in seconds."""

    def __init__(self) -> None:
        self._looks: list[tuple[float, float]] = []

    def note(self, now_s: float, waited: float) -> None:
        """`waited`: since the process began."""
        self._looks.append((now_s, waited))
        if len(self._looks) > LOOKS_KEPT:
            del self._looks[: LOOKS_KEPT // 2]

    def own_ms(self, lag_ms: int) -> int:
        """So much of a lag that was seen at the last look is not explained by waiting for a core."""
        if not self._looks:
            return lag_ms
        now_s, waited = self._looks[-1]
        since_s = now_s - lag_ms / 1_000 - BEAT_AGE_S
        before = [one for at_s, one in self._looks if at_s <= since_s]
        lost_ms = (waited - (before[-1] if before else self._looks[0][1])) * 1_000
        return max(0, lag_ms - int(lost_ms))


def sizes(state_dir: Path) -> tuple[int, int]:
    """Bytes of everything but the tape, and of the tape. A file that goes meanwhile counts nothing."""
    store = tape = 0
    for folder, _, names in os.walk(state_dir):
        for name in names:
            path = Path(folder) / name
            try:
                size = path.stat().st_size
            except FileNotFoundError:
                continue
            if path.suffix == SUFFIX:
                tape += size
            else:
                store += size
    return store, tape
