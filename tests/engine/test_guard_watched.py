"""A guard with the watchdog beside it: while the guard is dead, what somebody opens is covered all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.core.ids import Role, parse_client_id
from tests.engine.test_dead_engine import watching
from tests.engine.test_guard import BTC, MARKETS, Trader, covered, guarded
from tests.processes import Json, exchange, spawn


def role_of(row: Json) -> Role | None:
    """What an order of ours is for, by its id."""
    name = parse_client_id(str(row.get("clientAlgoId") or row.get("clientOrderId")))
    return None if name is None else name.role


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
        rows = await trader.when(lambda rows: len(rows) == 1)
        assert role_of(rows[0]) is Role.WATCHDOG_STOP
        again = await spawn("guard", "--config", str(config))
        await again.event("running")
        again.drain()
        await venue.witnessed(covered(1))
        await trader.trade(BTC, "BUY", "0.010")
        testimony = await venue.witnessed(covered(1))
        assert not any(episode["naked_now"] for episode in testimony["episodes"])
        assert len(await trader.orders(ours=True)) == 1, "one stop, adopted and not doubled"
        await trader.trade(BTC, "SELL", "0.020")
        await trader.when(lambda rows: rows == [])
        assert await again.stop() == 0
        await watchdog.kill()
