"""The database of a fleet, from the options of a command, asked with the patience of whoever asks."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import TypeAdapter, ValidationError

from jackline.cli.disks import PASSWORD_CHARS_MIN
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.secret_file import read_secret_file
from jackline.cli.store_section import DatabaseUrl
from jackline.core.standing import Terms
from jackline.store import fleet
from jackline.store.db import Db

if TYPE_CHECKING:
    from jackline.store.postgres_db import PostgresServer

CONNECT_S: Final = 2
"""The least that the client library takes."""
LOCKS_A_QUESTION: Final = 3
"""A question may meet so many rows that a write holds, and be answered all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetDatabase:
    """Where a fleet's rows are. `environment`: what the processes of its accounts are told of it."""

    server: PostgresServer
    environment: Mapping[str, str]

    def keeping(self, terms: Terms) -> Db:
        """A connection for whoever keeps leases: it gives up in time to ask again. Raises DbTrouble."""
        return _open(
            replace(
                self.server,
                connect_s=CONNECT_S,
                answer_s=terms.question_ms / 1_000,
                lock_ms=max(terms.question_ms // LOCKS_A_QUESTION, 1),
            )
        )

    def asking(self) -> Db:
        """A connection for a person. Raises DbTrouble."""
        return _open(self.server)

    @contextlib.contextmanager
    def asked(self) -> Iterator[Db]:
        """The same for one command, with the tables made that are missing."""
        with contextlib.closing(self.asking()) as db:
            fleet.make_tables(db)
            yield db


def fleet_database(url: str | None, password_file: Path | None) -> FleetDatabase:
    """From the options. Raises CommandFailed with what is wrong; nothing is connected yet."""
    if url is None:
        text = "no database. Fix: --database postgresql://USER@HOST/NAME, or JACKLINE__STORE__URL"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    try:
        TypeAdapter(DatabaseUrl).validate_python(url)
    except ValidationError as error:
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"--database: {said}. Fix: postgresql://USER@HOST/NAME, and --password-file"
        ) from None
    if importlib.util.find_spec("psycopg") is None:
        text = "a fleet needs the extra postgres. Fix: pip install 'jackline[postgres]'"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    from jackline.store.postgres_db import PostgresServer

    environment, password = {"JACKLINE__STORE__URL": url}, None
    if password_file is not None:
        password = read_secret_file(password_file, chars_min=PASSWORD_CHARS_MIN).decode()
        environment["JACKLINE__STORE__PASSWORD_FILE"] = str(password_file.resolve())
    return FleetDatabase(server=PostgresServer(url=url, password=password), environment=environment)


def _open(server: PostgresServer) -> Db:
    from jackline.store.postgres_db import PostgresDb

    return PostgresDb(server, fleet.SCHEMA, read_only=False)
