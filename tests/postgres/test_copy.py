"""The copy behind a commit: written as the database was, where it is one step behind; fetched where it is not."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.store.batch import SEALED_TABLES, prepare
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.db import Db, Row, SqlValue
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.journal import EMPTY, Head, link, read_head, write
from jackline.store.postgres_db import PostgresDb, PostgresServer
from jackline.store.postgres_disk import PostgresDisk, TwinDb
from jackline.store.postgres_origin import PostgresOrigin
from jackline.store.schema import ENGINE
from jackline.store.sqlite_db import SqliteDb
from tests.store.making import batch

FETCHED = "SELECT * FROM journal"


class Listening(PostgresDb):
    """A connection that remembers what it was asked."""

    def __init__(self, server: PostgresServer, schema: str) -> None:
        super().__init__(server, schema, read_only=False)
        self.asked: list[str] = []

    def run(self, statement: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        self.asked.append(statement)
        return super().run(statement, values)


class Twin(TwinDb):
    """A writing connection over one that listens."""

    def __init__(self, server: PostgresServer, account: str, path: Path) -> None:
        origin = PostgresOrigin(server, account, path, fence=None)
        super().__init__(origin, ENGINE)
        self._there.close()
        self.there = self._there = Listening(server, origin.schema)


def rows(db: Db) -> dict[str, list[Row]]:
    """All that a store holds."""
    every = [("journal", "seq"), *((table.name, table.key) for table in SEALED_TABLES)]
    found = {name: db.run(f"SELECT * FROM {name} ORDER BY {key}") for name, key in every}
    return found | {"head": db.run("SELECT * FROM head")}


def same(there: Db, path: Path) -> Head:
    """Both hold the same; their head."""
    with closing(SqliteDb(path, read_only=True)) as here:
        assert rows(here) == rows(there)
        return read_head(here)


def test_what_was_written_is_written_to_the_copy_and_not_asked_for(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    path = tmp_path / ENGINE_FILE
    open_store(PostgresDisk(server, account=account, state_dir=tmp_path), path).close()
    with closing(Twin(server, account, path)) as db:
        first = link(EMPTY, [prepare(batch(number)) for number in (1, 2)])
        write(db, first)
        write(db, link(first.after, [prepare(batch(2, text="again")), prepare(batch(3))]))
        assert not [one for one in db.there.asked if one.startswith(FETCHED)]
        assert same(db.there, path).seq == 8


def test_a_copy_that_lags_is_fetched_for(server: PostgresServer, account: str, tmp_path: Path) -> None:
    here, other = tmp_path / ENGINE_FILE, tmp_path / "other" / ENGINE_FILE
    for path in (here, other):
        open_store(PostgresDisk(server, account=account, state_dir=path.parent), path).close()
    with closing(Twin(server, account, here)) as db, closing(Twin(server, account, other)) as late:
        first = link(EMPTY, [prepare(batch(1))])
        write(db, first)
        second = link(first.after, [prepare(batch(2))])
        write(late, second)
        assert [one for one in late.there.asked if one.startswith(FETCHED)], (
            "it lacked what the other one wrote"
        )
        assert same(late.there, other).seq == 4
        write(db, link(second.after, [prepare(batch(3))]))
        assert same(db.there, here).seq == 6


def test_a_group_that_is_refused_half_way_leaves_nothing_in_either(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    path = tmp_path / ENGINE_FILE
    open_store(PostgresDisk(server, account=account, state_dir=tmp_path), path).close()
    with closing(Twin(server, account, path)) as db:
        good = link(EMPTY, [prepare(batch(1))])
        broken = replace(good, rows=(*good.rows, good.rows[0]))
        with pytest.raises(DbTrouble, match="duplicate key") as refused:
            write(db, broken)
        assert refused.value.kind is TroubleKind.OTHER
        assert same(db.there, path) == EMPTY
        write(db, good)
        assert same(db.there, path) == good.after


def test_a_store_that_another_one_locks_is_busy(server: PostgresServer, account: str, tmp_path: Path) -> None:
    path, hasty = tmp_path / ENGINE_FILE, replace(server, lock_ms=100)
    open_store(PostgresDisk(server, account=account, state_dir=tmp_path), path).close()
    with closing(Twin(server, account, path)) as db, closing(Twin(hasty, account, path)) as second:
        db.dialect.begin_writing(db)
        with pytest.raises(DbTrouble) as refused:
            second.dialect.begin_writing(second)
        assert refused.value.kind is TroubleKind.BUSY
        db.run("ROLLBACK")
        write(second, link(EMPTY, [prepare(batch(1))]))
        assert same(second.there, path).seq == 2
