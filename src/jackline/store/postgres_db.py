"""`Db` over psycopg: one store in one schema of a PostgreSQL database. Only threads that may wait use it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeVar

import psycopg
from psycopg import conninfo, sql
from psycopg.abc import PQGen

from jackline.store.db import Row, SqlValue
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.fencing import Fence
from jackline.store.postgres_dialect import PostgresDialect

CONNECT_S = 5
ANSWER_S = 10.0
"""A server that takes longer for one statement is taken for gone: the connection is dropped, and the head is read over
a new one. Longer than any pause of a healthy server, shorter than an operator's patience."""
LOCK_MS = 3_000
"""One writer a store, so a lock is only ever a taking-over against a last write: short."""
IDLE_MS = 10_000
"""A process that was stopped inside a transaction holds its row locks: the server ends it, and its successor writes."""
Value = TypeVar("Value")

OPTIONS = (
    f"-c idle_in_transaction_session_timeout={IDLE_MS} -c statement_timeout=60000 "
    "-c synchronous_commit=on -c client_encoding=UTF8 -c TimeZone=UTC -c client_min_messages=warning"
)

logging.getLogger("psycopg").addHandler(logging.NullHandler())
"""What it says in passing, of a pipeline that a lost connection ends, is raised as well; our log is lines of JSON."""

_KINDS = {
    "08": TroubleKind.IO,  # the connection
    "25006": TroubleKind.IO,  # a standby takes no writes
    "40": TroubleKind.BUSY,  # rolled back for another transaction
    "53": TroubleKind.FULL,  # disk, memory, connections
    "55P03": TroubleKind.BUSY,  # a lock
    "57": TroubleKind.IO,  # stopping, starting, or told to give up
    "58": TroubleKind.IO,  # the server's own disk
    "XX001": TroubleKind.DAMAGED,
    "XX002": TroubleKind.DAMAGED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresServer:
    """A database by its URL. The password is never part of a text.

    Attributes:
        url: ``postgresql://user@host/database``; what it does not say, libpq's own variables and files may.
        password: None where the server asks for none, or libpq finds it by itself.
        connect_s: whole seconds, at least 2; `answer_s` and `lock_ms`: how long anything else may take.
    """

    url: str
    password: str | None = field(default=None, repr=False)
    connect_s: int = CONNECT_S
    answer_s: float = ANSWER_S
    lock_ms: int = LOCK_MS

    def connect(self, schema: str | None) -> psycopg.Connection[Row]:
        """A connection in autocommit, whose tables are those of `schema`. Raises DbTrouble."""
        path = "" if schema is None else f" -c search_path={schema}"
        with translating():
            given = str(conninfo.conninfo_to_dict(self.url).get("options") or "")
            whole = conninfo.make_conninfo(
                self.url,
                options=f"{given} {OPTIONS} -c lock_timeout={self.lock_ms}{path}".strip(),
                connect_timeout=self.connect_s,
                application_name="jackline",
                **({} if self.password is None else {"password": self.password}),
            )
            connection = _Connection.connect(whole, autocommit=True)
        connection.answer_s = self.answer_s
        return connection

    def where(self, schema: str) -> str:
        """For people: the database without who asks, and the schema."""
        with translating():
            parts = conninfo.conninfo_to_dict(self.url)
        host = parts.get("host") or parts.get("hostaddr") or "local"
        return f"postgresql {host}/{parts.get('dbname') or ''}, schema {schema}"


class _Connection(psycopg.Connection[Row]):
    """Waits no longer than `answer_s` for anything: a stopped server, or one behind a cut line, never answers."""

    answer_s = ANSWER_S

    def wait(self, gen: PQGen[Value], interval: float = 0.1, timeout: float | None = None) -> Value:
        """As psycopg waits, with a deadline. Behind one that has passed nothing is known: the connection ends."""
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.answer_s:g} s") from None


class PostgresDb:
    """One store. A connection belongs to the thread that opens it."""

    def __init__(
        self, server: PostgresServer, schema: str, *, read_only: bool, fence: Fence | None = None
    ) -> None:
        self.dialect = PostgresDialect(fence, self._pipeline)
        self._connection = server.connect(schema)
        if read_only:
            with translating():
                self._connection.execute("SET default_transaction_read_only = on")

    def run(self, statement: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement and give all its rows."""
        with translating():
            cursor = self._connection.execute(_placed(statement), values or None)
            if statement == "COMMIT" and cursor.statusmessage != "COMMIT":
                raise DbTrouble(TroubleKind.OTHER, "the transaction had failed, and was rolled back")
            return cursor.fetchall() if cursor.description else []

    def run_many(self, statement: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values, without a pause between them."""
        with translating(), self._connection.cursor() as cursor:
            cursor.executemany(_placed(statement), rows)

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        with translating():
            self._connection.close()

    @contextlib.contextmanager
    def _pipeline(self) -> Iterator[None]:
        with translating(), self._connection.pipeline():
            yield


@cache
def _placed(statement: str) -> sql.SQL:
    return sql.SQL(statement.replace("?", "%s") if "?" in statement else statement)


@contextlib.contextmanager
def translating() -> Iterator[None]:
    """The exceptions of psycopg as DbTrouble; its texts name hosts and users, never a password."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        kind = _KINDS.get(state, _KINDS.get(state[:2]))
        if kind is None:
            lost = not state and isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            kind = TroubleKind.IO if lost else TroubleKind.OTHER
        text = " ".join(str(error).split())
        raise DbTrouble(kind, f"{text} ({state or type(error).__name__})") from error
