"""What is measured, and how: from the outside, by the operating system, the disk and the exchange."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from jackline.store.tape import SUFFIX

PROC = Path("/proc")
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process at one moment. `rss_kib`: resident memory; `files`: open descriptors; `cpu_s`: since its start."""

    rss_kib: int
    files: int
    cpu_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The system at one moment, and the worst of what was seen since the sample before.

    Attributes:
        market_day: days of market time played.
        inbox_max: events that waited for the engine's loop.
        loop_lag_ms_max: how late a heartbeat was; journal_lag_ms_max: age of the oldest row that was not durable.
        store_bytes, tape_bytes: of the state directory.
        weight_max: request weight of the running minute, as the exchange counts it.
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
    journal_lag_ms_max: int
    store_bytes: int
    tape_bytes: int
    weight_max: int
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
    )


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
