from __future__ import annotations

import asyncio
import threading
from functools import partial
from pathlib import Path

import msgspec
import pytest

from jackline.core.errors import InvariantBroken
from jackline.store.anchor import read_anchor
from jackline.store.batch import Batch, JournalKind, prepare
from jackline.store.boot import open_store
from jackline.store.db import Db, OpenDb, open_writer
from jackline.store.encode import open_body
from jackline.store.errors import DbTrouble, JournalClosed, JournalOverflow, TroubleKind
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, Journal, link, write
from jackline.store.writer import GROUP_BATCHES_MAX, JournalWriter
from tests.store.making import adopted, batch, row

CLOSE_MS = 5_000


class Heard:
    """What the writer told the loop."""

    def __init__(self) -> None:
        self.broken: list[str] = []
        self.mends = 0
        self.was_broken, self.was_mended = asyncio.Event(), asyncio.Event()

    def on_broken(self, detail: str) -> None:
        self.broken.append(detail)
        self.was_broken.set()

    def on_mended(self) -> None:
        self.mends += 1
        self.was_mended.set()


def start(path: Path, heard: Heard, open_db: OpenDb, queue_max: int = 64) -> JournalWriter:
    with open_store(HostDisk(), path) as store:
        return JournalWriter(
            disk=HostDisk(),
            path=path,
            open_db=open_db,
            head=store.head,
            on_broken=heard.on_broken,
            on_mended=heard.on_mended,
            queue_max=queue_max,
        )


@pytest.mark.owns("O4")
async def test_a_resolved_future_means_durable(tmp_path: Path) -> None:
    path, heard = tmp_path / "engine.db", Heard()
    with open_store(HostDisk(), path) as store:
        journal: Journal = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
        assert await journal.append(batch(1)) == 2
        assert store.read.head().seq == 2  # seen by another connection
        seqs = await asyncio.gather(*(journal.append(batch(number)) for number in range(2, 40)))
        assert seqs == list(range(4, 80, 2))
        assert store.read.load_account() == {"fence": "39"}
        assert [trade.trade_id for trade in store.read.load_trades()] == [
            adopted(number).trade_id for number in range(1, 40)
        ]
        assert [entry.seq for entry in store.read.journal_tail(3)] == [76, 77, 78]
        assert [entry.seq for entry in store.read.journal_after(76, 10)] == [77, 78]
        assert await journal.close(deadline_ms=CLOSE_MS) == 0
        assert journal.health.owed == journal.health.lag_ms == 0
        assert journal.health.batches == 39
        assert read_anchor(HostDisk(), path) == store.read.head()
    assert heard.broken == []
    open_store(HostDisk(), path).close()


async def test_what_is_queued_shares_a_commit(tmp_path: Path) -> None:
    path, heard, gate = tmp_path / "engine.db", Heard(), threading.Event()

    def slow() -> Db:
        gate.wait()
        return open_writer(HostDisk(), path)

    writer = start(path, heard, slow, queue_max=2 * GROUP_BATCHES_MAX)
    futures = [writer.append(batch(number)) for number in range(1, 100)]
    assert not any(future.done() for future in futures)
    assert writer.health.owed == 99
    gate.set()
    await asyncio.gather(*futures)
    assert writer.health.commits <= 2
    assert await writer.close(deadline_ms=CLOSE_MS) == 0


@pytest.mark.owns("O4")
async def test_a_full_disk_is_told_once_and_what_is_owed_is_written_when_there_is_room(
    tmp_path: Path,
) -> None:
    path, heard, pages = tmp_path / "engine.db", Heard(), [30]

    def small_disk() -> Db:
        db = open_writer(HostDisk(), path)
        db.run(f"PRAGMA max_page_count = {pages[0]}")
        return db

    writer = start(path, heard, small_disk)
    futures = [writer.append(batch(number, text="x" * 5_000)) for number in range(1, 30)]
    await heard.was_broken.wait()
    intent = writer.append(batch(30))
    assert "full" in heard.broken[0]
    assert writer.health.broken
    assert writer.health.owed > 0
    pages[0] = 10_000
    await heard.was_mended.wait()
    assert await intent == 60
    assert all(future.done() for future in futures)
    assert (len(heard.broken), heard.mends) == (1, 1)
    assert not writer.health.broken
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    with open_store(HostDisk(), path) as store:
        assert store.head.seq == 60
        assert len(store.read.ledger_entries()) == 60


