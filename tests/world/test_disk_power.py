"""Power cuts: what was acknowledged is there, whatever of the rest the drive kept; and a disk that can lose, loses."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.check import check_store
from jackline.store.db import Db, open_writer
from jackline.store.errors import StoreDamaged
from jackline.store.schema import ENGINE
from jackline.store.writer import JournalWriter
from jackline.world.process import Process
from jackline.world.process_disk import ProcessDisk
from tests.store.making import batch
from tests.world.disk_making import ENGINE_DB, STATE, Heard, Host

OpenWriter = Callable[[ProcessDisk, Path], Db]
BATCHES_AT_ONCE_MAX = 4


def carelessly(disk: ProcessDisk, path: Path) -> Db:
    """What SQLite's own advice for WAL would do."""
    db = open_writer(disk, path)
    db.run("PRAGMA synchronous = NORMAL")
    return db


def write_on(host: Host, process: Process, view: ProcessDisk, opened: OpenWriter, acked: list[int]) -> None:
    """A program that appends without end and remembers what was acknowledged."""
    heard = Heard()

    async def main() -> None:
        with open_store(view, ENGINE_DB) as store:
            writer = JournalWriter(
                disk=view,
                path=ENGINE_DB,
                head=store.head,
                on_broken=heard.on_broken,
                on_mended=heard.on_mended,
                open_db=lambda: opened(view, ENGINE_DB),
            )
            number = store.head.seq
            while True:
                count = 1 + int(host.draw.random() * BATCHES_AT_ONCE_MAX)
                texts = ["x" * int(host.draw.random() * 3_000) for _ in range(count)]
                owed = [writer.append(batch(number + n, text=text)) for n, text in enumerate(texts, start=1)]
                acked.append((await asyncio.gather(*owed))[-1])
                number += count

    host.start(process, main)


def cut(host: Host, opened: OpenWriter, acked: list[int]) -> None:
    """One life of the program, ended by a power cut: between two steps, or in the middle of a write."""
    process = host.process()
    view = host.disk.process(process)

    def strike() -> None:
        process.kill()
        host.disk.power_cut()

    if host.draw.random() < 0.5:
        host.disk.strike_in_write(view, writes=60 + int(host.draw.random() * 300), strike=strike)
    write_on(host, process, view, opened, acked)
    host.play(0.01 + 0.05 * host.draw.random())
    strike()


@pytest.mark.owns("O4")
def test_two_hundred_power_cuts_lose_no_acknowledged_row() -> None:
    cuts = grown = 0
    started_s = time.process_time()
    for seed in range(50):
        with Host(seed) as host:
            acked: list[int] = []
            for _ in range(4):
                before = len(acked)
                cut(host, open_writer, acked)
                cuts += 1
                grown += len(acked) - before
                view = host.disk.process(host.process("check"))
                if view.exists(ENGINE_DB):
                    head = check_store(view, ENGINE_DB, ENGINE)
                    assert head.seq >= max(acked, default=0), f"seed {seed}"
                else:
                    assert not acked, f"seed {seed}"
    said = f"{cuts} power cuts, {grown} acknowledged groups, {time.process_time() - started_s:.2f} CPU s"
    sys.stdout.write(said + "\n")
    assert cuts == 200
    assert grown > 500


def test_without_a_sync_acknowledged_rows_are_lost() -> None:
    lost = 0
    for seed in range(20):
        with Host(seed) as host:
            acked: list[int] = []
            cut(host, carelessly, acked)
            if not acked:
                continue
            try:
                head = check_store(host.disk.process(host.process("check")), ENGINE_DB, ENGINE)
            except StoreDamaged:
                lost += 1  # the anchor knows of rows that are gone
            else:
                lost += head.seq < acked[-1]
    assert lost >= 10


def test_the_durable_view_is_what_is_left_of_an_unsynced_journal() -> None:
    for opened in (open_writer, carelessly):
        with Host(3) as host:
            acked: list[int] = []
            process = host.process()
            write_on(host, process, host.disk.process(process), opened, acked)
            host.play(0.2)
            durable = host.disk.look(ENGINE_DB, durable=True).run("SELECT max(seq) FROM journal")[0][0] or 0
            seen = host.disk.look(ENGINE_DB, durable=False).run("SELECT max(seq) FROM journal")[0][0]
            assert seen >= acked[-1]
            assert (durable >= acked[-1]) is (opened is open_writer)


def test_names_that_were_not_synced_may_be_gone_and_those_that_were_are_not() -> None:
    fates = set()
    for seed in range(40):
        with Host(seed) as host:
            view = host.disk.process(host.process())
            view.replace(STATE / "kept", b"old", durable=True)
            view.replace(STATE / "kept", b"new", durable=False)
            view.create(STATE / "made")
            view.rename(STATE / "made", STATE / "moved")
            host.disk.power_cut()
            after = host.disk.process(host.process())
            kept = after.read(STATE / "kept")
            fates.add((kept, after.exists(STATE / "made"), after.exists(STATE / "moved")))
    assert {kept for kept, _, _ in fates} == {b"old", b"new", b""}  # b"": the new name, without its content
    assert {made for _, made, _ in fates} == {True, False}
    assert {moved for _, _, moved in fates} == {True, False}
    assert not any(made and moved for _, made, moved in fates)


def test_a_torn_write_is_torn_at_sectors() -> None:
    old, new, torn = b"o" * 2_048, b"n" * 2_048, 0
    for seed in range(40):
        with Host(seed) as host:
            view = host.disk.process(host.process())
            view.replace(STATE / "file", old, durable=True)
            view.overwrite(STATE / "file", new)
            assert view.read(STATE / "file") == new
            host.disk.power_cut()
            data = host.disk.process(host.process()).read(STATE / "file")
            sectors = [data[at : at + 512] for at in range(0, len(data), 512)]
            assert all(sector in (old[:512], new[:512]) for sector in sectors)
            torn += len(set(sectors)) == 2
    assert 5 <= torn <= 30


def test_a_store_whose_creation_was_cut_short_is_made_anew() -> None:
    made = 0
    for seed in range(30):
        with Host(seed) as host:
            process = host.process()
            view = host.disk.process(process)

            def strike(process: Process = process, host: Host = host) -> None:
                process.kill()
                host.disk.power_cut()

            host.disk.strike_in_write(view, writes=int(host.draw.random() * 120), strike=strike)

            async def main(view: ProcessDisk = view) -> None:
                open_store(view, STATE / ENGINE_FILE).close()

            host.start(process, main)
            host.play(1.0)
            made += process.alive
            with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
                assert store.head.seq == 0
    assert made < 30
