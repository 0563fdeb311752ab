"""The audit: who changed what, from where, why, and what came of it. Append-only rows, each sealing those before it.

A row is written in the transaction of its effect. Who can write the file can rewrite all of it: against that, keep a
head (`jackline audit verify` prints it) elsewhere, and have it looked for later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jackline.core.values import WireMs
from jackline.store.access import AccessStore
from jackline.store.anchor import read_anchor
from jackline.store.db import Db, Row, SqlValue
from jackline.store.errors import StoreDamaged
from jackline.store.journal import EMPTY, Head, digest

TEXT_CHARS_MAX = 1_000
"""A reason is a sentence; more would fill the disk from outside."""
ROWS_AT_ONCE = 5_000
_ROWS = "SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?"
_LAST = "SELECT * FROM audit ORDER BY seq DESC LIMIT ?"
_PAGE = "SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?"
_ACTS = "SELECT * FROM audit WHERE what = ? ORDER BY seq DESC LIMIT ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is told of one act. No field may hold a secret (S1).

    Attributes:
        actor: ``cli:name``, or ``token:id name``.
        from_address: of a request; empty for the command line.
        what: the act in a word, e.g. ``token.revoke``.
        before, after: what it changed, in words.
        outcome: ``done``, ``asked``, or ``refused: why``.
    """

    wire_ms: WireMs
    actor: str
    what: str
    from_address: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    outcome: str = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """An act with its place in the chain."""

    seq: int
    act: Act
    hash: str


def append(db: Db, act: Act) -> None:
    """Add a row, inside a transaction of `AccessStore.changing`."""
    before = _head(db)
    row: tuple[SqlValue, ...] = (
        before.seq + 1,
        act.wire_ms,
        *(
            _short(text)
            for text in (
                act.actor,
                act.from_address,
                act.what,
                act.before,
                act.after,
                act.reason,
                act.outcome,
            )
        ),
        before.hash,
    )
    after = Head(seq=before.seq + 1, hash=digest(row))
    db.run("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, after.hash))
    db.run("UPDATE audit_head SET seq = ?, hash = ?", (after.seq, after.hash))


def record(store: AccessStore, act: Act) -> None:
    """Add a row that stands alone, durably."""
    with store.changing() as db:
        append(db, act)


def read_rows(store: AccessStore, *, limit: int) -> tuple[AuditRow, ...]:
    """The last rows, oldest first."""
    with store.reading() as db:
        return tuple(_row(row) for row in reversed(db.run(_LAST, (limit,))))


def read_page(db: Db, *, before: int, limit: int) -> tuple[AuditRow, ...]:
    """Rows below a number, newest first."""
    return tuple(_row(row) for row in db.run(_PAGE, (before, limit)))


def read_acts(db: Db, what: str, *, limit: int) -> tuple[AuditRow, ...]:
    """The last rows of one kind of act, newest first."""
    return tuple(_row(row) for row in db.run(_ACTS, (what, limit)))


def head_of(store: AccessStore) -> Head:
    """The last row's number and hash, as the file says. Raises StoreDamaged and DbTrouble."""
    with store.reading() as db:
        return _head(db)


def verify(store: AccessStore, *, kept: Sequence[Head] = ()) -> Head:
    """Follow the whole chain and give its head; `kept` are some that were written down earlier.

    Raises StoreDamaged for a row that was changed, removed, put in or moved, and for a chain cut short.
    """
    head = EMPTY
    anchor = read_anchor(store.disk, store.path)
    wanted: dict[int, Head] = {}
    for one in (*kept, *([] if anchor is None else [anchor])):
        if one.seq > 0 and wanted.setdefault(one.seq, one) != one:
            raise _damaged(store, f"row {one.seq} is not the one whose head was kept")
    with store.reading() as db:
        for row in _every(db):
            if row[0] != head.seq + 1:
                raise _damaged(store, f"row {head.seq + 1} is missing: {row[0]} stands behind {head.seq}")
            if row[-2] != head.hash or row[-1] != digest(row[:-1]):
                raise _damaged(store, f"row {row[0]} is not the one that was written")
            head = Head(seq=row[0], hash=row[-1])
            if head.seq in wanted and wanted.pop(head.seq) != head:
                raise _damaged(store, f"row {head.seq} is not the one whose head was kept")
        if _head(db) != head:
            raise _damaged(store, f"it ends at row {head.seq}, its head says {_head(db).seq}")
    if wanted:
        raise _damaged(store, f"it ends at row {head.seq}, and there was a row {max(wanted)}")
    return head


def _every(db: Db) -> Iterator[Row]:
    after = -1
    while rows := db.run(_ROWS, (after, ROWS_AT_ONCE)):
        yield from rows
        after = rows[-1][0]


def _row(row: Row) -> AuditRow:
    seq, wire_ms, actor, from_address, what, before, after, reason, outcome, _, chained = row
    act = Act(
        wire_ms=WireMs(wire_ms),
        actor=actor,
        from_address=from_address,
        what=what,
        before=before,
        after=after,
        reason=reason,
        outcome=outcome,
    )
    return AuditRow(seq=seq, act=act, hash=chained)


def _short(text: str) -> str:
    """No longer than a sentence or two, and nothing that no database holds."""
    return text[:TEXT_CHARS_MAX].encode("utf-8", "backslashreplace").decode()


def _head(db: Db) -> Head:
    seq, chained = db.run("SELECT seq, hash FROM audit_head")[0]
    return Head(seq=seq, hash=chained)


def _damaged(store: AccessStore, what: str) -> StoreDamaged:
    return StoreDamaged(
        what=f"S2: the audit cannot be believed: {what}",
        where=str(store.path),
        fix="keep a copy of the file, find out who could write it, and compare with a head kept elsewhere",
    )
