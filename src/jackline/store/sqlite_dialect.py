"""What SQLite says in its own words: pragmas, and the shape of a file's tables."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager, closing, nullcontext
from functools import cache

from jackline.store.db import Db, Row
from jackline.store.errors import DbTrouble, StoreDamaged, StoreError, TroubleKind
from jackline.store.schema import Schema

SQLITE_MIN = (3, 37, 0)
"""STRICT tables."""
SYNCHRONOUS_FULL = 2
"""Under WAL, NORMAL loses acknowledged commits at a power cut; FULL does not."""

_SHAPE = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"


class SqliteDialect:
    """`Dialect` of a file. Its identity stands in the header."""

    def begin_writing(self, db: Db) -> None:
        """Take the write lock at once: a transaction that asks for it later may be refused half-way."""
        db.run("BEGIN IMMEDIATE")

    def begin_reading(self, db: Db) -> None:
        """A read transaction of WAL sees one moment, even while another process writes."""
        db.run("BEGIN")

    def at_once(self, db: Db) -> AbstractContextManager[object]:
        """Each answer is there as its statement ends."""
        return nullcontext()

    def make_durable(self, db: Db, where: str) -> None:
        """A write-ahead log that is synced at every COMMIT."""
        mode = db.run("PRAGMA journal_mode = WAL")[0][0]
        db.run("PRAGMA synchronous = FULL")
        db.run("PRAGMA fullfsync = 1")  # macOS: a plain fsync leaves the data in the drive's cache
        db.run("PRAGMA checkpoint_fullfsync = 1")
        synchronous = db.run("PRAGMA synchronous")[0][0]
        if mode != "wal" or synchronous != SYNCHRONOUS_FULL:
            raise StoreDamaged(
                what=f"journal_mode is {mode}, synchronous {synchronous}; a durable commit needs wal and 2",
                where=where,
                fix="keep the state directory on a local file system",
            )

    def fold_log(self, db: Db) -> None:
        """Copy the log into the database, which is a new write and a new sync."""
        if db.run("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]:
            raise DbTrouble(TroubleKind.BUSY, "a reader holds the log")

    def identity(self, db: Db) -> tuple[int, int]:
        """From the header."""
        return db.run("PRAGMA application_id")[0][0], db.run("PRAGMA user_version")[0][0]

    def mark(self, db: Db, *, application_id: int, version: int) -> None:
        """Into the header, which is part of the transaction."""
        db.run(f"PRAGMA application_id = {application_id:d}")
        db.run(f"PRAGMA user_version = {version:d}")

    def make_tables(self, db: Db, schema: Schema) -> None:
        """The statements as they are written. Raises StoreError where SQLite is too old for them."""
        if sqlite3.sqlite_version_info < SQLITE_MIN:
            raise StoreError(
                f"SQLite {sqlite3.sqlite_version} is too old; the fix is a Python with 3.37 or newer"
            )
        for statement in schema.statements:
            db.run(statement)

    def change_tables(self, db: Db, statement: str) -> None:
        """As it is written."""
        db.run(statement)

    def findings(self, db: Db, schema: Schema) -> tuple[str, ...]:
        """SQLite's own check of the pages, then every definition."""
        pages = [row[0] for row in db.run("PRAGMA quick_check(3)")]
        if pages != ["ok"]:
            return (f"SQLite finds: {'; '.join(pages)}",)
        differing = _shape(schema) ^ set(db.run(_SHAPE))
        names = ", ".join(sorted({str(row[1]) for row in differing}))
        return (f"table definitions differ: {names}",) if differing else ()


@cache
def _shape(schema: Schema) -> frozenset[Row]:
    """The definitions a file of this schema has."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as model:
        for statement in schema.statements:
            model.execute(statement)
        return frozenset(model.execute(_SHAPE).fetchall())


SQLITE = SqliteDialect()
