"""The whole table of what clients call: served, weighed as the venue weighs, and on every root of the sockets."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlencode

import aiohttp
import msgspec
import pytest

from jackline.exchange.ports import Candle
from jackline.exchange.values import PositionSide
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.rest import ROUTES
from tests.exchange.served import START_MS, Ear, Unserved, exchange, receive

SYMBOL = {"symbol": "BTCUSDT"}
PLAIN = SYMBOL | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "58000"}
STOP = SYMBOL | {"algoType": "CONDITIONAL", "side": "SELL", "type": "STOP_MARKET", "closePosition": "true"}
BATCH = (
    '[{"symbol":"BTCUSDT","side":"BUY","type":"LIMIT","timeInForce":"GTC",'
    '"quantity":"0.01","price":"58000","newClientOrderId":"b1"}]'
)
RESTING, STOPPED = {"origClientOrderId": "p1"}, {"clientAlgoId": "s1"}


class Pair(NamedTuple):
    """A request that works in a world with an order p1 and a stop s1, and what it weighs."""

    method: str
    path: str
    weight: int
    params: Mapping[str, str] = MappingProxyType({})
    access: str = "signed"


TABLE = (
    Pair("GET", "/fapi/v1/ping", 1, access="public"),
    Pair("GET", "/fapi/v1/time", 1, access="public"),
    Pair("GET", "/fapi/v1/exchangeInfo", 1, access="public"),
    Pair("POST", "/fapi/v1/leverage", 1, SYMBOL | {"leverage": "5"}),
    Pair("POST", "/fapi/v1/marginType", 1, {"symbol": "ETHUSDT", "marginType": "ISOLATED"}),
    Pair("GET", "/fapi/v1/positionSide/dual", 30),
    Pair("POST", "/fapi/v1/positionSide/dual", 1, {"dualSidePosition": "true"}),
    Pair("GET", "/fapi/v1/symbolConfig", 5, SYMBOL),
    Pair("GET", "/fapi/v1/accountConfig", 5),
    Pair("GET", "/fapi/v1/commissionRate", 20, SYMBOL),
    Pair("GET", "/fapi/v1/leverageBracket", 1),
    Pair("GET", "/fapi/v2/account", 5),
    Pair("GET", "/fapi/v3/account", 5),
    Pair("GET", "/fapi/v2/balance", 5),
    Pair("GET", "/fapi/v3/balance", 5),
    Pair("GET", "/fapi/v2/positionRisk", 5),
    Pair("GET", "/fapi/v3/positionRisk", 5),
    Pair("POST", "/fapi/v1/order", 0, PLAIN),
    Pair("GET", "/fapi/v1/order", 1, SYMBOL | RESTING),
    Pair("PUT", "/fapi/v1/order", 0, SYMBOL | RESTING | {"side": "BUY", "quantity": "0.02", "price": "58000"}),
    Pair("DELETE", "/fapi/v1/order", 1, SYMBOL | RESTING),
    Pair("POST", "/fapi/v1/batchOrders", 5, {"batchOrders": BATCH}),
    Pair("DELETE", "/fapi/v1/batchOrders", 1, SYMBOL | {"origClientOrderIdList": '["p1"]'}),
    Pair("GET", "/fapi/v1/openOrder", 1, SYMBOL | RESTING),
    Pair("GET", "/fapi/v1/openOrders", 1, SYMBOL),
    Pair("GET", "/fapi/v1/openOrders", 40),
    Pair("GET", "/fapi/v1/allOrders", 5, SYMBOL),
    Pair("DELETE", "/fapi/v1/allOpenOrders", 1, SYMBOL),
    Pair("POST", "/fapi/v1/algoOrder", 0, STOP | {"side": "BUY", "triggerPrice": "63000"}),
    Pair("GET", "/fapi/v1/algoOrder", 1, STOPPED),
    Pair("DELETE", "/fapi/v1/algoOrder", 1, STOPPED),
    Pair("GET", "/fapi/v1/openAlgoOrders", 1, SYMBOL),
    Pair("GET", "/fapi/v1/openAlgoOrders", 40),
    Pair("GET", "/fapi/v1/allAlgoOrders", 5, SYMBOL),
    Pair("DELETE", "/fapi/v1/algoOpenOrders", 1, SYMBOL),
    Pair("POST", "/fapi/v1/countdownCancelAll", 10, SYMBOL | {"countdownTime": "60000"}),
    Pair("GET", "/fapi/v1/userTrades", 5, SYMBOL),
    Pair("GET", "/fapi/v1/klines", 1, SYMBOL | {"interval": "1m", "limit": "99"}, access="public"),
    Pair("GET", "/fapi/v1/klines", 2, SYMBOL | {"interval": "1m", "limit": "100"}, access="public"),
    Pair("GET", "/fapi/v1/klines", 5, SYMBOL | {"interval": "1m"}, access="public"),
    Pair("GET", "/fapi/v1/klines", 10, SYMBOL | {"interval": "1m", "limit": "1500"}, access="public"),
    Pair("GET", "/fapi/v1/markPriceKlines", 5, SYMBOL | {"interval": "1m"}, access="public"),
    Pair("GET", "/fapi/v1/premiumIndex", 1, SYMBOL, access="public"),
    Pair("GET", "/fapi/v1/premiumIndex", 10, access="public"),
    Pair("GET", "/fapi/v1/ticker/24hr", 1, SYMBOL, access="public"),
    Pair("GET", "/fapi/v1/ticker/24hr", 40, access="public"),
    Pair("GET", "/fapi/v1/ticker/bookTicker", 2, SYMBOL, access="public"),
    Pair("GET", "/fapi/v1/ticker/bookTicker", 5, access="public"),
    Pair("GET", "/fapi/v1/depth", 2, SYMBOL | {"limit": "50"}, access="public"),
    Pair("GET", "/fapi/v1/depth", 5, SYMBOL | {"limit": "100"}, access="public"),
    Pair("GET", "/fapi/v1/depth", 10, SYMBOL, access="public"),
    Pair("GET", "/fapi/v1/depth", 20, SYMBOL | {"limit": "1000"}, access="public"),
    Pair("POST", "/fapi/v1/listenKey", 1, access="key"),
    Pair("PUT", "/fapi/v1/listenKey", 1, access="key"),
    Pair("DELETE", "/fapi/v1/listenKey", 1, access="key"),
)  # fmt: skip
"""exchanges.md 4.3: the minimal server list, each pair once or more."""

BESIDE = (
    Pair("GET", "/api/v3/ping", 1, access="public"),
    Pair("GET", "/api/v3/time", 1, access="public"),
    Pair("GET", "/fapi/v1/rateLimit/order", 1),
    Pair("GET", "/fapi/v1/forceOrders", 20, SYMBOL),
    Pair("GET", "/fapi/v1/forceOrders", 50),
    Pair("GET", "/fapi/v1/income", 30),
    Pair("GET", "/fapi/v1/adlQuantile", 5),
    Pair("GET", "/fapi/v1/multiAssetsMargin", 30),
    Pair("GET", "/fapi/v1/fundingRate", 1, SYMBOL, access="public"),
    Pair("GET", "/fapi/v1/ticker/price", 1, SYMBOL, access="public"),
    Pair("GET", "/fapi/v2/ticker/price", 2, access="public"),
    Pair("GET", "/sapi/v1/account/apiRestrictions", 1),
    Pair("GET", "/sapi/v1/system/status", 1, access="public"),
    Pair("GET", "/sapi/v1/capital/config/getall", 10),
    Pair("GET", "/sapi/v1/margin/allPairs", 1, access="key"),
    Pair("GET", "/sapi/v1/margin/isolated/allPairs", 1),
)
"""What is asked besides: the routes to be added later, the spot side, and what clients need at their start."""


def test_the_table_has_the_forty_four_pairs_and_every_route_stands_in_a_table() -> None:
    pairs = {(one.method, one.path) for one in TABLE}
    assert len(pairs) == 44
    served = {(route.method, route.path) for route in ROUTES}
    assert pairs <= served
    assert served - pairs - {(one.method, one.path) for one in BESIDE} == {
        ("POST", "/fapi/v1/positionMargin")
    }


def prepared() -> Unserved:
    """A world with a resting order p1, a stop s1 and a listen key."""
    world = Unserved()
    assert world.ask("POST", "v1/order", **PLAIN, newClientOrderId="p1").status == 200
    assert world.ask("POST", "v1/algoOrder", **STOP, triggerPrice="57000", clientAlgoId="s1").status == 200
    world.user_ear()
    world.clock.now_ms += 60_000  # another minute, with nothing counted in it
    return world


@pytest.mark.parametrize("pair", [*TABLE, *BESIDE], ids=lambda one: f"{one.method} {one.path} {one.weight}")
def test_every_pair_is_served_and_weighs_what_it_weighs_at_the_venue(pair: Pair) -> None:
    world = prepared()
    if pair.path.endswith("positionSide/dual") and pair.method == "POST":
        world.ask("DELETE", "v1/allOpenOrders", **SYMBOL)
        world.ask("DELETE", "v1/algoOpenOrders", **SYMBOL)
        world.clock.now_ms += 60_000
    inbound = world.request(pair.method, pair.path.removeprefix("/fapi/"), **pair.params)
    if pair.access != "signed":
        inbound = replace(inbound, query=urlencode(pair.params))
    if pair.access == "public":
        inbound = replace(inbound, headers={})
    answer = world.exchange.rest.respond(replace(inbound, path=pair.path))
    assert answer.status == 200, answer.body
    assert answer.headers["X-MBX-USED-WEIGHT-1M"] == str(pair.weight)
    counted = pair.method in {"POST", "PUT"} and pair.path.endswith(("/order", "/algoOrder", "/batchOrders"))
    assert ("X-MBX-ORDER-COUNT-10S" in answer.headers) == counted
    if counted:
        assert (answer.headers["X-MBX-ORDER-COUNT-10S"], answer.headers["X-MBX-ORDER-COUNT-1M"]) == ("1", "1")


async def test_a_server_answers_every_pair_and_says_404_to_a_stranger() -> None:
    async with exchange() as served:
        for method, path in dict.fromkeys((one.method, one.path) for one in [*TABLE, *BESIDE]):
            async with served.http.request(method, served.url + path) as answer:
                assert answer.status in {200, 400, 401}, (method, path)
                assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) >= 0
                assert await answer.json() is not None
        async with served.http.get(f"{served.url}/fapi/v1/nowhere") as answer:
            assert answer.status == 404


@pytest.mark.parametrize("root", ["/public", "/market", "/private"])
async def test_every_root_serves_ws_and_stream(root: str) -> None:
    async with exchange() as served:
        for tail, wrapped in (("/ws", False), ("/stream", True)):
            async with served.socket(root + tail) as socket:
                await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@bookTicker"], "id": 1})
                await receive(socket, lambda one: one.get("id") == 1)
                await served.advance(2)
                told = (await receive(socket, lambda one: "id" not in one))[-1]
                assert (told["data"] if wrapped else told)["s"] == "BTCUSDT"
                assert ("stream" in told) == wrapped
        async with served.socket("/ws-fapi/v1") as socket:
            await socket.send_json({"id": "a", "method": "ping", "params": {}})
            assert (await receive(socket, lambda one: True))[-1]["status"] == 200
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with served.socket(f"{root}/elsewhere"):
                pass


def test_streams_of_the_book_and_of_continuous_bars_are_told() -> None:
    world, ear = Unserved(), Ear()
    streams = "btcusdt@depth@100ms/btcusdt_perpetual@continuousKline_1m"
    assert world.exchange.floor.hub.attach("/market/stream", f"streams={streams}", ear)
    for price in (60_000, 60_010):
        world.clock.now_ms += 1_000
        world.tick(price)
    books = [one["data"] for one in ear.heard if one["data"]["e"] == "depthUpdate"]
    assert books[-1]["pu"] == books[-2]["u"]
    assert books[-1]["b"] == [["60010.0", "100.000"], ["60000.0", "0.000"]]
    (bar,) = [one["data"] for one in ear.heard if one["data"]["e"] == "continuous_kline"][-1:]
    assert (bar["ps"], bar["ct"], bar["k"]["c"], bar["k"]["x"]) == ("BTCUSDT", "PERPETUAL", "60010.0", False)


def said(answer: Outbound) -> Any:
    return msgspec.json.decode(answer.body)


def test_what_the_venue_took_over_is_listed_with_its_kind() -> None:
    world = Unserved()
    world.buy(quantity="0.05")
    venue = world.exchange.venue
    venue.adl(venue.state.accounts["main"], "BTCUSDT", PositionSide.BOTH, Decimal("0.5"))
    assert world.ask("POST", "v1/leverage", **SYMBOL, leverage="100").status == 200
    assert world.buy(quantity="9").status == 200
    world.tick(59_000)
    world.tick(58_000)
    kinds = {
        kind: [
            one["clientOrderId"].split("-")[0] for one in said(world.ask("GET", "v1/forceOrders", **asked))
        ]
        for kind, asked in (
            ("ADL", {"autoCloseType": "ADL"}),
            ("LIQUIDATION", {"autoCloseType": "LIQUIDATION"}),
            ("both", {}),
        )
    }
    assert kinds == {
        "ADL": ["adl_autoclose"],
        "LIQUIDATION": ["autoclose"],
        "both": ["adl_autoclose", "autoclose"],
    }
    assert said(world.ask("GET", "v1/forceOrders", autoCloseType="ODD"))["code"] == -1130


def test_a_gain_moves_a_position_up_in_the_queue() -> None:
    world = Unserved()
    world.ask("POST", "v1/leverage", **SYMBOL, leverage="10")
    world.buy(quantity="0.05")
    assert said(world.ask("GET", "v1/adlQuantile")) == [
        {"symbol": "BTCUSDT", "adlQuantile": {"LONG": 0, "SHORT": 0, "BOTH": 0}}
    ]
    world.tick(63_000)  # half of the margin
    (row,) = said(world.ask("GET", "v1/adlQuantile", **SYMBOL))
    assert row["adlQuantile"]["BOTH"] == 2


def test_in_hedge_mode_the_queue_says_so_and_places_each_leg() -> None:
    world = Unserved()
    world.ask("POST", "v1/positionSide/dual", dualSidePosition="true")
    world.ask("POST", "v1/order", **SYMBOL, side="BUY", positionSide="LONG", type="MARKET", quantity="0.05")
    (row,) = said(world.ask("GET", "v1/adlQuantile", **SYMBOL))
    assert row["adlQuantile"] == {"LONG": 0, "SHORT": 0, "HEDGE": 0}


def test_margin_of_an_isolated_position_is_added_and_taken() -> None:
    world = Unserved()
    world.ask("POST", "v1/marginType", **SYMBOL, marginType="ISOLATED")
    world.buy(quantity="0.05")

    def held() -> Decimal:
        return Decimal(said(world.ask("GET", "v3/positionRisk"))[0]["isolatedWallet"])

    before = held()
    moved = said(world.ask("POST", "v1/positionMargin", **SYMBOL, amount="25", type="1"))
    assert (moved["code"], moved["type"], held() - before) == (200, 1, Decimal(25))
    world.ask("POST", "v1/positionMargin", **SYMBOL, amount="25", type="2")
    assert held() == before
    for wrong, code in (({"amount": "0", "type": "1"}, -1130), ({"amount": "5", "type": "3"}, -1130)):
        assert said(world.ask("POST", "v1/positionMargin", **SYMBOL, **wrong))["code"] == code


def test_funding_rates_are_told_by_boundary() -> None:
    world = Unserved()
    market = world.exchange.venue.state.markets["BTCUSDT"]
    price = Decimal(60_000)
    market.candles.extend(
        Candle(
            open_ms=START_MS + hours * 3_600_000, open=price, high=price, low=price, close=price, volume=price
        )
        for hours in range(-17, 0)
    )
    asked = Inbound(method="GET", path="/fapi/v1/fundingRate", query="symbol=BTCUSDT", headers={})
    rows = said(world.exchange.rest.respond(asked))
    assert [row["fundingTime"] - START_MS for row in rows] == [-16 * 3_600_000, -8 * 3_600_000]
    assert rows[0]["fundingRate"] == "0.0001"
