"""What the wire refuses, under which number and status; and what strict mode catches."""

import asyncio
import time

import pytest

from jackline.exchange.errors import VenueError
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.limits import ORDERS_PER_TEN_SECONDS, TEN_SECONDS_MS, WEIGHT_PER_MINUTE, Limits
from jackline.exchange.wire.listen_keys import LIFE_MS, ListenKeys
from jackline.exchange.wire.server import PortError, ServeConfig, serve
from tests.exchange.served import KEY, ScriptedFeed, exchange

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.05"}
ALGO = {"algoType": "CONDITIONAL", "symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET"}
CLOSING = ALGO | {"triggerPrice": "59000", "closePosition": "true"}


async def test_placement_refusals_by_code() -> None:
    cases: list[tuple[str, dict[str, str], int]] = [
        ("order", ORDER | {"quantity": ""}, -1102),
        ("order", {name: ORDER[name] for name in ("symbol", "side", "type")}, -1102),
        ("order", ORDER | {"type": "STOP_MARKET"}, -4120),
        ("order", ORDER | {"type": "ODD"}, -1116),
        ("order", ORDER | {"side": "LONG"}, -1117),
        ("order", ORDER | {"symbol": "NOPEUSDT"}, -1121),
        ("order", ORDER | {"price": "60000"}, -1106),
        ("order", ORDER | {"newClientOrderId": "x" * 37}, -1100),
        ("order", ORDER | {"stopLoss": "{'triggerPrice': 57000}"}, -1104),
        ("algoOrder", CLOSING | {"reduceOnly": "true"}, -1106),
        ("algoOrder", CLOSING | {"quantity": "0.05"}, -4137),
        ("algoOrder", CLOSING | {"price": "59000"}, -1106),
        ("algoOrder", CLOSING | {"triggerPriceType": "mark"}, -1104),
        ("algoOrder", CLOSING | {"triggerPrice": "60000"}, -2021),
        ("algoOrder", {name: CLOSING[name] for name in CLOSING if name != "algoType"}, -1102),
        ("algoOrder", ALGO | {"quantity": "0.05"}, -1102),
        (
            "algoOrder",
            ALGO | {"type": "TRAILING_STOP_MARKET", "quantity": "0.05", "callbackRate": "21"},
            -2007,
        ),
    ]
    async with exchange() as served:
        for path, params, code in cases:
            status, answer = await served.signed("POST", f"/fapi/v1/{path}", **params)
            assert (status, answer["code"]) == (400, code), (path, params, answer)
        _, unread = await served.signed("POST", "/fapi/v1/order", **ORDER, odd="1")
        assert unread["msg"] == "Not all sent parameters were read; read '6' parameter(s) but was sent '7'."
        judged = await served.control("witness")
        assert judged["orders"] == judged["algos"] == []


async def test_lookups_of_what_is_not_there() -> None:
    async with exchange() as served:
        for method, path, params, code in (
            ("GET", "order", {"symbol": "BTCUSDT", "orderId": 1}, -2013),
            ("DELETE", "order", {"symbol": "BTCUSDT", "origClientOrderId": "no"}, -2011),
            ("GET", "algoOrder", {"clientAlgoId": "no"}, -2013),
            ("DELETE", "algoOrder", {"algoId": 5}, -20124),
            ("GET", "order", {"symbol": "BTCUSDT"}, -1102),
        ):
            assert (await served.signed(method, f"/fapi/v1/{path}", **params))[1]["code"] == code


async def test_keys_signatures_and_clocks() -> None:
    async with exchange() as served:
        path = "/fapi/v3/account"
        now_ms = int(time.time() * 1_000)
        assert (await served.signed("GET", path))[0] == 200
        for status, code, arguments in (
            (401, -2014, {"key": None}),
            (401, -2015, {"key": "somebody"}),
            (400, -1022, {"secret": "wrong"}),
            (400, -1021, {"timestamp": now_ms - 6_000}),
            (400, -1021, {"timestamp": now_ms + 5_000}),
        ):
            answered, answer = await served.signed("GET", path, **arguments)
            assert (answered, answer["code"]) == (status, code)
        assert (await served.signed("GET", path, timestamp=now_ms - 6_000, recvWindow=10_000))[0] == 200


async def test_without_strict_mode_unknown_parameters_are_ignored_as_a_lenient_venue_would() -> None:
    async with exchange(options=WireOptions(strict=False, fill_prices=False)) as served:
        status, answer = await served.signed(
            "POST", "/fapi/v1/order", **ORDER, stopLoss="57000", newOrderRespType="RESULT"
        )
        assert (status, answer["status"]) == (200, "FILLED")
        assert "avgPrice" not in answer


def test_the_order_window_refuses_the_three_hundred_and_first_and_opens_again() -> None:
    limits = Limits()
    for _ in range(ORDERS_PER_TEN_SECONDS):
        limits.take_orders("main", 5, 1)
    with pytest.raises(VenueError, match=r"^-1015 .*300 orders per 10 SECONDS"):
        limits.take_orders("main", 9_999, 1)
    limits.take_orders("other", 9_999, 1)
    limits.take_orders("main", TEN_SECONDS_MS, 1)
    assert limits.order_headers("main", TEN_SECONDS_MS)["X-MBX-ORDER-COUNT-10S"] == "1"


async def test_the_weight_window_answers_429_and_every_answer_carries_its_count() -> None:
    async with exchange() as served:
        for expected in (1, 2):
            async with served.http.get(f"{served.url}/fapi/v1/ping") as answer:
                assert int(answer.headers["X-MBX-USED-WEIGHT-1M"]) in {expected, 1}  # a minute may turn
    limits = Limits()
    limits.take_weight(0, WEIGHT_PER_MINUTE)
    with pytest.raises(VenueError, match=r"^-1003 ") as refusal:
        limits.take_weight(0, 1)
    assert refusal.value.http == 429


def test_listen_keys_live_an_hour_and_are_shared() -> None:
    keys = ListenKeys()
    first = keys.open("main", 0)
    assert keys.open("main", LIFE_MS - 1) == first
    assert keys.expired(LIFE_MS) == []
    assert keys.expired(2 * LIFE_MS - 1) == [("main", first)]
    assert keys.open("main", 2 * LIFE_MS) != first


async def test_extending_a_key_that_is_gone() -> None:
    async with exchange() as served:
        status, answer = await served.raw("PUT", "/fapi/v1/listenKey", key=KEY)
        assert (status, answer["code"]) == (401, -1125)


async def test_switches_and_market_orders_that_make_no_sense_are_refused() -> None:
    async with exchange() as served:
        assert "error" in await served.control("switches", fill_parts=0)
        assert "error" in await served.control("switches", stopwhileflat="refuse")
        assert "error" in await served.control(
            "market", crash={"symbol": "BTCUSDT", "fraction": "-0.1", "over_ms": 5}
        )
        await served.control("switches", stop_while_flat="refuse")
        _, answer = await served.signed("POST", "/fapi/v1/algoOrder", **CLOSING)
        assert answer["code"] == -4509


async def test_a_port_in_use_says_which_and_what_to_do() -> None:
    async with exchange() as served:
        config = ServeConfig(port=served.port, feed=ScriptedFeed([60_000]), accounts=())
        with pytest.raises(PortError, match=rf"port {served.port} .*Fix: "):
            async with asyncio.timeout(5):
                await serve(config, ready=lambda _: None)
