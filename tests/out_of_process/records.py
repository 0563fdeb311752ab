"""The engine's own records, read and commanded from outside as the command line does it."""

from __future__ import annotations

from pathlib import Path

from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import CommandDesk
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader


def read(store: Path) -> StoreReader:
    """A reader of the engine's store; closes with its block."""
    return StoreReader(HostDisk(), store)


def desk_of(state_dir: Path) -> CommandDesk:
    """Where commands to the engine are left."""
    return CommandDesk(HostDisk(), state_dir / COMMANDS_FILE)
