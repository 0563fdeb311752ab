"""Every answer and event of the Binance wire passes the strict models of the official SDK, or has a reason here.

Routes, methods and events are taken from the exchange's own tables, so that a new one fails here until the referee
asks for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec
import pytest

from jackline.exchange.wire.rest import ROUTES
from jackline.exchange.wire.ws_api import METHODS
from tests.conformance import sessions, transcript
from tests.house.source import sources

LEFT_OUT = {
    "GET /api/v3/ping": "of the spot market; the session by python-binance asks for it",
    "GET /api/v3/time": "of the spot market; the session by python-binance asks for it",
    "ping": "the SDK has no method for it: it pings the socket itself",
    "time": "the SDK has no method for it",
    "trade": "the SDK has no model of this stream; ccxt.pro reads it in its session",
    **dict.fromkeys(
        (
            "GET /sapi/v1/account/apiRestrictions",
            "GET /sapi/v1/capital/config/getall",
            "GET /sapi/v1/margin/allPairs",
            "GET /sapi/v1/margin/isolated/allPairs",
            "GET /sapi/v1/system/status",
        ),
        "of the wallet's host, which this SDK is not for; ccxt and freqtrade ask for it",
    ),
}
"""Routes, methods of the socket API, and events that the referee cannot judge, and why."""

MODELS = {
    "TRADE_LITE": "TradeLite",
    "ORDER_TRADE_UPDATE": "OrderTradeUpdate",
    "ACCOUNT_UPDATE": "AccountUpdate",
    "ALGO_UPDATE": "AlgoUpdate",
    "ACCOUNT_CONFIG_UPDATE": "AccountConfigUpdate",
    "listenKeyExpired": "ListenKeyExpired",
    "markPriceUpdate": "MarkPriceStreamResponse MarkPriceStreamForAllMarketResponse",
    "kline": "KlineCandlestickStreamsResponse",
    "continuous_kline": "ContinuousContractKlineCandlestickStreamsResponse",
    "depthUpdate": "DiffBookDepthStreamsResponse PartialBookDepthStreamsResponse",
    "aggTrade": "AggregateTradeStreamsResponse",
    "24hrMiniTicker": "IndividualSymbolMiniTickerStreamResponse",
    "bookTicker": "IndividualSymbolBookTickerStreamsResponse",
}
"""Events by their names on the wire, and the SDK's models of them; the listing of all marks has one of its own."""

NAMED_BY = {"kind": ("trade", "aggTrade")}
"""An event whose name is a variable, and what that may be."""

FIELDS_LEFT_OUT = {
    "HEDGE": "of hedge mode; tests/exchange/test_wire_table.py asks there",
    "activatePrice": "of trailing plain orders, which the venue no longer takes",
    "priceRate": "of trailing plain orders, which the venue no longer takes",
    "icebergQuantity": "null at the venue too for orders that are no icebergs",
    "feeBurn": "of fees paid in another coin",
    "modifyId": "of amendments that the caller numbers",
    "pair": "of coin-margined contracts",
    "cumBase": "of coin-margined contracts",
    "baseQty": "of coin-margined contracts",
    "marginAsset": "of coin-margined contracts",
    "st": "tells coin-margined contracts from ours",
    "ps": "of coin-margined contracts: their pair",
    "nq": "of trades without orders for retail price improvement, which nobody places here",
    "M": "of coin-margined contracts: their margin asset",
    "S": "of coin-margined contracts: whose event it is",
    "AP": "of trailing plain orders; in ALGO_UPDATE it is there",
    "cr": "of trailing plain orders; in ALGO_UPDATE it is there",
    "settlePlan": "of contracts that are delivered",
    "ai": "of multi-assets mode, which is not served",
}


def kinds() -> Iterator[str]:
    """The names of all events that the Binance wire can send: what stands under "e" anywhere in its source."""
    for source in sources("src/jackline/exchange/wire"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict):
                for key, value in zip(node.keys, node.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "e":
                        yield from _named(value)


def _named(value: ast.expr) -> tuple[str, ...]:
    """Raises KeyError for a name that nobody has spelled out here."""
    return (str(value.value),) if isinstance(value, ast.Constant) else NAMED_BY[ast.unparse(value)]


def test_every_event_of_the_wire_has_a_model_or_a_reason() -> None:
    told = set(kinds())
    assert told == {*MODELS, *(LEFT_OUT.keys() & told)}


def test_every_route_and_method_is_asked_for_or_has_a_reason() -> None:
    asked: set[str] = set()
    for line in transcript.read(sessions.REFEREE.transcript):
        asked.add(msgspec.json.decode(line.frame)["method"] if line.frame else f"{line.method} {line.path}")
    served = {f"{route.method} {route.path}" for route in ROUTES} | set(METHODS)
    assert served - asked == LEFT_OUT.keys() & served
    assert asked <= served


def test_no_reason_outlives_what_it_excuses() -> None:
    served = {f"{route.method} {route.path}" for route in ROUTES} | set(METHODS) | set(kinds())
    assert LEFT_OUT.keys() <= served


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_the_official_sdk_finds_everything_of_the_declared_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await sessions.run(sessions.REFEREE, monkeypatch)
    assert told["warnings"] == []
    assert (told["entry"], told["close"]) == ("FILLED", "FILLED")
    assert "-2021" in told["refused"]
    assert set(told["heard"]) == {model for models in MODELS.values() for model in models.split()}
    lacking = {name: set(fields) - FIELDS_LEFT_OUT.keys() for name, fields in told["absent"].items()}
    assert {name: fields for name, fields in lacking.items() if fields} == {}
    missed = {field for fields in told["absent"].values() for field in fields}
    assert FIELDS_LEFT_OUT.keys() <= missed
