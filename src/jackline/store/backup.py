"""Taking a backup while an engine trades: each store as it is at one moment, read beside its writer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jackline import __version__
from jackline.store.backup_file import FORMAT, VERSION, About, BackupWriter, StoreLine
from jackline.store.check import wrong_version
from jackline.store.db import Db, Row, one_moment
from jackline.store.disk import Disk
from jackline.store.journal import Head
from jackline.store.stores import STORES, end_of, is_there, open_kept, tables, where

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One store in a backup. `rows` of all its tables; `end`: how far its journal, audit or desk had got."""

    store: str
    rows: int
    end: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What was written."""

    path: Path
    sha256: str
    saved: tuple[Saved, ...]


def take_backup(disk: Disk, state_dir: Path, target: Path, *, account: str, wire_ms: int) -> Backup:
    """Write every store of the account that there is. Raises StoreError, and then there is no file of that name."""
    about = About(format=FORMAT, version=VERSION, account=account, wire_ms=wire_ms, program=__version__)
    with BackupWriter(target, about) as writer:
        saved = tuple(
            _save(disk, state_dir / name, writer) for name in STORES if is_there(disk, state_dir / name)
        )
        return Backup(path=target, sha256=writer.finish(), saved=saved)


def _save(disk: Disk, path: Path, writer: BackupWriter) -> Saved:
    schema, rows = STORES[path.name], 0
    with closing(open_kept(disk, path)) as db, one_moment(db):
        version = db.dialect.identity(db)[1]
        if version != schema.version:
            raise wrong_version(where(disk, path), version, schema)
        end = end_of(db, path.name)
        writer.store(StoreLine(store=path.name, schema_version=version, end=end))
        for table, key in tables(schema).items():
            for row in _rows(db, table, key):
                writer.row(table, row)
                rows += 1
    return Saved(store=path.name, rows=rows, end=end)


def _rows(db: Db, table: str, key: str) -> Iterator[Row]:
    """In the order of the key, which is text or a number, a page at a time."""
    page = db.run(f"SELECT * FROM {table} ORDER BY {key} LIMIT ?", (ROWS_AT_ONCE,))  # noqa: S608 # names of ours
    following = f"SELECT * FROM {table} WHERE {key} > ? ORDER BY {key} LIMIT ?"  # noqa: S608 # names of ours
    while page:
        yield from page
        page = db.run(following, (page[-1][0], ROWS_AT_ONCE)) if len(page) == ROWS_AT_ONCE else []
