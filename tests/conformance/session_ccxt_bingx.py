"""A trader's session by an unmodified ccxt on BingX, in an environment of its own: `python THIS URL KEY SECRET`.

Opens with an attached stop, lists it, trails it, closes. REST, and the user stream beside it; only its base addresses
are set. Says what it saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import ccxt.pro as ccxtpro

SYMBOL = "BTC/USDT:USDT"
DEADLINE_S = 60.0


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    """One long from flat to flat."""
    client = ccxtpro.bingx({"apiKey": key, "secret": secret, "options": {"defaultType": "swap"}})
    for name, address in list(client.urls["api"].items()):
        if isinstance(address, str):
            client.urls["api"][name] = re.sub(r"^https://[^/]+", url, address)
    client.urls["api"]["ws"]["linear"] = url.replace("http", "ws", 1) + "/swap-market"
    try:
        await client.load_markets()
        async with asyncio.timeout(DEADLINE_S):
            return await _trade(client)
    finally:
        await client.close()


async def _trade(client: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {"price": (await client.watch_ticker(SYMBOL))["last"]}
    await client.set_leverage(4, SYMBOL, {"side": "BOTH"})
    seen["leverage"] = (await client.fetch_leverage(SYMBOL))["longLeverage"]
    await client.set_margin_mode("isolated", SYMBOL)
    seen["hedged"] = (await client.fetch_position_mode())["hedged"]
    seen["free"] = (await client.fetch_balance())["USDT"]["free"]
    fills = asyncio.ensure_future(client.watch_my_trades(SYMBOL))
    await _user_stream(client)
    entry = await client.create_order(
        SYMBOL, "market", "buy", 0.01, None, {"stopLoss": {"triggerPrice": 59_000}, "clientOrderId": "entry1"}
    )
    seen["entry"] = [entry["status"], entry["filled"], entry["average"]]
    seen["heard"] = [(one["side"], one["amount"]) for one in await fills]
    (position,) = await client.fetch_positions([SYMBOL])
    seen["position"] = [position["side"], position["contracts"]]
    (leg,) = await client.fetch_open_orders(SYMBOL)
    seen["stop"] = [leg["stopLossPrice"], leg["reduceOnly"], leg["clientOrderId"]]
    # Trail: one stop is all the venue takes, so it moves in one request.
    tighter = {"stopLossPrice": 59_500, "reduceOnly": True, "cancelReplaceMode": "ALLOW_FAILURE"}
    moved = await client.edit_order(leg["id"], SYMBOL, "market", "sell", 0.01, None, tighter)
    seen["trailed"] = (await client.fetch_order(moved["id"], SYMBOL))["stopLossPrice"]
    close = await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
    seen["close"] = (await client.fetch_order(close["id"], SYMBOL))["status"]
    await client.cancel_all_orders(SYMBOL)
    seen["flat"] = await client.fetch_positions([SYMBOL]) == []
    seen["trades"] = [one["side"] for one in await client.fetch_my_trades(SYMBOL)]
    seen["left"] = await client.fetch_open_orders(SYMBOL)
    return seen


async def _user_stream(client: Any) -> None:
    """Nothing is replayed: what happens before the socket stands is not heard."""
    while True:
        for socket in list(client.clients.values()):
            if "listenKey=" in socket.url and await socket.connected:
                return
        await asyncio.sleep(0)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
