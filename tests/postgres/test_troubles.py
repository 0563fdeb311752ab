"""A database that dies, hangs or is somebody else's by now: what is owed is written once, and nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from jackline.store import postgres_db, postgres_disk
from jackline.store.batch import prepare
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, open_store
from jackline.store.commands import CommandDesk
from jackline.store.db import Db, Row, SqlValue, open_writer
from jackline.store.errors import DbTrouble, StoreDamaged, TroubleKind
from jackline.store.fencing import LEASE_TABLES, Fence, FencedOff
from jackline.store.journal import EMPTY, link, write
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk, TwinDb
from jackline.store.postgres_origin import PostgresOrigin
from jackline.store.schema import ENGINE
from jackline.store.sqlite_db import SqliteDb
from jackline.store.watch import open_watch_store
from jackline.store.writer import JournalWriter
from tests.postgres.making import close_all, next_poll
from tests.postgres.server import Server
from tests.store.making import batch
from tests.store.test_writer import Heard

CLOSE_MS = 10_000
TICK_S = 0.01
LATE_S = 0.5
"""No tick of a loop is as late, even on a machine that is busy; a pause of the server lasts longer."""


def writer_of(disk: PostgresDisk, path: Path, heard: Heard) -> JournalWriter:
    with open_store(disk, path) as store:
        return store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)


async def test_a_server_that_is_killed_while_rows_are_written_loses_none_and_doubles_none(
    own_cluster: Server, account: str, tmp_path: Path
) -> None:
    server, path, heard = PostgresServer(url=own_cluster.url), tmp_path / ENGINE_FILE, Heard()
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    writer = writer_of(disk, path, heard)
    await writer.append(batch(1))
    futures = [writer.append(batch(number)) for number in range(2, 100)]
    await futures[0]
    own_cluster.kill()
    futures += [writer.append(batch(number)) for number in range(100, 110)]
    await heard.was_broken.wait()
    assert writer.health.broken
    with pytest.raises(
        DbTrouble
    ):  # an engine that starts now is refused; a watchdog's store is another matter
        open_store(disk, path)
    own_cluster.start()
    await heard.was_mended.wait()
    seqs = await asyncio.gather(*futures)
    assert seqs == list(range(4, 220, 2))
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    elsewhere = PostgresDisk(server, account=account, state_dir=tmp_path / "b")
    with open_store(elsewhere, tmp_path / "b" / ENGINE_FILE) as found:
        assert found.head.seq == 218
        assert len(found.read.ledger_entries()) == 218
    open_store(disk, path).close()


async def test_a_paused_server_holds_up_no_loop_and_what_it_did_in_the_end_is_read_from_its_head(
    own_cluster: Server, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_db, "ANSWER_S", 1.0)
    server, path, heard = PostgresServer(url=own_cluster.url), tmp_path / ENGINE_FILE, Heard()
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    writer = writer_of(disk, path, heard)
    await writer.append(batch(1))
    own_cluster.pause()
    try:
        intent = writer.append(batch(2))
        latest_s, loop = 0.0, asyncio.get_running_loop()
        told = asyncio.create_task(heard.was_broken.wait())
        while not told.done():
            begun_s = loop.time()
            await asyncio.wait({told}, timeout=TICK_S)
            latest_s = max(latest_s, loop.time() - begun_s)
        assert latest_s < LATE_S
        assert not intent.done()
        assert "no answer" in heard.broken[0]
    finally:
        own_cluster.resume()
    await heard.was_mended.wait()
    assert await intent == 4
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    with open_store(disk, path) as store:
        assert store.head.seq == 4
        assert len(store.read.ledger_entries()) == 4


class LosesAnswers(TwinDb):
    """A line that is cut behind a COMMIT, before its answer."""

    def __init__(self, origin: PostgresOrigin, cuts: list[int]) -> None:
        super().__init__(origin, ENGINE)
        self._cuts = cuts

    def run(self, statement: str, values: Sequence[SqlValue] = ()) -> list[Row]:
        rows = self._there.run(statement, values)
        if statement == "COMMIT":
            self._cuts.append(1)
            if len(self._cuts) % 2:
                self._there.close()
                raise DbTrouble(TroubleKind.IO, "the line was cut")
            self._copy.bring_up(self._there)
        return rows


async def test_a_commit_whose_answer_was_lost_is_settled_by_the_head(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    path, heard, cuts = tmp_path / ENGINE_FILE, Heard(), list[int]()
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    origin = PostgresOrigin(server, account, path, fence=None)
    with open_store(disk, path) as store:
        writer = JournalWriter(
            disk=disk,
            path=path,
            head=store.head,
            on_broken=heard.on_broken,
            on_mended=heard.on_mended,
            open_db=lambda: LosesAnswers(origin, cuts),
        )
    for number in range(1, 6):
        assert await writer.append(batch(number)) == 2 * number
    assert writer.health.failures >= 2
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    with open_store(disk, path) as store:
        assert (store.head.seq, len(store.read.ledger_entries())) == (10, 10)


def set_number(server: PostgresServer, account: str, number: int) -> None:
    with closing(server.connect(None)) as db:
        for statement in LEASE_TABLES:
            db.execute(statement)
        db.execute(
            "INSERT INTO jackline.lease VALUES (%s, 'a worker', %s, now(), now()) "
            "ON CONFLICT (account) DO UPDATE SET number = excluded.number",
            (account, number),
        )


@pytest.mark.owns("C3")
async def test_C3_a_writer_with_an_old_number_writes_nothing_more(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    path, heard, refused = tmp_path / ENGINE_FILE, Heard(), list[FencedOff]()
    set_number(server, account, 7)
    fence = Fence(account=account, number=7, on_refused=refused.append)
    disk = PostgresDisk(server, account=account, state_dir=tmp_path, fence=fence)
    writer = writer_of(disk, path, heard)
    assert await writer.append(batch(1)) == 2
    set_number(server, account, 8)
    late = writer.append(batch(2))
    await heard.was_broken.wait()
    assert "C3" in heard.broken[0]
    assert "number 7" in heard.broken[0]
    assert refused[0].newest == 8
    assert await writer.close(deadline_ms=0) == 1
    assert late.exception() is not None
    with pytest.raises(FencedOff):
        close_all(CommandDesk(disk, tmp_path / COMMANDS_FILE), "late")
    newer = PostgresDisk(
        server, account=account, state_dir=tmp_path / "b", fence=Fence(account=account, number=8)
    )
    with open_store(newer, tmp_path / "b" / ENGINE_FILE) as store:
        assert store.head.seq == 2
        successor = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
        assert await successor.append(batch(2)) == 4
        assert await successor.close(deadline_ms=CLOSE_MS) == 0


async def test_C3_a_claim_waits_for_the_last_write_and_no_write_follows_it(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    set_number(server, account, 1)
    disk = PostgresDisk(server, account=account, state_dir=tmp_path, fence=Fence(account=account, number=1))
    open_store(disk, tmp_path / ENGINE_FILE).close()
    with closing(open_writer(disk, tmp_path / ENGINE_FILE)) as db:
        db.dialect.begin_writing(db)
        claim = asyncio.create_task(asyncio.to_thread(partial(set_number, server, account, 2)))
        done, _ = await asyncio.wait({claim}, timeout=0.3)
        assert not done
        db.run("COMMIT")
        await claim
        with pytest.raises(FencedOff):
            db.dialect.begin_writing(db)


async def test_an_order_given_elsewhere_is_heard_here(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    here = CommandDesk(PostgresDisk(server, account=account, state_dir=tmp_path), tmp_path / COMMANDS_FILE)
    other = tmp_path / "other"
    there = CommandDesk(PostgresDisk(server, account=account, state_dir=other), other / COMMANDS_FILE)
    assert close_all(there, "first")
    assert not close_all(there, "first")
    read: list[str] = []
    while len(read) < 3:
        await next_poll()
        with contextlib.suppress(DbTrouble):  # until it has been fetched once, which silence would hide
            read += [one.command.command_id for one in here.poll_new(len(read))]
        if read == ["first"]:
            close_all(there, "second")
            close_all(here, "third")
    assert read == ["first", "second", "third"]


async def polled_for_ever(desk: CommandDesk) -> None:
    while True:
        await next_poll()
        desk.close()  # as every 25th poll does by itself
        desk.poll_new(0)


async def test_a_desk_that_cannot_be_followed_is_not_taken_for_a_silent_one(
    own_cluster: Server, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_disk, "DESK_AGE_S_MAX", 0.5)
    server = PostgresServer(url=own_cluster.url)
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    desk = CommandDesk(disk, tmp_path / COMMANDS_FILE)
    close_all(desk, "first")
    own_cluster.kill()
    with pytest.raises(DbTrouble, match="cannot be followed"):
        await polled_for_ever(desk)
    with pytest.raises(DbTrouble):
        close_all(desk, "second")


async def test_a_watchdog_starts_on_its_copy_while_the_database_is_away(
    own_cluster: Server, account: str, tmp_path: Path
) -> None:
    server, path, heard = PostgresServer(url=own_cluster.url), tmp_path / "watchdog.db", Heard()
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    open_watch_store(disk, path).close()
    own_cluster.kill()
    with open_watch_store(disk, path) as store:
        writer = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
        owed = writer.append(batch(1))
        await heard.was_broken.wait()
        own_cluster.start()
        assert await owed == 2
        assert await writer.close(deadline_ms=CLOSE_MS) == 0


def test_a_copy_that_knows_more_than_the_database_is_damage(
    server: PostgresServer, account: str, tmp_path: Path
) -> None:
    disk = PostgresDisk(server, account=account, state_dir=tmp_path)
    open_store(disk, tmp_path / ENGINE_FILE).close()
    copy: Db = SqliteDb(tmp_path / ENGINE_FILE, read_only=False)
    write(copy, link(EMPTY, [prepare(batch(1))]))
    copy.close()
    with pytest.raises(StoreDamaged, match="the copy here ends at row 2"):
        open_store(disk, tmp_path / ENGINE_FILE)
