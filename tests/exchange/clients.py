"""Unmodified ccxt clients of another address: the one place where a test points one at loopback."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import ccxt.async_support as ccxt
import ccxt.pro as ccxtpro

_SOCKETS = {"binanceusdm": "/ws", "bingx": "/swap-market"}
"""Where each venue's streams are, beside the addresses of REST."""


def pointed(client: Any, url: str) -> Any:
    """The same client with another scheme and host in every address; the paths stay its own."""
    addresses = client.urls["api"]
    for name, address in list(addresses.items()):
        if isinstance(address, str):
            addresses[name] = re.sub(r"^https://[^/]+", url, address)
    if "ws" in addresses:
        root = url.replace("http", "ws", 1)
        addresses["ws"]["linear"] = root + _SOCKETS[client.id]
        if "ws-api" in addresses["ws"]:
            addresses["ws"]["ws-api"]["linear"] = f"{root}/ws-fapi/v1"
    return client


def with_meanings(client: Any) -> Any:
    """The same client, its map of futures errors given back: it looks them up by its own address only."""
    linear = client.exceptions["linear"]
    client.exceptions = client.deep_extend(
        client.exceptions, {"exact": linear["exact"], "broad": linear.get("broad", {})}
    )
    return client


def binance(url: str, *, pro: bool = False, **settings: Any) -> Any:
    """A client of USDⓈ-M futures that asks for nothing of other products. `settings` are its own: keys, its limiter."""
    kind = ccxtpro.binanceusdm if pro else ccxt.binanceusdm
    return pointed(kind({"options": {"fetchCurrencies": False, "fetchMargins": False}} | settings), url)


def bingx(url: str, *, pro: bool = False, **settings: Any) -> Any:
    """A client of perpetual swaps."""
    kind = ccxtpro.bingx if pro else ccxt.bingx
    return pointed(kind({"options": {"defaultType": "swap"}} | settings), url)


@asynccontextmanager
async def opened(client: Any) -> AsyncIterator[Any]:
    """The client with its markets loaded; closed at the end."""
    try:
        await client.load_markets()
        yield client
    finally:
        await client.close()
