"""Amending, batches and the countdown, by an unmodified ccxt client and without a server."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import msgspec
import pytest

from tests.exchange.served import Unserved, exchange

SYMBOL = "BTC/USDT:USDT"
LIMIT = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}


def said(outbound: Any) -> Any:
    return msgspec.json.decode(outbound.body)


def rest(world: Unserved, client_id: str, price: str = "59000", quantity: str = "0.010") -> Any:
    return said(
        world.ask("POST", "v1/order", **LIMIT, price=price, quantity=quantity, newClientOrderId=client_id)
    )


async def test_ccxt_amends_a_resting_limit() -> None:
    async with exchange() as served, served.ccxt() as client:
        placed = await client.create_order(SYMBOL, "limit", "buy", 0.01, 59_000)
        amended = await client.edit_order(placed["id"], SYMBOL, "limit", "buy", 0.02, 58_900)
        assert (amended["id"], amended["amount"], amended["price"]) == (placed["id"], 0.02, 58_900)
        (listed,) = await client.fetch_open_orders(SYMBOL)
        assert (listed["amount"], listed["price"]) == (0.02, 58_900)


def test_an_amended_order_keeps_its_id_is_told_of_and_may_fill_at_once() -> None:
    world = Unserved()
    ear = world.user_ear()
    order_id = rest(world, "a")["orderId"]
    answer = said(
        world.ask(
            "PUT", "v1/order", symbol="BTCUSDT", side="BUY", orderId=order_id, price="60100", quantity="0.020"
        )
    )
    assert (answer["orderId"], answer["status"], answer["executedQty"]) == (order_id, "FILLED", "0.020")
    updates = [event["o"] for event in ear.heard if event["e"] == "ORDER_TRADE_UPDATE"]
    assert [one["x"] for one in updates] == ["NEW", "AMENDMENT", "TRADE"]
    assert {one["i"] for one in updates} == {order_id}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "0.010", "price": "59000"}, -5027),
        ({"quantity": "0.0105", "price": "59000"}, -1111),
        ({"quantity": "9", "price": "59000"}, -2019),
        ({"quantity": "0.010", "price": "59000", "side": "SELL"}, -1117),
        ({"quantity": "0.010", "price": "58000", "origClientOrderId": "b"}, -2013),
    ],
    ids=["unchanged", "half a step", "more than the margin carries", "the other side", "unknown"],
)
def test_an_amendment_that_is_refused_changes_nothing(change: dict[str, str], code: int) -> None:
    world = Unserved()
    before = rest(world, "a")
    asked = {"symbol": "BTCUSDT", "side": "BUY", "origClientOrderId": "a"} | change
    assert said(world.ask("PUT", "v1/order", **asked))["code"] == code
    (resting,) = said(world.ask("GET", "v1/openOrders", symbol="BTCUSDT"))
    assert (resting["origQty"], resting["price"]) == (before["origQty"], before["price"])


async def test_ccxt_places_and_cancels_a_batch() -> None:
    orders = [
        {"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": amount, "price": price}
        for amount, price in ((0.01, 59_000), (0.02, 58_900))
    ]
    async with exchange() as served, served.ccxt() as client:
        placed = await client.create_orders(orders)
        assert [one["status"] for one in placed] == ["open", "open"]
        await client.cancel_orders([one["id"] for one in placed], SYMBOL)
        assert await client.fetch_open_orders(SYMBOL) == []
        with pytest.raises(ccxt.NotSupported):
            await client.create_orders([orders[0] | {"params": {"stopLossPrice": 58_000}}])


def test_each_order_of_a_batch_is_judged_by_itself_and_counts() -> None:
    world = Unserved()
    good = LIMIT | {"quantity": "0.010", "price": "59000"}
    stop = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_MARKET",
        "stopPrice": "59000",
        "quantity": "0.010",
    }
    batch = msgspec.json.encode([good, good | {"quantity": "0"}, stop]).decode()
    outbound = world.ask("POST", "v1/batchOrders", batchOrders=batch)
    assert [row.get("code", row.get("status")) for row in said(outbound)] == ["NEW", -4003, -4120]
    assert outbound.headers["X-MBX-ORDER-COUNT-10S"] == "3"
    six = msgspec.json.encode([good] * 6).decode()
    assert said(world.ask("POST", "v1/batchOrders", batchOrders=six))["code"] == -4082
    assert said(world.ask("POST", "v1/batchOrders", batchOrders="[1]"))["code"] == -1102


@pytest.mark.parametrize("takes_stops", [False, True])
def test_a_countdown_cancels_what_rests_on_its_symbol(takes_stops: bool) -> None:
    """Whether it reaches conditional orders nobody has written down; both can be played."""
    world = Unserved()
    world.exchange.venue.whims.countdown_takes_stops = takes_stops
    rest(world, "a")
    stop = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "triggerPrice": "59000"}
    world.ask("POST", "v1/algoOrder", **stop, algoType="CONDITIONAL", closePosition="true")
    for _ in range(3):
        told = said(world.ask("POST", "v1/countdownCancelAll", symbol="BTCUSDT", countdownTime=1_000))
        assert told == {"symbol": "BTCUSDT", "countdownTime": "1000"}
        world.clock.now_ms += 900
        world.tick(60_000)
        assert len(said(world.ask("GET", "v1/openOrders", symbol="BTCUSDT"))) == 1
    world.clock.now_ms += 200
    world.tick(60_000)
    assert said(world.ask("GET", "v1/openOrders", symbol="BTCUSDT")) == []
    stops = said(world.ask("GET", "v1/openAlgoOrders", symbol="BTCUSDT"))
    assert len(stops) == (0 if takes_stops else 1)


def test_a_countdown_of_zero_ends_it() -> None:
    world = Unserved()
    rest(world, "a")
    for after_ms in (1_000, 0):
        world.ask("POST", "v1/countdownCancelAll", symbol="BTCUSDT", countdownTime=after_ms)
    world.clock.now_ms += 5_000
    world.tick(60_000)
    assert len(said(world.ask("GET", "v1/openOrders", symbol="BTCUSDT"))) == 1
    assert world.exchange.venue.state.accounts["main"].wallet == Decimal(10_000)
