"""`Db` over the standard library's sqlite3."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jackline.store.db import Row, SqlValue
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.sqlite_dialect import SQLITE

WRITE_BUSY_MS = 2_000
"""One writer per file, so a lock is only ever a checkpoint against a reader: short."""
READ_BUSY_MS = 250
"""Readers are asked from event loops: they give up early and ask again."""

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


def _kind(code: int) -> TroubleKind:
    """Why SQLite refused, from its result code, extended or not."""
    return _KINDS.get(code & 0xFF, TroubleKind.OTHER)


class SqliteDb:
    """A connection in autocommit: transactions are the BEGIN and COMMIT that stand in the code."""

    dialect = SQLITE

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


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # not from SQLite itself: text that is not UTF-8
            raise DbTrouble(TroubleKind.DAMAGED, str(error)) from error
        raise DbTrouble(_kind(code), f"{error} ({error.sqlite_errorname})") from error
