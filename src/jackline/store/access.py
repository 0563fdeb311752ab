"""The access store: who may ask for what (tokens, sessions, log-in attempts, second factors), and the audit of it.

Written by the command line and by the web process, so every change is one transaction of its own. No secret is in it:
of tokens and sessions it has hashes, second factors are in the vault.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from jackline.store.anchor import note_anchor
from jackline.store.db import Db, create, open_reader, open_writer, transaction
from jackline.store.disk import Disk
from jackline.store.errors import StoreDamaged
from jackline.store.journal import Head
from jackline.store.schema import GENESIS, Schema

ACCESS_FILE = "access.db"

_TOKENS = """CREATE TABLE tokens (
    id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, scope TEXT NOT NULL,
    created_ms INTEGER NOT NULL, expires_ms INTEGER, revoked_ms INTEGER, last_used_ms INTEGER) STRICT, WITHOUT ROWID"""
_SESSIONS = """CREATE TABLE sessions (
    hash TEXT PRIMARY KEY, token_id TEXT NOT NULL, csrf TEXT NOT NULL, created_ms INTEGER NOT NULL,
    fresh_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER) STRICT, WITHOUT ROWID"""
_ATTEMPTS = """CREATE TABLE attempts (
    whence TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID"""
_FACTORS = """CREATE TABLE second_factors (
    token_id TEXT PRIMARY KEY, created_ms INTEGER NOT NULL, used_step INTEGER NOT NULL) STRICT, WITHOUT ROWID"""
_AUDIT = """CREATE TABLE audit (
    seq INTEGER PRIMARY KEY, wire_ms INTEGER NOT NULL, actor TEXT NOT NULL, from_address TEXT NOT NULL,
    what TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, reason TEXT NOT NULL, outcome TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL) STRICT"""
_HEAD = """CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT"""

ACCESS = Schema(
    name="access store",
    application_id=0x6A6B6131,
    version=1,
    tables=(_TOKENS, _SESSIONS, _ATTEMPTS, _FACTORS, _AUDIT, _HEAD),
    append_only=("audit",),
    rows=(f"INSERT INTO audit_head VALUES (1, 0, '{GENESIS}')",),  # noqa: S608  no input reaches this text
)


class AccessStore:
    """The access store of one account at `path`, made where there is none.

    A connection a question: nothing is kept open between two, so it may be asked from any thread.
    """

    def __init__(self, disk: Disk, path: Path) -> None:
        self.disk = disk
        self.path = path

    @contextlib.contextmanager
    def changing(self) -> Iterator[Db]:
        """One durable transaction; nothing of it where anything inside raises. Raises StoreDamaged and DbTrouble."""
        if not self.disk.exists(self.path):
            self._make()
        with contextlib.closing(open_writer(self.disk, self.path)) as db:
            self._check(db)
            with transaction(db):
                yield db
            seq, chained = db.run("SELECT seq, hash FROM audit_head")[0]
            # A chain that was cut short is found by it. It is evidence: that it cannot be written stops nobody.
            note_anchor(self.disk, self.path, Head(seq=seq, hash=chained))

    @contextlib.contextmanager
    def reading(self) -> Iterator[Db]:
        """A view of one moment. Raises StoreDamaged and DbTrouble."""
        if not self.disk.exists(self.path):
            self._make()
        with contextlib.closing(open_reader(self.disk, self.path)) as db:
            self._check(db)
            db.dialect.begin_reading(db)
            yield db

    def _make(self) -> None:
        """Two processes may begin at once: the second finds the file of the first."""
        self.disk.make_directory(self.path.parent)
        lock = self.disk.lock(self.path.with_name(self.path.name + ".lock"))
        try:
            if not self.disk.exists(self.path):
                create(self.disk, self.path, ACCESS)
        finally:
            lock.release()

    def _check(self, db: Db) -> None:
        found = db.dialect.identity(db)
        if found != (ACCESS.application_id, ACCESS.version):
            raise StoreDamaged(
                what=f"not an access store of this version (application_id {found[0]:#x}, version {found[1]})",
                where=str(self.path),
                fix="move the file aside; every token is then to be made anew",
            )
