"""The anchor: a few bytes beside the database that remember how far the journal had got.

Written after each durable COMMIT, without a sync of its own: after a power cut it may lag behind, it can
never be ahead. A database that is behind its anchor has lost acknowledged rows (write-ahead log cut, damaged
or removed, an old backup put back): SQLite drops such a tail in silence, the anchor makes it loud.
"""

from __future__ import annotations

import contextlib
from functools import lru_cache
from pathlib import Path

from jackline.store.disk import Disk
from jackline.store.journal import Head

_HASH_WIDTH = 64
_SEQ_WIDTH = 20


@lru_cache(maxsize=16)
def anchor_path(path: Path) -> Path:
    """The anchor of the database at `path`."""
    return path.with_name(path.name + ".anchor")


def read_anchor(disk: Disk, path: Path) -> Head | None:
    """The last head noted for the database at `path`; None when there is none or a power cut tore it."""
    try:
        text = disk.read(anchor_path(path)).decode("ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    seq, _, chained = text.rstrip("\n").partition(" ")
    if len(seq) != _SEQ_WIDTH or not seq.isdecimal() or len(chained) != _HASH_WIDTH:
        return None
    return Head(seq=int(seq), hash=chained)


def note_anchor(disk: Disk, path: Path, head: Head) -> None:
    """Remember a durable head of the database at `path`; one small write in place, which needs no room on a full
    disk. A note that cannot be made is skipped: it is evidence, not state.
    """
    with contextlib.suppress(OSError):
        disk.overwrite(anchor_path(path), f"{head.seq:0{_SEQ_WIDTH}} {head.hash}\n".encode("ascii"))
