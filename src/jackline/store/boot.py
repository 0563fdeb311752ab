"""Opening a store: create it or check it, then read and write. And setting a damaged one aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

from jackline.core.values import WireMs
from jackline.store.check import check_absent, check_store
from jackline.store.db import beside, create, open_writer, sync_directory
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

    path: Path
    read: StoreReader
    head: Head
    created: bool

    def writer(self, *, on_broken: Callable[[str], None], on_mended: Callable[[], None]) -> JournalWriter:
        """Start the one writer of this file; needs a running loop, and the lease."""
        return JournalWriter(
            path=self.path,
            open_db=partial(open_writer, self.path),
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


def open_store(path: Path, schema: Schema = ENGINE) -> Store:
    """Open the store at `path`, creating it where there is none.

    Raises StoreDamaged, with every file left as found, and DbTrouble when the disk refuses.
    Hold the lease first.
    """
    created = not path.exists()
    if created:
        check_absent(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        create(path, schema)
    head = check_store(path, schema)
    open_writer(path).close()  # a disk that cannot make a commit durable says so now, not at the first intent
    return Store(path=path, read=StoreReader(path), head=head, created=created)


def quarantine(path: Path, *, wire_ms: WireMs) -> Path:
    """Set a damaged store aside, whole and unchanged, as ``<name>.damaged-<utc>``; the path it now has.

    Its log is renamed to match, so that what can be read of it still can be. Safe to repeat after a crash.
    """
    moment = datetime.fromtimestamp(wire_ms / 1_000, UTC)
    stamp = f"{moment:%Y%m%dT%H%M%S}{wire_ms % 1_000:03d}Z"
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for source, target in zip(beside(path), beside(aside), strict=True):
        if source.exists():
            source.rename(target)
    sync_directory(path.parent)
    return aside
