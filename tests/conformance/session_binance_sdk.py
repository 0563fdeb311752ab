"""A trader's session by the unmodified official SDK, in an environment of its own: `python THIS URL KEY SECRET`.

Its models are strict: a value of another type than declared is logged as a warning and kept in `warnings`, and so is
each declared field that an answer does not have (`absent`). Says what it saw as one line of JSON; an exception is a
failure.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Callable
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
KINDS = 5
"""Of events: four of the user stream and a price."""
STOP = {"algo_type": "CONDITIONAL", "symbol": SYMBOL, "side": "SELL", "type": "STOP_MARKET"}


class Kept(logging.Handler):
    """What the library warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage()[:300])


class Referee:
    """Calls the library and notes which declared fields its answers lack."""

    def __init__(self) -> None:
        self.absent: dict[str, list[str]] = {}

    def rest(self, call: Callable[..., Any], **params: Any) -> Any:
        data = call(**params).data()
        self.look(call.__name__, data)
        return data

    def look(self, name: str, data: Any) -> None:
        whole = getattr(data, "actual_instance", data)
        first = whole[0] if isinstance(whole, list) and whole else whole
        fields = getattr(type(first), "model_fields", {})
        lacking = [
            declared.alias or field for field, declared in fields.items() if getattr(first, field) is None
        ]
        if lacking:
            self.absent[name] = sorted(lacking)


def over_rest(api: Any, referee: Referee) -> dict[str, Any]:
    """One long from flat to flat, and every listing."""
    ask = referee.rest
    ask(api.test_connectivity) if hasattr(api, "test_connectivity") else None
    ask(api.check_server_time)
    ask(api.exchange_information)
    ask(api.change_initial_leverage, symbol=SYMBOL, leverage=4)
    ask(api.get_current_position_mode)
    ask(api.symbol_configuration, symbol=SYMBOL)
    ask(api.futures_account_configuration)
    ask(api.user_commission_rate, symbol=SYMBOL)
    ask(api.notional_and_leverage_brackets, symbol=SYMBOL)
    for call in (
        api.mark_price,
        api.symbol_order_book_ticker,
        api.ticker24hr_price_change_statistics,
        api.symbol_price_ticker,
    ):
        ask(call, symbol=SYMBOL)
    ask(api.order_book, symbol=SYMBOL, limit=5)
    ask(api.kline_candlestick_data, symbol=SYMBOL, interval="1m", limit=2)
    ask(api.mark_price_kline_candlestick_data, symbol=SYMBOL, interval="1m", limit=2)
    stop = ask(
        api.new_algo_order, **STOP, trigger_price=59_000, close_position="true", working_type="MARK_PRICE"
    )
    entry = ask(
        api.new_order, symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01, new_order_resp_type="RESULT"
    )
    for call in (api.position_information_v2, api.position_information_v3):
        ask(call, symbol=SYMBOL)
    for call in (
        api.account_information_v2, api.account_information_v3,
        api.futures_account_balance_v2, api.futures_account_balance_v3,
    ):  # fmt: skip
        ask(call)
    tighter = ask(api.new_algo_order, **STOP, trigger_price=59_500, quantity=0.01, reduce_only="true")
    ask(api.query_algo_order, algo_id=tighter.algo_id)
    ask(api.current_all_algo_open_orders, symbol=SYMBOL)
    ask(api.cancel_algo_order, algo_id=stop.algo_id)
    limit = ask(
        api.new_order,
        symbol=SYMBOL,
        side="BUY",
        type="LIMIT",
        quantity=0.01,
        price=58_000,
        time_in_force="GTC",
    )
    ask(api.modify_order, symbol=SYMBOL, order_id=limit.order_id, side="BUY", quantity=0.02, price=58_100)
    for call in (api.query_order, api.query_current_open_order):
        ask(call, symbol=SYMBOL, order_id=limit.order_id)
    ask(api.current_all_open_orders, symbol=SYMBOL)
    ask(api.cancel_order, symbol=SYMBOL, order_id=limit.order_id)
    close = ask(
        api.new_order, symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduce_only="true",
        new_order_resp_type="RESULT",
    )  # fmt: skip
    ask(api.all_orders, symbol=SYMBOL)
    ask(api.query_all_algo_orders, symbol=SYMBOL)
    ask(api.cancel_all_algo_open_orders, symbol=SYMBOL)
    ask(api.cancel_all_open_orders, symbol=SYMBOL)
    ask(api.auto_cancel_all_open_orders, symbol=SYMBOL, countdown_time=0)
    ask(api.account_trade_list, symbol=SYMBOL)
    ask(api.get_income_history)
    return {"entry": entry.status, "close": close.status}


async def over_sockets(client: Any, referee: Referee) -> dict[str, Any]:
    """The same over the socket API, with the user stream and a price stream open."""
    heard: set[str] = set()
    all_heard = asyncio.Event()

    def hear(data: Any) -> None:
        heard.add(type(getattr(data, "actual_instance", None) or data).__name__)
        if len(heard) >= KINDS:
            all_heard.set()

    key = (await asyncio.to_thread(client.rest_api.start_user_data_stream)).data().listen_key
    streams = await client.websocket_streams.create_connection()
    user = await streams.user_data(key)
    user.on("message", hear)
    price = await streams.mark_price_stream(symbol="btcusdt")
    price.on("message", hear)
    api = await client.websocket_api.create_connection()
    entry = (await api.new_order(symbol=SYMBOL, side="BUY", type="MARKET", quantity=0.01)).data()
    referee.look("ws.new_order", entry.result)
    stop = (await api.new_algo_order(**STOP, trigger_price=59_000, quantity=0.01, reduce_only="true")).data()
    referee.look("ws.new_algo_order", stop.result)
    for name, call in (
        ("ws.position_information_v2", api.position_information_v2(symbol=SYMBOL)),
        ("ws.account_information_v2", api.account_information_v2()),
        ("ws.query_order", api.query_order(symbol=SYMBOL, order_id=entry.result.order_id)),
        ("ws.cancel_algo_order", api.cancel_algo_order(algo_id=stop.result.algo_id)),
        (
            "ws.close",
            api.new_order(symbol=SYMBOL, side="SELL", type="MARKET", quantity=0.01, reduce_only="true"),
        ),
    ):
        referee.look(name, (await call).data().result)
    async with asyncio.timeout(5):
        await all_heard.wait()
    await api.close_connection()
    await streams.close_connection()
    return {"heard": sorted(heard)}


async def session(url: str, key: str, secret: str) -> dict[str, Any]:
    kept = Kept()
    logging.getLogger().addHandler(kept)
    root = url.replace("http", "ws", 1)
    client = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(api_key=key, api_secret=secret, base_path=url, timeout=5_000),
        config_ws_api=ConfigurationWebSocketAPI(
            api_key=key, api_secret=secret, stream_url=root + "/ws-fapi/v1"
        ),
        config_ws_streams=ConfigurationWebSocketStreams(stream_url=root),
    )
    referee = Referee()
    seen = await asyncio.to_thread(over_rest, client.rest_api, referee)
    seen |= await over_sockets(client, referee)
    return seen | {"warnings": kept.said, "absent": referee.absent}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
