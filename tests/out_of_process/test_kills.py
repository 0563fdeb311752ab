"""SIGKILL of the real engine and watchdog: on the wire's own moments, at random ones, and again while they recover."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.ids import Role
from jackline.core.plan import Rung
from tests.out_of_process.ending import ended
from tests.out_of_process.scenarios import kill_at_random, kill_in_recovery, kill_when_passed
from tests.out_of_process.stage import staged

pytestmark = pytest.mark.owns("P1", "P6", "O1", "O4", "A1", "L1")
RUNGS = [Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL]


@pytest.mark.timeout(90)
async def test_P1_killed_between_entry_and_stop_and_again_while_recovering(tmp_path: Path) -> None:
    async with staged(tmp_path, Rung.AFTER_FILL) as stage:
        await kill_when_passed(stage, Role.ENTRY)
        await kill_in_recovery(stage, 1)
        figures = await ended(stage)
    assert figures.kills >= 2


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("rung", RUNGS)
async def test_kills_of_either_and_of_both(tmp_path: Path, rung: Rung) -> None:
    async with staged(tmp_path, rung) as stage:
        await kill_when_passed(stage, Role.ENTRY)
        await kill_when_passed(stage, Role.DISASTER)
        await kill_in_recovery(stage, 3)
        await stage.protected()
        await kill_at_random(stage, stage.watchdog)
        await kill_at_random(stage, stage.engine)
        await kill_when_passed(stage, Role.ENTRY)
        await kill_at_random(stage, stage.engine, stage.watchdog)
        await stage.protected()
        await kill_at_random(stage, stage.watchdog, stage.engine)
        await kill_in_recovery(stage, 3)
        await ended(stage, scenario="kills of engine, watchdog and both")
