"""The place of one store in a database: a schema named after account and store, and the copy of it here."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from jackline.store.anchor import anchor_path
from jackline.store.check import wrong_version
from jackline.store.db import Db, beside, create
from jackline.store.errors import StoreDamaged, StoreError
from jackline.store.fencing import Fence
from jackline.store.host_disk import HostDisk
from jackline.store.postgres_db import PostgresDb, PostgresServer
from jackline.store.replica import Written, follow_commands, follow_journal, take_journal
from jackline.store.schema import COMMANDS, Schema
from jackline.store.sqlite_db import SqliteDb

_MINE_ALONE = "SELECT pg_advisory_xact_lock(hashtextextended(?, 0))"

_COUNT_ON = (
    "SELECT setval(pg_get_serial_sequence('commands', 'seq'), greatest(max(seq), 1), max(seq) IS NOT NULL) "
    "FROM commands"
)
"""Rows that brought their numbers leave the counter where it was."""


def schema_name(account: str, store: str) -> str:
    """`jackline_<account>_<store>`. A `-`, which a name of SQL does not take, becomes `$`, which no account has."""
    return f"jackline_{account}_{store}".replace("-", "$")


def make_store(db: PostgresDb, name: str, schema: Schema) -> bool:
    """Make a store in the schema of that name, whole or not at all; False where there is one. Raises StoreError."""
    if db.dialect.identity(db) != (0, 0):
        return False
    with _alone(db, name):
        made = db.dialect.identity(db) == (0, 0)
        if made:
            _make(db, name, schema)
    return made


@contextlib.contextmanager
def _alone(db: PostgresDb, name: str) -> Iterator[None]:
    """A transaction that makes tables: others that would make the same ones wait."""
    db.run("BEGIN")
    try:
        db.run(_MINE_ALONE, (name,))
        db.dialect.check_fence(db)
        yield
        db.run("COMMIT")
    except BaseException:
        with contextlib.suppress(StoreError):
            db.run("ROLLBACK")
        raise


def _make(db: PostgresDb, name: str, schema: Schema) -> None:
    db.run(f"CREATE SCHEMA IF NOT EXISTS {name}")
    db.dialect.make_tables(db, schema)
    db.dialect.mark(db, application_id=schema.application_id, version=schema.version)


class PostgresOrigin:
    """`Origin` of one store. `path` is the copy; what stands there is made by this and never asked for a lost row."""

    def __init__(self, server: PostgresServer, account: str, path: Path, *, fence: Fence | None) -> None:
        self._server = server
        self._fence = fence
        self.path = path
        self.schema = schema_name(account, path.stem)

    @property
    def where(self) -> str:
        """For people."""
        return self._server.where(self.schema)

    def connect(self, *, read_only: bool) -> PostgresDb:
        """A connection to the store itself. Raises DbTrouble."""
        return PostgresDb(self._server, self.schema, read_only=read_only, fence=self._fence)

    def is_made(self) -> bool:
        """Whether there is a store."""
        with contextlib.closing(self.open_reader()) as db:
            return db.dialect.identity(db) != (0, 0)

    def open_reader(self) -> Db:
        """A read-only connection to the store itself."""
        return self.connect(read_only=True)

    def open_writer(self) -> Db:
        """A writing connection that leaves the copy behind."""
        return self.connect(read_only=False)

    def replace(self, schema: Schema, load: Callable[[Db], object], *, stamp: int) -> str | None:
        """A schema is renamed, and another one made, in one transaction. The copy here goes: it is fetched again."""
        aside = f"{self.schema}_r{stamp}"
        with contextlib.closing(self.connect(read_only=False)) as db:
            is_made = db.dialect.identity(db) != (0, 0)
            with _alone(db, self.schema):
                if is_made:
                    db.run(f"ALTER SCHEMA {self.schema} RENAME TO {aside}")
                _make(db, self.schema, schema)
                load(db)
                if schema is COMMANDS:
                    db.run(_COUNT_ON)
        _remove(self.path)
        HostDisk().remove(anchor_path(self.path))
        return aside if is_made else None

    def fetch(self, schema: Schema) -> bool:
        """Make the store where there is none, and bring the copy up to it; whether the store was made."""
        with contextlib.closing(self.connect(read_only=False)) as db:
            made = make_store(db, self.schema, schema)
            application_id, version = db.dialect.identity(db)
            if application_id != schema.application_id:
                raise StoreDamaged(
                    what=f"not a jackline {schema.name} (application_id {application_id:#x})",
                    where=self.where,
                    fix="find out what is kept there; this program makes schemas of its own",
                )
            if version != schema.version:
                raise wrong_version(self.where, version, schema)
            with contextlib.closing(Copy(self.path, schema)) as copy:
                copy.bring_up(db)
        return made


class Copy:
    """The store file here, open for bringing it up. What a power cut takes of it is fetched again: it need not sync."""

    def __init__(self, path: Path, schema: Schema) -> None:
        self._path, self._schema = path, schema
        self._db: SqliteDb | None = None

    def bring_up(self, there: Db) -> None:
        """Fetch what is new. Raises DbTrouble, and StoreDamaged where the copy is no part of what is there."""
        here = self._db = self._db or self._open()
        if self._schema is not COMMANDS:
            follow_journal(there, here, where=str(self._path))
        elif not follow_commands(there, here):  # another desk took the place of the one that was copied
            self.close()
            _remove(self._path)
            self.bring_up(there)

    def take(self, there: Db, written: Sequence[Written]) -> None:
        """As `bring_up`, behind a COMMIT of the one who wrote this: nothing is asked where it seals what is here."""
        if self._db is None or not take_journal(self._db, written):
            self.bring_up(there)

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> SqliteDb:
        disk = HostDisk()
        disk.make_directory(self._path.parent)
        lock = disk.lock(
            self._path.with_name(self._path.name + ".lock")
        )  # engine and watchdog may begin at once
        try:
            if not disk.exists(self._path):
                _remove(self._path)  # a log that was left of another copy
                create(disk, self._path, self._schema)
            db = SqliteDb(self._path, read_only=False)
            if db.dialect.identity(db)[1] != self._schema.version:  # of a program of another version
                db.close()
                _remove(self._path)
                create(disk, self._path, self._schema)
                db = SqliteDb(self._path, read_only=False)
        finally:
            lock.release()
        db.run("PRAGMA synchronous = NORMAL")
        return db


def _remove(path: Path) -> None:
    """The copy without its anchor, which says how far the store itself had got."""
    for file in beside(path)[:3]:
        HostDisk().remove(file)
