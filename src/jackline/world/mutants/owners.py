"""Mutants of durability and ownership: the sync, the lease, the kill switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jackline.core import switch
from jackline.core.effects import SaveKill
from jackline.core.events import Receipt
from jackline.core.state import KillLevel
from jackline.core.turn import Turn
from jackline.engine import process
from jackline.store import writer
from jackline.store.boot import Store
from jackline.store.db import Db
from jackline.store.disk import Disk
from jackline.store.errors import DbTrouble
from jackline.store.lease import Lease, LeaseHeld
from jackline.world.mutants.patching import Patch

SECOND_FILE = "engine-second.db"

OpenWriter = Callable[[Disk, Path], Db]


def _unsynced(original: OpenWriter) -> OpenWriter:
    def open_writer(disk: Disk, path: Path) -> Db:
        db = original(disk, path)
        db.run("PRAGMA synchronous = OFF")
        return db

    return open_writer


class _NoLock:
    """Holds nothing, and says that all is well."""

    def read(self) -> bytes:
        return b""

    def note(self, text: bytes) -> None:
        return None

    def is_intact(self) -> bool:
        return True

    def release(self) -> None:
        return None


def _unleased(original: Callable[..., Lease]) -> Any:
    def acquire(disk: Disk, directory: Path, *, wire_ms: int, **named: Any) -> Lease:
        try:
            return original(disk, directory, wire_ms=wire_ms, **named)
        except LeaseHeld as held:
            return Lease(lock=_NoLock(), fence=wire_ms // 1_000, holder=held.holder, took_over_from=None)

    return acquire


def _own_file(original: Callable[[Disk, Path], Store]) -> Callable[[Disk, Path], Store]:
    def open_store(disk: Disk, path: Path) -> Store:
        try:
            return original(disk, path)
        except DbTrouble:
            return original(disk, path.with_name(SECOND_FILE))

    return open_store


def _only_noted(_: object) -> Any:
    def raise_level(
        turn: Turn, level: KillLevel, *, actor: str, reason: str, receipt: Receipt | None = None
    ) -> None:
        turn.effects.append(
            SaveKill(
                before=turn.state.kill_level,
                level=level,
                actor=actor,
                reason=reason,
                receipt=receipt,
                awaited=False,
            )
        )

    return raise_level


NO_SYNC = (Patch(owner=writer, name="open_writer", make=_unsynced),)
NO_LEASE = (
    Patch(owner=process, name="acquire", make=_unleased),
    Patch(owner=process, name="leave_to_holder", make=lambda _: lambda *_args: None),
)
ONE_WRITER_A_FILE = (Patch(owner=process, name="open_store", make=_own_file),)
KILL_IGNORED = (Patch(owner=switch, name="raise_level", make=_only_noted),)
