"""The wire between our processes and the exchange cut, half-open, deaf or slow, and the exchange standing still."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.ids import Role
from jackline.core.plan import Rung
from tests.out_of_process.ending import ended
from tests.out_of_process.relay import Lane, Line
from tests.out_of_process.scenarios import (
    cut,
    cut_engine_when_passed,
    cut_when_passed,
    kill_while_cut,
    pause_engine_when_passed,
    slow,
)
from tests.out_of_process.stage import staged

pytestmark = pytest.mark.owns("P1", "P6", "O1", "A1", "L1")
RUNGS = [Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL]


@pytest.mark.timeout(90)
async def test_P1_cut_between_entry_and_stop(tmp_path: Path) -> None:
    async with staged(tmp_path, Rung.AFTER_FILL) as stage:
        await cut_when_passed(stage, Role.ENTRY, Line.SILENT, 1_500)
        figures = await ended(stage)
    assert figures.naked_raw_ms_max >= 1_000, "the cut hit nothing"


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rung", RUNGS)
async def test_cuts_while_flat_protected_entering_and_trailing(tmp_path: Path, rung: Rung) -> None:
    async with staged(tmp_path, rung) as stage:
        await cut(stage, Line.CUT, 1_500)
        await stage.protected()
        await cut(stage, Line.CUT, 2_000)
        await cut_when_passed(stage, Role.ENTRY, Line.SILENT, 2_500)
        await stage.converged()
        await cut_when_passed(stage, Role.ENTRY, Line.DEAF, 2_500)
        await cut_when_passed(stage, Role.DISASTER, Line.DEAF, 2_500)
        await cut_when_passed(stage, Role.WORKING, Line.SILENT, 2_500)
        await stage.converged()
        await ended(stage, scenario="cuts of the wire")


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("rung", RUNGS)
async def test_one_lane_half_open_slow_and_the_exchange_standing_still(tmp_path: Path, rung: Rung) -> None:
    async with staged(tmp_path, rung) as stage:
        await stage.protected()
        await cut(stage, Line.SILENT, 4_000, lanes=(Lane.STREAM,))
        await cut(stage, Line.CUT, 2_000, lanes=(Lane.REST,))
        await stage.protected()
        await kill_while_cut(stage, 3_000)
        await stage.protected()
        await stage.pause_exchange(2_500)
        await slow(stage, 3_000, delay_ms=60)
        await ended(
            stage, scenario="half-open streams, cut requests, kill while cut, exchange stopped, slow wire"
        )


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
async def test_P1_only_the_engine_is_cut_off(tmp_path: Path, rung: Rung) -> None:
    async with staged(tmp_path, rung) as stage:
        await cut_engine_when_passed(stage, Role.ENTRY, Line.SILENT, 6_000)
        await ended(stage, scenario="the engine's wire alone")


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
async def test_P1_a_paused_engine_wakes_with_an_old_lease(tmp_path: Path, rung: Rung) -> None:
    async with staged(tmp_path, rung) as stage:
        await pause_engine_when_passed(stage, Role.ENTRY, 6_000)
        await ended(stage, scenario="the engine paused")
