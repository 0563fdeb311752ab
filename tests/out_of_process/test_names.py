"""The venue by its name, and names that do not resolve any more while a position is open."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jackline.core.plan import Rung
from tests.out_of_process.by_name import NAME
from tests.out_of_process.ending import ended
from tests.out_of_process.lasting import lasting
from tests.out_of_process.names import NameServer, Unavailable, Weather, names
from tests.out_of_process.relay import Line
from tests.out_of_process.scenarios import covered_or_closed, cut, is_said, lose_the_stop, said
from tests.out_of_process.stage import OPEN_S, Stage, staged

pytestmark = [pytest.mark.owns("P1", "P6", "O1", "A1", "L1"), pytest.mark.long, pytest.mark.timeout(300)]
KEPT_MS = 11_000.0
"""Longer than a connector keeps addresses by itself, and than one question to a silent name server."""
CUT_MS = 300.0
QUESTIONS_PER_S_MAX = 20
"""Two processes ask twice a second at most, and one question is four packets where it fails."""


@pytest.mark.parametrize("weather", [Weather.FAILS, Weather.SILENT], ids=["fails", "silent"])
async def test_P1_the_name_of_the_venue_does_not_resolve_any_more(tmp_path: Path, weather: Weather) -> None:
    async with _staged(tmp_path) as (stage, resolver):
        await stage.protected()
        resolver.weather = weather
        await lasting(KEPT_MS)
        await _entered(stage)
        await stage.market(runs=False)
        await cut(stage, Line.CUT, CUT_MS)  # every connection is gone, and no name says where to dial
        asked = resolver.asked
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        said(stage.engine, "name_unresolved")
        await lasting(KEPT_MS)
        assert resolver.asked - asked < QUESTIONS_PER_S_MAX * KEPT_MS / 1_000, "a storm of questions"
        await _entered(stage)
        await stage.market(runs=False)
        await stage.kill(stage.engine)
        await lose_the_stop(stage)
        await covered_or_closed(stage)
        await stage.start(stage.engine)  # it was never told, and says so
        await stage.until(
            lambda _: is_said(stage.engine, "name_unresolved"), within_s=OPEN_S, what="no word of the name"
        )
        resolver.weather = Weather.ANSWERS
        await stage.heard(stage.engine, "recovered")
        await ended(stage, scenario=f"the name of the venue: the name server {weather.name.lower()}")


async def _entered(stage: Stage) -> None:
    """Another entry, and its stop."""
    before = len((await stage.venue.get("witness"))["episodes"])
    await stage.market(runs=True)
    await stage.until(lambda seen: len(seen["episodes"]) > before, within_s=OPEN_S, what="no further entry")
    await stage.protected()


@asynccontextmanager
async def _staged(home: Path) -> AsyncIterator[tuple[Stage, NameServer]]:
    try:
        async with names(home) as resolver:
            under = (*resolver.under, sys.executable, "-m", "tests.out_of_process.by_name")
            async with staged(home, Rung.STOP_FIRST, under=under, host=NAME) as stage:
                yield stage, resolver
    except Unavailable as lacking:
        pytest.skip(str(lacking))
