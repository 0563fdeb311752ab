"""Putting a backup back: onto this machine or another, into files or a database, whichever it was taken from.

Nothing that lives and nothing that is newer is replaced. What was there is set aside under another name, whole. The
state is an old one: an engine that starts on it first reads the venue, protects, and books what it lacks, by the ids of
fills, so nothing is booked twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from jackline.core.values import WireMs
from jackline.store.anchor import read_anchor
from jackline.store.backup_file import About, BackupRefused, RowLine, StoreLine, read_backup
from jackline.store.batch import ACCOUNT, AccountKey
from jackline.store.boot import ENGINE_FILE, quarantine
from jackline.store.check import check_store, wrong_version
from jackline.store.db import Db, beside, create, open_reader, open_writer, transaction
from jackline.store.disk import Disk
from jackline.store.errors import StoreDamaged
from jackline.store.journal import Head
from jackline.store.lease import FENCE_FILE
from jackline.store.schema import Schema
from jackline.store.stores import SEALED, STORES, end_of, is_there, open_kept, tables, where

ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """One store that was put back. `aside`: where the one before is now; None where there was none."""

    store: str
    where: str
    rows: int
    end: Head
    aside: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What a backup holds, by store; and the marks of the rows that were asked for."""

    about: About
    stores: dict[str, StoreLine]
    marks: dict[tuple[str, int], str]


def restore(
    disk: Disk, state_dir: Path, backup: Path, *, account: str, wire_ms: WireMs
) -> tuple[Restored, ...]:
    """Put every store of a backup where the configuration keeps it. The caller has seen that nothing of it lives.

    Raises BackupRefused for a file that is none, is another account's, or older than what is there; StoreDamaged where
    its rows do not seal each other. Nothing has changed then, except that earlier stores of the file may be in place.
    """
    disk.make_directory(state_dir)
    there = {name: _end_there(disk, state_dir / name) for name in STORES}
    content = _read(backup, {(name, end.seq) for name, end in there.items() if end is not None})
    if content.about.account != account:
        raise BackupRefused(
            f"{backup}: of account {content.about.account!r}, not {account!r}. Fix: name its own configuration"
        )
    for name, line in content.stores.items():
        if line.schema_version != STORES[name].version:
            raise wrong_version(f"{backup}, {name}", line.schema_version, STORES[name])
        _refuse_older(backup, name, line.end, there[name], content)
    made = []
    for name, line in content.stores.items():
        path = state_dir / name
        rows = _build(disk, _fresh(path), STORES[name], backup, name)
        made.append(
            _put(disk, path, line, backup, rows=rows, was_there=there[name] is not None, wire_ms=wire_ms)
        )
    _keep_fence(disk, state_dir)
    return tuple(made)


def _keep_fence(disk: Disk, state_dir: Path) -> None:
    """The next fencing number is above the last one on record, also where the clock of this machine is behind."""
    if not is_there(disk, state_dir / ENGINE_FILE) or disk.exists(state_dir / FENCE_FILE):
        return
    with closing(open_kept(disk, state_dir / ENGINE_FILE)) as db:
        rows = db.run(f"{ACCOUNT.select} WHERE key = ?", (AccountKey.FENCE.value,))
    if rows and rows[0][1].isdecimal():
        disk.replace(state_dir / FENCE_FILE, f"{rows[0][1]}\n".encode("ascii"), durable=True)


def _end_there(disk: Disk, path: Path) -> Head | None:
    """How far the store got that is in the way, by its own word or by its anchor's; None where there is none."""
    anchor = read_anchor(disk, path) if path.name in SEALED else None
    if not is_there(disk, path):
        return anchor
    with closing(open_kept(disk, path)) as db:
        end = end_of(db, path.name)
    return anchor if anchor is not None and anchor.seq > end.seq else end


