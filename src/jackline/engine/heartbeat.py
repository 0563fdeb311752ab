"""A heartbeat of progress, not of existence (L2): written by the loop itself, read by the watchdog and people."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

PERIOD_MS = 500
STALE_MS = 3_000
"""An engine whose beat is older is silent: it may be paused, stuck or dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One beat. `turns` counts handled events; `loop_lag_ms` is how late the beat itself was."""

    pid: int
    wire_ms: int
    market_ms: int
    turns: int
    inbox: int
    loop_lag_ms: int
    journal_lag_ms: int
    ready: bool


def write(state_dir: Path, beat: Heartbeat) -> None:
    """Replace the beat file; a failure is the caller's to report, never to raise (rule 2)."""
    path = state_dir / "heartbeat.json"
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(beat)))
    temporary.replace(path)


def read(state_dir: Path) -> Heartbeat | None:
    """The last beat; None when there is none or it cannot be read."""
    try:
        return Heartbeat(**json.loads((state_dir / "heartbeat.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
