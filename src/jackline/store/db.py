"""The `Db` port, written SQL in, rows out; and how a store's file is opened and created."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jackline.store.errors import DbTrouble, StoreError
from jackline.store.schema import Schema

if TYPE_CHECKING:
    from jackline.store.disk import Disk

SqlValue = str | int | None
Row = tuple[Any, ...]
"""A row as SQLite gave it; STRICT tables keep its types. Typed by whoever reads it, and no further."""


class Db(Protocol):
    """One connection. Every method raises DbTrouble, never a driver's own exception.

    SQL is written once, in what SQLite and PostgreSQL have in common, with `?` for a value. `dialect` has the rest.
    """

    @property
    def dialect(self) -> Dialect:
        """What this database says in its own words."""
        ...

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        ...

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        ...

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        ...


class Dialect(Protocol):
    """What databases say differently. It has no state of its own: each method is given its connection."""

    def begin_writing(self, db: Db) -> None:
        """Begin a transaction that alone may write to this store."""
        ...

    def begin_reading(self, db: Db) -> None:
        """Begin a transaction that sees one moment of the store."""
        ...

    def at_once(self, db: Db) -> contextlib.AbstractContextManager[object]:
        """What is run inside gives no rows, and no answer is waited for before the end, which raises its trouble."""
        ...

    def make_durable(self, db: Db, where: str) -> None:
        """Have every COMMIT outlive a power cut. Raises StoreDamaged where there is no such thing."""
        ...

    def fold_log(self, db: Db) -> None:
        """After a failure: bring what is committed to where a new sync covers it. Raises DbTrouble."""
        ...

    def identity(self, db: Db) -> tuple[int, int]:
        """Whose store this is, and of which version; zeros of one that is nobody's."""
        ...

    def mark(self, db: Db, *, application_id: int, version: int) -> None:
        """Say whose store this is, inside the transaction that made or changed its tables."""
        ...

    def make_tables(self, db: Db, schema: Schema) -> None:
        """Run a schema's statements, inside a transaction."""
        ...

    def change_tables(self, db: Db, statement: str) -> None:
        """Run one statement of a migration, inside a transaction."""
        ...

    def findings(self, db: Db, schema: Schema) -> tuple[str, ...]:
        """What is wrong with the store as a database: its pages, and tables other than the schema's."""
        ...


OpenDb = Callable[[], Db]


def open_reader(disk: Disk, path: Path) -> Db:
    """A read-only connection: it neither writes nor checkpoints, so a damaged file stays as it was found."""
    return disk.open_db(path, read_only=True)


def open_writer(disk: Disk, path: Path) -> Db:
    """A writing connection of which every COMMIT is durable; StoreDamaged where there is no such thing."""
    db = disk.open_db(path, read_only=False)
    try:
        db.dialect.make_durable(db, str(path))
    except StoreError:
        db.close()
        raise
    return db


@contextlib.contextmanager
def transaction(db: Db) -> Iterator[None]:
    """The one that may write: BEGIN … COMMIT, or ROLLBACK when anything inside raises."""
    db.dialect.begin_writing(db)
    try:
        yield
        db.run("COMMIT")
    except BaseException:
        with contextlib.suppress(DbTrouble):  # the database may have rolled back by itself
            db.run("ROLLBACK")
        raise


@contextlib.contextmanager
def one_moment(db: Db) -> Iterator[None]:
    """A transaction that sees one moment of a store, and changes nothing."""
    db.dialect.begin_reading(db)
    try:
        yield
    finally:
        with contextlib.suppress(DbTrouble):  # a lost connection has ended it already
            db.run("ROLLBACK")


def ensure(disk: Disk, path: Path, schema: Schema) -> bool:
    """Make an empty store where there is none; whether one was made. Raises StoreError.

    Of a store that is kept elsewhere the local copy is brought up to date as well.
    """
    origin = disk.origin(path)
    if origin is not None:
        return origin.fetch(schema)
    if disk.exists(path):
        return False
    disk.make_directory(path.parent)
    create(disk, path, schema)
    return True


def create(disk: Disk, path: Path, schema: Schema) -> None:
    """Create an empty store file whole or not at all: a crash half-way leaves no file of that name."""
    fresh = path.with_name(path.name + ".new")
    for leftover in beside(fresh):
        disk.remove(leftover)
    disk.create(fresh)
    db = open_writer(disk, fresh)
    try:
        with transaction(db):
            db.dialect.make_tables(db, schema)
            db.dialect.mark(db, application_id=schema.application_id, version=schema.version)
    finally:
        db.close()  # the last connection folds its WAL into the file
    disk.rename(fresh, path)
    disk.sync_directory(path.parent)


def beside(path: Path) -> tuple[Path, ...]:
    """The files a store consists of: database, write-ahead log, shared memory, anchor."""
    return tuple(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", ".anchor"))
