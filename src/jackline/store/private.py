"""Files for their owner's eyes alone, on a real host: what others may read or change is refused (S1)."""

from __future__ import annotations

import stat
from pathlib import Path

from jackline.store.errors import StoreError

OTHERS = stat.S_IRWXG | stat.S_IRWXO


class NotPrivate(StoreError):
    """Others may read or change what must be its owner's alone. The text has the fix; nothing was read."""


def check_private(path: Path) -> None:
    """Raises NotPrivate for a file, or a directory around it, that others may enter; OSError where there is none."""
    for one, fix in ((path.parent, "700"), (path, "600")):
        mode = one.stat().st_mode
        if mode & OTHERS:
            raise NotPrivate(
                f"{one}: S1: its mode {stat.S_IMODE(mode):04o} lets others in. Fix: chmod {fix} {one}"
            )


def make_private_directory(path: Path) -> None:
    """Make a directory that its owner alone may enter; those above it as the system makes them. One that is there is
    checked. Raises NotPrivate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(mode=0o700, exist_ok=True)
    mode = path.stat().st_mode
    if mode & OTHERS:
        raise NotPrivate(
            f"{path}: S1: its mode {stat.S_IMODE(mode):04o} lets others in. Fix: chmod 700 {path}, or name another one"
        )
