"""An engine that begins again in its process, on a real exchange, while a stop rests there."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from jackline.cli.bot_hands import BotsOfAccount
from jackline.cli.compose import host_engine, venue_access
from jackline.cli.config import load_config
from jackline.cli.demo import witness
from jackline.cli.keyring_acts import by
from jackline.cli.stored import submit
from jackline.cli.taking_up import TakingUp
from jackline.engine import heartbeat, reloading
from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.generator import GeneratedFeed
from jackline.exchange.wire.server import Bound, ServeConfig, serve
from jackline.store import published
from jackline.store.commands import CommandKind
from jackline.store.host_disk import HostDisk
from jackline.store.published import Published
from tests.patience import patience
from tests.processes import Exchange, write_config

BOTS = {"strategy__name": "", "bot__main__strategy": '"manual"', "bot__main__symbols": '["BTCUSDT"]'}
SOON_S = 60.0


@dataclass
class Home:
    """An exchange and an engine in this process."""

    venue: Exchange
    config: Path

    @property
    def shown(self) -> Published | None:
        return published.read(HostDisk(), self.config.parent / "state")

    async def until(self, wanted: object) -> Published:
        """What the engine shows once it is ready and as wanted."""
        async with patience(SOON_S):
            while True:
                shown = self.shown
                if shown is not None and shown.ready and callable(wanted) and wanted(shown):
                    return shown
                await self.venue.get("state")

    async def told(self) -> witness.Testimony:
        return await witness.Witness(self.venue.url, self.venue.http).testimony()


@asynccontextmanager
async def home(directory: Path) -> AsyncIterator[Home]:
    """Both, until the block ends; the engine is stopped as a person would."""
    feed = GeneratedFeed(("BTCUSDT", "ETHUSDT"), 7, bars=2_000)
    account = AccountSpec(name="local", key="local", secret="local", balance=Decimal(10_000))
    bound: asyncio.Future[Bound] = asyncio.get_running_loop().create_future()
    config = ServeConfig(port=0, feed=feed, accounts=(account,))
    serving = asyncio.create_task(serve(config, ready=bound.set_result))
    running: asyncio.Task[None] | None = None
    try:
        async with aiohttp.ClientSession() as http:
            port = (await bound).port
            own = write_config(directory, f"http://127.0.0.1:{port}", **BOTS)
            first = load_config(own, load_strategy_file=True)
            taking_up = TakingUp(first, {})
            running = asyncio.create_task(
                host_engine(
                    taking_up.options(first, 1), venue_access(first), taking_up.again, disk=HostDisk()
                )
            )
            yield Home(Exchange(None, port, http), own)  # type: ignore[arg-type]  # it is no process here
            assert not running.done(), running.exception()
            os.kill(os.getpid(), signal.SIGTERM)
            await running
    finally:
        left = [serving] if running is None else [serving, running]
        for one in left:
            one.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@pytest.mark.long  # an exchange and three engines, one after the other
@pytest.mark.timeout(180)
@pytest.mark.owns("P1", "C1", "C3")
async def test_P1_a_stop_rests_while_an_engine_begins_again_with_its_bots_and_goes_on_with_what_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "STEADY_S", 0.1)
    async with home(tmp_path) as at:
        before = await at.until(lambda shown: shown.bots.keys() == {"main"})
        await at.venue.signed(
            "POST", "/fapi/v1/order", symbol="ETHUSDT", side="BUY", type="MARKET", quantity="0.5"
        )
        await at.until(lambda shown: [one.is_protected for one in shown.account.positions] == [True])
        covered_ms = (await at.told()).wire_exact_ms
        hands = BotsOfAccount(load_config(at.config))
        made = hands.add("swing", {"strategy": "manual", "symbols": ["ETHUSDT"]}, by=by())
        submit(load_config(at.config), CommandKind.RELOAD, reason="why")
        after = await at.until(lambda shown: shown.bots.get("swing") == made.digest)
        assert after.pid == before.pid
        assert after.fence > before.fence, "one engine after the other"
        less = hands.change("swing", {"budget_fraction": Decimal("0.2")}, etag=made.etag, by=by())
        submit(load_config(at.config), CommandKind.RELOAD, reason="why")
        await at.until(lambda shown: shown.bots.get("swing") == less.digest != made.digest)
        await what_the_venue_refuses_leaves_it_as_it_was(at, hands)
        told = await at.told()
        (episode,) = told.living
        assert [one for one in episode.naked_intervals if one[1] > covered_ms] == []
        assert [one.symbol for one in told.algos if one.status == "NEW" and one.close_position] == ["ETHUSDT"]
        beat = heartbeat.read(HostDisk(), tmp_path / "state")
        assert beat is not None
        assert beat.pid == os.getpid()


async def what_the_venue_refuses_leaves_it_as_it_was(at: Home, hands: BotsOfAccount) -> None:
    text, shown = at.config.read_text(), at.shown
    at.config.write_text(
        text.replace('symbols = ["BTCUSDT", "ETHUSDT"]', 'symbols = ["XYZUSDT", "BTCUSDT", "ETHUSDT"]')
    )
    hands.add("lost", {"strategy": "manual", "symbols": ["XYZUSDT"]}, by=by())
    submit(load_config(at.config), CommandKind.RELOAD, reason="why")
    assert shown is not None
    later = await at.until(lambda now: now.fence > shown.fence)
    assert later.bots.keys() == {"main", "swing"}