def _read(backup: Path, wanted: set[tuple[str, int]]) -> _Content:
    """Read all of it once, so that a file that was cut or changed is refused before anything is."""
    about, stores, marks, now = None, dict[str, StoreLine](), dict[tuple[str, int], str](), ""
    for line in read_backup(backup):
        if isinstance(line, About):
            about = line
        elif isinstance(line, StoreLine):
            now = line.store
            if now not in STORES:
                raise BackupRefused(f"{backup}: it holds a store {now!r}. Fix: use the program that wrote it")
            stores[now] = line
        elif line.table in {"journal", "audit", "commands"} and (now, line.values[0]) in wanted:
            mark = line.values[1] if line.table == "commands" else line.values[-1]
            marks[now, int(line.values[0] or 0)] = str(mark)
    if about is None:
        raise BackupRefused(f"{backup}: it does not say whose it is. Fix: take another copy of it")
    return _Content(about=about, stores=stores, marks=marks)


def _refuse_older(backup: Path, name: str, saved: Head, there: Head | None, content: _Content) -> None:
    if there is None or there.seq == 0 or content.marks.get((name, there.seq)) == there.hash:
        return
    what = f"row {there.seq} is not in the backup, which ends at row {saved.seq}"
    why = "it is newer than the backup" if there.seq > saved.seq else "it has another history than the backup"
    raise BackupRefused(
        f"{name}: what is there would be lost: {what}: {why}. "
        "Fix: keep it; or, where it is damaged, move it and its anchor aside first"
    )


def _fresh(path: Path) -> Path:
    return path.with_name(path.name + ".restored")


def _build(disk: Disk, path: Path, schema: Schema, backup: Path, name: str) -> int:
    """A store file beside the place of the old one, checked as at a start; the number of its rows."""
    for leftover in beside(path):
        disk.remove(leftover)
    create(disk, path, schema)
    with closing(open_writer(disk, path)) as db, transaction(db):
        rows = _load(db, schema, backup, name)
    if name in SEALED:
        check_store(disk, path, schema)
        return rows
    with closing(open_reader(disk, path)) as db:
        for finding in db.dialect.findings(db, schema):
            raise StoreDamaged(what=finding, where=str(backup), fix="take another copy of the backup")
    return rows


def _put(
    disk: Disk, path: Path, line: StoreLine, backup: Path, *, rows: int, was_there: bool, wire_ms: WireMs
) -> Restored:
    """Give the built store the place of the old one."""
    schema, origin, aside = STORES[path.name], disk.origin(path), None
    if origin is not None:
        aside = origin.replace(
            schema, lambda db: _load(db, schema, backup, path.name), stamp=wire_ms // 1_000
        )
        for file in beside(_fresh(path)):
            disk.remove(file)
    else:
        if was_there:
            aside = str(quarantine(disk, path, wire_ms=wire_ms, why="replaced"))
        disk.rename(_fresh(path), path)
        disk.sync_directory(path.parent)
    return Restored(store=path.name, where=where(disk, path), rows=rows, end=line.end, aside=aside)


def _load(db: Db, schema: Schema, backup: Path, name: str) -> int:
    """Fill the empty tables of a store, inside a transaction; the number of rows."""
    known = tables(schema)
    for table in known:
        if f"INSERT INTO {table} " in " ".join(schema.rows):
            db.run(f"DELETE FROM {table}")  # noqa: S608  a name of ours; what stands in it from the beginning
    count, table, waiting = 0, "", list[list[str | int | None]]()
    for line in _rows_of(backup, name):
        if line.table not in known:
            raise BackupRefused(
                f"{backup}: {name} has no table {line.table!r}. Fix: use the program that wrote it"
            )
        if waiting and (line.table != table or len(waiting) == ROWS_AT_ONCE):
            _insert(db, table, waiting)
            waiting = []
        table = line.table
        waiting.append(line.values)
        count += 1
    if waiting:
        _insert(db, table, waiting)
    return count


def _insert(db: Db, table: str, rows: list[list[str | int | None]]) -> None:
    marks = ", ".join("?" * len(rows[0]))
    db.run_many(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608  a name of ours


def _rows_of(backup: Path, name: str) -> Iterator[RowLine]:
    now = ""
    for line in read_backup(backup):
        if isinstance(line, StoreLine):
            now = line.store
        elif isinstance(line, RowLine) and now == name:
            yield line
