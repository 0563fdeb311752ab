"""The disk of a simulated host: it outlives processes. A kill leaves the page cache, a power cut what was synced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

from jackline.world.backings import Blow, Faults
from jackline.world.directory import Directory
from jackline.world.inode import Inode
from jackline.world.loop import VirtualLoop
from jackline.world.process_disk import Mortal, ProcessDisk
from jackline.world.simulated_db import ReadingDb

PAGE_BYTES = 4_096

Backup = dict[str, bytes | None]
"""What files held; None: there was none of this name."""


class SimulatedDisk(Faults):
    """One host's disk. Its faults are the attributes of `Faults`; everything else that can happen to it is a method."""

    def __init__(self, *, loop: VirtualLoop, rng: Random) -> None:
        super().__init__()
        self._loop, self._rng = loop, rng
        self._views: list[ProcessDisk] = []
        self.directory = Directory()

    def process(self, process: Mortal) -> ProcessDisk:
        """The disk as this process sees it. Its connections and locks end with it, and nothing is flushed."""
        view = ProcessDisk(
            loop=self._loop, rng=self._rng, directory=self.directory, faults=self, process=process
        )
        self._views = [kept for kept in self._views if not kept.has_ended]
        self._views.append(view)
        process.at_death(view.end)
        return view

    # -- what may happen to it -------------------------------------------------------------------------------

    def power_cut(self) -> None:
        """Power goes and comes back. Kill the processes too: they have no disk any more."""
        for view in self._views:
            view.end()
        self._views.clear()
        self.directory.cut_power(self._rng.random)
        seen: dict[int, Inode] = {inode.number: inode for inode in self.directory.names.values()}
        for inode in seen.values():
            inode.cut_power(self._rng.random)

    def strike_in_write(self, view: ProcessDisk, *, writes: int, strike: Callable[[], None]) -> None:
        """After so many more writes of SQLite for this process none happens any more; `strike` is then to kill it.

        It is called when the statement returns, and may be a power cut.
        """
        view.blow = Blow(writes, strike)

    def corrupt_page(self, path: Path) -> None:
        """One page of a file, drawn, becomes noise. Raises FileNotFoundError."""
        data = bytearray(self._find(path).content)
        pages = max(1, len(data) // PAGE_BYTES)
        start = int(self._rng.random() * pages) * PAGE_BYTES
        end = min(len(data), start + PAGE_BYTES)
        data[start:end] = bytes(int(self._rng.random() * 256) for _ in range(end - start))
        self._tamper(path, bytes(data))

    def truncate(self, path: Path, *, kept_fraction: float) -> None:
        """The tail of a file is gone. Raises FileNotFoundError."""
        data = bytes(self._find(path).content)
        self._tamper(path, data[: int(len(data) * kept_fraction)])

    def take_backup(self, paths: Iterable[Path]) -> Backup:
        """Copy files as processes see them, together and at one moment."""
        found = {str(path): self.directory.find(str(path)) for path in paths}
        return {name: None if inode is None else bytes(inode.content) for name, inode in found.items()}

    def restore_backup(self, backup: Backup) -> None:
        """Put the copies back as new files, and take away what was not there. Whoever has a file open keeps the old."""
        for name, data in backup.items():
            if data is None:
                self.directory.remove(name)
            else:
                fresh = Inode()
                fresh.tamper(data)
                self.directory.put(name, fresh)
            self.directory.sync(str(Path(name).parent))

    def wipe(self) -> None:
        """The disk is lost; an empty one takes its place."""
        self.restore_backup(dict.fromkeys(sorted({**self.directory.names, **self.directory.durable})))

    def slow(self, more_ms: float) -> None:
        """A sync takes up to so much longer from now on, or (negative) no longer."""
        low_ms, high_ms = self.commit_ms
        self.commit_ms = (low_ms, high_ms + more_ms)

    def heal(self) -> None:
        """No fault is left."""
        self.full = self.read_only = self.write_fails = self.sync_fails_once = False
        self.commit_ms = (0.2, 4.0)

    # -- what judges and tests see ---------------------------------------------------------------------------

    def look(self, path: Path, *, durable: bool) -> ReadingDb:
        """A database as processes see it, or as a power cut now would leave it at worst. Raises DbTrouble."""
        return ReadingDb(str(path), self.directory, durable=durable, check=_alive)

    def epoch(self, path: Path) -> int:
        """Rises when the file of this name was lost, replaced or changed from outside."""
        return self.directory.epoch(str(path))

    def _find(self, path: Path) -> Inode:
        inode = self.directory.find(str(path))
        if inode is None:
            raise FileNotFoundError(str(path))
        return inode

    def _tamper(self, path: Path, data: bytes) -> None:
        self._find(path).tamper(data)
        self.directory.mark(str(path))


def _alive() -> None:
    return None
