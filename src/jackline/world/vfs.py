"""Real SQLite over simulated files: one VFS, in which every connection has a backing of its own.

SQLite opens the logs of a database by adding to its name, so a connection's name begins with its number: that is how
a file, a deletion or a question finds the backing it belongs to, and how a dead process's connection finds none.
"""

from __future__ import annotations

from itertools import count
from typing import Any, Protocol

import apsw

from jackline.world.inode import Inode

NAME = "jackline-simulated"
JULIAN_MS = 210_866_760_000_000
"""Some moment; no statement of ours asks SQLite for the time."""


class Backing(Protocol):
    """What one connection sees of a disk, and may do to it. Raises apsw's own errors."""

    def find(self, name: str) -> Inode | None:
        """The file of a name."""
        ...

    def make(self, name: str) -> Inode:
        """A new file."""
        ...

    def remove(self, name: str, *, synced: bool) -> None:
        """Remove a file."""
        ...

    def image(self, inode: Inode) -> bytearray:
        """What reads give."""
        ...

    def write(self, inode: Inode, offset: int, data: bytes) -> None:
        """Write."""
        ...

    def cut(self, inode: Inode, size: int) -> None:
        """Cut to a size."""
        ...

    def sync(self, inode: Inode, name: str) -> None:
        """Make content, and a fresh log's name, durable."""
        ...

    def lock(self, inode: Inode) -> None:
        """Take the lock, all kinds being one. Raises apsw.BusyError."""
        ...

    def unlock(self, inode: Inode) -> None:
        """Give it back."""
        ...


_backings: dict[str, Backing] = {}
_numbers = count(1)


def connect(path: str, backing: Backing, *, read_only: bool) -> tuple[apsw.Connection, str]:
    """A connection to an existing file, and the key to give to `forget`."""
    key = str(next(_numbers))
    _backings[key] = backing
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
    try:
        connection = apsw.Connection(f"/{key}{path}", flags=flags, vfs=NAME)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # first: without it WAL needs shared memory
        if read_only:  # alone with its file as it believes to be, it would fold the log into it
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    except BaseException:
        _backings.pop(key, None)
        raise
    return connection, key


def forget(key: str) -> None:
    """The connection is closed."""
    _backings.pop(key, None)


def _split(name: str) -> tuple[Backing, str]:
    key, slash, rest = name[1:].partition("/")
    return _backings[key], slash + rest


class _File(apsw.VFSFile):
    """One open file of one connection."""

    def __init__(self, backing: Backing, inode: Inode, name: str) -> None:
        self._backing, self._inode, self._name = backing, inode, name

    def excepthook(self, etype: object, evalue: object, etraceback: object) -> bool:
        """What goes wrong while a connection is closed has no caller to hear of it."""
        return True

    def xRead(self, amount: int, offset: int) -> bytes:
        return bytes(self._backing.image(self._inode)[offset : offset + amount])

    def xWrite(self, data: Any, offset: int) -> None:
        self._backing.write(self._inode, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        self._backing.cut(self._inode, newsize)

    def xSync(self, flags: int) -> None:
        self._backing.sync(self._inode, self._name)

    def xFileSize(self) -> int:
        return len(self._backing.image(self._inode))

    def xLock(self, level: int) -> None:
        self._backing.lock(self._inode)

    def xUnlock(self, level: int) -> None:
        if level == apsw.SQLITE_LOCK_NONE:
            self._backing.unlock(self._inode)

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, op: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4_096

    def xDeviceCharacteristics(self) -> int:
        """As on a host: bytes beside a torn write stay as they were."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xClose(self) -> None:
        return None


class _Vfs(apsw.VFS):
    """Names to files. Everything not answered here is the host's own."""

    def excepthook(self, etype: object, evalue: object, etraceback: object) -> bool:
        """As for files."""
        return True

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> _File:
        flags[1] = flags[0]
        if name is None:  # a sorter's scratch file
            return _File(_Scratch(), Inode(), "")
        text = name.filename() if isinstance(name, apsw.URIFilename) else name
        backing, path = _split(text)
        inode = backing.find(path)
        if inode is None:
            if not flags[0] & apsw.SQLITE_OPEN_CREATE:
                raise apsw.CantOpenError(f"no file {path}")
            inode = backing.make(path)
        return _File(backing, inode, path)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        backing, path = _split(filename)
        backing.remove(path, synced=syncdir)

    def xAccess(self, pathname: str, flags: int) -> bool:
        backing, path = _split(pathname)
        return backing.find(path) is not None

    def xFullPathname(self, name: str) -> str:
        return name

    def xSleep(self, microseconds: int) -> int:
        return microseconds

    def xCurrentTime(self) -> float:
        return JULIAN_MS / 86_400_000

    def xCurrentTimeInt64(self) -> int:
        return JULIAN_MS


class _Scratch:
    """Memory."""

    def find(self, name: str) -> Inode | None:
        return None

    def make(self, name: str) -> Inode:
        return Inode()

    def remove(self, name: str, *, synced: bool) -> None:
        return None

    def image(self, inode: Inode) -> bytearray:
        return inode.content

    def write(self, inode: Inode, offset: int, data: bytes) -> None:
        inode.write(offset, data)

    def cut(self, inode: Inode, size: int) -> None:
        inode.cut(size)

    def sync(self, inode: Inode, name: str) -> None:
        inode.sync()

    def lock(self, inode: Inode) -> None:
        return None

    def unlock(self, inode: Inode) -> None:
        return None


_REGISTERED = _Vfs(NAME, "")
"""Lives as long as the program: SQLite keeps a pointer to it."""
