"""The lease of a worker's account, as the processes of that account read it: one small file, written over in place.

A worker asks the database for all its accounts at once; engine and watchdog read here what it knows, before every
request. Written in place, so that a full disk cannot end a lease that holds; what was torn is told by its sum.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from jackline.core.standing import Hold, Terms
from jackline.store.disk import Disk

FILE = "lease.page"
PAGE_BYTES = 1_024
SUM_DIGITS = 8
HOLDER_CHARS_MAX = 120


class LeasePage(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker knows of a lease, and by which times it works."""

    account: str
    hold: Hold
    terms: Terms


def write(disk: Disk, directory: Path, page: LeasePage) -> None:
    """Write over the page. Raises OSError, after which whoever reads it still has the one before."""
    text = msgspec.json.encode(page)
    if len(text) > PAGE_BYTES - SUM_DIGITS:
        raise ValueError(f"a page of {len(text)} bytes; {PAGE_BYTES - SUM_DIGITS} fit")
    body = text.ljust(PAGE_BYTES - SUM_DIGITS)
    disk.overwrite(directory / FILE, _sum(body) + body)


def read(disk: Disk, directory: Path) -> LeasePage | None:
    """The page; None where there is none, or it is being written."""
    try:
        found = disk.read(directory / FILE)
    except OSError:
        return None
    body = found[SUM_DIGITS:]
    if _sum(body) != found[:SUM_DIGITS]:
        return None
    try:
        return msgspec.json.decode(body, type=LeasePage)
    except (msgspec.MsgspecError, ValueError):
        return None


def _sum(body: bytes) -> bytes:
    return b"%08x" % zlib.crc32(body)
