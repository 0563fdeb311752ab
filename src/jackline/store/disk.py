"""The disk port: everything the store, the lease, the anchor and the heartbeat do with files.

Production is `HostDisk`; a simulation puts its own disk here, so that everything above it, the SQL included, is the
code that trades. Refusals are OSError with its number, and DbTrouble from a database.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jackline.store.db import Db
from jackline.store.errors import StoreError
from jackline.store.origin import Origin


class LockBusy(StoreError):
    """Another process holds the lock; `text` is what it wrote into the file."""

    def __init__(self, path: Path, text: bytes) -> None:
        self.text = text
        super().__init__(f"{path}: locked by another process")


class Lock(Protocol):
    """A held lock on a file. It ends with `release` or with the process, whatever kills it."""

    def read(self) -> bytes:
        """What stands in the file: at first what the holder before left there."""
        ...

    def note(self, text: bytes) -> None:
        """Put `text` in the place of what stands in the file. Raises OSError."""
        ...

    def is_intact(self) -> bool:
        """False when someone removed or replaced the file: another process could lock the new one."""
        ...

    def release(self) -> None:
        """Give the lock back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """A wait for `ready`, looked at after every `wake`; `at_most_ms` ends it too, None never does."""

    ready: Callable[[], bool]
    at_most_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """A blocking piece of work, done without the guard. What it raises (StoreError) arrives at the yield.

    Attributes:
        syncs: it waits for the platter, not for memory.
    """

    do: Callable[[], object]
    syncs: bool


Work = Generator[Until | OnDisk, None, None]
"""Work that blocks, as steps. Between its yields it runs under the guard of its carrier."""


class Carrier(Protocol):
    """Carries one piece of work beside the event loop it was made on."""

    def start(self, work: Work) -> None:
        """Begin; once."""
        ...

    def guard(self) -> AbstractContextManager[object]:
        """While held, the work is not between two of its yields: what both sides share may be touched."""
        ...

    def wake(self) -> None:
        """Look at the condition waited for; hold the guard."""
        ...

    def post(self, call: Callable[[], object]) -> None:
        """Have the event loop call this soon, in order; nothing happens once the loop is closed."""
        ...


class Disk(Protocol):
    """The files of one host, as one of its processes sees them."""

    def open_db(self, path: Path, *, read_only: bool) -> Db:
        """A connection to an existing store; `read_only` neither writes nor checkpoints. Raises DbTrouble."""
        ...

    def origin(self, path: Path) -> Origin | None:
        """Where the store of this name is really kept; None where the file is the store."""
        ...

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        ...

    def size(self, path: Path) -> int:
        """Bytes in the file. Raises FileNotFoundError."""
        ...

    def read(self, path: Path) -> bytes:
        """The file's content. Raises FileNotFoundError."""
        ...

    def create(self, path: Path) -> None:
        """An empty file for its owner's eyes only; nothing where it exists."""
        ...

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        """Put `data` in the place of the file, whole or not at all; `durable` before this returns."""
        ...

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over the beginning of the file, in place and without a sync: no room is needed, it may tear."""
        ...

    def append(self, path: Path, data: bytes) -> None:
        """Write behind the end of an existing file, without a sync: it may tear. Raises FileNotFoundError."""
        ...

    def names(self, path: Path) -> tuple[str, ...]:
        """The names of the files in a directory, sorted; none where there is no such directory."""
        ...

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name; durable after `sync_directory`."""
        ...

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        ...

    def make_directory(self, path: Path) -> None:
        """Make a directory and those above it, where they are missing."""
        ...

    def sync_directory(self, path: Path) -> None:
        """Make creations, renames and removals in the directory durable."""
        ...

    def lock(self, path: Path) -> Lock:
        """Lock a file, made if need be, for this process alone. Raises LockBusy within about half a second."""
        ...

    def probe(self, path: Path) -> bytes | None:
        """What stands in a file that some process has locked; None when nobody has."""
        ...

    def carrier(self, name: str) -> Carrier:
        """Something to carry work that blocks on this disk; needs a running loop. `name` is for people."""
        ...
