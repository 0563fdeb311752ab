"""A file of a simulated disk: what the page cache shows, and what a power cut would leave of it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jackline.world.simulated_db import WritingDb

SECTOR_BYTES = 512
"""What a drive writes whole or not at all."""
LOST_FRACTION = 0.4
KEPT_FRACTION = 0.3
"""Of the writes under way at a power cut; the rest is torn between two sectors."""

_numbers = count(1)

Pending = tuple[int, bytes | None]
"""A write at an offset, or with None a cut to a size, not synced yet."""


class Inode:
    """A file, whatever names it has.

    Attributes:
        number: no other file of any disk has it.
        content: what every process sees, durable or not.
        version: rises with every change of content or durability.
        held_by: who has locked it with `flock`.
        locked_by: whose SQLite lock is on it.
        writer: the living connection that writes it, whose word for the committed rows can be taken.
    """

    __slots__ = (
        "_drifted",
        "_durable",
        "_pending",
        "content",
        "held_by",
        "locked_by",
        "number",
        "version",
        "writer",
    )

    def __init__(self, data: bytes = b"") -> None:
        self.number = next(_numbers)
        self.content = bytearray(data)
        self.version = 0
        self.held_by: object | None = None
        self.locked_by: object | None = None
        self.writer: WritingDb | None = None
        self._durable = bytearray()
        self._pending: list[Pending] = [(0, data)] if data else []
        self._drifted = False

    @property
    def durable(self) -> bytearray:
        """What is left when power goes and no write under way is lucky."""
        return self._durable

    @property
    def is_settled(self) -> bool:
        """Whether all content is durable."""
        return not self._pending and not self._drifted

    def write(self, offset: int, data: bytes) -> None:
        """Into the page cache."""
        _put(self.content, offset, data)
        self._pending.append((offset, data))
        self.version += 1

    def cut(self, size: int) -> None:
        """Cut to a size, in the page cache."""
        del self.content[size:]
        self._pending.append((size, None))
        self.version += 1

    def sync(self) -> None:
        """Everything the kernel still calls dirty reaches the platter."""
        for place, data in self._pending:
            _apply(self._durable, place, data)
        self._pending.clear()
        self._drifted = self._drifted and self._durable != self.content
        self.version += 1

    def fail_sync(self) -> None:
        """The kernel reports the failure once, calls the pages clean and never writes them: later syncs succeed."""
        self._pending.clear()
        self._drifted = True
        self.version += 1

    def tamper(self, data: bytes) -> None:
        """Someone outside every process changed the file, durably. A living writer's cache knows nothing of it."""
        self.content, self._durable = bytearray(data), bytearray(data)
        self._pending.clear()
        self._drifted = False
        self.writer = None
        self.version += 1

    def cut_power(self, draw: Callable[[], float]) -> None:
        """Each write that was not synced is lost, kept, or torn at sectors."""
        for place, data in self._pending:
            luck = draw()
            if luck < LOST_FRACTION:
                continue
            if data is None or luck < LOST_FRACTION + KEPT_FRACTION:
                _apply(self._durable, place, data)
            else:
                self._tear(place, data, draw)
        self._pending.clear()
        self._drifted = False
        self.content = bytearray(self._durable)
        self.held_by = self.locked_by = self.writer = None
        self.version += 1

    def _tear(self, offset: int, data: bytes, draw: Callable[[], float]) -> None:
        at = 0
        while at < len(data):
            room = SECTOR_BYTES - (offset + at) % SECTOR_BYTES
            if draw() < 0.5:
                _put(self._durable, offset + at, data[at : at + room])
            at += room


def _apply(target: bytearray, place: int, data: bytes | None) -> None:
    if data is None:
        del target[place:]
    else:
        _put(target, place, data)


def _put(target: bytearray, offset: int, data: bytes) -> None:
    if len(target) < offset:
        target.extend(bytes(offset - len(target)))
    target[offset : offset + len(data)] = data
