"""A trader's session by an unmodified ccxt over REST, in an environment of its own: `python THIS URL KEY SECRET`.

Opens, protects, trails, closes and lists, as it would at the venue itself; only its base addresses are set. Says what
it saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Any

import ccxt.async_support as ccxt

SYMBOL = "BTC/USDT:USDT"
STOPS = {"trigger": True}
"""Without it no listing, query or cancel of ccxt knows a stop."""


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    """One long from flat to flat."""
    client = ccxt.binanceusdm(
        {"apiKey": key, "secret": secret, "options": {"fetchCurrencies": False, "fetchMargins": False}}
    )
    for name, address in list(client.urls["api"].items()):
        if isinstance(address, str):
            client.urls["api"][name] = re.sub(r"^https://[^/]+", url, address)
    try:
        return await _trade(client)
    finally:
        await client.close()


async def _trade(client: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    seen["symbols"] = sorted(await client.load_markets())
    seen["leverage"] = (await client.set_leverage(4, SYMBOL))["leverage"]
    await client.set_margin_mode("isolated", SYMBOL)
    seen["hedged"] = (await client.fetch_position_mode())["hedged"]
    seen["free"] = (await client.fetch_balance())["USDT"]["free"]
    seen["mark"] = (await client.fetch_mark_price(SYMBOL))["markPrice"]
    seen["bars"] = len(await client.fetch_ohlcv(SYMBOL, "1m", limit=3))
    stop = await _stop(client, "59000", closePosition=True)
    entry = await client.create_order(SYMBOL, "market", "buy", 0.01)
    seen["entry"] = [entry["status"], entry["filled"], entry["average"]]
    (position,) = await client.fetch_positions([SYMBOL])
    seen["position"] = [position["side"], position["contracts"], position["marginMode"]]
    seen["open"] = await client.fetch_open_orders(SYMBOL)
    seen["stops"] = [one["triggerPrice"] for one in await client.fetch_open_orders(SYMBOL, params=STOPS)]
    # Trail: the tighter one rests before the looser one goes.
    tighter = await _stop(client, "59500", reduceOnly=True)
    seen["resting"] = (await client.fetch_order(tighter["id"], SYMBOL, STOPS))["status"]
    await client.cancel_order(stop["id"], SYMBOL, STOPS)
    target = await client.create_order(SYMBOL, "limit", "sell", 0.01, 61_000, {"reduceOnly": True})
    moved = await client.edit_order(target["id"], SYMBOL, "limit", "sell", 0.01, 61_100)
    await client.cancel_order(moved["id"], SYMBOL)
    close = await client.create_order(SYMBOL, "market", "sell", 0.01, None, {"reduceOnly": True})
    seen["close"] = (await client.fetch_order(close["id"], SYMBOL))["status"]
    await client.cancel_all_orders(SYMBOL, STOPS)
    seen["flat"] = await client.fetch_positions([SYMBOL]) == []
    seen["trades"] = [one["side"] for one in await client.fetch_my_trades(SYMBOL)]
    seen["orders"] = [one["status"] for one in await client.fetch_orders(SYMBOL)]
    seen["incomes"] = len(await client.fetch_ledger("USDT"))
    seen["left"] = await client.fetch_open_orders(SYMBOL, params=STOPS)
    return seen


async def _stop(client: Any, trigger: str, **how: Any) -> Any:
    how |= {"triggerPrice": trigger, "workingType": "MARK_PRICE"}
    return await client.create_order(SYMBOL, "market", "sell", 0.01, None, how)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
