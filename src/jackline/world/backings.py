"""What connections see of a simulated disk: a living process's files with all their faults, and two ways to look."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import PurePath
from random import Random

import apsw

from jackline.world.directory import Directory
from jackline.world.inode import Inode


class Faults:
    """What is wrong with a disk now. The world sets and clears it.

    Attributes:
        full: nothing may grow; writing over what is there still works.
        read_only: the kernel has remounted the file system after an error.
        write_fails: every write gives EIO.
        sync_fails_once: the next sync gives EIO, and what it was for never reaches the platter.
        commit_ms: least and most a write that waits for the platter takes.
        met: how often each fault was met, by name.
    """

    def __init__(self) -> None:
        self.full = self.read_only = self.write_fails = self.sync_fails_once = False
        self.commit_ms = (0.2, 4.0)
        self.met: dict[str, int] = {}

    def check_write(self, *, grows: bool) -> None:
        """Raises OSError as a kernel does."""
        if self.read_only:
            raise self._meet("read_only", errno.EROFS)
        if self.write_fails:
            raise self._meet("write_fails", errno.EIO)
        if self.full and grows:
            raise self._meet("full", errno.ENOSPC)

    def check_sync(self, inode: Inode) -> None:
        """The same for a sync."""
        if self.sync_fails_once:
            self.sync_fails_once = False
            inode.fail_sync()
            raise self._meet("sync_fails", errno.EIO)

    def draw_commit_s(self, rng: Random) -> float:
        """How long the next one takes."""
        low, high = self.commit_ms
        return (low + (high - low) * rng.random()) / 1_000

    def _meet(self, name: str, number: int) -> OSError:
        self.met[name] = self.met.get(name, 0) + 1
        return OSError(number, f"simulated: {name}")


class Blow:
    """A kill, or a power cut, in the middle of what a process writes: after so many writes the rest never happens."""

    def __init__(self, writes: int, strike: Callable[[], None]) -> None:
        self._left = writes
        self._strike = strike
        self.has_fallen = False

    def spare(self) -> bool:
        """Whether one more write happens."""
        self._left -= 1
        self.has_fallen = self.has_fallen or self._left < 0
        return not self.has_fallen

    def strike(self) -> None:
        """The statement has returned: now the process is really killed."""
        self._strike()


class ProcessFiles:
    """A writing connection's view. Once `cut_off`, nothing it does reaches the disk any more."""

    def __init__(self, directory: Directory, faults: Faults, blow: Callable[[], Blow | None]) -> None:
        self._directory, self._faults, self._blow = directory, faults, blow
        self._cut_off = False

    def cut_off(self) -> None:
        """The process is dead: its SQLite may still be asked to close."""
        self._cut_off = True

    def find(self, name: str) -> Inode | None:
        return self._directory.find(name)

    def make(self, name: str) -> Inode:
        inode = Inode()
        if self._happens():
            self._allow(grows=True)
            self._directory.put(name, inode)
        return inode

    def remove(self, name: str, *, synced: bool) -> None:
        if self._happens():
            self._allow(grows=False)
            self._directory.remove(name)
            if synced:
                self._directory.sync(str(PurePath(name).parent))

    def image(self, inode: Inode) -> bytearray:
        return inode.content

    def write(self, inode: Inode, offset: int, data: bytes) -> None:
        if self._happens():
            self._allow(grows=offset + len(data) > len(inode.content))
            inode.write(offset, data)

    def cut(self, inode: Inode, size: int) -> None:
        if self._happens():
            self._allow(grows=False)
            inode.cut(size)

    def sync(self, inode: Inode, name: str) -> None:
        if self._cut_off:
            return
        try:
            self._faults.check_sync(inode)
        except OSError as error:
            raise apsw.IOError(str(error)) from error
        inode.sync()
        if self._directory.durable.get(name) is not inode:
            self._directory.sync(str(PurePath(name).parent))  # SQLite does so for a log it has just made

    def lock(self, inode: Inode) -> None:
        if inode.locked_by not in (None, self):
            raise apsw.BusyError("another process writes this file")
        inode.locked_by = self

    def unlock(self, inode: Inode) -> None:
        if inode.locked_by is self:
            inode.locked_by = None

    def _happens(self) -> bool:
        if self._cut_off:
            return False
        blow = self._blow()
        if blow is not None and not blow.spare():
            self._cut_off = True
            return False
        return True

    def _allow(self, *, grows: bool) -> None:
        try:
            self._faults.check_write(grows=grows)
        except OSError as error:
            kind = {errno.ENOSPC: apsw.FullError, errno.EROFS: apsw.ReadOnlyError}.get(
                error.errno or 0, apsw.IOError
            )
            raise kind(str(error)) from error


class LookingFiles:
    """A view that changes nothing: of what processes see, or of what a power cut would leave."""

    def __init__(self, directory: Directory, *, durable: bool) -> None:
        self._directory, self._durable = directory, durable

    def find(self, name: str) -> Inode | None:
        return (self._directory.durable if self._durable else self._directory.names).get(name)

    def make(self, name: str) -> Inode:
        return Inode()  # a reader of a database without a log makes itself an empty one

    def remove(self, name: str, *, synced: bool) -> None:
        return None  # only ever its own empty log, which has no name

    def image(self, inode: Inode) -> bytearray:
        return inode.durable if self._durable else inode.content

    def write(self, inode: Inode, offset: int, data: bytes) -> None:
        raise apsw.ReadOnlyError("a reader")

    def cut(self, inode: Inode, size: int) -> None:
        raise apsw.ReadOnlyError("a reader")

    def sync(self, inode: Inode, name: str) -> None:
        return None

    def lock(self, inode: Inode) -> None:
        return None

    def unlock(self, inode: Inode) -> None:
        return None
