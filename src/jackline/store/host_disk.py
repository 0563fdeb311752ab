"""`Disk` over the host's own file system, sqlite3, file locks and a thread."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from jackline.store.db import Db
from jackline.store.disk import Carrier, Lock, LockBusy, Until, Work
from jackline.store.errors import StoreError
from jackline.store.origin import Origin
from jackline.store.sqlite_db import SqliteDb

LOCK_TRIES = 10
LOCK_PAUSE_S = 0.05
"""A watchdog's probe holds a shared lock for microseconds; half a second outlasts any number of them."""
LOCK_BYTES_MAX = 4_096
"""What a holder says of itself is far shorter."""


class HostDisk:
    """The files of this host."""

    def open_db(self, path: Path, *, read_only: bool) -> Db:
        """A connection of sqlite3; it belongs to the thread that opens it."""
        return SqliteDb(path, read_only=read_only)

    def origin(self, path: Path) -> Origin | None:
        """The files are the stores."""
        return None

    def exists(self, path: Path) -> bool:
        """Whether there is such a file."""
        return path.exists()

    def size(self, path: Path) -> int:
        """Bytes in the file."""
        return path.stat().st_size

    def read(self, path: Path) -> bytes:
        """The file's content."""
        return path.read_bytes()

    def create(self, path: Path) -> None:
        """An empty file; nothing where it exists."""
        path.touch(mode=0o600)

    def replace(self, path: Path, data: bytes, *, durable: bool) -> None:
        """Write beside it, then rename. The name carries the process: two writers never share a half-written file."""
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
        if durable:
            self.sync_directory(path.parent)

    def overwrite(self, path: Path, data: bytes) -> None:
        """Write over the beginning of the file, in place and without a sync."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(handle, data, 0)
        finally:
            os.close(handle)

    def append(self, path: Path, data: bytes) -> None:
        """Write behind the end of an existing file; a full disk may take a part of it."""
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            written = os.write(handle, data)
        finally:
            os.close(handle)
        if written < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    def names(self, path: Path) -> tuple[str, ...]:
        """The names of the files in a directory, sorted."""
        if not path.is_dir():
            return ()
        return tuple(sorted(entry.name for entry in path.iterdir() if entry.is_file()))

    def rename(self, source: Path, target: Path) -> None:
        """Give a file another name."""
        source.rename(target)

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""
        path.unlink(missing_ok=True)

    def make_directory(self, path: Path) -> None:
        """Make a directory and those above it."""
        path.mkdir(parents=True, exist_ok=True)

    def sync_directory(self, path: Path) -> None:
        """Make what changed in the directory durable."""
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def lock(self, path: Path) -> Lock:
        """Lock a file, outlasting probes."""
        text = b""
        for attempt in range(LOCK_TRIES):
            if attempt:
                time.sleep(LOCK_PAUSE_S)  # at start-up, where nothing else waits for this
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(handle, LOCK_BYTES_MAX, 0)
                os.close(handle)
                continue
            lock = _HostLock(path, handle)
            if lock.is_intact():
                return lock
            lock.release()  # the file was replaced between open and lock: what we locked is nobody's lock
        raise LockBusy(path, text)

    def probe(self, path: Path) -> bytes | None:
        """What stands in a locked file; a starting engine outlasts the probe."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return os.pread(handle, LOCK_BYTES_MAX, 0)
        else:
            return None
        finally:
            os.close(handle)  # gives the shared lock back

    def carrier(self, name: str) -> Carrier:
        """A thread: a slow disk never holds up the loop that sends stops."""
        return _ThreadCarrier(name)


class _HostLock:
    """An exclusive `flock`; the kernel gives it back when the process ends."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle

    def read(self) -> bytes:
        """What stands in the file."""
        return os.pread(self._handle, LOCK_BYTES_MAX, 0)

    def note(self, text: bytes) -> None:
        """Put `text` in the place of what stands in the file."""
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, text, 0)

    def is_intact(self) -> bool:
        """Whether the name still means the file that is locked."""
        try:
            return os.path.samestat(os.fstat(self._handle), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Closing the file gives the lock back."""
        os.close(self._handle)


class _ThreadCarrier:
    """One daemon thread. The guard is its condition's lock, which the thread gives back while it waits or writes."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop = asyncio.get_running_loop()
        self._condition = threading.Condition()

    def start(self, work: Work) -> None:
        """Begin."""
        threading.Thread(target=self._drive, args=(work,), name=self._name, daemon=True).start()

    def guard(self) -> AbstractContextManager[object]:
        """The condition's lock."""
        return self._condition

    def wake(self) -> None:
        """Look at the condition waited for."""
        self._condition.notify()

    def post(self, call: Callable[[], object]) -> None:
        """Have the loop call this soon."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(call)

    def _drive(self, work: Work) -> None:
        failure: StoreError | None = None
        try:
            while True:
                with self._condition:
                    try:
                        step = next(work) if failure is None else work.throw(failure)
                    except StopIteration:
                        return
                    if isinstance(step, Until):
                        failure = None
                        seconds = None if step.at_most_ms is None else step.at_most_ms / 1_000
                        self._condition.wait_for(step.ready, seconds)
                        continue
                failure = None
                try:
                    step.do()
                except StoreError as error:
                    failure = error
        finally:
            with self._condition:
                work.close()  # after a bug of ours: the work says that it has ended
