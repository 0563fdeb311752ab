"""A trader's session by an unmodified python-binance, in an environment of its own: `python THIS URL KEY SECRET`.

Opens, protects, trails, closes and lists. Everything is the library's; only its base addresses are set. Says what it
saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from binance import AsyncClient, BinanceSocketManager

SYMBOL = "BTCUSDT"


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    """One long from flat to flat."""
    AsyncClient.API_URL = url + "/api"
    AsyncClient.FUTURES_URL = url + "/fapi"
    root = url.replace("http", "ws", 1)
    AsyncClient.WS_FUTURES_URL = root + "/ws-fapi/v1"
    BinanceSocketManager.FSTREAM_URL = root + "/"
    client = await AsyncClient.create(key, secret)
    try:
        return await _trade(client)
    finally:
        await client.close_connection()


async def _trade(client: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    seen["symbols"] = [one["symbol"] for one in (await client.futures_exchange_info())["symbols"]]
    seen["leverage"] = (await client.futures_change_leverage(symbol=SYMBOL, leverage=4))["leverage"]
    seen["mode"] = (await client.futures_get_position_mode())["dualSidePosition"]
    seen["wallet"] = (await client.futures_account_balance())[0]["balance"]
    sockets = BinanceSocketManager(client)
    async with sockets.futures_user_socket() as stream:
        stop = await _stop(client, "59000.0", closePosition="true")
        entry = await client.futures_create_order(
            symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.010", newOrderRespType="RESULT"
        )
        seen["entry"] = [entry["status"], entry["executedQty"]]
        seen["events"] = sorted({await _event(stream) for _ in range(3)})
    (position,) = await client.futures_position_information(symbol=SYMBOL)
    seen["position"] = position["positionAmt"]
    seen["open"] = [one["orderId"] for one in await client.futures_get_open_orders(symbol=SYMBOL)]
    seen["stops"] = len(await client.futures_get_open_orders(symbol=SYMBOL, conditional=True))
    # Trail: the tighter one rests before the looser one goes.
    tighter = await _stop(client, "59500.0", quantity="0.010", reduceOnly="true")
    await client.futures_cancel_order(symbol=SYMBOL, algoId=stop["algoId"], conditional=True)
    target = await client.futures_create_order(
        symbol=SYMBOL,
        side="SELL",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.010",
        price="61000",
        reduceOnly="true",
    )
    await client.futures_cancel_order(symbol=SYMBOL, orderId=target["orderId"])
    over_socket = await client.ws_futures_create_order(
        symbol=SYMBOL, side="SELL", type="MARKET", quantity="0.010", reduceOnly="true"
    )
    seen["close"] = over_socket["orderId"] > entry["orderId"]
    await client.futures_cancel_order(symbol=SYMBOL, algoId=tighter["algoId"], conditional=True)
    seen["flat"] = await client.futures_position_information(symbol=SYMBOL) == []
    seen["trades"] = [one["side"] for one in await client.futures_account_trades(symbol=SYMBOL)]
    seen["left"] = await client.futures_get_open_orders(symbol=SYMBOL, conditional=True)
    return seen


async def _stop(client: Any, trigger: str, **how: str) -> Any:
    return await client.futures_create_order(
        symbol=SYMBOL, side="SELL", type="STOP_MARKET", triggerPrice=trigger, workingType="MARK_PRICE", **how
    )


async def _event(stream: Any) -> str:
    async with asyncio.timeout(5):
        return str((await stream.recv())["e"])


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
