"""A guard with the watchdog beside it: while the guard is dead, what somebody opens is covered all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from tests.engine.test_dead_engine import watching
from tests.engine.test_guard import BTC, MARKETS, Trader, covered, guarded
from tests.processes import Json, exchange, spawn


def roles(testimony: Json) -> list[Role]:
    """What rests of ours, by the exchange's own word: it costs none of the minute's weight."""
    names = [parse_client_id(one["client_id"]) for one in testimony["algos"] if one["status"] == "NEW"]
    return [name.role for name in names if name is not None]


@pytest.mark.timeout(120)
@pytest.mark.owns("P1", "P6")
async def test_P1_what_is_opened_while_the_guard_is_dead_is_covered_then_adopted_and_swept(
    tmp_path: Path,
) -> None:
    async with exchange(*MARKETS) as venue, guarded(tmp_path, venue) as (guard, config):
        watchdog = await watching(str(config))
        await guard.kill()
        trader = Trader(venue)
        await trader.trade(BTC, "BUY", "0.010")
        await venue.witnessed(covered(1))
        await venue.witnessed(lambda seen: roles(seen) == [Role.WATCHDOG_STOP])
        again = await spawn("guard", "--config", str(config))
        await again.event("running")
        again.drain()
        await venue.witnessed(covered(1))
        await trader.trade(BTC, "BUY", "0.010")
        testimony = await venue.witnessed(covered(1))
        assert not any(episode["naked_now"] for episode in testimony["episodes"])
        assert roles(testimony) == [Role.WATCHDOG_STOP], "one stop, adopted and not doubled"
        await trader.trade(BTC, "SELL", "0.020")
        await venue.witnessed(lambda seen: not roles(seen))
        assert await again.stop() == 0
        await watchdog.kill()
