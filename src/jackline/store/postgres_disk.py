"""A host's disk whose stores are kept in PostgreSQL. The files here are copies, and no loop waits for the database.

What writes (the journal's thread, a command that is given) speaks to the database and then brings the copy up; what
reads (the engine's loop, the watchdog, the dashboard, the command line) reads the copy. Orders of operators may come
from other machines: a thread follows their desk. Locks, heartbeat, picture, tapes and secrets stay files of this host.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE
from jackline.store.db import Db, Dialect, Row, SqlValue
from jackline.store.errors import DbTrouble, StoreError, TroubleKind
from jackline.store.fencing import Fence
from jackline.store.host_disk import HostDisk
from jackline.store.origin import Origin
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_origin import Copy, PostgresOrigin
from jackline.store.replica import Written
from jackline.store.schema import COMMANDS, ENGINE, WATCHDOG, Schema
from jackline.store.sqlite_db import SqliteDb

_SCHEMAS: dict[str, Schema] = {ENGINE_FILE: ENGINE, WATCHDOG_FILE: WATCHDOG, COMMANDS_FILE: COMMANDS}
WRITING = ("INSERT ", "UPDATE ", "DELETE ")
"""How statements begin that change rows."""
FOLLOW_S = 0.2
"""As often as an engine looks at its desk."""
RETRY_S = 1.0
DESK_AGE_S_MAX = 5.0
"""Orders that are older than this and still unheard: nothing may enter until the desk is read again (K2)."""


class PostgresDisk(HostDisk):
    """`Disk` of one account's state directory. With a `fence` every write is one of its number, or is refused."""

    def __init__(
        self,
        server: PostgresServer,
        *,
        account: str,
        state_dir: Path,
        fence: Fence | None = None,
    ) -> None:
        self._origins = {
            state_dir / name: PostgresOrigin(server, account, state_dir / name, fence=fence)
            for name in _SCHEMAS
        }
        self._desk = state_dir / COMMANDS_FILE
        self._following: _Following | None = None
        self._starting = threading.Lock()

    def origin(self, path: Path) -> Origin | None:
        """The schema of a store that is kept in the database."""
        return self._origins.get(path)

    def exists(self, path: Path) -> bool:
        """Whether there is such a file. The desk counts as there: an order may lie in it that was not fetched yet."""
        return path == self._desk or super().exists(path)

    def open_db(self, path: Path, *, read_only: bool) -> Db:
        """A reader reads the copy, a writer writes to the database. Raises DbTrouble."""
        origin = self._origins.get(path)
        if origin is None:
            return super().open_db(path, read_only=read_only)
        if not read_only:
            return TwinDb(origin, _SCHEMAS[path.name])
        if path == self._desk:
            self._follow_desk(origin)
        return SqliteDb(path, read_only=True)

    def _follow_desk(self, origin: PostgresOrigin) -> None:
        with self._starting:
            if self._following is None:
                self._following = _Following(origin)
        self._following.check()


class TwinDb:
    """A writing connection: every statement goes to the database, and behind a COMMIT the copy is brought up.

    What the transaction wrote is written to the copy, where it seals the copy's head; else it is fetched. Where that
    fails the COMMIT is reported as failed: it is durable, a writer that tries again finds it so, and its new connection
    begins with bringing up the copy.
    """

    def __init__(self, origin: PostgresOrigin, schema: Schema) -> None:
        self._there = origin.connect(read_only=False)
        self._copy = Copy(origin.path, schema)
        self._written: list[Written] = []
        try:
            self._copy.bring_up(self._there)
        except BaseException:
            self.close()
            raise

    @property
    def dialect(self) -> Dialect:
        """That of the database."""
        return self._there.dialect

    def run(self, statement: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        """Run one statement at the database and give all its rows."""
        rows = self._there.run(statement, values)
        if statement == "COMMIT":
            self._copy.take(self._there, self._written)
        elif statement == "BEGIN":
            self._written = []
        elif statement.startswith(WRITING):
            self._written.append((statement, [tuple(values)]))
        return rows

    def run_many(self, statement: str, rows: Iterable[Sequence[SqlValue]]) -> None:
        """Run one statement for each row of values."""
        every = [tuple(row) for row in rows]
        self._there.run_many(statement, every)
        self._written.append((statement, every))

    def close(self) -> None:
        """Close both."""
        try:
            self._copy.close()
        finally:
            self._there.close()


class _Following:
    """A thread that keeps the copy of the desk up to date for as long as the process lives."""

    def __init__(self, origin: PostgresOrigin) -> None:
        self._origin = origin
        self._guard = threading.Lock()
        self._fresh_s: float | None = None
        self._trouble = "it has not been fetched yet"
        threading.Thread(target=self._run, name="desk", daemon=True).start()

    def check(self) -> None:
        """Raises DbTrouble where the copy may lack an order that was given a while ago."""
        with self._guard:
            fresh_s, trouble = self._fresh_s, self._trouble
        if fresh_s is None or time.monotonic() - fresh_s > DESK_AGE_S_MAX:
            raise DbTrouble(TroubleKind.IO, f"the desk cannot be followed: {trouble}")

    def _run(self) -> None:
        while True:
            try:
                self._origin.fetch(COMMANDS)
                with (
                    contextlib.closing(self._origin.connect(read_only=True)) as there,
                    contextlib.closing(Copy(self._origin.path, COMMANDS)) as copy,
                ):
                    while True:
                        begun_s = time.monotonic()
                        copy.bring_up(there)
                        with self._guard:
                            self._fresh_s = begun_s
                        time.sleep(FOLLOW_S)
            except (StoreError, OSError) as error:
                with self._guard:
                    self._trouble = str(error)
            time.sleep(RETRY_S)
