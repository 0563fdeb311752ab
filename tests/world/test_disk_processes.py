"""Several processes on one disk: kills between any two steps, locks that die with their holder, readers."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import pytest

from jackline.core.values import WireMs
from jackline.engine import heartbeat
from jackline.engine.heartbeat import Heartbeat
from jackline.store.boot import COMMANDS_FILE, Store, open_store
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.disk import Disk
from jackline.store.lease import LOCK_FILE, LeaseHeld, acquire, is_held
from jackline.store.reader import StoreReader
from jackline.world.errors import ProcessDead
from jackline.world.process import Process
from jackline.world.process_disk import ProcessDisk
from tests.store.making import NOW, batch
from tests.world.disk_making import ENGINE_DB, STATE, Heard, Host

BEAT = Heartbeat(
    pid=1,
    wire_ms=2,
    market_ms=3,
    turns=4,
    inbox=5,
    loop_lag_ms=6,
    journal_lag_ms=7,
    ready=True,
    risky=(),
    unheard_since_ms=0,
)


def one_append(host: Host, process: Process, view: ProcessDisk, acked: list[int]) -> None:
    heard = Heard()

    async def main() -> None:
        with open_store(view, ENGINE_DB) as store:
            writer = heard.writer(store)
            acked.append(await writer.append(batch(1)))
            await writer.close(deadline_ms=100)

    host.start(process, main)


def kill_at(step: int, process: Process) -> None:
    if process.steps == step:
        process.kill()


@pytest.mark.owns("O4")
def test_a_kill_may_fall_before_a_write_and_between_the_write_and_its_acknowledgement() -> None:
    """Killed after every number of steps there is: what was acknowledged is always there, and all three cases come."""
    seen: set[tuple[bool, bool]] = set()
    for step in range(1, 40):
        with Host() as host:
            acked: list[int] = []
            process = host.process()
            view = host.disk.process(process)
            host.loop.after_step = partial(kill_at, step)
            one_append(host, process, view, acked)
            host.play(1.0)
            process.kill()
            with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
                written = store.head.seq == 2
            assert written or not acked
            seen.add((written, bool(acked)))
    assert seen == {(False, False), (True, False), (True, True)}


def test_a_kill_in_the_middle_of_a_commit_leaves_all_of_it_or_nothing() -> None:
    heads: set[int] = set()
    for writes in range(200):
        with Host() as host:
            acked: list[int] = []
            process = host.process()
            view = host.disk.process(process)
            host.disk.strike_in_write(view, writes=writes, strike=process.kill)
            one_append(host, process, view, acked)
            host.play(1.0)
            if process.alive:
                break
            with open_store(host.disk.process(host.process()), ENGINE_DB) as store:
                heads.add(store.head.seq)
                assert not acked or store.head.seq == 2
    assert heads == {0, 2}


def test_what_a_killed_process_had_written_is_seen_though_it_was_never_synced() -> None:
    with Host() as host:
        process = host.process()
        view = host.disk.process(process)
        view.overwrite(STATE / "anchor", b"noted")
        process.kill()
        assert host.disk.process(host.process()).read(STATE / "anchor") == b"noted"


def test_a_dead_process_changes_nothing_any_more() -> None:
    with Host() as host:
        process = host.process()
        view = host.disk.process(process)
        kept: list[Store] = []
        heard = Heard()

        async def main() -> None:
            store = open_store(view, ENGINE_DB)
            kept.append(store)
            await heard.writer(store).append(batch(1))
            await process.stop.wait()

        host.start(process, main)
        host.play(0.5)
        db = view.open_db(ENGINE_DB, read_only=True)
        process.kill()
        files = {name: bytes(inode.content) for name, inode in host.disk.directory.names.items()}
        calls = (
            lambda: view.exists(ENGINE_DB),
            lambda: view.overwrite(ENGINE_DB, b"x"),
            lambda: view.open_db(ENGINE_DB, read_only=False),
            lambda: view.carrier("journal"),
            lambda: db.run("SELECT 1"),
            kept[0].read.load_trades,
        )
        for call in calls:
            with pytest.raises(ProcessDead):
                call()
        db.close()
        kept[0].close()
        process.bury()  # gives its memory back: SQLite closes, checkpoints and deletes logs, if it is let
        assert {name: bytes(inode.content) for name, inode in host.disk.directory.names.items()} == files
        assert f"{ENGINE_DB}-wal" in files


@pytest.mark.owns("C3")
def test_one_engine_holds_the_lease_and_it_ends_with_its_process() -> None:
    with Host() as host:
        first, second, third = host.process(), host.process(), host.process()
        disks = [host.disk.process(process) for process in (first, second, third)]
        assert is_held(disks[1], STATE) is None
        lease = acquire(disks[0], STATE, world=first, mode="paper", wire_ms=NOW)
        with pytest.raises(LeaseHeld, match=f"process {first.pid()} on simulated"):
            acquire(disks[1], STATE, world=second, mode="paper", wire_ms=NOW)
        first.pause()
        assert is_held(disks[1], STATE) == lease.holder
        first.kill()
        assert is_held(disks[1], STATE) is None
        again = acquire(disks[1], STATE, world=second, mode="paper", wire_ms=NOW)
        assert again.took_over_from == lease.holder
        assert again.fence == lease.fence + 1
        assert again.is_intact()
        disks[2].remove(STATE / LOCK_FILE)
        assert not again.is_intact()
        orphaned = acquire(disks[2], STATE, world=third, mode="paper", wire_ms=NOW)
        assert orphaned.fence == again.fence + 1
        orphaned.release()
        host.disk.power_cut()
        last = host.process()
        after = acquire(host.disk.process(last), STATE, world=last, mode="paper", wire_ms=NOW)
        assert after.fence > orphaned.fence  # durable before it was used


def test_a_beat_is_read_whole_or_not_at_all() -> None:
    with Host() as host:
        engine, watchdog = host.disk.process(host.process()), host.disk.process(host.process())
        assert heartbeat.read(watchdog, STATE) is None
        heartbeat.write(engine, STATE, BEAT)
        assert heartbeat.read(watchdog, STATE) == BEAT
        engine.overwrite(STATE / heartbeat.FILE, b"{{")
        assert heartbeat.read(watchdog, STATE) is None


def test_another_process_reads_what_the_writer_has_committed_and_nothing_else() -> None:
    with Host() as host:
        process = host.process()
        view, watchdog = host.disk.process(process), host.disk.process(host.process())
        heard, sizes = Heard(), list[int]()

        async def main() -> None:
            with open_store(view, ENGINE_DB) as store:
                writer = heard.writer(store)
                for number in range(1, 6):
                    await writer.append(batch(number))
                    with StoreReader(watchdog, ENGINE_DB) as reader:
                        sizes.append(len(reader.load_trades()))
                    with store.read as same:
                        sizes.append(len(same.load_trades()))
                    open_store_beside(watchdog)
                await process.stop.wait()

        host.start(process, main)
        host.play(1.0)
        assert sizes == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
        with StoreReader(watchdog, ENGINE_DB) as reader:
            process.kill()
            assert len(reader.load_trades()) == 5  # from the log of the dead
        assert heard.broken == []


def open_store_beside(disk: Disk) -> None:
    """A whole check of the file while it is written."""
    from jackline.store.check import check_store
    from jackline.store.schema import ENGINE

    check_store(disk, ENGINE_DB, ENGINE)


def test_a_command_given_by_one_process_is_polled_by_another() -> None:
    with Host() as host:
        engine = CommandDesk(host.disk.process(host.process()), STATE / COMMANDS_FILE)
        person = CommandDesk(host.disk.process(host.process("person")), STATE / COMMANDS_FILE)
        assert engine.poll_new(0) == ()
        for number in range(1, 4):
            command = Command(
                command_id=str(number),
                created_ms=WireMs(NOW),
                actor="person",
                kind=CommandKind.CLOSE_ALL,
                symbol=None,
                side=None,
                reason="test",
            )
            assert person.submit(command)
            assert not person.submit(command)
            (posted,) = engine.poll_new(number - 1)
            assert posted.command == command
        engine.close()
        host.disk.power_cut()
        with_power = CommandDesk(host.disk.process(host.process()), STATE / COMMANDS_FILE)
        assert len(with_power.poll_new(0)) == 3
        with_power.close()


def test_one_seed_gives_one_disk() -> None:
    def ending(seed: int) -> list[tuple[str, int]]:
        with Host(seed) as host:
            process = host.process()
            view = host.disk.process(process)
            heard, draw = Heard(), random.Random(f"text/{seed}")

            async def main() -> None:
                with open_store(view, Path(ENGINE_DB)) as store:
                    writer = heard.writer(store)
                    for number in range(1, 40):
                        await writer.append(batch(number, text="x" * int(draw.random() * 900)))
                    await process.stop.wait()

            host.start(process, main)
            host.play(0.3)
            process.kill()
            host.disk.power_cut()
            times = [("steps", host.loop.steps)]
            return times + [(name, len(inode.content)) for name, inode in host.disk.directory.names.items()]

    assert ending(5) == ending(5)
    assert ending(5) != ending(6)
