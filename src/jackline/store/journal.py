"""The journal port, and the hash chain: each row seals the rows before it and the state written with it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from jackline.store.batch import Batch, Change, Prepared, Values
from jackline.store.db import Db, transaction
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.schema import GENESIS

INSERT_ROW = "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
SET_HEAD = "UPDATE head SET seq = ?, hash = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The last row of the journal: its number (0 when empty) and hash."""

    seq: int
    hash: str


EMPTY = Head(seq=0, hash=GENESIS)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalHealth:
    """What a heartbeat shows of the writer (L2). `lag_ms`: age of the oldest batch that is not durable."""

    lag_ms: int
    owed: int
    broken: bool
    batches: int
    commits: int
    failures: int


class Journal(Protocol):
    """Where the engine leaves what must survive. Implementations never block the caller."""

    def append(self, batch: Batch) -> asyncio.Future[int]:
        """Owe a batch. The future gives the number of its last row once the COMMIT is durable.

        It stays pending while the disk refuses, and ends with JournalOverflow or JournalClosed when the rows
        will never be written. Only an intent needs to be awaited (rule 2), and, not
        for long, the record of a stop that carries no id.
        """
        ...

    @property
    def health(self) -> JournalHealth:
        """Progress figures."""
        ...

    async def close(self, *, deadline_ms: int) -> int:
        """Write what is owed, at most until the deadline; the number of batches that could not be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A group of batches with its place in the chain, computed before any I/O."""

    before: Head
    after: Head
    rows: tuple[Values, ...]
    changes: tuple[Change, ...]
    last_seqs: tuple[int, ...]


def digest(values: Sequence[object]) -> str:
    """SHA-256 over the canonical JSON of SQL values."""
    return hashlib.sha256(msgspec.json.encode(values)).hexdigest()


def link(before: Head, group: Sequence[Prepared]) -> Linked:
    """Number and chain the rows of a group. The last row of each batch carries the seals of its changes."""
    head = before
    rows: list[Values] = []
    last_seqs: list[int] = []
    for prepared in group:
        seals = [[change.table.name, change.values[0], digest(change.values)] for change in prepared.changes]
        for index, row in enumerate(prepared.rows):
            is_last = index == len(prepared.rows) - 1
            sealed = (head.seq + 1, *row, msgspec.json.encode(seals if is_last else []).decode(), head.hash)
            head = Head(seq=head.seq + 1, hash=digest(sealed))
            rows.append((*sealed, head.hash))
        last_seqs.append(head.seq)
    changes = tuple(change for prepared in group for change in prepared.changes)
    return Linked(before=before, after=head, rows=tuple(rows), changes=changes, last_seqs=tuple(last_seqs))


def read_head(db: Db) -> Head:
    """The head the file claims."""
    seq, chained = db.run("SELECT seq, hash FROM head")[0]
    return Head(seq=seq, hash=chained)


def write(db: Db, linked: Linked) -> None:
    """Write a linked group in one transaction; durable on return. Writing it a second time changes nothing.

    Raises DbTrouble when the disk refuses, and when the file's head is neither before nor after the group:
    someone else wrote to it.
    """
    with transaction(db):
        found = read_head(db)
        if found == linked.after:  # an earlier COMMIT reported an error and had reached the file all the same
            return
        if found != linked.before:
            raise DbTrouble(
                TroubleKind.OTHER, f"row {found.seq} was written by another process, not {linked.before.seq}"
            )
        with db.dialect.at_once(db):
            db.run_many(INSERT_ROW, linked.rows)
            for change in linked.changes:
                db.run(change.table.insert, change.values)
            db.run(SET_HEAD, (linked.after.seq, linked.after.hash))
