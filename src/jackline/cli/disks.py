"""Which disk a process of an account is given: this host's, or this host's with its stores kept in PostgreSQL."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from jackline.cli.config import Config
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.secret_file import read_secret_file
from jackline.store.disk import Disk
from jackline.store.host_disk import HostDisk

if TYPE_CHECKING:
    from jackline.store.fencing import Fence
    from jackline.store.postgres_db import PostgresServer

PASSWORD_CHARS_MIN = 8


def disk_of(config: Config, *, fence: Fence | None = None) -> Disk:
    """The disk of `[store]`. Nothing is connected yet. With a `fence` every write is one of its number.

    Raises CommandFailed where the extra or the password's file is missing.
    """
    if config.store.url is None:
        return HostDisk()
    server = server_of(config)
    from jackline.store.postgres_disk import PostgresDisk

    return PostgresDisk(server, account=config.account.name, state_dir=config.state_dir, fence=fence)


def server_of(config: Config) -> PostgresServer:
    """The database of `[store]`; for who has seen that there is one. Raises CommandFailed."""
    if importlib.util.find_spec("psycopg") is None:
        text = "store.url: PostgreSQL needs the extra postgres. Fix: pip install 'jackline[postgres]'"
        raise CommandFailed(ExitCode.BAD_INPUT, text)
    from jackline.store.postgres_db import PostgresServer

    path, password = config.store.password_file, None
    if path is not None:
        password = read_secret_file(config.path.parent / path, chars_min=PASSWORD_CHARS_MIN).decode()
    return PostgresServer(url=config.store.url or "", password=password)
