"""The portable backup: one file that a store in files and a store in a database both write, and both read.

Gzipped lines of JSON: what it is, then each store with its rows, then a hash over all of it. A file without that last
line is no backup. It holds no key and no token, but it says what an account did: it is for its owner's eyes only.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from jackline.store.db import Row, SqlValue
from jackline.store.errors import StoreError
from jackline.store.journal import Head

FORMAT = "jackline-backup"
VERSION = 1


class BackupRefused(StoreError):
    """A backup cannot be read, or may not be put where it was asked. Nothing was changed."""


class About(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first line. `wire_ms`: when it was made."""

    format: str
    version: int
    account: str
    wire_ms: int
    program: str


class StoreLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the rows behind it belong to. `end`: the last row of its journal, audit or desk."""

    store: str
    schema_version: int
    end: Head


class RowLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """One row."""

    table: str
    values: list[SqlValue]


class BackupWriter:
    """A backup that is written. It has its name when `finish` has returned, and not before."""

    def __init__(self, path: Path, about: About) -> None:
        self._path, self._fresh = path, path.with_name(path.name + ".new")
        handle = os.open(self._fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._zipped = gzip.GzipFile(fileobj=self._file, mode="wb", mtime=0, compresslevel=6)
        self._hash = hashlib.sha256()
        self._put(about)

    def store(self, line: StoreLine) -> None:
        """Begin a store."""
        self._put(line)

    def row(self, table: str, row: Row) -> None:
        """A row of the store that was begun last."""
        self._put(RowLine(table, list(row)))

    def finish(self) -> str:
        """Make it durable, and give it its name; the hash."""
        found = self._hash.hexdigest()
        self._zipped.write(msgspec.json.encode({"sha256": found}) + b"\n")
        self._zipped.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._fresh.replace(self._path)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed:
            self._file.close()
            self._fresh.unlink(missing_ok=True)

    def _put(self, line: msgspec.Struct) -> None:
        text = msgspec.json.encode(line) + b"\n"
        self._hash.update(text)
        self._zipped.write(text)


Line = About | StoreLine | RowLine


def read_backup(path: Path) -> Iterator[Line]:
    """Its lines, without the last one, which is compared. Raises BackupRefused, at the end for a file that was cut."""
    found = hashlib.sha256()
    try:
        with gzip.open(path, "rb") as file:
            for text in file:
                if text.startswith(b'{"sha256"'):
                    if msgspec.json.decode(text)["sha256"] != found.hexdigest() or file.read(1):
                        raise _unreadable(path, "its hash is another one: it was changed")
                    return
                found.update(text)
                yield _line(path, text)
    except (gzip.BadGzipFile, EOFError, zlib.error, msgspec.MsgspecError, KeyError) as error:
        raise _unreadable(path, str(error)) from error
    raise _unreadable(path, "its end is missing")


def _line(path: Path, text: bytes) -> Line:
    if text.startswith(b"["):
        return msgspec.json.decode(text, type=RowLine)
    if not text.startswith(b'{"format"'):
        return msgspec.json.decode(text, type=StoreLine)
    about = msgspec.json.decode(text, type=About)
    if (about.format, about.version) != (FORMAT, VERSION):
        raise _unreadable(
            path, f"format {about.format} {about.version}; this program reads {FORMAT} {VERSION}"
        )
    return about


def _unreadable(path: Path, what: str) -> BackupRefused:
    return BackupRefused(f"{path}: not a backup that can be put back: {what}. Fix: take another copy of it")
