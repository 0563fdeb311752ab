"""Trap 3, the queue in front of a stop: ccxt's own limiter makes it wait for what went before, and ours does not.

The limiter's clock is set by hand, so that its waiting is counted and not timed.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Awaitable
from typing import Any

import pytest
from ccxt.async_support.base.throttler import Throttler

from jackline.core.orders import Snapshot
from jackline.core.outcomes import Acked
from jackline.core.requests import ReadSnapshot
from tests.conformance.adapter import ours
from tests.exchange.served import Served, exchange
from tests.venue.makers import BTC, send_entry, send_stop

SYMBOL = "BTC/USDT:USDT"
STOP: dict[str, Any] = {"triggerPrice": "58000.0", "reduceOnly": True}
STEP_MS = 2.0
NEXT_TO_NOTHING_MS = 20.0


class Hand:
    """The clock of ccxt's limiter: every look at it is `step_ms` later than the one before."""

    def __init__(self) -> None:
        self.now_ms = 1_000_000.0
        self.step_ms = STEP_MS

    def __call__(self) -> float:
        self.now_ms += self.step_ms
        return self.now_ms / 1_000

    async def waited_ms(self, action: Awaitable[Any]) -> float:
        """How long the limiter let an action wait. The only reader of the clock is the limiter."""
        before_ms = self.now_ms
        await action
        return self.now_ms - before_ms


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    clock = Hand()
    monkeypatch.setattr(importlib.import_module(Throttler.__module__), "time", clock)
    return clock


async def test_trap_3_a_stop_waits_for_what_its_entry_cost(hand: Hand) -> None:
    async with exchange() as served, served.ccxt(as_shipped=True) as client:
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        waited_ms = await hand.waited_ms(client.create_order(SYMBOL, "market", "sell", 0.01, None, STOP))
        assert 150 <= waited_ms <= 200 + NEXT_TO_NOTHING_MS


async def test_trap_3_one_listing_of_everything_holds_a_stop_back_for_two_seconds(hand: Hand) -> None:
    async with exchange() as served, served.ccxt(as_shipped=True) as client:
        client.options["fetchOpenOrders"]["warnWithoutSymbol"] = False
        await client.fetch_open_orders()
        waited_ms = await hand.waited_ms(client.create_order(SYMBOL, "market", "sell", 0.01, None, STOP))
        assert 1_950 <= waited_ms <= 2_000 + NEXT_TO_NOTHING_MS


async def test_trap_3_so_does_every_frame_of_a_socket(hand: Hand) -> None:
    async with exchange() as served, served.ccxt(pro=True, as_shipped=True) as client:
        await client.create_order_ws(SYMBOL, "market", "buy", 0.01)
        waited_ms = await hand.waited_ms(client.create_order_ws(SYMBOL, "market", "sell", 0.01, None, STOP))
        assert 200 <= waited_ms <= 250 + NEXT_TO_NOTHING_MS


@pytest.mark.owns("K2")
async def test_K2_trap_3_our_stop_waits_for_no_limiter(hand: Hand) -> None:
    """Time stands still for ccxt's limiter: its stop, sent first, never leaves. Ours does, after a listing of
    everything and an entry."""
    async with exchange() as served, served.ccxt(as_shipped=True) as client, ours(served) as venue:
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        hand.step_ms = 0
        theirs = asyncio.ensure_future(client.create_order(SYMBOL, "market", "sell", 0.01, None, STOP))
        await venue.read_account()
        assert isinstance(await venue.read_snapshot(ReadSnapshot(asked=1, symbols=None)), Snapshot)
        assert isinstance(await venue.send(send_entry()), Acked)
        assert isinstance(await venue.send(send_stop()), Acked)
        assert await resting(served) == [send_stop().client_id]
        assert not theirs.done()
        hand.step_ms = STEP_MS
        await theirs
        assert len(await resting(served)) == 2


async def resting(served: Served) -> list[str]:
    """Client ids of the stops at the exchange, in the order of their arrival."""
    _, rows = await served.signed("GET", "/fapi/v1/openAlgoOrders", symbol=BTC)
    return [row["clientAlgoId"] for row in sorted(rows, key=lambda row: row["algoId"])]
