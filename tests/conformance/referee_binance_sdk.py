"""The official SDK as a referee, in an environment of its own: `python THIS URL KEY SECRET`.

Asks for every answer it has a method for, over REST and over the socket API, and listens to every event. Its models
are strict: a value of another type than declared is logged as a warning and kept in `warnings`, and so is each declared
field that an answer or event does not have (`absent`). Says what it saw as one line of JSON; an exception is a failure.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

from binance_common.configuration import (
    ConfigurationRestAPI,
    ConfigurationWebSocketAPI,
    ConfigurationWebSocketStreams,
)
from binance_common.errors import BadRequestError
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from binance_sdk_derivatives_trading_usds_futures.rest_api.models import (
    PlaceMultipleOrdersBatchOrdersParameterInner as Batched,
)

SYMBOL = "BTCUSDT"
STOP = {"algo_type": "CONDITIONAL", "symbol": SYMBOL, "side": "SELL", "type": "STOP_MARKET"}
TRAILING = STOP | {"type": "TRAILING_STOP_MARKET", "callback_rate": 1}
BUY = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": 0.01}
CLOSE = BUY | {"side": "SELL", "reduce_only": "true"}
LIMIT = BUY | {"type": "LIMIT", "time_in_force": "GTC", "price": 58_000}
DEADLINE_S = 60.0


class Kept(logging.Handler):
    """What the library warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage()[:300])