async def test_a_queue_overflow_keeps_the_state_and_owns_up_to_the_gap(tmp_path: Path) -> None:
    path, heard, gate = tmp_path / "engine.db", Heard(), threading.Event()

    def stuck() -> Db:
        gate.wait()
        return open_writer(HostDisk(), path)

    writer = start(path, heard, stuck, queue_max=4)
    futures = [writer.append(batch(number)) for number in range(1, 30)]
    failed = [future for future in futures if future.done()]
    assert len(failed) >= 20
    with pytest.raises(JournalOverflow):
        await failed[0]
    await heard.was_broken.wait()
    gate.set()
    await heard.was_mended.wait()
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    with open_store(HostDisk(), path) as store:
        assert len(store.read.load_trades()) == 29
        assert len(store.read.ledger_entries()) == 58
        assert store.read.load_account() == {"fence": "29"}
        (gap,) = [entry for entry in store.read.journal_tail(100) if entry.kind == JournalKind.GAP]
        assert msgspec.json.decode(open_body(gap.body))["rows_lost"] == 2 * len(failed)


async def test_closing_keeps_its_deadline_on_a_dead_disk(tmp_path: Path) -> None:
    path, heard = tmp_path / "engine.db", Heard()

    def dead() -> Db:
        raise DbTrouble(TroubleKind.IO, "disk I/O error")

    writer = start(path, heard, dead)
    future = writer.append(batch(1))
    assert await writer.close(deadline_ms=20) == 1
    with pytest.raises(JournalClosed):
        await future
    with pytest.raises(JournalClosed):
        await writer.append(batch(2))
    assert heard.broken == ["io: disk I/O error"]


async def test_a_second_writer_is_noticed_and_harms_nothing(tmp_path: Path) -> None:
    path, heard = tmp_path / "engine.db", Heard()
    writer = start(path, heard, partial(open_writer, HostDisk(), path))
    await writer.append(batch(1))
    intruder = open_writer(HostDisk(), path)
    with open_store(HostDisk(), path) as store:
        write(intruder, link(store.head, [prepare(batch(2))]))
    intruder.close()
    writer.append(batch(3))
    await heard.was_broken.wait()
    assert "another process" in heard.broken[0]
    assert await writer.close(deadline_ms=0) == 1
    open_store(HostDisk(), path).close()


def test_a_commit_that_failed_and_was_written_all_the_same_is_not_written_twice(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    open_store(HostDisk(), path).close()
    linked = link(EMPTY, [prepare(batch(1))])
    db = open_writer(HostDisk(), path)
    write(db, linked)
    write(db, linked)
    db.close()
    with open_store(HostDisk(), path) as store:
        assert store.head == linked.after
        assert store.head.seq == 2


@pytest.mark.owns("O4")
def test_state_without_a_journal_row_cannot_be_written() -> None:
    with pytest.raises(InvariantBroken, match="O4"):
        Batch(rows=(), trades=(adopted(1),))


def test_a_failed_batch_leaves_no_half(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    open_store(HostDisk(), path).close()
    db = open_writer(HostDisk(), path)
    db.run("PRAGMA max_page_count = 12")
    linked = link(EMPTY, [prepare(batch(1)), prepare(Batch(rows=(row("x" * 100_000),)))])
    with pytest.raises(DbTrouble) as caught:
        write(db, linked)
    assert caught.value.kind is TroubleKind.FULL
    db.close()
    with open_store(HostDisk(), path) as store:
        assert store.head == EMPTY
        assert store.read.load_trades() == ()
