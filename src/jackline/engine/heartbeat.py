"""A heartbeat of progress, not of existence (L2): written by the loop itself, read by the watchdog and people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from jackline.core.values import Symbol
from jackline.store.disk import Disk

FILE = "heartbeat.json"
PERIOD_MS = 500
PERIOD_AT_RISK_MS = 200
STALE_MS = 3_000
"""An engine whose beat is older is silent: it may be paused, stuck or dead."""
STALE_AT_RISK_MS = 600
"""The same while something of its is open and not yet protected: the protect deadline leaves no three seconds."""
UNHEARD_MS = 600
"""An engine that has asked the venue for this long without an answer cannot protect anything, though it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One beat.

    Attributes:
        turns: handled events.
        loop_lag_ms: how late the beat itself was.
        risky: symbols on which an entry is under way, or a position is not protected, or is being closed.
        unheard_since_ms: the venue has been asked since then without an answer; 0: it answers.
    """

    pid: int
    wire_ms: int
    market_ms: int
    turns: int
    inbox: int
    loop_lag_ms: int
    journal_lag_ms: int
    ready: bool
    risky: tuple[Symbol, ...]
    unheard_since_ms: int

    @property
    def at_risk(self) -> bool:
        """Something is open, or about to be, that nothing protects yet."""
        return bool(self.risky)


def silence(beat: Heartbeat | None, now_ms: int) -> str | None:
    """Why an engine with this beat counts as silent (L2); None while it makes progress."""
    if beat is None:
        return "it has no heartbeat"
    if abs(now_ms - beat.wire_ms) > (STALE_AT_RISK_MS if beat.at_risk else STALE_MS):
        return "its heartbeat has stopped"
    if beat.unheard_since_ms and now_ms - beat.unheard_since_ms > UNHEARD_MS:
        return "the venue does not answer it"
    return None


def write(disk: Disk, state_dir: Path, beat: Heartbeat) -> None:
    """Replace the beat file; a failure is the caller's to report, never to raise (rule 2)."""
    disk.replace(state_dir / FILE, msgspec.json.encode(beat), durable=False)


def read(disk: Disk, state_dir: Path) -> Heartbeat | None:
    """The last beat; None when there is none or it cannot be read."""
    try:
        return msgspec.json.decode(disk.read(state_dir / FILE), type=Heartbeat)
    except (OSError, msgspec.MsgspecError):
        return None
