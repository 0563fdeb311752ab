"""The venue trails, in a real engine before a real exchange: beside the stop, through a death, and where it clamps."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.ids import Role
from tests.engine.test_exits import (
    BTC,
    RUNS,
    Case,
    _role,
    bend,
    configured,
    ended,
    protected,
    resting,
    triggers,
)
from tests.processes import Json, exchange, spawn

BY_VENUE = Case(
    says="trailing_stop", keys={"risk__trailing_fraction": "0.03", "exits__trailing_by": '"venue"'}
)
UP, DOWN = Decimal("0.04"), Decimal("-0.05")


def trailing(testimony: Json) -> list[Json]:
    """What rests and follows the price."""
    live = [one for one in testimony["algos"] if one["status"] == "NEW" and one["symbol"] == BTC]
    return [one for one in live if _role(one) is Role.TRAILING]


@pytest.mark.parametrize("side", ["LONG", pytest.param("SHORT", marks=pytest.mark.long)])
@pytest.mark.timeout(120)
@pytest.mark.owns("P5")
async def test_P5_the_venue_trails_beside_the_stop_and_ends_the_trade(tmp_path: Path, side: str) -> None:
    sign = 1 if side == "LONG" else -1
    async with exchange("--generate", BTC, "--hold") as venue:
        engine = await spawn("engine", "--config", configured(tmp_path, venue, BY_VENUE, side))
        await engine.event("rung")
        await venue.post("market", RUNS)
        trade = await protected(tmp_path, venue)
        await venue.witnessed(lambda seen: len(trailing(seen)) == 1)
        await bend(venue, sign * UP)
        seen = await venue.get("witness")
        assert triggers(seen, Role.WORKING) == [], "nobody else moves a stop"
        assert len(triggers(seen, Role.DISASTER)) == 1, "D stands under it"
        await bend(venue, sign * DOWN)
        await venue.post("market", RUNS)
        told = await ended(engine, trade)
        engine.drain()
        assert told["reason"] == "trailing_stop"
        testimony = await venue.get("witness")
        assert await engine.stop() == 0
    assert testimony["episodes"][0]["naked_ms"] == 0


@pytest.mark.long  # a second way of ending what the test above ends, by two more processes
@pytest.mark.timeout(120)
@pytest.mark.owns("P6")
async def test_P6_it_trails_on_while_the_engine_is_dead_and_the_next_one_books_it(tmp_path: Path) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        config = configured(tmp_path, venue, BY_VENUE, "LONG")
        engine = await spawn("engine", "--config", config)
        await engine.event("rung")
        engine.drain()
        await venue.post("market", RUNS)
        trade = await protected(tmp_path, venue)
        await venue.witnessed(lambda seen: len(trailing(seen)) == 1)
        await engine.kill()
        await bend(venue, UP)
        await bend(venue, DOWN)
        assert trailing(await venue.get("witness")) == [], "it has fired"
        again = await spawn("engine", "--config", config)
        told = await ended(again, trade)
        again.drain()
        assert told["reason"] == "trailing_stop"
        await venue.witnessed(lambda seen: not resting(seen))
        assert await again.stop() == 0


@pytest.mark.long  # what it decides is in tests/core; here the rate goes over the wire and back
@pytest.mark.timeout(120)
@pytest.mark.owns("P4")
async def test_P4_a_venue_that_clamps_the_rate_is_told_and_the_engine_trails(tmp_path: Path) -> None:
    async with exchange("--generate", BTC, "--hold") as venue:
        await venue.post("switches", {"whims": {"callback_max_fraction": "0.02"}})
        engine = await spawn("engine", "--config", configured(tmp_path, venue, BY_VENUE, "LONG"))
        await engine.event("rung")
        await venue.post("market", RUNS)
        await protected(tmp_path, venue)
        while "the venue trails by 0.02" not in (await engine.event("alert"))["text"]:
            pass
        engine.drain()
        await venue.witnessed(lambda seen: not trailing(seen))
        await bend(venue, UP)
        await venue.witnessed(lambda seen: bool(triggers(seen, Role.WORKING)))
        assert await engine.stop() == 0
