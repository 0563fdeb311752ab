"""A disk in memory: files are bytes, databases are SQLite in memory, and what is written is there at once.

It fails never and forgets everything with the backtest. Faults of a disk are the simulation's subject, not research's.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from jackline.research.backtest.loop import BacktestLoop
from jackline.store.db import Db, Row, SqlValue
from jackline.store.disk import Carrier, Lock, LockBusy, Until, Work
from jackline.store.errors import DbTrouble, StoreError, TroubleKind
from jackline.store.origin import Origin
from jackline.store.sqlite_dialect import SQLITE


class MemoryDisk:
    """`store.disk.Disk` of one process."""

    def __init__(self, loop: BacktestLoop) -> None:
        self._loop = loop
        self._files: dict[Path, bytes] = {}
        self._databases: dict[Path, sqlite3.Connection] = {}
        self._locked: set[Path] = set()

    def open_db(self, path: Path, *, read_only: bool) -> Db:
        """All connections to a file are one: nothing happens between two statements of a transaction."""
        if path not in self._files:
            raise DbTrouble(TroubleKind.IO, f"unable to open database file {path}")
        if path not in self._databases:
            self._databases[path] = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256)
        return MemoryDb(self._databases[path])

    def origin(self, path: Path) -> Origin | None:
        """Nothing is kept elsewhere."""
        return None

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path in self._files

    def size(self, path: Path) -> int:
        """Bytes in the file, or in the database that it is."""
        found = self._databases.get(path)
        return len(self.read(path)) if found is None else len(found.serialize())

    def read(self, path: Path) -> bytes:
        """The file's content."""
        if path not in self._files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return self._files[path]

    def create(self, path: Path) -> None:
        """An empty file; nothing where it exists."""
        self._files.setdefault(path, b"")

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        """Put `data` in the place of the file; nothing here is more durable than the rest."""
        self._files[path] = data

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over the beginning of the file."""
        self._files[path] = data + self._files.get(path, b"")[len(data) :]

    def append(self, path: Path, data: bytes) -> None:
        """Write behind the end of an existing file."""
        self._files[path] = self.read(path) + data

    def names(self, path: Path) -> tuple[str, ...]:
        """The names of the files in a directory, sorted."""
        return tuple(sorted(file.name for file in self._files if file.parent == path))

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name."""
        self._files[target] = self._files.pop(source)
        if source in self._databases:
            self._databases[target] = self._databases.pop(source)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        self._files.pop(path, None)
        self._databases.pop(path, None)

    def make_directory(self, path: Path) -> None:
        """Directories are there as soon as they are named."""

    def sync_directory(self, path: Path) -> None:
        """Nothing is ever less than durable."""

    def lock(self, path: Path) -> Lock:
        """Lock a file, made if need be."""
        self.create(path)
        if path in self._locked:
            raise LockBusy(path, self._files[path])
        self._locked.add(path)
        return _MemoryLock(self, path)

    def unlock(self, path: Path) -> None:
        """Give a lock back."""
        self._locked.discard(path)

    def probe(self, path: Path) -> bytes | None:
        """What stands in a locked file."""
        return self._files[path] if path in self._locked else None

    def carrier(self, name: str) -> Carrier:
        """Work here never waits for a platter: it is carried on by whoever wakes it, at the same instant."""
        return _InstantCarrier(self._loop)

    def close(self) -> None:
        """Give the memory back."""
        for connection in self._databases.values():
            connection.close()


class MemoryDb:
    """`store.db.Db` over SQLite in memory. Closing it closes nothing: the memory is the file."""

    dialect = SQLITE

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        if sql.startswith("PRAGMA journal_mode"):
            return [("wal",)]  # asked whether a COMMIT outlives a power cut; in here there is no power to cut
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise DbTrouble(TroubleKind.OTHER, f"{error} ({type(error).__name__})") from error

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise DbTrouble(TroubleKind.OTHER, f"{error} ({type(error).__name__})") from error

    def close(self) -> None:
        """Roll back what is open."""
        if self._connection.in_transaction:
            self._connection.rollback()


class _MemoryLock:
    def __init__(self, disk: MemoryDisk, path: Path) -> None:
        self._disk, self._path = disk, path

    def read(self) -> bytes:
        """What stands in the file."""
        return self._disk.read(self._path)

    def note(self, text: bytes) -> None:
        """Put `text` in the place of what stands in the file."""
        self._disk.replace(self._path, text, durable=True)

    def is_intact(self) -> bool:
        """Nobody else is here to replace it."""
        return True

    def release(self) -> None:
        """Give the lock back."""
        self._disk.unlock(self._path)


class _InstantCarrier:
    """Carries work in the loop. A wait with a deadline is not offered: only a disk that refuses asks for one."""

    def __init__(self, loop: BacktestLoop) -> None:
        self._loop = loop
        self._work: Work | None = None
        self._ready: Callable[[], bool] | None = None
        self._is_called = False

    def start(self, work: Work) -> None:
        """Begin."""
        self._work = work
        self._call_soon()

    def guard(self) -> AbstractContextManager[object]:
        """One loop, one callback at a time."""
        return contextlib.nullcontext()

    def wake(self) -> None:
        """Look at the condition waited for."""
        if self._ready is not None and self._ready():
            self._call_soon()

    def post(self, call: Callable[[], object]) -> None:
        """Have the loop call this soon."""
        if not self._loop.is_closed():
            self._loop.call_soon(call)

    def _call_soon(self) -> None:
        # After what else this instant brings: the batches of a turn are one transaction, as behind a real disk.
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._carry)

    def _carry(self) -> None:
        self._is_called, self._ready = False, None
        failure: StoreError | None = None
        while self._work is not None:
            try:
                step = next(self._work) if failure is None else self._work.throw(failure)
            except StopIteration:
                self._work = None
                return
            failure = None
            if isinstance(step, Until):
                if not step.ready():
                    self._ready = step.ready
                    return
                continue
            try:
                step.do()
            except StoreError as error:
                failure = error
