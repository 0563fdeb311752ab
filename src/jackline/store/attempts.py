"""Log-in attempts: whoever fails waits, longer each time. Counted by where they come from, and over a restart."""

from __future__ import annotations

from jackline.core.values import WireMs
from jackline.store.db import Db

FREE_FAILURES = 5
"""A person mistypes; a program guesses."""
FIRST_WAIT_MS = 1_000
WAIT_MS_MAX = 900_000
FORGET_MS = 24 * 3_600_000
ROWS_MAX = 10_000
"""An address is cheap, a table is not: of more, those that failed longest ago are forgotten."""


def wait_ms(db: Db, whence: str, *, now_ms: WireMs) -> int:
    """How long this address has still to wait before it may try; 0 lets it."""
    rows = db.run("SELECT failures, last_ms FROM attempts WHERE whence = ?", (whence,))
    if not rows:
        return 0
    failures, last_ms = rows[0]
    # A wall clock that stepped back must not lock anybody out for longer than the wait itself.
    passed = max(now_ms - last_ms, 0)
    return max(_pause(failures) - passed, 0) if passed < FORGET_MS else 0


def note_failure(db: Db, whence: str, *, now_ms: WireMs) -> int:
    """Count one, inside `AccessStore.changing`; the wait that follows from it."""
    db.run("DELETE FROM attempts WHERE last_ms < ?", (now_ms - FORGET_MS,))
    db.run(
        "INSERT INTO attempts VALUES (?, 1, ?) "
        "ON CONFLICT (whence) DO UPDATE SET failures = failures + 1, last_ms = excluded.last_ms",
        (whence, now_ms),
    )
    db.run(
        "DELETE FROM attempts WHERE whence IN (SELECT whence FROM attempts ORDER BY last_ms DESC, whence "
        "LIMIT -1 OFFSET ?)",
        (ROWS_MAX,),
    )
    return wait_ms(db, whence, now_ms=now_ms)


def forget(db: Db, whence: str) -> None:
    """After a log-in that succeeded."""
    db.run("DELETE FROM attempts WHERE whence = ?", (whence,))


def _pause(failures: int) -> int:
    beyond = failures - FREE_FAILURES
    return 0 if beyond < 0 else min(FIRST_WAIT_MS * 2 ** min(beyond, 20), WAIT_MS_MAX)
