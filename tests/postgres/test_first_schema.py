"""The upgrade: a store as the first version made it, opened, verified, saved, and put into a database by this one."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from jackline.store.backup import take_backup
from jackline.store.batch import Change, Prepared, prepare
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.db import open_writer
from jackline.store.encode import BODY_VERSION
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, link, write
from jackline.store.migrations import migrate
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.restore import restore
from jackline.store.schema import ENGINE
from jackline.store.verify import verify_stores
from tests.store.making import NOW, adopted, batch

FIRST = (
    "CREATE TABLE journal (\n    seq INTEGER PRIMARY KEY, wire_ms INTEGER NOT NULL, market_ms INTEGER NOT NULL, "
    "kind TEXT NOT NULL,\n    trade_id TEXT, body TEXT NOT NULL, seals TEXT NOT NULL, prev_hash TEXT NOT NULL, "
    "hash TEXT NOT NULL)\n    STRICT",
    "CREATE TABLE head (\n    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) "
    "STRICT",
    "CREATE TABLE trades (\n    trade_id TEXT PRIMARY KEY, phase TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT "
    "NULL,\n    body TEXT NOT NULL, wire_ms INTEGER NOT NULL, market_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE ledger (\n    entry_id TEXT PRIMARY KEY, kind TEXT NOT NULL, symbol TEXT, trade_id TEXT, side TEXT, "
    "position_side TEXT,\n    quantity TEXT, price TEXT, amount_quote TEXT NOT NULL, order_id INTEGER, "
    "wire_ms INTEGER NOT NULL,\n    market_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE account (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE command_answers (\n    id TEXT PRIMARY KEY, wire_ms INTEGER NOT NULL, result TEXT NOT NULL) "
    "STRICT, WITHOUT ROWID",
    *(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in ("journal", "ledger", "command_answers")
        for verb in ("UPDATE", "DELETE")
    ),
    f"INSERT INTO head VALUES (1, 0, '{'0' * 64}')",
)
"""As written in the first version of this file's program, letter by letter."""


def first_store(path: Path) -> None:
    """An open trade and a fill of it, with bodies of version 1: they did not say the position mode."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for statement in FIRST:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {0x6A6B6531}")
        db.execute("PRAGMA user_version = 1")
    one = prepare(batch(1))
    changes = tuple(
        Change(table=change.table, values=tuple(_aged(value) for value in change.values))
        for change in one.changes
    )
    rows = tuple(tuple(_aged(value) for value in values) for values in one.rows)
    with closing(open_writer(HostDisk(), path)) as db:
        write(db, link(EMPTY, [Prepared(rows=rows, changes=changes)]))


def _aged(value: str | int | None) -> str | int | None:
    if not isinstance(value, str):
        return value
    return re.sub(r',"mode":"netting"', "", value).replace(f'{{"v":{BODY_VERSION},', '{"v":1,')


def test_a_store_of_the_first_version_lives_on_in_files_and_in_a_database(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    path = tmp_path / ENGINE_FILE
    first_store(path)
    assert '"v":1' in sqlite3.connect(path).execute("SELECT body FROM trades").fetchone()[0]
    with closing(open_writer(HostDisk(), path)) as db:
        assert migrate(db, ENGINE, where=str(path)) == (1, 1)
    verify_stores(HostDisk(), tmp_path)
    take_backup(HostDisk(), tmp_path, tmp_path / "a.backup", account=account, wire_ms=NOW)
    state = tmp_path / "database"
    disk = PostgresDisk(server, account=account, state_dir=state)
    restore(disk, state, tmp_path / "a.backup", account=account, wire_ms=NOW)
    (found,) = verify_stores(disk, state)
    assert found.entries == 2
    for place, file in ((HostDisk(), path), (disk, state / ENGINE_FILE)):
        with open_store(place, file) as store:
            assert store.read.load_trades() == (adopted(1),)
            assert store.head.seq == 2
