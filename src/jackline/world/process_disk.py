"""`Disk` as one simulated process sees it: every call is refused once the process is dead."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from typing import Protocol

from jackline.store.db import Db
from jackline.store.disk import Carrier, Lock, LockBusy, Until, Work
from jackline.store.errors import DbTrouble, StoreError, TroubleKind
from jackline.store.origin import Origin
from jackline.world.backings import Blow, Faults, ProcessFiles
from jackline.world.directory import Directory
from jackline.world.errors import ProcessDead
from jackline.world.inode import Inode
from jackline.world.loop import VirtualLoop
from jackline.world.simulated_db import ReadingDb, WritingDb


class Mortal(Protocol):
    """What a disk asks of a process."""

    def check(self) -> None:
        """Raises ProcessDead."""
        ...

    def at_death(self, wish: Callable[[], None]) -> None:
        """To be called when it is killed."""
        ...


class ProcessDisk:
    """The files of a simulated host."""

    def __init__(
        self, *, loop: VirtualLoop, rng: Random, directory: Directory, faults: Faults, process: Mortal
    ) -> None:
        self._loop, self._rng, self._directory = loop, rng, directory
        self._faults, self._process = faults, process
        self._writers: list[WritingDb] = []
        self._readers: list[ReadingDb] = []
        self._locks: list[_SimulatedLock] = []
        self.blow: Blow | None = None
        self.has_ended = False

    def end(self) -> None:
        """What the operating system does for a process that is gone; nothing is flushed."""
        self.has_ended = True
        for lock in self._locks:
            lock.release()
        for writer in tuple(self._writers):
            writer.die()
        self._writers.clear()
        for reader in self._readers:
            reader.close()
        self._readers.clear()

    def check(self) -> None:
        """Raises ProcessDead."""
        self._process.check()
        if self.has_ended:
            raise ProcessDead("its disk is gone")

    # -- `Disk` ----------------------------------------------------------------------------------------------

    def open_db(self, path: Path, *, read_only: bool) -> Db:
        """A connection over the simulated files."""
        self.check()
        if read_only:
            reader = ReadingDb(str(path), self._directory, durable=False, check=self.check)
            self._readers.append(reader)
            return reader
        inode = self._directory.find(str(path))
        if inode is None:
            raise DbTrouble(TroubleKind.IO, f"unable to open database file {path}")
        files = ProcessFiles(self._directory, self._faults, lambda: self.blow)
        writer = WritingDb(
            str(path), inode, files, check=self.check, after=self._fall, on_close=self._writers.remove
        )
        inode.writer = writer
        self._writers.append(writer)
        return writer

    def origin(self, path: Path) -> Origin | None:
        """Nothing is kept elsewhere."""
        return None

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        self.check()
        return self._directory.find(str(path)) is not None

    def size(self, path: Path) -> int:
        """Bytes in the file."""
        return len(self._find(path).content)

    def read(self, path: Path) -> bytes:
        """The file's content."""
        return bytes(self._find(path).content)

    def create(self, path: Path) -> None:
        """An empty file; nothing where it exists."""
        self.check()
        if self._directory.find(str(path)) is None:
            self._faults.check_write(grows=True)
            self._directory.put(str(path), Inode())

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        """A new file in the place of the old; where it is not durable a power cut may leave it empty."""
        self.check()
        self._faults.check_write(grows=True)
        inode = Inode(data)
        if durable:
            self._faults.check_sync(inode)
            inode.sync()
        self._directory.put(str(path), inode)
        if durable:
            self._directory.sync(str(path.parent))

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over the beginning, without a sync."""
        self.check()
        inode = self._directory.find(str(path))
        self._faults.check_write(grows=inode is None or len(data) > len(inode.content))
        if inode is None:
            inode = Inode()
            self._directory.put(str(path), inode)
        inode.write(0, data)

    def append(self, path: Path, data: bytes) -> None:
        """Write behind the end, without a sync."""
        inode = self._find(path)
        self._faults.check_write(grows=True)
        inode.write(len(inode.content), data)

    def names(self, path: Path) -> tuple[str, ...]:
        """The names of the files in a directory, sorted."""
        self.check()
        return tuple(sorted(Path(name).name for name in self._directory.names if Path(name).parent == path))

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name."""
        self.check()
        self._faults.check_write(grows=False)
        self._directory.rename(str(source), str(target))

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        self.check()
        if self._directory.find(str(path)) is not None:
            self._faults.check_write(grows=False)
            self._directory.remove(str(path))

    def make_directory(self, path: Path) -> None:
        """Directories are there as soon as they are named."""
        self.check()

    def sync_directory(self, path: Path) -> None:
        """Make what changed in the directory durable."""
        self.check()
        self._directory.sync(str(path))

    def lock(self, path: Path) -> Lock:
        """Lock a file. A probe takes no time in here, so there is nothing to outlast."""
        self.check()
        inode = self._directory.find(str(path))
        if inode is None:
            self._faults.check_write(grows=True)
            inode = Inode()
            self._directory.put(str(path), inode)
        elif self._faults.read_only:
            self._faults.check_write(grows=False)
        if inode.held_by is not None:
            raise LockBusy(path, bytes(inode.content))
        lock = _SimulatedLock(path, inode, self, self._directory, self._faults)
        self._locks.append(lock)
        return lock

    def probe(self, path: Path) -> bytes | None:
        """What stands in a locked file."""
        self.check()
        inode = self._directory.find(str(path))
        return bytes(inode.content) if inode is not None and inode.held_by is not None else None

    def carrier(self, name: str) -> Carrier:
        """A task of this process, for which the disk takes virtual time."""
        self.check()
        return _TaskCarrier(self, self._loop, name)

    def draw_commit_s(self) -> float:
        """How long the next write that waits for the platter takes."""
        return self._faults.draw_commit_s(self._rng)

    def _find(self, path: Path) -> Inode:
        self.check()
        inode = self._directory.find(str(path))
        if inode is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return inode

    def _fall(self) -> None:
        """A statement has returned: a blow that fell in the middle of it takes the process now."""
        if self.blow is not None and self.blow.has_fallen:
            blow, self.blow = self.blow, None
            blow.strike()
            self.check()


