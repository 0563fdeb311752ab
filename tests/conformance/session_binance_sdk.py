"""A trader's session by the unmodified official SDK, in an environment of its own: `python THIS URL KEY SECRET`.

Opens, protects, trails, closes and lists, as it would at the venue itself; only its base addresses are set. Says what
it saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)

SYMBOL = "BTCUSDT"
STOP = {"algo_type": "CONDITIONAL", "symbol": SYMBOL, "side": "SELL", "type": "STOP_MARKET"}
DEADLINE_S = 60.0


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    """One long from flat to flat: over REST up to its close, which leaves over the socket API."""
    root = url.replace("http", "ws", 1)
    client = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(api_key=key, api_secret=secret, base_path=url, timeout=5_000),
        config_ws_api=ConfigurationWebSocketAPI(
            api_key=key, api_secret=secret, stream_url=root + "/ws-fapi/v1"
        ),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=root),
    )
    heard: asyncio.Queue[str] = asyncio.Queue()
    streams = await client.websocket_streams.create_connection()
    user = await streams.user_data(
        (await asyncio.to_thread(client.rest_api.start_user_data_stream)).data().listen_key
    )
    user.on("message", lambda event: heard.put_nowait(type(event.actual_instance).__name__))
    seen = await asyncio.to_thread(_open_protect_trail, client.rest_api)
    api = await client.websocket_api.create_connection()
    await api.new_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduce_only="true")
    events: set[str] = set()
    async with asyncio.timeout(DEADLINE_S):
        while "AccountUpdate" not in events:
            events.add(await heard.get())
    seen["events"] = sorted(events)
    await api.close_connection()
    await streams.close_connection()
    return seen | await asyncio.to_thread(_list, client.rest_api)


def _open_protect_trail(api: Any) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "leverage": api.change_initial_leverage(symbol=SYMBOL, leverage=4).data().leverage
    }
    stop = api.new_algo_order(
        **STOP, trigger_price=59_000, close_position="true", working_type="MARK_PRICE"
    ).data()
    entry = api.new_order(
        symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01, new_order_resp_type="RESULT"
    ).data()
    seen["entry"] = [entry.status, entry.executed_qty]
    seen["position"] = api.position_information_v3(symbol=SYMBOL).data()[0].position_amt
    seen["open"] = len(api.current_all_open_orders(symbol=SYMBOL).data())
    # The tighter one rests before the looser one goes.
    tighter = api.new_algo_order(**STOP, trigger_price=59_500, quantity=0.01, reduce_only="true").data()
    seen["resting"] = api.query_algo_order(algo_id=tighter.algo_id).data().algo_status
    api.cancel_algo_order(algo_id=stop.algo_id)
    seen["stops"] = [one.trigger_price for one in api.current_all_algo_open_orders(symbol=SYMBOL).data()]
    return seen


def _list(api: Any) -> dict[str, Any]:
    api.cancel_all_algo_open_orders(symbol=SYMBOL)
    return {
        "flat": api.position_information_v3(symbol=SYMBOL).data() == [],
        "trades": [one.side for one in api.account_trade_list(symbol=SYMBOL).data()],
        "left": len(api.current_all_algo_open_orders(symbol=SYMBOL).data()),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
