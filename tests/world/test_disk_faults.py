"""A disk that refuses, lies, slows down or was changed behind our back: the store says so, owes, and catches up."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from jackline.store.boot import open_store, quarantine
from jackline.store.errors import DbTrouble, StoreDamaged
from jackline.store.reader import StoreReader
from jackline.store.writer import JournalWriter
from jackline.world.disk import SimulatedDisk
from jackline.world.disk_journal import DiskJournal
from tests.store.making import batch
from tests.world.disk_making import ENGINE_DB, STATE, Heard, Host, now

FILES = (ENGINE_DB, STATE / "engine.db-wal")


class Program:
    """Appends a batch whenever the test asks for one."""

    def __init__(self, host: Host) -> None:
        self.host, self.heard = host, Heard()
        self.acked: list[int] = []
        self.writer: JournalWriter | None = None
        self.process = host.process()
        self.view = host.disk.process(self.process)
        host.start(self.process, self._main)
        host.play(0.5)

    async def _main(self) -> None:
        with open_store(self.view, ENGINE_DB) as store:
            self.writer = self.heard.writer(store)
            await self.process.stop.wait()

    def append(self, count: int = 1, *, seconds: float = 0.1) -> None:
        assert self.writer is not None
        for _ in range(count):
            future = self.writer.append(batch(len(self.acked) + 1))
            future.add_done_callback(lambda done: self.acked.append(done.result()))
            self.host.play(seconds)


def full(disk: SimulatedDisk) -> None:
    disk.full = True


def read_only(disk: SimulatedDisk) -> None:
    disk.read_only = True


def write_fails(disk: SimulatedDisk) -> None:
    disk.write_fails = True


@pytest.mark.owns("O4")
@pytest.mark.parametrize(
    ("fault", "says"),
    [(full, "full: "), (read_only, "io: "), (write_fails, "io: ")],
    ids=["full", "read-only", "write-fails"],
)
def test_a_refusing_disk_is_told_once_and_what_is_owed_is_written_when_it_is_well(
    fault: Callable[[SimulatedDisk], None], says: str
) -> None:
    with Host() as host:
        program = Program(host)
        program.append(3)
        fault(host.disk)
        program.append(3, seconds=1.0)
        assert program.acked == [2, 4, 6]
        assert [text.startswith(says) for text in program.heard.broken] == [True]
        assert program.writer is not None
        assert program.writer.health.owed == 3
        assert program.writer.health.lag_ms >= 2_900
        assert host.disk.met
        host.disk.heal()
        host.play(3.0)
        assert len(program.acked) == 6
        assert program.heard.mends == 1
        host.disk.power_cut()
        with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
            assert store.head.seq == 12


def test_a_full_disk_still_takes_what_is_written_over_what_is_there() -> None:
    with Host() as host:
        view = host.disk.process(host.process())
        view.overwrite(STATE / "anchor", b"0001")
        host.disk.full = True
        view.overwrite(STATE / "anchor", b"0002")
        assert view.read(STATE / "anchor") == b"0002"
        for grow in (
            lambda: view.overwrite(STATE / "anchor", b"00003"),
            lambda: view.replace(STATE / "anchor", b"3", durable=False),
            lambda: view.create(STATE / "new"),
            lambda: view.lock(STATE / "lock"),
        ):
            with pytest.raises(OSError, match="full") as caught:
                grow()
            assert caught.value.errno == errno.ENOSPC


@pytest.mark.owns("O4")
def test_a_sync_that_failed_once_is_not_believed_the_second_time() -> None:
    """The kernel calls the pages clean: whoever only syncs again has acknowledged what no platter holds."""
    for seed in range(10):
        with Host(seed) as host:
            program = Program(host)
            program.append(3)
            host.disk.sync_fails_once = True
            program.append(2, seconds=2.0)
            assert program.heard.broken
            assert program.acked == [2, 4, 6, 8, 10]
            program.process.kill()
            host.disk.power_cut()
            with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
                assert store.head.seq == 10


def test_the_simulated_sync_does_lose_what_it_failed_to_write() -> None:
    with Host() as host:
        view = host.disk.process(host.process())
        view.replace(STATE / "file", b"old", durable=True)
        host.disk.sync_fails_once = True
        with pytest.raises(OSError, match="sync_fails"):
            view.replace(STATE / "file", b"new", durable=True)
        assert view.read(STATE / "file") == b"old"
        program = Program(host)
        program.append()
        host.disk.sync_fails_once = True
        program.append(seconds=0.001)
        journal = DiskJournal(host.disk, ENGINE_DB)
        assert [row.seq for row in journal.durable_after(0)] == [1, 2]


def test_a_slow_disk_holds_up_the_acknowledgement_and_nothing_else() -> None:
    with Host() as host:
        program = Program(host)
        host.disk.commit_ms = (800.0, 900.0)
        program.append(seconds=0.7)
        assert program.acked == []
        host.play(0.3)
        assert program.acked == [2]


@pytest.mark.parametrize("harm", ["page", "tail", "backup", "wiped log"])
def test_what_was_done_to_the_files_is_found_at_the_next_start(harm: str) -> None:
    with Host() as host:
        program = Program(host)
        program.append(2)
        program.process.kill()
        backup = host.disk.take_backup(FILES)
        with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
            assert store.head.seq == 4
        again = Program(host)
        again.append(2)
        again.process.stop.set()
        host.play(1.0)
        again.process.kill()
        epoch = host.disk.epoch(ENGINE_DB)
        damage(host.disk, harm, backup)
        assert host.disk.epoch(ENGINE_DB) > epoch
        view = host.disk.process(host.process())
        with pytest.raises(StoreDamaged):
            open_store(view, ENGINE_DB)
        aside = quarantine(view, ENGINE_DB, wire_ms=now(host))
        assert view.exists(aside)
        with open_store(view, ENGINE_DB) as store:
            assert store.created


def damage(disk: SimulatedDisk, harm: str, backup: dict[str, bytes | None]) -> None:
    match harm:
        case "page":
            for _ in range(6):
                disk.corrupt_page(ENGINE_DB)
        case "tail":
            disk.truncate(ENGINE_DB, kept_fraction=0.5)
        case "backup":
            disk.restore_backup(backup)
        case _:
            disk.restore_backup({str(ENGINE_DB): b""})


def test_a_page_corrupted_under_a_living_writer_is_seen_by_readers() -> None:
    with Host() as host:
        program = Program(host)
        program.append(3)
        watchdog = host.disk.process(host.process("watchdog"))
        with StoreReader(watchdog, ENGINE_DB) as reader:
            assert len(reader.load_trades()) == 3
            host.disk.truncate(ENGINE_DB, kept_fraction=0.0)
            with pytest.raises(DbTrouble):
                reader.load_trades()


def test_a_lost_disk_is_an_empty_one() -> None:
    with Host() as host:
        program = Program(host)
        program.append(3)
        program.process.kill()
        host.disk.wipe()
        with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
            assert store.created


def test_the_judges_journal_gives_durable_rows_once_and_starts_again_with_another_file() -> None:
    with Host() as host:
        journal = DiskJournal(host.disk, ENGINE_DB)
        assert journal.durable_after(0) == ()
        program = Program(host)
        program.append(2)
        assert [row.seq for row in journal.durable_after(0)] == [1, 2, 3, 4]
        assert journal.durable_after(4) == ()
        program.append()
        assert [row.seq for row in journal.durable_after(4)] == [5, 6]
        epoch = journal.epoch
        program.process.kill()
        quarantine(host.disk.process(host.process()), Path(ENGINE_DB), wire_ms=now(host))
        assert journal.epoch > epoch
        assert journal.durable_after(0) == ()
        again = Program(host)
        again.append()
        assert [row.seq for row in journal.durable_after(0)] == [1, 2]
        journal.close()
