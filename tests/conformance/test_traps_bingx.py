"""Trap 9, what BingX does to people who trust it: sprung by ccxt here and, for its other rows, in
`tests/exchange/bingx/test_traps.py`.

Our adapter's half stands in `tests/venue/bingx`; `test_every_trap.py` names both.
"""

from __future__ import annotations

import ccxt.async_support as ccxt
import pytest

from jackline.exchange.wire.call import WireOptions
from tests.exchange.bingx.sessions import LENIENT, SYMBOL, bingx
from tests.exchange.bingx.unserved import Unserved

FALLING = (60_000, 60_000, 58_900)
STOP = {"stopLossPrice": 59_000}


async def test_trap_9_a_one_way_stop_outlives_its_position_and_opens_another() -> None:
    """Ccxt works out `reduceOnly` and does not send it: nothing but the word itself makes the stop a stop."""
    async with bingx(FALLING) as (served, client):
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        stop = await client.create_order(SYMBOL, "market", "sell", 0.01, None, STOP)
        assert stop["info"].get("reduceOnly") in {None, False, "false"}
        await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
        assert await client.fetch_positions() == []
        await served.advance(3)
        (reverse,) = await client.fetch_positions()
        assert (reverse["side"], reverse["contracts"]) == ("short", 0.01)
        (left,) = (await served.control("witness"))["episodes"][1:]
        assert left["naked_now"]


def test_trap_9_the_fourth_order_of_a_second_is_the_stop_that_is_refused() -> None:
    """Three a second and address, whoever they are for: entries use up what the stop needs."""
    world = Unserved(options=WireOptions())
    assert [world.place()["code"] for _ in range(3)] == [0, 0, 0]
    assert world.stop(reduceOnly="true")["code"] == 100410
    assert len(world.positions()) == 1
    world.later(1_000)
    assert world.stop(reduceOnly="true")["code"] == 0


async def test_trap_9_a_stop_takes_no_name_so_it_cannot_be_sent_twice_as_one() -> None:
    """Sent again under its client id it is not known again: another stop, says the venue, and one is enough."""
    async with bingx(options=LENIENT) as (_, client):
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        named = STOP | {"reduceOnly": True, "clientOrderId": "stop1"}
        first = await client.create_order(SYMBOL, "market", "sell", 0.01, None, named)
        assert first["clientOrderId"] is None
        with pytest.raises(ccxt.ExchangeError, match="110406"):
            await client.create_order(SYMBOL, "market", "sell", 0.01, None, named)
