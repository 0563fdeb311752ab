"""States of trouble that a client can meet, each by a switch: what it is told, by number and text."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from jackline.exchange.values import SymbolStatus
from tests.exchange.served import KEY, Served, exchange, receive

BUY = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.05"}
RESTING = BUY | {"type": "LIMIT", "timeInForce": "GTC", "price": "58000"}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "triggerPrice": "59000",
    "closePosition": "true",
}
REFUSED_KEY = (401, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."})


async def main(served: Served, **order: object) -> None:
    """Turns switches of the account."""
    assert "error" not in await served.control("switches", accounts={"main": order})


async def test_a_wrong_key_and_a_key_that_is_none() -> None:
    async with exchange() as served:
        assert await served.signed("GET", "/fapi/v3/account", key="somebody") == REFUSED_KEY
        assert await served.signed("GET", "/fapi/v3/account", key="x" * 129) == (
            401,
            {"code": -2014, "msg": "API-key format invalid."},
        )


async def test_an_address_that_is_not_allowed() -> None:
    async with exchange() as served:
        await main(served, addresses=["127.0.0.2"])
        assert await served.signed("GET", "/fapi/v3/account") == REFUSED_KEY
        assert await served.raw("POST", "/fapi/v1/listenKey", key=KEY) == REFUSED_KEY
        assert (await served.raw("GET", "/fapi/v1/ping"))[0] == 200
        connector = aiohttp.TCPConnector(local_addr=("127.0.0.2", 0))
        async with aiohttp.ClientSession(connector=connector) as other:
            elsewhere = Served(port=served.port, http=other)
            assert (await elsewhere.signed("GET", "/fapi/v3/account"))[0] == 200
            _, rights = await elsewhere.signed("GET", "/sapi/v1/account/apiRestrictions")
        assert rights["ipRestrict"] is True


async def test_a_key_without_the_trading_right_reads_and_does_nothing_else() -> None:
    async with exchange() as served:
        await main(served, trades=False)
        for method, path, params in (
            ("POST", "/fapi/v1/order", BUY),
            ("POST", "/fapi/v1/algoOrder", STOP),
            ("DELETE", "/fapi/v1/allOpenOrders", {"symbol": "BTCUSDT"}),
            ("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 5}),
        ):
            assert await served.signed(method, path, **params) == REFUSED_KEY, path
        for path in ("/fapi/v3/account", "/fapi/v3/positionRisk", "/fapi/v1/openAlgoOrders"):
            assert (await served.signed("GET", path))[0] == 200
        assert (await served.raw("POST", "/fapi/v1/listenKey", key=KEY))[0] == 200
        _, rights = await served.signed("GET", "/sapi/v1/account/apiRestrictions")
        assert (rights["enableReading"], rights["enableFutures"]) == (True, False)
        _, config = await served.signed("GET", "/fapi/v1/accountConfig")
        assert config["canTrade"] is False


async def test_a_key_with_the_withdrawal_right_says_so_and_trades() -> None:
    async with exchange() as served:
        before = (await served.signed("GET", "/sapi/v1/account/apiRestrictions"))[1]["enableWithdrawals"]
        await main(served, withdraws=True)
        after = (await served.signed("GET", "/sapi/v1/account/apiRestrictions"))[1]["enableWithdrawals"]
        assert (before, after) == (False, True)
        assert (await served.signed("POST", "/fapi/v1/order", **BUY))[0] == 200


@pytest.mark.parametrize(
    ("ahead_ms", "text"),
    [
        (5_001, "Timestamp for this request is outside of the recvWindow."),
        (-5_000, "Timestamp for this request was 1000ms ahead of the server's time."),
    ],
    ids=["client behind", "client ahead"],
)
async def test_a_clock_that_is_off_by_five_seconds(ahead_ms: int, text: str) -> None:
    async with exchange() as served:
        await served.control("switches", whims={"clock_ahead_ms": ahead_ms})
        assert await served.signed("GET", "/fapi/v3/account") == (400, {"code": -1021, "msg": text})
        _, told = await served.raw("GET", "/fapi/v1/time")
        shown = (await served.control("state"))["wire_ms"]
        assert abs(told["serverTime"] - shown - ahead_ms) < 1_000
        # Whoever reads the venue's clock first is let in.
        assert (await served.signed("GET", "/fapi/v3/account", timestamp=told["serverTime"]))[0] == 200


async def test_leverage_is_refused_outside_the_table_and_under_a_position() -> None:
    async with exchange() as served:

        async def asked(leverage: int) -> tuple[int, Any]:
            return await served.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=leverage)

        assert await asked(126) == (400, {"code": -4028, "msg": "Leverage 126 is not valid."})
        await served.signed("POST", "/fapi/v1/marginType", symbol="BTCUSDT", marginType="ISOLATED")
        await served.signed("POST", "/fapi/v1/order", **BUY)
        status, told = await asked(5)
        assert (status, told["code"]) == (400, -4161)
        assert told["msg"].startswith("Leverage reduction is not supported in Isolated Margin Mode")
        assert (await asked(125))[0] == 200


async def test_leverage_that_the_margin_does_not_carry() -> None:
    async with exchange() as served:
        await served.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=50)
        await served.signed("POST", "/fapi/v1/order", **(BUY | {"quantity": "1"}))
        status, told = await served.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=2)
        assert (status, told["code"]) == (400, -2028)
        rule = {"kind": "refuse", "code": -4028, "paths": ["/fapi/v1/leverage"]}
        async with served.http.post(f"{served.url}/local/v1/faults", json=rule) as answer:
            assert answer.status == 200
        status, told = await served.signed("POST", "/fapi/v1/leverage", symbol="BTCUSDT", leverage=50)
        assert (status, told["code"]) == (400, -4028)


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (SymbolStatus.SETTLING, -4140, "Invalid symbol status for opening position."),
        (SymbolStatus.BREAK, -4141, "Symbol is closed."),
    ],
)
async def test_a_symbol_on_its_way_out(status: SymbolStatus, code: int, text: str) -> None:
    async with exchange() as served:
        await served.signed("POST", "/fapi/v1/order", **BUY)
        told = await served.control("switches", status={"BTCUSDT": status.value})
        assert told["symbols"]["BTCUSDT"]["status"] == status.value
        _, info = await served.raw("GET", "/fapi/v1/exchangeInfo")
        assert info["symbols"][0]["status"] == status.value
        assert await served.signed("POST", "/fapi/v1/order", **BUY) == (400, {"code": code, "msg": text})
        closing = BUY | {"side": "SELL", "reduceOnly": "true"}
        left, _ = await served.signed("POST", "/fapi/v1/order", **closing)
        assert left == (200 if status is SymbolStatus.SETTLING else 400)


async def test_a_symbol_that_is_delisted_settles_and_says_so() -> None:
    async with exchange() as served, user_stream(served) as socket:
        await served.signed("POST", "/fapi/v1/order", **BUY)
        await served.signed("POST", "/fapi/v1/algoOrder", **STOP)
        await served.control("switches", delist=["BTCUSDT"])
        told = await receive(
            socket, lambda one: one["e"] == "ORDER_TRADE_UPDATE" and one["o"]["x"] == "CALCULATED"
        )
        assert told[-1]["o"]["c"].startswith("settlement_autoclose-")
        assert (await served.signed("GET", "/fapi/v3/positionRisk"))[1] == []
        assert (await served.signed("GET", "/fapi/v1/openAlgoOrders"))[1] == []
        assert (await served.signed("POST", "/fapi/v1/order", **BUY))[1]["code"] == -4141
        assert "error" in await served.control("switches", delist=["NOPEUSDT"])


@asynccontextmanager
async def user_stream(served: Served) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    _, opened = await served.raw("POST", "/fapi/v1/listenKey", key=KEY)
    async with served.socket(f"/private/ws?listenKey={opened['listenKey']}") as socket:
        yield socket


async def test_maintenance_closes_every_door_and_opens_them_again() -> None:
    down = (503, {"code": -1016, "msg": "This service is no longer available."})
    async with exchange([60_000] * 3 + [58_000] * 3) as served:
        await served.signed("POST", "/fapi/v1/order", **BUY)
        await served.signed("POST", "/fapi/v1/algoOrder", **STOP)
        async with user_stream(served) as socket, served.socket("/ws-fapi/v1") as api:
            await served.control("switches", maintenance=True)
            for one in (socket, api):
                while not one.closed:
                    await one.receive()
                assert one.close_code == aiohttp.WSCloseCode.GOING_AWAY
        assert await served.raw("GET", "/fapi/v1/ping") == down
        assert await served.signed("POST", "/fapi/v1/order", **BUY) == down
        assert await served.raw("GET", "/sapi/v1/system/status") == (
            200,
            {"status": 1, "msg": "system maintenance"},
        )
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with served.socket("/ws-fapi/v1"):
                pass
        assert refused.value.status == 503
        await served.advance(4)  # through the stop, while nothing triggers
        await served.control("switches", maintenance=False)
        assert len((await served.signed("GET", "/fapi/v3/positionRisk"))[1]) == 1
        await served.advance(1)
        assert (await served.signed("GET", "/fapi/v3/positionRisk"))[1] == []
        assert (await served.raw("GET", "/sapi/v1/system/status"))[1]["status"] == 0


async def test_an_account_in_liquidation_is_not_its_owners() -> None:
    taken = (400, {"code": -2023, "msg": "User in liquidation mode now."})
    async with exchange() as served:
        await served.signed("POST", "/fapi/v1/order", **BUY)
        _, stop = await served.signed("POST", "/fapi/v1/algoOrder", **STOP)
        _, resting = await served.signed("POST", "/fapi/v1/order", **RESTING)
        await main(served, liquidating=True)
        cancelled = await served.signed("GET", "/fapi/v1/order", symbol="BTCUSDT", orderId=resting["orderId"])
        assert cancelled[1]["status"] == "CANCELED"
        for path, params in (
            ("order", BUY),
            ("order", BUY | {"side": "SELL", "reduceOnly": "true"}),
            ("algoOrder", STOP | {"triggerPrice": "58000"}),
            ("leverage", {"symbol": "BTCUSDT", "leverage": 5}),
        ):
            assert await served.signed("POST", f"/fapi/v1/{path}", **params) == taken
        assert (await served.signed("DELETE", "/fapi/v1/algoOrder", algoId=stop["algoId"]))[0] == 200
        await main(served, liquidating=False)
        assert (await served.signed("POST", "/fapi/v1/algoOrder", **STOP))[0] == 200


async def test_switches_that_make_no_sense_turn_nothing() -> None:
    async with exchange() as served:
        for order in (
            {"accounts": {"nobody": {"trades": False}}, "maintenance": True},
            {"status": {"NOPEUSDT": "BREAK"}, "maintenance": True},
            {"status": {"BTCUSDT": "GONE"}},
            {"whims": {"clock_ahead_ms": 86_400_001}},
        ):
            assert "error" in await served.control("switches", **order)
        state = await served.control("state")
        assert (state["switches"]["maintenance"], state["symbols"]["BTCUSDT"]["status"]) == (False, "TRADING")
