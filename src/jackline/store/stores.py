"""The stores of an account: which there are, where each is kept, and a connection to the very store, not to a copy."""

from __future__ import annotations

import re
from pathlib import Path

from jackline.store.access import ACCESS, ACCESS_FILE
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE
from jackline.store.db import Db, open_writer
from jackline.store.disk import Disk
from jackline.store.journal import Head
from jackline.store.schema import COMMANDS, ENGINE, WATCHDOG, Schema

STORES: dict[str, Schema] = {
    COMMANDS_FILE: COMMANDS,
    ENGINE_FILE: ENGINE,
    WATCHDOG_FILE: WATCHDOG,
    ACCESS_FILE: ACCESS,
}
"""By file name. The desk first: a backup that knows an answer and not yet its command hears nothing twice."""
SEALED = (ENGINE_FILE, WATCHDOG_FILE)

_TABLE = re.compile(r"CREATE TABLE (\w+) \(\s*(\w+)")
_ENDS = {
    COMMANDS_FILE: "SELECT seq, id FROM commands ORDER BY seq DESC LIMIT 1",
    ENGINE_FILE: "SELECT seq, hash FROM head",
    WATCHDOG_FILE: "SELECT seq, hash FROM head",
    ACCESS_FILE: "SELECT seq, hash FROM audit_head",
}


def tables(schema: Schema) -> dict[str, str]:
    """The tables of a schema, each with its key: the first column."""
    return {found[1]: found[2] for text in schema.tables if (found := _TABLE.match(text))}


def is_there(disk: Disk, path: Path) -> bool:
    """Whether the store exists where it is kept. Raises DbTrouble."""
    origin = disk.origin(path)
    return disk.exists(path) if origin is None else origin.is_made()


def open_kept(disk: Disk, path: Path) -> Db:
    """A reader of the store where it is kept; of a copy, ask the disk. Raises DbTrouble."""
    origin = disk.origin(path)
    return disk.open_db(path, read_only=True) if origin is None else origin.open_reader()


def open_changing(disk: Disk, path: Path) -> Db:
    """A writer to the store where it is kept, for whoever changes its tables. Raises StoreError."""
    origin = disk.origin(path)
    return open_writer(disk, path) if origin is None else origin.open_writer()


def where(disk: Disk, path: Path) -> str:
    """For people: the file, or the place in a database."""
    origin = disk.origin(path)
    return str(path) if origin is None else origin.where


def end_of(db: Db, name: str) -> Head:
    """The last row of the journal, the audit or the desk, with what marks it: its hash, or the command's id."""
    rows = db.run(_ENDS[name])
    return Head(seq=rows[0][0], hash=rows[0][1]) if rows else Head(seq=0, hash="")
