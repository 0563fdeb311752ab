"""`Db` over real SQLite on a simulated disk: a process's writing connection, and readers of committed rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

import apsw

from jackline.store.db import Row, SqlValue
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.sqlite_dialect import SQLITE
from jackline.world import vfs
from jackline.world.backings import LookingFiles, ProcessFiles
from jackline.world.directory import Directory
from jackline.world.inode import Inode

_KINDS: dict[type[Exception], TroubleKind] = {
    apsw.BusyError: TroubleKind.BUSY,
    apsw.LockedError: TroubleKind.BUSY,
    apsw.FullError: TroubleKind.FULL,
    apsw.IOError: TroubleKind.IO,
    apsw.CantOpenError: TroubleKind.IO,
    apsw.ReadOnlyError: TroubleKind.IO,
    apsw.CorruptError: TroubleKind.DAMAGED,
    apsw.NotADBError: TroubleKind.DAMAGED,
    UnicodeDecodeError: TroubleKind.DAMAGED,
}
_REFUSALS = (apsw.Error, UnicodeDecodeError)


def _trouble(error: Exception) -> DbTrouble:
    return DbTrouble(_KINDS.get(type(error), TroubleKind.OTHER), f"{error} ({type(error).__name__})")


class WritingDb:
    """A living process's own connection.

    `check` raises ProcessDead; `after` is called after each statement and may raise it too.
    """

    dialect = SQLITE

    def __init__(
        self,
        path: str,
        inode: Inode,
        files: ProcessFiles,
        *,
        check: Callable[[], None],
        after: Callable[[], None],
        on_close: Callable[[WritingDb], None],
    ) -> None:
        self._inode, self._files = inode, files
        self._check, self._after, self._on_close = check, after, on_close
        self._is_open = True
        try:
            self.connection, self._key = vfs.connect(path, files, read_only=False)
        except _REFUSALS as error:
            raise _trouble(error) from error

    @property
    def speaks(self) -> bool:
        """Whether what it reads is what is committed."""
        return self._is_open and self._inode.writer is self and not self.connection.in_transaction

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        self._check()
        try:
            return self.connection.execute(sql, values).fetchall()
        except _REFUSALS as error:
            raise _trouble(error) from error
        finally:
            self._after()

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        self._check()
        try:
            self.connection.executemany(sql, rows)
        except _REFUSALS as error:
            raise _trouble(error) from error
        finally:
            self._after()

    def close(self) -> None:
        """Close the connection; clean-up code of a dead process may call this too."""
        if self._is_open:
            try:
                self._close()  # which folds the log into the file: a blow may fall in here too
            finally:
                self._after()

    def _close(self) -> None:
        self._is_open = False
        if self._inode.writer is self:
            self._inode.writer = None
        try:
            self.connection.close(force=True)
        except apsw.Error as error:
            raise _trouble(error) from error
        finally:
            self._files.unlock(self._inode)
            vfs.forget(self._key)
            self._on_close(self)

    def die(self) -> None:
        """The process was killed: nothing it still does reaches the disk, and its lock is free."""
        self._files.cut_off()
        with suppress(DbTrouble):
            self._close()


class ReadingDb:
    """A reader: of what every process sees, or (`durable`) of what a power cut would leave.

    A writer keeps its file to itself in here, so a reader asks the writer's connection between two of its
    transactions, and otherwise opens the file for itself, anew whenever it has changed.
    """

    dialect = SQLITE

    def __init__(self, path: str, directory: Directory, *, durable: bool, check: Callable[[], None]) -> None:
        self._path, self._directory, self._durable, self._check = path, directory, durable, check
        self._files = LookingFiles(directory, durable=durable)
        self._own: apsw.Connection | None = None
        self._key = ""
        self._seen: object = None
        self._in_transaction = False
        if self._files.find(path) is None:
            raise DbTrouble(TroubleKind.IO, f"unable to open database file {path}")

    @property
    def version(self) -> object:
        """Equal as long as the same rows are there."""
        main, log = self._files.find(self._path), self._files.find(self._path + "-wal")
        return (main and (main.number, main.version), log and (log.number, log.version))

    def run(self, sql: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        self._check()
        try:
            return self._connection(sql).execute(sql, values).fetchall()
        except _REFUSALS as error:
            raise _trouble(error) from error

    def run_many(self, sql: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """A reader writes nothing."""
        raise DbTrouble(TroubleKind.IO, "attempt to write a readonly database")

    def close(self) -> None:
        """Close the connection, if one of its own was needed."""
        if self._own is not None:
            self._own.close(force=True)
            vfs.forget(self._key)
            self._own = None

    def _connection(self, sql: str) -> apsw.Connection:
        if self._in_transaction and self._own is not None:
            return self._own
        self._in_transaction = sql.startswith("BEGIN")
        if not self._in_transaction:
            writer = self._living_writer()
            if writer is not None:
                return writer.connection
        if self._own is None or self._seen != self.version:
            self.close()
            self._seen = self.version
            self._own, self._key = vfs.connect(self._path, self._files, read_only=True)
        return self._own

    def _living_writer(self) -> WritingDb | None:
        main = self._files.find(self._path)
        if main is None or main.writer is None or not main.writer.speaks:
            return None
        return main.writer if not self._durable or self._is_settled(main) else None

    def _is_settled(self, main: Inode) -> bool:
        name = self._path + "-wal"
        log = self._directory.find(name)
        same = self._directory.find(self._path) is main and self._directory.durable.get(name) is log
        return same and main.is_settled and (log is None or log.is_settled)
