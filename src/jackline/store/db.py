"""The `Db` port: written SQL in, rows out; and its implementation over the standard library's sqlite3."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from jackline.store.errors import DbTrouble, StoreDamaged, StoreError, TroubleKind
from jackline.store.schema import Schema

SqlValue = str | int | None
Row = tuple[Any, ...]
"""A row as SQLite gave it; STRICT tables keep its types. Typed by whoever reads it, and no further."""

SQLITE_MIN = (3, 37, 0)
"""STRICT tables."""
WRITE_BUSY_MS = 2_000
"""One writer per file, so a lock is only ever a checkpoint against a reader: short."""
READ_BUSY_MS = 250
"""Readers are asked from event loops: they give up early and ask again."""
SYNCHRONOUS_FULL = 2
"""Under WAL, NORMAL loses acknowledged commits at a power cut; FULL does not."""

_KINDS = {
    sqlite3.SQLITE_BUSY: TroubleKind.BUSY,
    sqlite3.SQLITE_LOCKED: TroubleKind.BUSY,
    sqlite3.SQLITE_FULL: TroubleKind.FULL,
    sqlite3.SQLITE_IOERR: TroubleKind.IO,
    sqlite3.SQLITE_CANTOPEN: TroubleKind.IO,
    sqlite3.SQLITE_READONLY: TroubleKind.IO,
    sqlite3.SQLITE_CORRUPT: TroubleKind.DAMAGED,
    sqlite3.SQLITE_NOTADB: TroubleKind.DAMAGED,
}


class Db(Protocol):
    """One connection. Every method raises DbTrouble, never a driver's own exception."""

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        ...

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        ...


OpenDb = Callable[[], Db]


class SqliteDb:
    """`Db` over sqlite3 in autocommit: transactions are the BEGIN and COMMIT that stand in the code."""

    def __init__(self, path: Path, *, read_only: bool) -> None:
        mode = "ro" if read_only else "rw"
        busy_ms = READ_BUSY_MS if read_only else WRITE_BUSY_MS
        with _translated():
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=busy_ms / 1_000,
            )

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        with _translated():
            return self._connection.execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        with _translated():
            self._connection.executemany(sql, rows)

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        with _translated():
            self._connection.close()


def open_reader(path: Path) -> Db:
    """A read-only connection: it neither writes nor checkpoints, so a damaged file stays as it was found."""
    return SqliteDb(path, read_only=True)


def open_writer(path: Path) -> Db:
    """A writing connection of which every COMMIT is durable; StoreDamaged where there is no such thing."""
    db = SqliteDb(path, read_only=False)
    try:
        mode = db.run("PRAGMA journal_mode = WAL")[0][0]
        db.run("PRAGMA synchronous = FULL")
        db.run("PRAGMA fullfsync = 1")  # macOS: a plain fsync leaves the data in the drive's cache
        db.run("PRAGMA checkpoint_fullfsync = 1")
        synchronous = db.run("PRAGMA synchronous")[0][0]
        if mode != "wal" or synchronous != SYNCHRONOUS_FULL:
            raise StoreDamaged(
                what=f"journal_mode is {mode}, synchronous {synchronous}; a durable commit needs wal and 2",
                where=str(path),
                fix="keep the state directory on a local file system",
            )
    except StoreError:
        db.close()
        raise
    return db


@contextlib.contextmanager
def transaction(db: Db) -> Iterator[None]:
    """BEGIN IMMEDIATE … COMMIT, or ROLLBACK when anything inside raises."""
    db.run("BEGIN IMMEDIATE")
    try:
        yield
        db.run("COMMIT")
    except BaseException:
        with contextlib.suppress(DbTrouble):  # SQLite may have rolled back by itself
            db.run("ROLLBACK")
        raise


def create(path: Path, schema: Schema) -> None:
    """Create an empty store whole or not at all: a crash half-way leaves no file of that name."""
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old; the fix is a Python with 3.37 or newer"
        )
    fresh = path.with_name(path.name + ".new")
    for leftover in beside(fresh):
        leftover.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    db = open_writer(fresh)
    try:
        with transaction(db):
            for statement in schema.statements:
                db.run(statement)
            db.run(f"PRAGMA application_id = {schema.application_id}")
            db.run(f"PRAGMA user_version = {schema.version}")
    finally:
        db.close()  # the last connection folds its WAL into the file
    fresh.rename(path)
    sync_directory(path.parent)


def beside(path: Path) -> tuple[Path, ...]:
    """The files a store consists of: database, write-ahead log, shared memory, anchor."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".anchor"))


def sync_directory(directory: Path) -> None:
    """Make a rename in the directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # not from SQLite itself: text that is not UTF-8
            raise DbTrouble(TroubleKind.DAMAGED, str(error)) from error
        kind = _KINDS.get(code & 0xFF, TroubleKind.OTHER)
        raise DbTrouble(kind, f"{error} ({error.sqlite_errorname})") from error
