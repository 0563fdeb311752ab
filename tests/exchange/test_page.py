"""The blocks of docs/exchange.md, run as they stand but for the port and the keys."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt

from jackline.exchange.wire.accounts import read_accounts
from jackline.exchange.wire.wires import Wire
from tests.exchange.served import KEY, SECRET, Served, exchange

PAGE = (Path(__file__).parent.parent.parent / "docs" / "exchange.md").read_text(encoding="utf-8")
BINANCE_PART, BINGX_PART = PAGE.split("\n## BingX\n")
SYMBOL = "BTC/USDT:USDT"


CCXT, FREQTRADE, PYTHON_BINANCE = "**ccxt and ccxt.pro**", "**freqtrade**", "**python-binance**"
ACCOUNTS = "## Accounts and faults"


def blocks(language: str, served: Served, part: str = BINANCE_PART, *, under: str = "") -> list[str]:
    """The blocks of a part, or of what stands under a heading or a client's name."""
    if under:
        part = re.split(r"\n(?=## |\*\*)", part.split(under, 1)[1], maxsplit=1)[0]
    found = re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL)
    return [block.replace("127.0.0.1:8090", f"127.0.0.1:{served.port}") for block in found]


async def test_the_blocks_for_ccxt_make_a_client_that_trades() -> None:
    async with exchange() as served:
        names: dict[str, Any] = {}
        for block in blocks("python", served, under=CCXT):
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
        (block,) = blocks("json", served, under=FREQTRADE)
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


async def test_the_accounts_of_the_page_can_be_served(tmp_path: Path) -> None:
    async with exchange() as served:
        (block,) = blocks("json", served, under=ACCOUNTS)
    file = tmp_path / "accounts.json"
    file.write_text(block)
    main, reader = read_accounts(file)
    assert (main.secret, str(main.balance), main.rights.trades) == ("local", "10000", True)
    assert (reader.name, reader.rights.trades, reader.rights.addresses) == ("reader", False, ("127.0.0.1",))


async def test_every_switch_of_the_page_is_taken() -> None:
    async with exchange() as served:
        rows = re.findall(r"^\| `(\{.*?\})`", BINANCE_PART, re.MULTILINE)
        assert len(rows) == 8
        for row in rows:
            assert "error" not in await served.control("switches", **json.loads(row)), row


async def test_the_block_for_python_binance_sets_the_addresses_that_its_session_sets() -> None:
    """The block itself runs in the long tests, in that client's own environment."""
    async with exchange() as served:
        (block,) = blocks("python", served, under=PYTHON_BINANCE)
        compile(block, "exchange.md", "exec")
        for path in ("/api/v3/ping", "/fapi/v1/exchangeInfo"):
            root = re.search(rf'"({re.escape(served.url)}{path.split("/v")[0]})"', block)
            assert root is not None
            async with served.http.get(served.url + path) as answer:
                assert answer.status == 200