class Referee:
    """Calls the library and notes which declared fields no answer or event of a name ever had."""

    def __init__(self) -> None:
        self.heard: set[str] = set()
        self._declared: dict[str, set[str]] = {}
        self._present: dict[str, set[str]] = {}
        self._more = asyncio.Event()

    @property
    def absent(self) -> dict[str, list[str]]:
        lacking = {name: fields - self._present[name] for name, fields in self._declared.items()}
        return {name: sorted(fields) for name, fields in lacking.items() if fields}

    def rest(self, call: Callable[..., Any], **params: Any) -> Any:
        data = call(**params).data()
        self.look(call.__name__, data)
        return data

    async def socket(self, call: Callable[..., Awaitable[Any]], **params: Any) -> Any:
        data = (await call(**params)).data()
        result = getattr(data, "actual_instance", data).result
        self.look(f"ws.{call.__name__}", result)
        return result

    def look(self, name: str, data: Any) -> None:
        """A model, or rows of them; a dictionary that says something is an answer that fits no model."""
        whole = getattr(data, "actual_instance", data)
        for one in whole if isinstance(whole, list) else [whole]:
            if isinstance(one, dict) and one:
                logging.warning("%s: not recognised: %s", name, one)
            self._fields(name, one)

    def _fields(self, name: str, one: Any) -> None:
        for field, declared in getattr(type(one), "model_fields", {}).items():
            if field == "additional_properties":
                continue
            value, alias = getattr(one, field), declared.alias or field
            self._declared.setdefault(name, set()).add(alias)
            present = self._present.setdefault(name, set())
            if value is not None:
                present.add(alias)
                self.look(f"{name}.{alias}", value)

    def hear(self, data: Any) -> None:
        """One event, by the model it became."""
        event = getattr(data, "actual_instance", data)
        name = type(event[0] if isinstance(event, list) else event).__name__
        self.heard.add(name)
        self.look(name, event)
        self._more.set()

    async def until_heard(self, *models: str) -> None:
        """LookupError, with their names, where some are not heard in time."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not set(models) <= self.heard:
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise LookupError(f"never heard: {set(models) - self.heard}") from None


def settings(api: Any, ask: Callable[..., Any]) -> None:
    """What there is to set and to read while flat."""
    for call in (
        api.test_connectivity, api.check_server_time, api.exchange_information, api.get_current_position_mode,
        api.futures_account_configuration, api.symbol_price_ticker, api.symbol_price_ticker_v2,
        api.mark_price, api.symbol_order_book_ticker, api.ticker24hr_price_change_statistics,
        api.notional_and_leverage_brackets, api.symbol_configuration, api.position_information_v2,
        api.get_current_multi_assets_mode, api.query_user_rate_limit, api.get_funding_rate_history,
    ):  # fmt: skip
        ask(call)
    for call in (
        api.symbol_configuration, api.user_commission_rate, api.notional_and_leverage_brackets, api.mark_price,
        api.symbol_order_book_ticker, api.ticker24hr_price_change_statistics, api.symbol_price_ticker,
        api.symbol_price_ticker_v2,
    ):  # fmt: skip
        ask(call, symbol=SYMBOL)
    for hedge in ("true", "false"):
        ask(api.change_position_mode, dual_side_position=hedge)
    ask(api.change_margin_type, symbol=SYMBOL, margin_type="ISOLATED")
    ask(api.change_initial_leverage, symbol=SYMBOL, leverage=4)
    ask(api.order_book, symbol=SYMBOL, limit=5)
    for call in (api.kline_candlestick_data, api.mark_price_kline_candlestick_data):
        ask(call, symbol=SYMBOL, interval="1m", limit=2)


def trading(api: Any, ask: Callable[..., Any]) -> dict[str, Any]:
    """One long from flat to flat, with everything that can be done beside it."""
    stop = ask(api.new_algo_order, **STOP, trigger_price=59_000, close_position="true")
    entry = ask(api.new_order, **BUY, new_order_resp_type="RESULT")
    for call in (api.position_information_v2, api.position_information_v3):
        ask(call, symbol=SYMBOL)
    for call in (
        api.account_information_v2, api.account_information_v3,
        api.futures_account_balance_v2, api.futures_account_balance_v3,
    ):  # fmt: skip
        ask(call)
    for call in (api.position_adl_quantile_estimation, api.users_force_orders):
        ask(call, symbol=SYMBOL)
    ask(api.modify_isolated_position_margin, symbol=SYMBOL, amount=10, type=1)
    ask(api.new_algo_order, **TRAILING, quantity=0.01, reduce_only="true")
    ask(api.query_algo_order, algo_id=stop.algo_id)
    ask(api.current_all_algo_open_orders, symbol=SYMBOL)
    ask(api.cancel_algo_order, algo_id=stop.algo_id)
    limit = ask(api.new_order, **LIMIT)
    ask(api.modify_order, symbol=SYMBOL, order_id=limit.order_id, side="BUY", quantity=0.02, price=58_100)
    for call in (api.query_order, api.query_current_open_order):
        ask(call, symbol=SYMBOL, order_id=limit.order_id)
    ask(api.current_all_open_orders, symbol=SYMBOL)
    ask(api.cancel_order, symbol=SYMBOL, order_id=limit.order_id)
    placed = ask(api.place_multiple_orders, batch_orders=[batched(58_000), batched(1)])
    ask(api.cancel_multiple_orders, symbol=SYMBOL, order_id_list=[placed[0].order_id, 7])
    refused = refusal(lambda: api.new_algo_order(**STOP, trigger_price=61_000, close_position="true"))
    close = ask(api.new_order, **CLOSE, new_order_resp_type="RESULT")
    ask(api.all_orders, symbol=SYMBOL)
    ask(api.query_all_algo_orders, symbol=SYMBOL)
    ask(api.cancel_all_algo_open_orders, symbol=SYMBOL)
    ask(api.cancel_all_open_orders, symbol=SYMBOL)
    ask(api.auto_cancel_all_open_orders, symbol=SYMBOL, countdown_time=0)
    ask(api.account_trade_list, symbol=SYMBOL)
    ask(api.get_income_history)
    return {"entry": entry.status, "close": close.status, "refused": refused}


def batched(price: int) -> Any:
    return Batched(
        symbol=SYMBOL,
        side="BUY",
        type="LIMIT",
        quantity=0.01,
        price=price,
        timeInForce="GTC",
        reduceOnly="false",
    )


def refusal(call: Callable[[], Any]) -> str:
    """What the library's own class for a refusal has read of it."""
    try:
        call()
    except BadRequestError as error:
        return str(error)
    return "not refused"


