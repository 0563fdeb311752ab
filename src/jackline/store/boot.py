"""Opening a store: create it or check it, then read and write. And setting one aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from jackline.core.values import WireMs
from jackline.store.check import check_absent, check_store
from jackline.store.db import beside, ensure, open_writer
from jackline.store.disk import Disk
from jackline.store.errors import DbTrouble
from jackline.store.journal import Head
from jackline.store.reader import StoreReader
from jackline.store.schema import ENGINE, Schema
from jackline.store.writer import JournalWriter

ENGINE_FILE = "engine.db"
COMMANDS_FILE = "commands.db"
WATCHDOG_FILE = "watchdog.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A checked store. `created`: there was none, which with an open position is a normal case."""

    disk: Disk
    path: Path
    read: StoreReader
    head: Head
    created: bool

    def writer(self, *, on_broken: Callable[[str], None], on_mended: Callable[[], None]) -> JournalWriter:
        """Start the one writer of this file; needs a running loop, and the lease."""
        return JournalWriter(
            disk=self.disk,
            path=self.path,
            head=self.head,
            on_broken=on_broken,
            on_mended=on_mended,
        )

    def close(self) -> None:
        """Close the reading side."""
        self.read.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(disk: Disk, path: Path, schema: Schema = ENGINE, *, may_lag: bool = False) -> Store:
    """Open the store at `path`, creating it where there is none.

    One that is kept elsewhere has to answer, unless it `may_lag`: then its copy here does for a start.

    Raises StoreDamaged, with every file left as found, and DbTrouble when the disk refuses.
    Hold the lease first.
    """
    if disk.origin(path) is None and not disk.exists(path):
        check_absent(disk, path)
    lags = False
    try:
        created = ensure(disk, path, schema)
    except DbTrouble:
        if not may_lag or disk.origin(path) is None or not disk.exists(path):
            raise
        created, lags = False, True
    head = check_store(disk, path, schema)
    if not lags:  # what cannot make a commit durable says so now, not at the first intent
        open_writer(disk, path).close()
    return Store(disk=disk, path=path, read=StoreReader(disk, path), head=head, created=created)


def quarantine(disk: Disk, path: Path, *, wire_ms: WireMs, why: str = "damaged") -> Path:
    """Set a store aside, whole and unchanged, as ``<name>.<why>-<utc>``; the path it now has.

    Its log is renamed to match, so that what can be read of it still can be. Safe to repeat after a crash.
    """
    moment = datetime.fromtimestamp(wire_ms / 1_000, UTC)
    stamp = f"{moment:%Y%m%dT%H%M%S}{wire_ms % 1_000:03d}Z"
    aside = path.with_name(f"{path.name}.{why}-{stamp}")
    for source, target in zip(beside(path), beside(aside), strict=True):
        if disk.exists(source):
            disk.rename(source, target)
    disk.sync_directory(path.parent)
    return aside
