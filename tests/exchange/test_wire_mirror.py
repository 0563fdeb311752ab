"""One local exchange mirrors another over loopback, through the ccxt that everybody has."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import pytest

from jackline.cli.mirror import open_source
from jackline.exchange.account import AccountSpec
from jackline.exchange.wire.markets import MirrorSpec
from jackline.exchange.wire.server import ServeConfig
from tests.exchange.served import DEADLINE_S, KEY, SECRET, Served, exchange, receive, running

SILENT_MS = 1_500
"""Longer than a slow machine leaves between two looks."""

SPIKE = [60_000] * 70 + [57_000] + [60_100] * 130
BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.05"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "triggerPrice": "59000",
    "closePosition": "true",
}


@asynccontextmanager
async def mirrored(url: str, said: list[str], *, silent_ms: int = 60_000) -> AsyncIterator[Served]:
    """An exchange that shows what the one at `url` shows."""
    source = open_source("binanceusdm", ["BTCUSDT"], url=url)
    spec = MirrorSpec(source=source, say=said.append, every_ms=50, silent_ms=silent_ms)
    account = AccountSpec(name="main", key=KEY, secret=SECRET, balance=Decimal(10_000))
    try:
        async with running(ServeConfig(port=0, feed=spec, accounts=(account,))) as served:
            yield served
    finally:
        await source.close()


async def until(served: Served, wanted: Callable[[Any], bool]) -> Any:
    """The state of the exchange once it is as wanted."""
    async with asyncio.timeout(DEADLINE_S):
        while not wanted(state := await served.control("state")):
            pass
    return state


def shows(price: str) -> Callable[[Any], bool]:
    return lambda state: bool(Decimal(state["symbols"]["BTCUSDT"]["last"]) == Decimal(price))


async def test_a_mirror_has_the_bars_of_its_source_and_a_spike_nobody_looked_at_triggers_the_stop() -> None:
    said: list[str] = []
    async with exchange(SPIKE) as source, mirrored(source.url, said) as served:
        _, filled = await served.signed("POST", "/fapi/v1/order", **BUY, newOrderRespType="RESULT")
        assert filled["avgPrice"] == "60000.00000000"
        _, stop = await served.signed("POST", "/fapi/v1/algoOrder", **STOP)
        await source.advance(140)  # in one go: the fall is over before the next look
        await until(served, shows("60100"))
        _, row = await served.signed("GET", "/fapi/v1/algoOrder", algoId=stop["algoId"])
        assert (row["algoStatus"], row["actualPrice"]) == ("FINISHED", "57000.00000000")
        path = "/fapi/v1/klines?symbol=BTCUSDT&interval=1m&limit=100"
        shown = (await served.raw("GET", path))[1]
        true = (await source.raw("GET", path))[1]
        assert [[*map(Decimal, row[:6])] for row in shown] == [[*map(Decimal, row[:6])] for row in true]
    assert said == []


async def test_a_silent_source_stops_the_market_and_says_so_until_it_is_heard_again() -> None:
    said: list[str] = []
    async with exchange(SPIKE) as source, mirrored(source.url, said, silent_ms=SILENT_MS) as served:
        await served.signed("POST", "/fapi/v1/order", **BUY)
        _, resting = await served.signed(
            "POST", "/fapi/v1/order", **(BUY | {"type": "LIMIT", "timeInForce": "GTC", "price": "58000"})
        )
        async with served.socket("/market/ws/btcusdt@markPrice@1s") as stream:
            await receive(stream, lambda one: one["e"] == "markPriceUpdate")
            await source.control("switches", maintenance=True)
            state = await until(served, lambda one: bool(one["symbols"]["BTCUSDT"]["status"] == "BREAK"))
            assert "-1016" in state["mirror"]["trouble"]
            since_ms = state["mirror"]["silent_since_ms"]["BTCUSDT"]
            for params in (BUY, BUY | {"side": "SELL", "reduceOnly": "true"}):
                assert await served.signed("POST", "/fapi/v1/order", **params) == (
                    400,
                    {"code": -4141, "msg": "Symbol is closed."},
                )
            assert (await served.signed("POST", "/fapi/v1/algoOrder", **STOP))[1]["code"] == -4141
            order = {"symbol": "BTCUSDT", "orderId": resting["orderId"]}
            assert (await served.signed("DELETE", "/fapi/v1/order", **order))[0] == 200
            _, info = await served.raw("GET", "/fapi/v1/exchangeInfo")
            assert info["symbols"][0]["status"] == "BREAK"
            _, mark = await served.raw("GET", "/fapi/v1/premiumIndex?symbol=BTCUSDT")
            assert mark["time"] == since_ms < state["wire_ms"]
            await source.advance(100)  # unseen
            await source.control("switches", maintenance=False)
            await until(served, shows("60100"))
            told = await receive(stream, lambda one: Decimal(one["p"]) == 60_100)
            # Nothing was repeated while it was silent: every mark before the silence, then the news.
            assert not [one for one in told[:-1] if since_ms + 1_100 < one["E"] < told[-1]["E"] - 1_000]
        assert (await served.signed("POST", "/fapi/v1/order", **BUY))[0] == 200
    assert [line.split(": ")[1].split(" of ")[0] for line in said] == [
        "nothing new",
        "BTCUSDT is heard again; it trades",
    ]
    assert "so it stops trading (-4141)" in said[0]


async def test_a_mirror_of_a_silent_mirror_is_silent_too() -> None:
    """Answers that say nothing new are no news: the stamp of the mark does not move."""
    first: list[str] = []
    second: list[str] = []
    async with (
        exchange(SPIKE) as source,
        mirrored(source.url, first, silent_ms=SILENT_MS) as between,
        mirrored(between.url, second, silent_ms=SILENT_MS) as served,
    ):
        await source.control("switches", maintenance=True)
        state = await until(served, lambda one: bool(one["symbols"]["BTCUSDT"]["status"] == "BREAK"))
        assert state["mirror"]["trouble"] is None
        assert "it answers, and says nothing new" in second[-1]
        assert first
        assert "-1016" in (await between.control("state"))["mirror"]["trouble"]


async def test_a_mirrored_market_goes_at_its_own_pace() -> None:
    async with exchange(SPIKE) as source, mirrored(source.url, []) as served:
        for order in (
            {"hold": True},
            {"ratio": 60},
            {"crash": {"symbol": "BTCUSDT", "fraction": "-0.1", "over_ms": 5}},
        ):
            told = await served.control("market", **order)
            assert told["error"].startswith("a mirrored market goes at its own pace. Fix: ")


async def test_a_source_tells_its_steps_and_refuses_what_it_does_not_have() -> None:
    async with exchange() as source:
        known = open_source("binanceusdm", ["BTCUSDT", "XRPUSDT"], url=source.url)
        try:
            assert await known.steps("BTCUSDT") == (Decimal("0.1"), Decimal("0.001"))
            with pytest.raises(ValueError, match=r"no XRP/USDT:USDT trades there. Fix: --mirror-symbols"):
                await known.bars("XRPUSDT", 2)
        finally:
            await known.close()
    with pytest.raises(ValueError, match=r"--mirror 'nasdaq': ccxt knows no such venue"):
        open_source("nasdaq", ["BTCUSDT"], url=None)
    with pytest.raises(ValueError, match=r"--mirror-symbols 'BTCEUR': fix: "):
        open_source("binanceusdm", ["BTCEUR"], url=None)
