"""The names of a simulated disk. A name that was not synced may be gone, or back, after a power cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from jackline.world.inode import Inode


@dataclass(frozen=True, slots=True)
class _Change:
    """What happens to names of one directory at one stroke; None: the name is gone."""

    parent: str
    names: tuple[tuple[str, Inode | None], ...]


class Directory:
    """All names of one host, as absolute paths.

    Attributes:
        names: what every process sees.
        durable: what a power cut would surely leave.
    """

    def __init__(self) -> None:
        self.names: dict[str, Inode] = {}
        self.durable: dict[str, Inode] = {}
        self._log: list[_Change] = []
        self._epochs: dict[str, int] = {}

    def find(self, name: str) -> Inode | None:
        """The file of a name."""
        return self.names.get(name)

    def put(self, name: str, inode: Inode) -> None:
        """Give a name to a file, in the place of what had it."""
        self._change((name, inode))

    def remove(self, name: str) -> None:
        """Take a name away; nothing where there is none."""
        if name in self.names:
            self._change((name, None))

    def rename(self, source: str, target: str) -> None:
        """Both at one stroke. Raises FileNotFoundError."""
        inode = self.names.get(source)
        if inode is None:
            raise FileNotFoundError(source)
        self._change((source, None), (target, inode))

    def sync(self, parent: str) -> None:
        """Everything that happened in a directory is durable."""
        for change in self._log:
            if change.parent == parent:
                self._make_durable(change)
        self._log = [change for change in self._log if change.parent != parent]

    def cut_power(self, draw: Callable[[], float]) -> None:
        """A file system with a journal of its own: of what was not synced, the beginning is kept."""
        for change in self._log[: int(draw() * (len(self._log) + 1))]:
            self._make_durable(change)
        self._log.clear()
        for name in {**self.names, **self.durable}:
            if self.names.get(name) is not self.durable.get(name):
                self.mark(name)
        self.names = dict(self.durable)

    def epoch(self, name: str) -> int:
        """How often this name came to mean another file, or its file was changed from outside."""
        return self._epochs.get(name, 0)

    def mark(self, name: str) -> None:
        """Raise the epoch of a name."""
        self._epochs[name] = self._epochs.get(name, 0) + 1

    def _change(self, *names: tuple[str, Inode | None]) -> None:
        change = _Change(str(PurePath(names[0][0]).parent), names)
        _apply(self.names, change)
        self._log.append(change)
        for name, _ in names:
            self.mark(name)

    def _make_durable(self, change: _Change) -> None:
        _apply(self.durable, change)


def _apply(names: dict[str, Inode], change: _Change) -> None:
    for name, inode in change.names:
        if inode is None:
            names.pop(name, None)
        else:
            names[name] = inode
