"""What can go wrong with a store. Each text names the file, what is wrong, and the fix."""

from __future__ import annotations

from enum import StrEnum


class StoreError(Exception):
    """Base of everything the store raises."""


class TroubleKind(StrEnum):
    """Why SQLite refused, from its numeric code."""

    BUSY = "busy"
    FULL = "full"
    IO = "io"
    DAMAGED = "damaged"
    OTHER = "other"


class DbTrouble(StoreError):
    """A statement failed. The writer keeps what it owes and tries again."""

    def __init__(self, kind: TroubleKind, detail: str) -> None:
        self.kind = kind
        self.detail = detail
        super().__init__(f"{kind.value}: {detail}")


class StoreDamaged(StoreError):
    """A store cannot be believed. Nothing was changed; no trading from it, protection goes on from venue
    truth.

    Attributes:
        what: what is wrong, with the values seen.
        where: file, and table and row where known.
        fix: what a human does next.
    """

    def __init__(self, *, what: str, where: str, fix: str) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(f"{where}: {what}. Fix: {fix}")


class BodyUnreadable(StoreError):
    """A stored body has another version, or does not come back exactly as it was written."""


class JournalOverflow(StoreError):
    """The writer is too far behind: this batch's rows are lost (its state will be written)."""


class JournalClosed(StoreError):
    """The writer ended before this batch was durable."""


class CommandConflict(StoreError):
    """The same idempotency key was used for another command."""
