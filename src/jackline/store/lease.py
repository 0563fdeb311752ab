"""The lease: an OS file lock that dies with its process, and a fencing number that never repeats (C3)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from jackline.core.ports import World
from jackline.core.values import WireMs
from jackline.store.disk import Disk, Lock, LockBusy
from jackline.store.errors import StoreDamaged, StoreError

LOCK_FILE = "engine.lock"
FENCE_FILE = "fence"


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
        holder: this process, as whoever is refused sees it.
        took_over_from: the previous holder, when it ended without releasing (crash, kill, power cut).
    """

    def __init__(self, *, lock: Lock, fence: int, holder: Holder, took_over_from: Holder | None) -> None:
        self.fence = fence
        self.holder = holder
        self.took_over_from = took_over_from
        self._lock = lock

    def is_intact(self) -> bool:
        """False when someone removed or replaced the lock file: a second engine could start."""
        return self._lock.is_intact()

    def release(self) -> None:
        """End the lease in order: the next holder takes over from nobody."""
        with contextlib.suppress(OSError):  # the lock matters, the note does not
            self._lock.note(b"")
        self._lock.release()


def acquire(
    disk: Disk, directory: Path, *, world: World, mode: str, wire_ms: WireMs, fence_floor: int = 0
) -> Lease:
    """Take the lease of a state directory or raise LeaseHeld, within about half a second.

    Args:
        disk: where the directory is.
        directory: where the account's state lives.
        world: which process this is.
        mode: shown to whoever is refused.
        wire_ms: the wall clock; its seconds are the least fencing number.
        fence_floor: highest fencing number known from elsewhere (the journal, ids seen at the venue).
    """
    disk.make_directory(directory)
    try:
        lock = disk.lock(directory / LOCK_FILE)
    except LockBusy as busy:
        raise LeaseHeld(directory, _holder(busy.text) or NOBODY_SAID) from None
    try:
        previous = _holder(lock.read())
        fence = _next_fence(disk, directory, max(fence_floor + 1, wire_ms // 1_000))
        holder = Holder(pid=world.pid(), host=world.host(), started_ms=wire_ms, mode=mode)
        lock.note(msgspec.json.encode(holder))
    except BaseException:
        lock.release()
        raise
    return Lease(lock=lock, fence=fence, holder=holder, took_over_from=previous)


def is_held(disk: Disk, directory: Path) -> Holder | None:
    """Who holds the lease now; None when nobody does. A starting engine outlasts the probe."""
    text = disk.probe(directory / LOCK_FILE)
    return None if text is None else _holder(text) or NOBODY_SAID


def _holder(text: bytes) -> Holder | None:
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=Holder)
    except msgspec.MsgspecError:
        return NOBODY_SAID


def _next_fence(disk: Disk, directory: Path, floor: int) -> int:
    """Mint a fencing number and make it durable before use, in a file that outlives the database."""
    path = directory / FENCE_FILE
    try:
        previous = disk.read(path).decode("ascii").strip()
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
    disk.replace(path, f"{fence}\n".encode("ascii"), durable=True)
    return fence
