"""The engine's own records, read and commanded from outside as the command line does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE
from jackline.store.commands import CommandDesk
from jackline.store.disk import Disk
from jackline.store.host_disk import HostDisk
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Where an account's records are kept: files in the state directory, or a database and copies there.

    Attributes:
        url: how a configuration calls the database, where that is not how this test does.
    """

    state_dir: Path
    account: str = "test"
    server: PostgresServer | None = None
    url: str | None = None

    @property
    def store(self) -> Path:
        """The engine's store file, or the copy of it."""
        return self.state_dir / ENGINE_FILE

    @property
    def disk(self) -> Disk:
        """What a process of the account is given."""
        if self.server is None:
            return HostDisk()
        return PostgresDisk(self.server, account=self.account, state_dir=self.state_dir)

    @property
    def lines(self) -> dict[str, str]:
        """What a configuration says of it."""
        lines = {"account__name": f'"{self.account}"', "account__state_dir": f'"{self.state_dir}"'}
        if self.server is not None:
            lines["store__url"] = f'"{self.url or self.server.url}"'
        return lines

    def desk(self) -> CommandDesk:
        """Where commands to the engine are left."""
        return CommandDesk(self.disk, self.state_dir / COMMANDS_FILE)


def read(store: Path) -> StoreReader:
    """A reader of the engine's store; closes with its block."""
    return StoreReader(HostDisk(), store)
