"""The `Db` port, written SQL in, rows out; and how a store's file is opened and created."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jackline.store.errors import DbTrouble, StoreDamaged, StoreError
from jackline.store.schema import Schema

if TYPE_CHECKING:
    from jackline.store.disk import Disk

SqlValue = str | int | None
Row = tuple[Any, ...]
"""A row as SQLite gave it; STRICT tables keep its types. Typed by whoever reads it, and no further."""

SQLITE_MIN = (3, 37, 0)
"""STRICT tables."""
SYNCHRONOUS_FULL = 2
"""Under WAL, NORMAL loses acknowledged commits at a power cut; FULL does not."""


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


def open_reader(disk: Disk, path: Path) -> Db:
    """A read-only connection: it neither writes nor checkpoints, so a damaged file stays as it was found."""
    return disk.open_db(path, read_only=True)


def open_writer(disk: Disk, path: Path) -> Db:
    """A writing connection of which every COMMIT is durable; StoreDamaged where there is no such thing."""
    db = disk.open_db(path, read_only=False)
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


def create(disk: Disk, path: Path, schema: Schema) -> None:
    """Create an empty store whole or not at all: a crash half-way leaves no file of that name."""
    if sqlite3.sqlite_version_info < SQLITE_MIN:
        raise StoreError(
            f"SQLite {sqlite3.sqlite_version} is too old; the fix is a Python with 3.37 or newer"
        )
    fresh = path.with_name(path.name + ".new")
    for leftover in beside(fresh):
        disk.remove(leftover)
    disk.create(fresh)
    db = open_writer(disk, fresh)
    try:
        with transaction(db):
            for statement in schema.statements:
                db.run(statement)
            db.run(f"PRAGMA application_id = {schema.application_id}")
            db.run(f"PRAGMA user_version = {schema.version}")
    finally:
        db.close()  # the last connection folds its WAL into the file
    disk.rename(fresh, path)
    disk.sync_directory(path.parent)


def beside(path: Path) -> tuple[Path, ...]:
    """The files a store consists of: database, write-ahead log, shared memory, anchor."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".anchor"))
