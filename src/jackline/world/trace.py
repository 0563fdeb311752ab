"""What happened, in order: a hash of everything, and the last events in full for whoever must read them."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from dataclasses import dataclass

LAST_EVENTS = 400
"""Enough to see what led to a breach; a whole run would be megabytes a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One event: in which lane it happened, virtual milliseconds since the start, and what."""

    at_ms: float
    lane: str
    text: str


class Trace:
    """One world's memory of itself. Equal seeds give equal digests on every machine."""

    def __init__(self, *, keep: int = LAST_EVENTS) -> None:
        self._hash = hashlib.blake2b(digest_size=16)
        self.last: deque[Noted] = deque(maxlen=keep)
        self.faults: Counter[str] = Counter()
        self.sometimes: Counter[str] = Counter()

    def note(self, at_ms: float, lane: str, text: str, *, unread: str = "") -> None:
        """Something happened. `unread` is hashed with it and not kept: more than a reader wants to see."""
        self._hash.update(f"{at_ms:.3f}|{lane}|{text}|{unread}\n".encode())
        self.last.append(Noted(at_ms=at_ms, lane=lane, text=text))

    def aside(self, at_ms: float, lane: str, text: str) -> None:
        """Something worth reading that is no part of what happened: a log line."""
        self.last.append(Noted(at_ms=at_ms, lane=lane, text=text))

    def fault(self, at_ms: float, kind: str, detail: str = "") -> None:
        """The world did harm."""
        self.faults[kind] += 1
        self.note(at_ms, "world", f"{kind} {detail}".rstrip())

    def digest(self) -> str:
        """Hash of everything so far."""
        return self._hash.hexdigest()
