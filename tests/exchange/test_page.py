"""The blocks of docs/exchange.md, run as they stand but for the port and the keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt

from jackline.exchange.wire.wires import Wire
from tests.exchange.served import KEY, SECRET, Served, exchange

PAGE = (Path(__file__).parent.parent.parent / "docs" / "exchange.md").read_text(encoding="utf-8")
BINANCE_PART, BINGX_PART = PAGE.split("\n## BingX\n")
SYMBOL = "BTC/USDT:USDT"


def blocks(language: str, served: Served, part: str = BINANCE_PART) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)
    return [block.replace("127.0.0.1:8090", f"127.0.0.1:{served.port}") for block in found]


async def test_the_blocks_for_ccxt_make_a_client_that_trades() -> None:
    async with exchange() as served:
        names: dict[str, Any] = {}
        for block in blocks("python", served):
            exec(
                block.replace('"local", "secret": "local"', f'"{KEY}", "secret": "{SECRET}"'), names
            )  # the page
        client = names["client"]
        try:
            await client.load_markets()
            assert (await client.create_order(SYMBOL, "market", "buy", 0.01))["status"] == "closed"
            assert (await client.create_order_ws(SYMBOL, "market", "sell", 0.01))["id"]
        finally:
            await client.close()


async def test_the_block_for_bingx_makes_a_client_that_trades_and_listens() -> None:
    async with exchange(wire=Wire.BINGX) as served:
        names: dict[str, Any] = {}
        (block,) = blocks("python", served, BINGX_PART)
        exec(block.replace('"local", "secret": "local"', f'"{KEY}", "secret": "{SECRET}"'), names)  # the page
        client = names["bingx"]
        try:
            await client.load_markets()
            stop = {"stopLoss": {"triggerPrice": 59_000}}
            assert (await client.create_order(SYMBOL, "market", "buy", 0.01, None, stop))[
                "status"
            ] == "closed"
            assert (await client.watch_ticker(SYMBOL))["last"] == 60_000
        finally:
            await client.close()


async def test_the_block_for_freqtrade_is_taken_by_its_ccxt() -> None:
    async with exchange() as served:
        (block,) = blocks("json", served)
        config = json.loads(block)["exchange"]["ccxt_config"] | {"apiKey": KEY, "secret": SECRET}
        client = ccxt.binance(config)
        try:
            markets = await client.load_markets()
            assert set(markets) == {SYMBOL}
            await client.create_order(SYMBOL, "market", "buy", 0.01)
            stop = await client.create_order(
                SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": 59_000, "reduceOnly": True}
            )
            (listed,) = await client.fetch_open_orders(SYMBOL, params={"trigger": True})
            assert listed["id"] == stop["id"]
        finally:
            await client.close()
