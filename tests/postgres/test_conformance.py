"""One suite for every place of a store: what code relies on holds in a file, and in a database with its copy."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from jackline.core.machine import Phase
from jackline.core.values import Symbol
from jackline.store.batch import TRADES, Batch, JournalKind, prepare
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, WATCHDOG_FILE, open_store
from jackline.store.commands import CommandDesk
from jackline.store.db import Db, open_writer, transaction
from jackline.store.disk import Disk
from jackline.store.encode import encode
from jackline.store.errors import DbTrouble, StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, link, read_head, write
from jackline.store.migrations import Migration, migrate
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.schema import ENGINE, WATCHDOG
from jackline.store.stores import open_changing, open_kept
from tests.postgres.making import close_all
from tests.store.making import adopted, batch, row, trade_id
from tests.store.test_writer import Heard

CLOSE_MS = 10_000


@pytest.fixture(params=["files", "database"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Disk:
    if request.param == "files":
        return HostDisk()
    server: PostgresServer = request.getfixturevalue("server")
    account: str = request.getfixturevalue("account")
    return PostgresDisk(server, account=account, state_dir=tmp_path)


@pytest.fixture
def path(disk: Disk, tmp_path: Path) -> Path:
    """An empty store of an engine."""
    open_store(disk, tmp_path / ENGINE_FILE).close()
    return tmp_path / ENGINE_FILE


def written(disk: Disk, path: Path, *batches: Batch) -> None:
    with open_store(disk, path) as store, closing(open_writer(disk, path)) as db:
        write(db, link(store.head, [prepare(one) for one in batches]))


async def test_batches_are_durable_in_order_and_share_commits(disk: Disk, path: Path) -> None:
    heard = Heard()
    with open_store(disk, path) as store:
        journal = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
        seqs = await asyncio.gather(*(journal.append(batch(number)) for number in range(1, 40)))
        assert seqs == list(range(2, 80, 2))
        assert journal.health.commits < 39
        assert await journal.close(deadline_ms=CLOSE_MS) == 0
        assert store.read.head().seq == 78
        assert store.read.load_account() == {"fence": "39"}
        assert [one.seq for one in store.read.journal_tail(3)] == [76, 77, 78]
        assert [one.seq for one in store.read.journal_of(("trade",), after_seq=75)] == [76, 77, 78]
        assert {one.trade_id for one in store.read.ledger_entries(trade_id(7))} == {trade_id(7)}
    open_store(disk, path).close()
    assert heard.broken == []


def test_the_last_state_of_a_key_stays_and_the_first_entry_of_a_ledger(disk: Disk, path: Path) -> None:
    done = replace(batch(1), trades=(adopted(1, Phase.DONE),), rows=(row("ended", JournalKind.ENDED),))
    ended = replace(done, rows=(replace(done.rows[0], trade_id=trade_id(1)),))
    written(disk, path, batch(1), ended)
    with open_store(disk, path) as store:
        assert store.read.load_trades() == ()
        assert [trade.phase for trade in store.read.every_trade()] == [Phase.DONE]
        assert len(store.read.ledger_entries()) == 2
        assert store.read.last_ends() == {Symbol("BTCUSDT"): ended.rows[0].market_ms}


def test_text_comes_back_as_it_was_and_is_ordered_by_its_bytes(disk: Disk, path: Path) -> None:
    texts = ("Ä", "a", "B", "é✓𝄞", "'; DROP TABLE journal; -- ? %s", "\u0000", "x" * 100_000)
    written(disk, path, *(replace(batch(number), rows=(row(text),)) for number, text in enumerate(texts, 1)))
    with closing(open_kept(disk, path)) as db:
        assert [body for (body,) in db.run("SELECT body FROM journal ORDER BY seq")] == [
            encode(text) for text in texts
        ]
        with pytest.raises(DbTrouble):
            db.run("INSERT INTO account VALUES (?, ?)", ("a", "1"))  # a reader writes nothing
    with closing(open_changing(disk, path)) as db, transaction(db):
        for key in ("a", "B", "ä", "_", "Z"):
            db.run("INSERT INTO account VALUES (?, ?)", (key, str(2**40)))
        assert [key for (key,) in db.run("SELECT key FROM account ORDER BY key")] == [
            "B",
            "Z",
            "_",
            "a",
            "fence",
            "ä",
        ]


@pytest.mark.parametrize(
    "statement", ["UPDATE journal SET body = '1'", "DELETE FROM journal", "DELETE FROM ledger"]
)
def test_what_is_appended_neither_changes_nor_goes(disk: Disk, path: Path, statement: str) -> None:
    written(disk, path, batch(1))
    with closing(open_changing(disk, path)) as db, pytest.raises(DbTrouble, match="append-only"):
        db.run(statement)
    open_store(disk, path).close()


def half_a_transaction(db: Db) -> None:
    with transaction(db):
        db.run(TRADES.insert, prepare(batch(1)).changes[0].values)
        db.run("INSERT INTO nothing VALUES (1)")


def test_a_failed_transaction_leaves_nothing_and_a_group_is_written_once(disk: Disk, path: Path) -> None:
    linked = link(EMPTY, [prepare(batch(1))])
    with closing(open_writer(disk, path)) as db:
        with pytest.raises(DbTrouble):
            half_a_transaction(db)
        assert db.run("SELECT count(*) FROM trades") == [(0,)]
        write(db, linked)
        write(db, linked)
        assert read_head(db) == linked.after
        with pytest.raises(DbTrouble, match="another process"):
            write(db, link(EMPTY, [prepare(batch(2))]))


def test_one_writes_while_another_waits(disk: Disk, path: Path) -> None:
    with closing(open_writer(disk, path)) as one, closing(open_writer(disk, path)) as other:
        one.dialect.begin_writing(one)
        with pytest.raises(DbTrouble, match="busy"):
            other.dialect.begin_writing(other)
        one.run("ROLLBACK")
        other.dialect.begin_writing(other)
        other.run("ROLLBACK")


def test_a_reader_of_one_moment_sees_no_later_row(disk: Disk, path: Path) -> None:
    written(disk, path, batch(1))
    with closing(open_kept(disk, path)) as reader:
        reader.dialect.begin_reading(reader)
        assert read_head(reader).seq == 2
        written(disk, path, batch(2))
        assert read_head(reader).seq == 2
        reader.run("ROLLBACK")
        assert read_head(reader).seq == 4


def test_a_desk_takes_a_command_once(disk: Disk, tmp_path: Path) -> None:
    desk = CommandDesk(disk, tmp_path / COMMANDS_FILE)
    assert [close_all(desk, name) for name in ("one", "two", "one")] == [True, True, False]
    with closing(open_kept(disk, tmp_path / COMMANDS_FILE)) as db:
        assert db.run("SELECT seq, id FROM commands ORDER BY seq") == [(1, "one"), (2, "two")]


def test_stores_of_an_account_stand_side_by_side(disk: Disk, path: Path, tmp_path: Path) -> None:
    written(disk, path, batch(1))
    open_store(disk, tmp_path / WATCHDOG_FILE, WATCHDOG).close()
    with open_store(disk, tmp_path / WATCHDOG_FILE, WATCHDOG) as store:
        assert store.head == EMPTY
    with pytest.raises(StoreDamaged, match="not a jackline"):
        open_store(disk, path, WATCHDOG)


MORE = "CREATE TABLE later (one INTEGER PRIMARY KEY, two TEXT) STRICT"
LATER = replace(ENGINE, version=3, tables=(*ENGINE.tables, MORE))
STEPS = {
    ENGINE.name: (
        Migration(to_version=2, statements=(MORE,)),
        Migration(to_version=3, statements=("INSERT INTO later VALUES (1, 'as it was')",)),
    )
}


def test_tables_become_those_of_a_later_version_whole_or_not_at_all(disk: Disk, path: Path) -> None:
    written(disk, path, batch(1))
    bad = {ENGINE.name: (*STEPS[ENGINE.name][:1], Migration(to_version=3, statements=("CREATE NONSENSE",)))}
    bring: Callable[..., tuple[int, int]] = partial(migrate, where=str(path))
    with closing(open_changing(disk, path)) as db:
        assert bring(db, ENGINE) == (1, 1)
        with pytest.raises(DbTrouble):
            bring(db, LATER, known=bad)
        assert versions(db) == (1, ())
        assert bring(db, LATER, known=STEPS) == (1, 3)
        assert versions(db) == (3, ((1, "as it was"),))
        assert db.dialect.findings(db, LATER) == ()
        with pytest.raises(StoreDamaged, match="run the program that wrote it"):
            bring(db, ENGINE)
    with pytest.raises(StoreDamaged, match="schema version is 3"):
        open_store(disk, path)


def versions(db: Db) -> tuple[int, tuple[tuple[int, str], ...]]:
    version = db.dialect.identity(db)[1]
    return version, tuple(db.run("SELECT one, two FROM later")) if version > 1 else ()