class _SimulatedLock:
    """An exclusive `flock` on a file, whatever names it has."""

    def __init__(
        self, path: Path, inode: Inode, disk: ProcessDisk, directory: Directory, faults: Faults
    ) -> None:
        self._path, self._inode, self._disk = path, inode, disk
        self._directory, self._faults = directory, faults
        inode.held_by = self

    def read(self) -> bytes:
        """What stands in the file."""
        self._disk.check()
        return bytes(self._inode.content)

    def note(self, text: bytes) -> None:
        """Put `text` in the place of what stands in the file."""
        self._disk.check()
        self._faults.check_write(grows=False)
        self._inode.cut(0)
        self._faults.check_write(grows=bool(text))
        self._inode.write(0, text)

    def is_intact(self) -> bool:
        """Whether the name still means the file that is locked."""
        self._disk.check()
        return self._directory.find(str(self._path)) is self._inode

    def release(self) -> None:
        """Give the lock back; clean-up code of a dead process may call this too."""
        if self._inode.held_by is self:
            self._inode.held_by = None


class _TaskCarrier:
    """Work carried by a task: a crash may fall before a write, between the write and what follows, or in a pause."""

    def __init__(self, disk: ProcessDisk, loop: VirtualLoop, name: str) -> None:
        self._disk, self._loop, self._name = disk, loop, name
        self._waiting: asyncio.Future[None] | None = None
        self._ready: Callable[[], bool] = _never
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Work) -> None:
        """Begin."""
        self._task = self._loop.create_task(self._drive(work), name=self._name)

    def guard(self) -> AbstractContextManager[object]:
        """One loop, one callback at a time: nothing to guard against."""
        return contextlib.nullcontext()

    def wake(self) -> None:
        """Look at the condition waited for."""
        if self._waiting is not None and self._ready():
            _set(self._waiting)

    def post(self, call: Callable[[], object]) -> None:
        """Have the loop call this soon."""
        if not self._disk.has_ended and not self._loop.is_closed():
            self._loop.call_soon(call)

    async def _drive(self, work: Work) -> None:
        failure: StoreError | None = None
        try:
            while True:
                try:
                    step = next(work) if failure is None else work.throw(failure)
                except StopIteration:
                    return
                failure = None
                if isinstance(step, Until):
                    await self._until(step)
                    continue
                seconds = self._disk.draw_commit_s() if step.syncs else 0.0
                await asyncio.sleep(seconds / 2)
                try:
                    step.do()
                except StoreError as error:
                    failure = error
                if step.syncs:
                    await asyncio.sleep(seconds / 2)
        finally:
            work.close()

    async def _until(self, step: Until) -> None:
        if step.ready():
            return
        self._waiting, self._ready = self._loop.create_future(), step.ready
        timer = None
        if step.at_most_ms is not None:
            timer = self._loop.call_later(step.at_most_ms / 1_000, _set, self._waiting)
        await self._waiting
        self._waiting = None
        if timer is not None:
            timer.cancel()


def _never() -> bool:
    return False


def _set(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