async def over_the_socket(api: Any, ask: Callable[..., Awaitable[Any]]) -> None:
    """The methods of the socket API, around another long."""
    for call in (
        api.account_information, api.account_information_v2, api.futures_account_balance,
        api.futures_account_balance_v2, api.symbol_order_book_ticker, api.symbol_price_ticker,
        api.start_user_data_stream, api.keepalive_user_data_stream,
    ):  # fmt: skip
        await ask(call)
    await ask(api.order_book, symbol=SYMBOL, limit=5)
    entry = await ask(api.new_order, **BUY)
    stop = await ask(api.new_algo_order, **STOP, trigger_price=59_000, quantity=0.01, reduce_only="true")
    for call in (api.position_information, api.position_information_v2):
        await ask(call, symbol=SYMBOL)
    await ask(api.query_order, symbol=SYMBOL, order_id=entry.order_id)
    limit = await ask(api.new_order, **LIMIT)
    await ask(
        api.modify_order, symbol=SYMBOL, order_id=limit.order_id, side="BUY", quantity=0.02, price=58_100
    )
    await ask(api.cancel_order, symbol=SYMBOL, order_id=limit.order_id)
    await ask(api.new_order, **CLOSE)
    await ask(api.cancel_algo_order, algo_id=stop.algo_id)


async def listening(streams: Any, hear: Callable[[Any], None]) -> None:
    """Every stream of the market that the library has a model for."""
    for stream in (
        await streams.mark_price_stream(symbol="btcusdt"),
        await streams.mark_price_stream_for_all_market(),
        await streams.kline_candlestick_streams(symbol="btcusdt", interval="1m"),
        await streams.continuous_contract_kline_candlestick_streams(
            pair="btcusdt", contract_type="perpetual", interval="1m"
        ),
        await streams.diff_book_depth_streams(symbol="btcusdt"),
        await streams.partial_book_depth_streams(symbol="btcusdt", levels=5),
        await streams.aggregate_trade_streams(symbol="btcusdt"),
        await streams.individual_symbol_mini_ticker_stream(symbol="btcusdt"),
        await streams.individual_symbol_book_ticker_streams(symbol="btcusdt"),
    ):
        stream.on("message", hear)


def forget_key(url: str) -> None:
    """Asks the local exchange for what an hour would bring."""
    order = json.dumps({"kind": "forget_key", "account": "main", "told": True}).encode()
    with urllib.request.urlopen(f"{url}/local/v1/faults", data=order, timeout=DEADLINE_S) as answer:
        answer.read()


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
    rest, referee = client.rest_api, Referee()
    await asyncio.to_thread(settings, rest, referee.rest)
    listen_key = referee.rest(rest.start_user_data_stream).listen_key
    streams = await client.websocket_streams.create_connection()
    (await streams.user_data(listen_key)).on("message", referee.hear)
    await listening(streams, referee.hear)
    seen = await asyncio.to_thread(trading, rest, referee.rest)
    await asyncio.to_thread(referee.rest, rest.change_initial_leverage, symbol=SYMBOL, leverage=5)
    api = await client.websocket_api.create_connection()
    await over_the_socket(api, referee.socket)
    await asyncio.to_thread(referee.rest, rest.keepalive_user_data_stream)
    await asyncio.to_thread(forget_key, url)
    await referee.until_heard(*EVENTS)
    await referee.socket(api.start_user_data_stream)
    await referee.socket(api.close_user_data_stream)
    await asyncio.to_thread(referee.rest, rest.close_user_data_stream)
    await api.close_connection()
    await streams.close_connection()
    return seen | {"heard": sorted(referee.heard), "warnings": kept.said, "absent": referee.absent}


EVENTS = (
    "TradeLite", "OrderTradeUpdate", "AccountUpdate", "AlgoUpdate", "AccountConfigUpdate", "ListenKeyExpired",
    "MarkPriceStreamResponse", "MarkPriceStreamForAllMarketResponse",
    "KlineCandlestickStreamsResponse", "ContinuousContractKlineCandlestickStreamsResponse",
    "DiffBookDepthStreamsResponse", "PartialBookDepthStreamsResponse", "AggregateTradeStreamsResponse",
    "IndividualSymbolMiniTickerStreamResponse", "IndividualSymbolBookTickerStreamsResponse",
)  # fmt: skip
"""Waited for; which of them there must be, the test says."""

if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(session(*sys.argv[1:4]))) + "\n")
