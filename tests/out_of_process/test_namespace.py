"""The link itself down and up, in a network namespace of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jackline.core.plan import Rung
from tests.out_of_process.ending import ended
from tests.out_of_process.namespace import Namespace, namespace, unavailable
from tests.out_of_process.scenarios import link_down
from tests.out_of_process.stage import Stage, draw_seed, markets, staged
from tests.processes import exchange

pytestmark = pytest.mark.owns("P1", "O1", "A1", "L1")


@asynccontextmanager
async def _staged_apart(directory: Path, rung: Rung) -> AsyncIterator[tuple[Stage, Namespace]]:
    reason = await unavailable()
    if reason is not None:
        pytest.skip(reason)
    seed = draw_seed()
    async with (
        namespace() as apart,
        exchange(*markets(seed), under=apart.under, connector=apart.connector()) as venue,
        staged(directory, rung, under=apart.under, venue=venue, seed=seed) as stage,
    ):
        try:
            yield stage, apart
        finally:
            await apart.link(up=True)


@pytest.mark.timeout(90)
async def test_P1_the_link_goes_down_over_an_open_position(tmp_path: Path) -> None:
    async with _staged_apart(tmp_path, Rung.STOP_FIRST) as (stage, apart):
        await stage.protected()
        await link_down(stage, apart, 1_500)
        figures = await ended(stage)
    assert figures.cuts == 1


@pytest.mark.long
@pytest.mark.timeout(200)
@pytest.mark.parametrize("rung", [Rung.CONCURRENT, Rung.AFTER_FILL])
async def test_the_link_goes_down_again_and_again(tmp_path: Path, rung: Rung) -> None:
    async with _staged_apart(tmp_path, rung) as (stage, apart):
        for _ in range(4):
            await stage.protected()
            await link_down(stage, apart, stage.dice.uniform(100, 4_000), after_ms_max=1_500)
        await stage.converged()
        await stage.protected()
        await link_down(stage, apart, 3_000, killing=stage.engine)
        await ended(stage, scenario="the namespace's link down")
