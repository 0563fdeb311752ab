"""Faults of the host over an open, protected position: which test owns which is docs/host-faults.md.

A position whose stop rests outlives anything. So in each of these the stop is taken away as well, by its owner's own
hand at the exchange, while the fault lasts: who is left must see it, and rest another or close.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.machine import Phase
from jackline.core.plan import Rung
from jackline.store.boot import open_store
from jackline.store.host_disk import HostDisk
from tests.out_of_process.ending import ended
from tests.out_of_process.host import Unavailable, out_of_memory, volume, wall_clock
from tests.out_of_process.lasting import lasting
from tests.out_of_process.older_store import age_trades
from tests.out_of_process.records import read
from tests.out_of_process.scenarios import covered_or_closed, lose_the_stop, resting, said
from tests.out_of_process.stage import CONVERGED_S, staged

pytestmark = [pytest.mark.owns("P1", "P6", "O1", "A1", "L1"), pytest.mark.long, pytest.mark.timeout(200)]
PAUSE_MS = 8_000.0
"""Longer than every deadline of ours: the longest, of a stop that ceased to work, is 5,000."""
STEP_MS = 30_000


async def test_P1_a_stopped_watchdog_wakes_and_takes_over(tmp_path: Path) -> None:
    async with staged(tmp_path, Rung.STOP_FIRST) as stage:
        await stage.protected()
        await stage.market(runs=False)
        await stage.pause(stage.watchdog, PAUSE_MS)
        await stage.kill(stage.engine)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        said(stage.watchdog, "engine_silent")
        await stage.start(stage.engine)
        await ended(stage, scenario="the watchdog paused, then alone")


async def test_P1_both_stopped_longer_than_every_deadline(tmp_path: Path) -> None:
    async with staged(tmp_path, Rung.STOP_FIRST) as stage:
        await stage.protected()
        await stage.market(runs=False)
        async with stage.unreached():
            for seat in stage.seats:
                stage.freeze(seat)
            await lose_the_stop(stage)
            await lasting(PAUSE_MS)
            for seat in stage.seats:
                stage.thaw(seat)
        await covered_or_closed(stage)
        figures = await ended(stage, scenario="engine and watchdog paused, the stop lost")
    assert figures.naked_raw_ms_max >= PAUSE_MS - 1_000, "the stop was not lost while both stood still"


async def test_P1_the_kernel_kills_the_engine_for_want_of_memory(tmp_path: Path) -> None:
    async with staged(tmp_path, Rung.STOP_FIRST) as stage:
        await stage.protected()
        await stage.market(runs=False)
        assert stage.engine.child is not None
        try:
            await out_of_memory(stage.engine.child.process.pid)
        except Unavailable as lacking:
            pytest.skip(str(lacking))
        stage.kills += 1
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.heard(stage.engine, "lease_taken_over")
        await ended(stage, scenario="the engine out of memory")


async def test_P1_the_kernel_kills_the_watchdog_for_want_of_memory(tmp_path: Path) -> None:
    """The engine minds alone, the supervisor starts the watchdog again, and then that one minds alone."""
    async with staged(tmp_path, Rung.STOP_FIRST) as stage:
        await stage.protected()
        await stage.market(runs=False)
        first = stage.watchdog.child
        assert first is not None
        try:
            await out_of_memory(first.process.pid)
        except Unavailable as lacking:
            pytest.skip(str(lacking))
        stage.kills += 1
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.until(
            lambda _: stage.watchdog.child is not first, within_s=CONVERGED_S, what="nobody started it again"
        )
        await stage.heard(stage.watchdog, "watching")
        await stage.protected()
        await stage.market(runs=False)
        await stage.kill(stage.engine)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        said(stage.watchdog, "engine_silent")
        await stage.start(stage.engine)
        await ended(stage, scenario="the watchdog out of memory, then alone")


async def test_P1_the_disk_goes_read_only(tmp_path: Path) -> None:
    try:
        with volume(tmp_path / "state", tmp_path / "image") as disk:
            async with staged(tmp_path, Rung.STOP_FIRST) as stage:
                await stage.protected()
                await stage.market(runs=False)
                disk.fail()
                await stage.heard(stage.engine, "heartbeat_failed")
                said(stage.engine, "Read-only file system")
                await lose_the_stop(stage)
                await covered_or_closed(stage)
                for seat in stage.seats:
                    await stage.kill(seat)
                disk.mend()
                for seat in stage.seats:
                    await stage.start(seat)
                await ended(stage, scenario="the disk gone read-only")
                for seat in stage.seats:
                    await stage.kill(seat)
    except Unavailable as lacking:
        pytest.skip(str(lacking))


@pytest.mark.parametrize("by_ms", [STEP_MS, -STEP_MS], ids=["forwards", "backwards"])
async def test_P1_the_wall_clock_jumps(tmp_path: Path, by_ms: int) -> None:
    try:
        clock = wall_clock(tmp_path)
    except Unavailable as lacking:
        pytest.skip(str(lacking))
    async with staged(tmp_path, Rung.STOP_FIRST, under=clock.under) as stage:
        await stage.protected()
        await stage.market(runs=False)
        clock.step(by_ms)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        clock.step(0)
        await ended(stage, scenario=f"the wall clock {'ahead' if by_ms > 0 else 'behind'} by 30 s, and back")


async def test_P4_an_upgrade_over_an_open_position(tmp_path: Path) -> None:
    """The new program finds the store of the first version, an open trade in it, and its stop at the venue."""
    async with staged(tmp_path, Rung.STOP_FIRST) as stage:
        await stage.protected()
        await stage.market(runs=False)
        assert await stage.stop(stage.engine) == 0, stage.said()
        with read(stage.store) as reader:
            before = reader.load_trades()
        assert age_trades(stage.store) >= len(before) > 0
        stops = resting(await stage.venue.get("witness"))
        await stage.start(stage.engine)
        await stage.heard(stage.engine, "recovered")
        await stage.until(
            lambda _: stage.phases() == {Phase.PROTECTED},
            within_s=CONVERGED_S,
            what="the trade was not taken up",
        )
        assert resting(await stage.venue.get("witness")) == stops, "the upgrade touched a stop"
        with read(stage.store) as reader:
            assert {trade.trade_id for trade in reader.load_trades()} == {trade.trade_id for trade in before}
        await ended(stage, scenario="an upgrade over an open position")
    with open_store(HostDisk(), stage.store) as store:
        assert store.head.seq > 0
