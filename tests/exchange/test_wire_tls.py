"""ccxt with its production addresses untouched: a resolver that knows loopback only, and an authority of our own."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.pro as ccxtpro
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from jackline.exchange.wire.tls import AUTHORITY_FILE, HOSTS, server_context
from tests.exchange.served import KEY, SECRET, Served, exchange

SYMBOL = "BTC/USDT:USDT"


class LoopbackResolver(AbstractResolver):
    """Every name of the venue leads to one port of loopback; any other name is an error, and never looked up."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.asked: set[str] = set()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        self.asked.add(host)
        if host not in HOSTS:
            raise OSError(f"{host} is not the venue's")
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self._port, family=2, proto=0, flags=0)]

    async def close(self) -> None:
        """Nothing is held."""


@asynccontextmanager
async def production(served: Served, trusted: Path) -> AsyncIterator[tuple[Any, LoopbackResolver]]:
    """An unmodified ccxt.pro; its session resolves to loopback and trusts the test authority alone."""
    assert served.tls_port is not None
    resolver = LoopbackResolver(served.tls_port)
    context = ssl.create_default_context(cafile=str(trusted))
    connector = aiohttp.TCPConnector(resolver=resolver, ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:
        client = ccxtpro.binanceusdm(
            {
                "apiKey": KEY,
                "secret": SECRET,
                "enableRateLimit": False,
                "session": session,
                "asyncio_loop": asyncio.get_running_loop(),
                "options": {"fetchCurrencies": False, "fetchMargins": False},
            }
        )
        try:
            await client.load_markets()
            yield client, resolver
        finally:
            await client.close()


def authority(directory: Path) -> ssl.SSLContext:
    return server_context(directory, datetime.datetime.now(datetime.UTC))


async def test_ccxt_trades_with_unmodified_production_addresses(tmp_path: Path) -> None:
    async with (
        exchange(tls=authority(tmp_path)) as served,
        production(served, tmp_path / AUTHORITY_FILE) as (client, resolver),
    ):
        assert client.urls["api"]["fapiPrivate"] == "https://fapi.binance.com/fapi/v1"
        heard = asyncio.ensure_future(client.watch_orders(SYMBOL))
        stop = await client.create_order_ws(
            SYMBOL, "market", "sell", 0.01, None, {"triggerPrice": "59000.0", "reduceOnly": True}
        )
        await client.create_order(SYMBOL, "market", "buy", 0.01)
        async with asyncio.timeout(5):
            while not heard.done():  # the stream may open after the first order, and replays nothing
                limit = await client.create_order(SYMBOL, "limit", "buy", 0.01, 58_000)
                await client.cancel_order(limit["id"], SYMBOL)
        assert heard.result()
        (position,) = await client.fetch_positions()
        assert position["contracts"] == 0.01
        await client.cancel_order(stop["id"], SYMBOL, {"trigger": True})
        # The error map of production is in force here: it is looked up by the address.
        with pytest.raises(ccxtpro.OrderImmediatelyFillable):
            await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": 61_000})
        assert resolver.asked == {"fapi.binance.com", "fstream.binance.com", "ws-fapi.binance.com"}


async def test_who_does_not_trust_the_authority_says_nothing(tmp_path: Path) -> None:
    authority(tmp_path / "another")
    async with exchange(tls=authority(tmp_path / "ours")) as served:
        with pytest.raises(ccxtpro.ExchangeNotAvailable) as refused:
            async with production(served, tmp_path / "another" / AUTHORITY_FILE):
                pass
        assert isinstance(refused.value.__cause__, aiohttp.ClientConnectorCertificateError)


async def test_a_name_outside_the_venue_is_never_looked_up() -> None:
    with pytest.raises(OSError, match="not the venue's"):
        await LoopbackResolver(1).resolve("example.org")
