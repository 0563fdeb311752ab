"""The boot check: is this file ours, whole, unedited and as long as it was? It reads; it changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec

from jackline.core.trade import Trade
from jackline.store.anchor import read_anchor
from jackline.store.batch import LEDGER, SEALED_TABLES, TRADES, entry_from
from jackline.store.db import Db, Row, beside, open_reader
from jackline.store.disk import Disk
from jackline.store.encode import decode, open_body
from jackline.store.errors import BodyUnreadable, DbTrouble, StoreDamaged, TroubleKind
from jackline.store.journal import EMPTY, Head, digest, read_head
from jackline.store.schema import Schema

ROWS_AT_ONCE = 5_000
"""Journal rows held in memory while the chain is followed."""

Seals = dict[tuple[str, str], str]


def check_store(disk: Disk, path: Path, schema: Schema) -> Head:
    """Check everything and give the head. Raises StoreDamaged, or DbTrouble when the disk refuses."""
    if disk.size(path) == 0:
        raise _damaged(path, "the file is empty")
    try:
        with closing(open_reader(disk, path)) as db:
            head = check_db(db, path, schema, read_anchor(disk, path))
    except DbTrouble as trouble:
        if trouble.kind in {TroubleKind.BUSY, TroubleKind.FULL, TroubleKind.IO}:
            raise  # the disk's trouble, not the file's
        raise _damaged(path, trouble.detail) from trouble
    return head


def check_db(db: Db, path: Path, schema: Schema, anchor: Head | None) -> Head:
    """The same of a connection, as far as a file's name is not needed. Raises StoreDamaged and DbTrouble."""
    db.dialect.begin_reading(db)  # one view of the store throughout, even if an engine is writing to it
    _check_file(db, path, schema)
    head, seals = _check_chain(db, path, anchor)
    _check_state(db, path, seals)
    return head


def check_absent(disk: Disk, path: Path) -> None:
    """Raise StoreDamaged when only a log or anchor is left of a database: a new one would inherit it."""
    left = [part.name for part in beside(path) if disk.exists(part)]
    if left:
        raise _damaged(path, f"the database is missing, but {', '.join(left)} is there")


def _damaged(path: Path, what: str, where: str = "") -> StoreDamaged:
    names = ", ".join(part.name for part in beside(path))
    return StoreDamaged(
        what=what,
        where=f"{path}{where}",
        fix=f"keep the evidence: move {names} out of {path.parent} and start again; the engine then begins "
        "with an empty store and first protects whatever the venue says is open",
    )


def wrong_version(where: str, version: int, schema: Schema) -> StoreDamaged:
    """Of a store whose tables are not those of this program."""
    older = version < schema.version
    return StoreDamaged(
        what=f"schema version is {version}, this program knows {schema.version}",
        where=where,
        fix="jackline db migrate --config FILE" if older else "run the program that wrote it, or a newer one",
    )


def _check_file(db: Db, path: Path, schema: Schema) -> None:
    application_id, version = db.dialect.identity(db)
    if application_id != schema.application_id:
        raise _damaged(path, f"not a jackline {schema.name} (application_id {application_id:#x})")
    if version != schema.version:
        raise wrong_version(str(path), version, schema)
    for finding in db.dialect.findings(db, schema):
        raise _damaged(path, finding)


def _check_chain(db: Db, path: Path, anchor: Head | None) -> tuple[Head, Seals]:
    """Follow the chain from the first row to the head and past the anchor; collect the seals of the state."""
    keeps_first = {table.name for table in SEALED_TABLES if table.keeps_first}
    head, seals = EMPTY, Seals()
    for row in _journal(db):
        seq, body, seals_text, prev_hash, chained = row[0], *row[5:]
        where = f", table journal, row {seq}"
        if seq != head.seq + 1:
            raise _damaged(path, f"row {head.seq + 1} is missing", where)
        if prev_hash != head.hash or chained != digest(row[:-1]):
            raise _damaged(path, "the row is not the one that was written: its hash does not follow", where)
        try:
            open_body(body)
        except BodyUnreadable as error:
            raise _damaged(path, str(error), where) from error
        head = Head(seq=seq, hash=chained)
        for table, key, seal in msgspec.json.decode(seals_text, type=list[tuple[str, str, str]]):
            if table not in keeps_first or (table, key) not in seals:
                seals[table, key] = seal
        if anchor is not None and anchor.seq == seq and anchor.hash != chained:
            raise _damaged(path, "the journal was rewritten: this row once had another hash", where)
    claimed = read_head(db)
    if claimed != head:
        raise _damaged(
            path, f"the journal ends at row {head.seq}, its head says row {claimed.seq}", ", table head"
        )
    if anchor is not None and anchor.seq > head.seq:
        raise _damaged(
            path,
            f"rows {head.seq + 1} to {anchor.seq} were written and are gone (log lost, or an old backup)",
        )
    return head, seals


def _journal(db: Db) -> Iterator[Row]:
    last = 0
    while True:
        rows = db.run("SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?", (last, ROWS_AT_ONCE))
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        last = rows[-1][0]


def _check_state(db: Db, path: Path, seals: Seals) -> None:
    """Every row of state is the one its seal names, and no sealed row is missing."""
    for table in SEALED_TABLES:
        expected = {key: seal for (name, key), seal in seals.items() if name == table.name}
        for row in db.run(table.select):
            where = f", table {table.name}, row {row[0]}"
            if expected.pop(row[0], None) != digest(row):
                raise _damaged(path, "the row is not the one the journal sealed", where)
            try:
                if table is TRADES:
                    decode(row[4], Trade)
                elif table is LEDGER:
                    entry_from(row)
            except (BodyUnreadable, msgspec.ValidationError) as error:
                raise _damaged(path, str(error), where) from error
        if expected:
            missing = next(iter(expected))
            raise _damaged(
                path, "the journal sealed a row that is missing", f", table {table.name}, row {missing}"
            )
