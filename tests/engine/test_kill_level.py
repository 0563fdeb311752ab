"""Kill state is durable and applied before any strategy can speak (K1)."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.compose import open_venue, venue_access
from jackline.cli.config import load_config
from jackline.core.effects import NoteDenied
from jackline.core.events import MarkMoved, Signalled
from jackline.core.outcomes import Reason
from jackline.core.state import KillLevel
from jackline.core.step import step
from jackline.core.values import MarketMs, Price, Side, Symbol, WireMs
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.startup import first_state, read_venue
from jackline.store.batch import AccountKey, Batch, JournalKind, JournalRow
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.encode import encode
from jackline.store.host_disk import HostDisk
from tests.processes import exchange, write_config

BTC = Symbol("BTCUSDT")


async def _leave_on_disk(path: Path, level: KillLevel) -> None:
    row = JournalRow(
        kind=JournalKind.KILL, trade_id=None, wire_ms=WireMs(1), market_ms=MarketMs(1), body=encode(level)
    )
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        await writer.append(Batch(rows=(row,), account=((AccountKey.KILL_LEVEL, level.value),)))
        await writer.close(deadline_ms=2_000)


@pytest.mark.parametrize("level", [KillLevel.NO_NEW_RISK, KillLevel.FLATTEN, KillLevel.LOCKED])
async def test_K1_a_tripped_switch_survives_a_restart_and_denies_the_first_signal(
    tmp_path: Path, level: KillLevel
) -> None:
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as served:
        config = load_config(write_config(tmp_path, served.url))
        options, clock = config.engine_options(), TwoClocks(HostWorld())
        path = options.state_dir / ENGINE_FILE
        await _leave_on_disk(path, level)
        venue = await open_venue(venue_access(config), clock, lambda _: "no entry in this test")
        facts = await read_venue(venue)
        with open_store(HostDisk(), path) as store:
            state = await first_state(options, venue, clock, facts, store, fence=1, opening=None)
        await venue.close()
    assert state.kill_level is level
    state, _ = step(
        state, MarkMoved(symbol=BTC, mark=Price(Decimal(50_000)), market_ms=MarketMs(1)), clock.now()
    )
    signal = Signalled(symbol=BTC, side=Side.LONG, reason="test", market_ms=MarketMs(1))
    _, effects = step(state, signal, clock.now())
    (denied,) = [effect for effect in effects if isinstance(effect, NoteDenied)]
    assert denied.denied.reason is Reason.KILL_LEVEL
