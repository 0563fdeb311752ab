"""A trader's session by an unmodified ccxt.pro, in an environment of its own: `python THIS URL KEY SECRET`.

Opens, protects, trails, closes and lists: orders leave over the socket API and are heard of on the user stream. Only
its base addresses are set. Says what it saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import ccxt.pro as ccxtpro

SYMBOL = "BTC/USDT:USDT"
STOPS = {"trigger": True}
DEADLINE_S = 60.0


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    """One long from flat to flat."""
    client = ccxtpro.binanceusdm(
        {"apiKey": key, "secret": secret, "options": {"fetchCurrencies": False, "fetchMargins": False}}
    )
    for name, address in list(client.urls["api"].items()):
        if isinstance(address, str):
            client.urls["api"][name] = re.sub(r"^https://[^/]+", url, address)
    root = url.replace("http", "ws", 1)
    client.urls["api"]["ws"]["linear"] = f"{root}/ws"
    client.urls["api"]["ws"]["ws-api"]["linear"] = f"{root}/ws-fapi/v1"
    try:
        await client.load_markets()
        async with asyncio.timeout(DEADLINE_S):
            return await _trade(client)
    finally:
        await client.close()


async def _trade(client: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    seen["price"] = (await client.watch_ticker(SYMBOL))["last"]
    seen["mark"] = (await client.watch_mark_price(SYMBOL))["markPrice"]
    seen["trade"] = (await client.watch_trades(SYMBOL))[-1]["price"]
    stop = await _stop(client, "59000", closePosition=True)
    entry = await _heard_of(client, lambda: client.create_order_ws(SYMBOL, "market", "buy", 0.01))
    seen["entry"] = [entry["status"], entry["filled"]]
    seen["position"] = (await client.fetch_positions_ws([SYMBOL]))[0]["contracts"]
    seen["wallet"] = (await client.fetch_balance_ws())["USDT"]["total"]
    seen["stops"] = [one["triggerPrice"] for one in await client.fetch_open_orders(SYMBOL, params=STOPS)]
    # Trail: the tighter one rests before the looser one goes.
    tighter = await _stop(client, "59500", reduceOnly=True)
    await client.cancel_order_ws(stop["id"], SYMBOL, STOPS)
    target = await client.create_order_ws(SYMBOL, "limit", "sell", 0.01, 61_000, {"reduceOnly": True})
    moved = await client.edit_order_ws(target["id"], SYMBOL, "limit", "sell", 0.01, 61_100)
    seen["moved"] = (await client.fetch_order_ws(moved["id"], SYMBOL))["price"]
    await client.cancel_order_ws(moved["id"], SYMBOL)
    close = await client.create_order_ws(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
    seen["close"] = (await client.fetch_order(close["id"], SYMBOL))["status"]
    await client.cancel_order_ws(tighter["id"], SYMBOL, STOPS)
    seen["flat"] = await client.fetch_positions([SYMBOL]) == []
    seen["left"] = await client.fetch_open_orders(SYMBOL, params=STOPS)
    return seen


async def _heard_of(client: Any, place: Callable[[], Awaitable[Any]]) -> Any:
    """The order as the user stream tells of it once it is filled; the stream is open before the order leaves."""
    watching = asyncio.ensure_future(client.watch_orders(SYMBOL))
    await _user_stream(client)
    placed = await place()
    while True:
        for order in await watching:
            if order["id"] == placed["id"] and order["status"] == "closed":
                return order
        watching = asyncio.ensure_future(client.watch_orders(SYMBOL))


async def _user_stream(client: Any) -> None:
    """Nothing is replayed: what happens before the socket stands is not heard."""
    while True:
        for socket in list(client.clients.values()):
            if "listenKey=" in socket.url and await socket.connected:
                return
        await asyncio.sleep(0)


async def _stop(client: Any, trigger: str, **how: Any) -> Any:
    how |= {"triggerPrice": trigger, "workingType": "MARK_PRICE"}
    return await client.create_order_ws(SYMBOL, "market", "sell", 0.01, None, how)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
