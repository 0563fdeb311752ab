"""The lease: an OS file lock that dies with its process, and a fencing number that never repeats (C3)."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jackline.core.values import WireMs
from jackline.store.db import sync_directory
from jackline.store.errors import StoreDamaged, StoreError

LOCK_FILE = "engine.lock"
FENCE_FILE = "fence"
LOCK_TRIES = 10
LOCK_PAUSE_S = 0.05
"""A watchdog's probe holds a shared lock for microseconds; half a second outlasts any number of them."""
HOLDER_BYTES_MAX = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds, or last held, the lease. `pid` is 0 when the lock file does not say."""

    pid: int
    host: str
    started_ms: WireMs
    mode: str


NOBODY_SAID = Holder(pid=0, host="unknown", started_ms=WireMs(0), mode="unknown")


class LeaseHeld(StoreError):
    """Another engine owns the account (C3)."""

    def __init__(self, directory: Path, holder: Holder) -> None:
        self.holder = holder
        super().__init__(
            f"{directory / LOCK_FILE}: the lease is held by process {holder.pid} on {holder.host}, "
            f"mode {holder.mode}, since {_utc(holder.started_ms)}. Fix: one engine per account; stop that "
            "one, or give this one another state directory and another account"
        )


def _utc(wire_ms: WireMs) -> str:
    return f"{datetime.fromtimestamp(wire_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"


class Lease:
    """A held lease. It ends with `release` or with the process, whatever kills it.

    Attributes:
        fence: fencing number of this holder, above every earlier one and at least the wall clock in seconds.
        took_over_from: the previous holder, when it ended without releasing (crash, kill, power cut).
    """

    def __init__(self, *, directory: Path, handle: int, fence: int, took_over_from: Holder | None) -> None:
        self.fence = fence
        self.took_over_from = took_over_from
        self._path = directory / LOCK_FILE
        self._handle = handle

    def is_intact(self) -> bool:
        """False when someone removed or replaced the lock file: a second engine could start."""
        return _is_same_file(self._handle, self._path)

    def release(self) -> None:
        """End the lease in order: the next holder takes over from nobody."""
        with contextlib.suppress(OSError):  # the lock matters, the note does not
            os.ftruncate(self._handle, 0)
        os.close(self._handle)


def acquire(directory: Path, *, mode: str, wire_ms: WireMs, fence_floor: int = 0) -> Lease:
    """Take the lease of a state directory or raise LeaseHeld, within about half a second.

    Args:
        directory: where the account's state lives.
        mode: shown to whoever is refused.
        wire_ms: the wall clock; its seconds are the least fencing number.
        fence_floor: highest fencing number known from elsewhere (the journal, ids seen at the venue).
    """
    directory.mkdir(parents=True, exist_ok=True)
    handle = _lock(directory)
    try:
        previous = _read_holder(handle)
        fence = _next_fence(directory, max(fence_floor + 1, wire_ms // 1_000))
        holder = Holder(pid=os.getpid(), host=socket.gethostname(), started_ms=wire_ms, mode=mode)
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(holder), 0)
    except BaseException:
        os.close(handle)
        raise
    return Lease(directory=directory, handle=handle, fence=fence, took_over_from=previous)


def is_held(directory: Path) -> Holder | None:
    """Who holds the lease now; None when nobody does. A starting engine outlasts the probe."""
    try:
        handle = os.open(directory / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_holder(handle) or NOBODY_SAID
    else:
        return None
    finally:
        os.close(handle)  # gives the shared lock back


def _lock(directory: Path) -> int:
    path = directory / LOCK_FILE
    holder: Holder | None = None
    for attempt in range(LOCK_TRIES):
        if attempt:
            time.sleep(LOCK_PAUSE_S)  # before any loop runs: nothing else waits for this
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _read_holder(handle)
            os.close(handle)
            continue
        if _is_same_file(handle, path):
            return handle
        os.close(handle)  # the file was replaced between open and lock: what we locked is nobody's lock
    raise LeaseHeld(directory, holder or NOBODY_SAID)


def _is_same_file(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _read_holder(handle: int) -> Holder | None:
    raw = os.pread(handle, HOLDER_BYTES_MAX, 0)
    if not raw:
        return None
    try:
        return msgspec.json.decode(raw, type=Holder)
    except msgspec.MsgspecError:
        return NOBODY_SAID


def _next_fence(directory: Path, floor: int) -> int:
    """Mint a fencing number and make it durable before use, in a file that outlives the database."""
    path = directory / FENCE_FILE
    try:
        previous = path.read_text("ascii").strip()
    except FileNotFoundError:
        previous = "0"
    except UnicodeDecodeError:
        previous = "unreadable"
    if not previous.isdecimal():
        raise StoreDamaged(
            what=f"the fencing number is {previous[:40]!r}, not a whole number",
            where=str(path),
            fix="see that the clock is right, then delete the file: the clock gives the next number",
        )
    fence = max(int(previous) + 1, floor)
    fresh = path.with_name(FENCE_FILE + ".new")
    with fresh.open("w", encoding="ascii") as file:
        file.write(f"{fence}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
    sync_directory(directory)
    return fence
