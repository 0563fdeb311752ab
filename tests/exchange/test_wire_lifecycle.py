"""An unmodified ccxt client trades a whole life over a real socket, in both position modes."""

from decimal import Decimal

import pytest

from jackline.exchange.wire import sockets, streams
from jackline.exchange.wire.misbehaviour import Board
from tests.exchange.served import exchange, receive

SYMBOL = "BTC/USDT:USDT"
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "triggerPrice": "59400.0",
    "closePosition": "true",
    "workingType": "MARK_PRICE",
}


async def test_netting_stop_first_then_entry_then_a_gap_through_the_stop() -> None:
    async with exchange([60_000, 60_000, 60_010, 57_000, 57_000]) as served, served.ccxt() as client:
        assert (await client.set_leverage(4, SYMBOL))["leverage"] == 4
        assert (await client.fetch_position_mode())["hedged"] is False
        stop = await client.fapiPrivatePostAlgoOrder(STOP | {"clientAlgoId": "t1d0"})
        assert (stop["algoStatus"], stop["clientAlgoId"]) == ("NEW", "t1d0")
        entry = await client.create_order(SYMBOL, "market", "buy", 0.05, None, {"newClientOrderId": "t1e0"})
        assert (entry["status"], entry["average"], entry["filled"]) == ("closed", 60_000, 0.05)
        (position,) = await client.fetch_positions()
        assert (position["side"], position["contracts"], position["entryPrice"]) == ("long", 0.05, 60_000)
        (listed,) = await client.fetch_open_orders(SYMBOL, params={"trigger": True})
        assert (listed["clientOrderId"], listed["triggerPrice"]) == ("t1d0", 59_400)
        await served.advance(4)
        assert await client.fetch_positions() == []
        row = await client.fapiPrivateGetAlgoOrder({"clientAlgoId": "t1d0"})
        assert (row["algoStatus"], row["actualQty"], row["actualPrice"]) == (
            "FINISHED",
            "0.050",
            "57000.00000000",
        )
        trades = await client.fetch_my_trades(SYMBOL)
        assert [trade["price"] for trade in trades] == [60_000, 57_000]
        assert trades[1]["order"] == row["actualOrderId"]
        judged = await served.control("witness")
        (episode,) = judged["episodes"]
        assert (episode["entry_client_id"], episode["naked_ms"], judged["orphans"]) == ("t1e0", 0, [])
        (fill,) = episode["stop_fills"]
        assert (fill["gap"], fill["prev_last"], fill["fill_price"]) == (True, "60010.0", "57000.0")
        balance = Decimal(str((await client.fetch_balance())["USDT"]["total"]))
        fees = Decimal("0.05") * (60_000 + 57_000) * Decimal("0.0005")
        assert balance == 10_000 + Decimal("0.05") * (57_000 - 60_000) - fees


async def test_hedge_mode_over_the_wire() -> None:
    async with exchange(hedge=True) as served, served.ccxt() as client:
        for side, position_side in (("buy", "LONG"), ("sell", "SHORT")):
            await client.create_order(SYMBOL, "market", side, 0.05, None, {"positionSide": position_side})
        assert {row["side"] for row in await client.fetch_positions()} == {"long", "short"}
        await client.fapiPrivatePostAlgoOrder(STOP | {"positionSide": "LONG"})
        with pytest.raises(Exception, match="-1106"):
            await client.create_order(
                SYMBOL, "market", "sell", 0.05, None, {"positionSide": "LONG", "reduceOnly": True}
            )
        await client.create_order(SYMBOL, "market", "sell", 0.05, None, {"positionSide": "LONG"})
        (left,) = await client.fetch_positions()
        assert left["side"] == "short"


async def test_user_stream_tells_the_whole_story_in_order() -> None:
    async with exchange([60_000, 60_000, 59_390, 59_390]) as served:
        _, opened = await served.raw("POST", "/fapi/v1/listenKey", key="test-key")
        async with served.socket(f"/private/ws?listenKey={opened['listenKey']}") as socket:
            await served.signed("POST", "/fapi/v1/algoOrder", **STOP, clientAlgoId="s1")
            await served.signed(
                "POST", "/fapi/v1/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.05"
            )
            await served.advance(3)
            seen = await receive(socket, lambda one: one.get("o", {}).get("X") == "FINISHED")
    story = [(one["e"], one["o"]["X"]) if "o" in one else (one["e"], "") for one in seen]
    filled = [("TRADE_LITE", ""), ("ORDER_TRADE_UPDATE", "FILLED"), ("ACCOUNT_UPDATE", "")]
    assert story == [
        ("ALGO_UPDATE", "NEW"),
        ("ORDER_TRADE_UPDATE", "NEW"),
        *filled,
        ("ALGO_UPDATE", "TRIGGERING"),
        ("ORDER_TRADE_UPDATE", "NEW"),
        *filled,
        ("ALGO_UPDATE", "TRIGGERED"),
        ("ALGO_UPDATE", "FINISHED"),
    ]
    child = seen[-4]["o"]
    assert seen[-1]["o"]["ai"] == str(child["i"])
    assert all("mt" in one["o"] for one in seen if "o" in one)
    assert seen[-3]["a"]["P"][0]["pa"] == "0.000"


async def test_market_streams_send_each_closed_candle_once_and_the_last_price_before_a_hold() -> None:
    prices = [60_000 + index for index in range(240)]
    async with (
        exchange(prices) as served,
        served.socket("/market/stream?streams=btcusdt@markPrice@1s") as socket,
    ):
        await socket.send_json({"method": "SUBSCRIBE", "params": ["btcusdt@kline_1m"], "id": 7})
        answered = await receive(socket, lambda one: one.get("id") == 7)
        assert answered[-1] == {"result": None, "id": 7}
        state = await served.advance(200)
        last = state["symbols"]["BTCUSDT"]["last"]
        seen = await receive(socket, lambda one: Decimal(one.get("data", {}).get("p", 0)) == Decimal(last))
        data = [one["data"] for one in seen if "data" in one]
        closed = [one["k"]["t"] for one in data if one["e"] == "kline" and one["k"]["x"]]
        assert len(closed) == len(set(closed)) == 3
        assert data[-1]["mt"] <= state["market_ms"]
        status, rows = await served.raw("GET", "/fapi/v1/klines?symbol=BTCUSDT&interval=5m&limit=3")
        assert status == 200
        assert [Decimal(price) for price in rows[-1][1:5]] == [60_000, Decimal(last), 60_000, Decimal(last)]
        assert rows[-2][6] + 1 == rows[-1][0]


async def test_a_slow_consumer_is_cut_off_and_the_venue_goes_on() -> None:
    hub = streams.Hub(Board(lambda: 0, lambda: 0.0))
    slow, quick = sockets.SocketListener(), sockets.SocketListener()
    assert hub.attach("/ws/x", "", slow)
    assert hub.attach("/ws/x", "", quick)
    for _ in range(sockets.QUEUE_MAX + 1):
        hub.publish("x", {"n": 1})
        assert quick.queue.get_nowait() == b'{"n":1}'
    assert slow.overflowed
    assert slow.queue.qsize() == sockets.QUEUE_MAX
    assert not quick.overflowed
