"""Heads of the audit, kept beside it and told in the log: one a UTC day and one at each orderly stop (S2).

Who can rewrite the audit can rewrite this file as well. It is one line a day to copy elsewhere, and the same line goes
to the log, which is shipped off the host where anything is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from jackline.core.values import WireMs
from jackline.store.access import AccessStore
from jackline.store.audit import head_of
from jackline.store.disk import Disk
from jackline.store.journal import Head

HEADS_FILE = "audit-heads.log"
DAY_MS = 86_400_000
_LINE = re.compile(r"\S+ ([0-9]{1,18}):([0-9a-f]{64}) [a-z]+")


class Why(StrEnum):
    """On which occasion a head is kept."""

    START = "start"
    DAY = "day"
    STOP = "stop"
    ASKED = "asked"


class NoHeads(Exception):
    """A line that is none of ours. The text names the file, the line and what to do."""


def export(store: AccessStore, *, wire_ms: WireMs, why: Why) -> Head:
    """Keep the head as it is now. Raises StoreDamaged, DbTrouble, OSError."""
    head, path = head_of(store), heads_path(store)
    at = datetime.fromtimestamp(wire_ms / 1_000, UTC).isoformat(timespec="seconds")
    store.disk.create(path)
    store.disk.append(path, f"{at} {head.seq}:{head.hash} {why}\n".encode("ascii"))
    return head


def heads_path(store: AccessStore) -> Path:
    """Beside the audit."""
    return store.path.with_name(HEADS_FILE)


def read_heads(disk: Disk, path: Path) -> tuple[Head, ...]:
    """What was kept, oldest first; a last line that a power cut tore is left out. Raises NoHeads, FileNotFoundError."""
    lines = disk.read(path).decode("ascii", errors="replace").split("\n")
    heads: list[Head] = []
    for number, line in enumerate(lines[:-1], start=1):
        found = _LINE.fullmatch(line)
        if found is None:
            fix = "give the file that jackline keeps, or one of its lines as SEQ:HASH"
            raise NoHeads(f"{path}, line {number}: no head of an audit. Fix: {fix}")
        heads.append(Head(seq=int(found[1]), hash=found[2]))
    return tuple(heads)


def until_next_day_ms(wire_ms: WireMs) -> int:
    """How long until the next UTC midnight; never 0."""
    return DAY_MS - wire_ms % DAY_MS
