"""The traps of a user stream: each one sprung by ccxt.pro, and our own pump beside it, not caught."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import ccxt.pro as ccxtpro
import pytest

from jackline.core.events import FillHinted
from jackline.venue.binance.listen_key import KEEP_ALIVE_S
from jackline.venue.transport.socket import HEARTBEAT_S
from tests.conformance.adapter import DOWN, UP, our_stream
from tests.exchange.served import DEADLINE_S, Served, exchange

SYMBOL = "BTC/USDT:USDT"
MINUTE_MS = 60_000
FAST_MS = 100


async def user_socket(client: Any) -> Any:
    """The client's socket for the user stream, once it is open; something must be watched already."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            for socket in list(client.clients.values()):
                if "listenKey=" in socket.url and await socket.connected:
                    return socket
            await asyncio.sleep(0)


async def until(reached: Callable[[], bool]) -> None:
    """For what a client keeps to itself."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            if reached():
                return
            await asyncio.sleep(0)


@asynccontextmanager
async def watching(what: Any) -> AsyncIterator[asyncio.Future[Any]]:
    """Something watched in the background; what never came is forgotten."""
    future = asyncio.ensure_future(what)
    try:
        yield future
    finally:
        future.cancel()
        await asyncio.gather(future, return_exceptions=True)


async def buy(served: Served) -> Any:
    status, row = await served.signed(
        "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.010"
    )
    assert status == 200
    return row


async def test_trap_4_a_listen_key_is_extended_once_and_its_end_is_not_heard() -> None:
    async with (
        exchange() as served,
        served.ccxt(pro=True) as client,
        watching(client.watch_orders(SYMBOL)) as orders,
    ):
        timers: list[tuple[float, Any, Any]] = []
        client.delay = lambda after_ms, method, *args: timers.append((after_ms, method, args))
        socket = await user_socket(client)
        ((after_ms, extend, args),) = timers
        assert after_ms == 20 * MINUTE_MS
        timers.clear()
        await extend(*args)
        assert timers == []  # it looks for its sockets among dictionaries, finds none, and never comes again
        await served.control("faults", kind="forget_key", account="main", told=True)
        await until(lambda: socket.last_message_at is not None)
        await buy(served)
        assert (await client.fetch_positions())[0]["contracts"] == 0.01
        assert not orders.done()
        assert not socket.closed()


async def test_trap_4_our_stream_hears_that_its_key_ended_and_opens_another() -> None:
    assert KEEP_ALIVE_S * 1_000 <= 20 * MINUTE_MS  # and again each time: tests/venue/test_streams.py
    async with exchange() as served, our_stream(served) as inbox:
        await served.control("faults", kind="forget_key", account="main", told=True)
        await inbox.until(lambda events: DOWN in events and events[-1] == UP)
        await buy(served)
        await inbox.until(lambda events: any(isinstance(event, FillHinted) for event in events))


async def test_trap_5_a_half_open_socket_is_believed_for_three_times_its_keep_alive() -> None:
    shipped = {name: getattr(ccxtpro, name)().streaming["keepAlive"] for name in ("binanceusdm", "bingx")}
    assert {name: 3 * keep_ms / MINUTE_MS for name, keep_ms in shipped.items()} == {
        "binanceusdm": 9,
        "bingx": 90,
    }
    async with exchange() as served, served.ccxt(pro=True) as client:
        client.streaming["keepAlive"] = FAST_MS
        async with watching(client.watch_orders(SYMBOL)) as orders:
            socket = await user_socket(client)
            await served.control("faults", kind="go_deaf", account="main")
            lost = await buy(served)
            with pytest.raises(ccxtpro.RequestTimeout):
                await orders
            assert client.milliseconds() - socket.connectionEstablished >= 3 * FAST_MS
        async with watching(client.watch_orders(SYMBOL)) as orders:
            await user_socket(client)
            heard = await buy(served)
            await orders
        # Nothing is replayed, and ccxt does not ask.
        assert {one["id"] for one in client.orders} == {str(heard["orderId"])} != {str(lost["orderId"])}


async def test_trap_5_our_stream_says_that_it_is_blind_and_when_to_look_again() -> None:
    assert HEARTBEAT_S * 1.5 <= 10
    async with exchange() as served, our_stream(served) as inbox:
        await served.control("faults", kind="go_deaf", account="main")
        await buy(served)
        await inbox.until(lambda events: DOWN in events and events[-1] == UP)
        assert not [event for event in inbox.events if isinstance(event, FillHinted)]
        await buy(served)
        await inbox.until(lambda events: any(isinstance(event, FillHinted) for event in events))


async def test_trap_10_one_row_an_order_and_it_changes_in_the_hand() -> None:
    """Six updates of one order: whoever is busy hears the last of them, when something else happens."""
    async with exchange() as served, served.ccxt(pro=True) as client:
        await served.control("switches", fill_parts=5)
        async with (
            watching(client.watch_orders(SYMBOL)) as orders,
            watching(client.watch_my_trades(SYMBOL)) as trades,
        ):
            await user_socket(client)
            entry = await buy(served)
            (row,) = await orders
            await trades
            await until(lambda: len(client.myTrades) == 5)
        assert [one["amount"] for one in client.myTrades] == [0.002] * 5
        assert (row["id"], row["status"], row["filled"]) == (str(entry["orderId"]), "closed", 0.01)
        async with watching(client.watch_orders(SYMBOL)) as orders:
            assert (await client.fetch_positions())[0]["contracts"] == 0.01
            assert not orders.done()


async def test_trap_10_our_stream_tells_every_fill_once() -> None:
    async with exchange() as served, our_stream(served) as inbox:
        await served.control("switches", fill_parts=5)
        await buy(served)
        await inbox.until(lambda events: sum(isinstance(event, FillHinted) for event in events) == 5)
        fills = [event for event in inbox.events if isinstance(event, FillHinted)]
        assert [str(fill.quantity) for fill in fills] == ["0.002"] * 5
