"""Scripted sessions by unmodified ccxt: what it sends is taken, and what it reads means what happened."""

from __future__ import annotations

from typing import Any

from tests.exchange.bingx.sessions import SYMBOL, bingx

FALLING = (60_000, 60_000, 58_900, 58_900, 58_900)


async def enter(client: Any, side: str = "buy", **params: Any) -> Any:
    return await client.create_order(SYMBOL, "market", side, 0.01, None, params)


async def test_what_load_markets_asks_for_is_answered() -> None:
    async with bingx() as (_, client):
        market = client.market(SYMBOL)
        assert list(client.markets) == [SYMBOL]
        assert (market["precision"]["amount"], market["precision"]["price"]) == (0.001, 0.1)
        assert market["active"]
        assert await client.fetch_time() > 1_700_000_000_000
        assert (await client.fetch_mark_price(SYMBOL))["markPrice"] == 60_000
        assert (await client.fetch_ticker(SYMBOL))["last"] == 60_000
        candles = await client.fetch_ohlcv(SYMBOL, "1m", limit=5)
        assert [row[4] for row in candles] == [60_000] * 5
        assert candles == sorted(candles)


async def test_the_margin_table_and_the_times_of_fills_are_read_as_they_are() -> None:
    async with bingx() as (_, client):
        tiers = await client.fetch_market_leverage_tiers(SYMBOL)
        assert [(one["minNotional"], one["maintenanceMarginRate"]) for one in tiers[:3]] == [
            (0, 0.004),
            (50_000, 0.005),
            (600_000, 0.0065),
        ]
        assert tiers[1]["info"]["maintAmount"] == "50.000"
        entry = await enter(client)
        (fill,) = await client.fetch_my_trades(SYMBOL)
        # Of the two times of a fill this client reads the one in seconds; the order's own is taken at the same moment.
        updated = (await client.fetch_order(entry["id"], SYMBOL))["lastUpdateTimestamp"]
        assert fill["timestamp"] == updated // 1_000 * 1_000


async def test_an_attached_stop_is_listed_fires_and_closes_the_position() -> None:
    async with bingx(FALLING) as (served, client):
        await client.set_leverage(10, SYMBOL, {"side": "BOTH"})
        assert (await client.fetch_leverage(SYMBOL))["longLeverage"] == 10
        entry = await enter(client, clientOrderId="Jl1A", stopLoss={"triggerPrice": 59_000})
        assert (entry["status"], entry["filled"], entry["average"]) == ("closed", 0.01, 60_000)
        assert (entry["clientOrderId"], entry["stopLossPrice"]) == ("jl1a", 59_000)
        (position,) = await client.fetch_positions()
        assert (position["side"], position["contracts"], position["leverage"]) == ("long", 0.01, 10)
        (leg,) = await client.fetch_open_orders(SYMBOL)
        assert (leg["stopLossPrice"], leg["reduceOnly"], leg["clientOrderId"]) == (59_000, True, None)
        assert leg["id"] != entry["id"]
        await served.advance(3)
        assert await client.fetch_positions() == []
        assert await client.fetch_open_orders(SYMBOL) == []
        assert (await client.fetch_order(entry["id"], SYMBOL))["stopLossPrice"] == 59_000
        fired = await client.fetch_order(leg["id"], SYMBOL)
        assert (fired["status"], fired["average"], fired["filled"]) == ("closed", 58_900, 0.01)
        trades = await client.fetch_my_trades(SYMBOL)
        assert [(one["order"], one["side"], one["amount"]) for one in trades] == [
            (entry["id"], "buy", 0.01),
            (leg["id"], "sell", 0.01),
        ]
        (episode,) = (await served.control("witness"))["episodes"]
        assert episode["naked_ms"] == 0


async def test_a_target_that_fires_takes_the_stop_with_it() -> None:
    async with bingx((60_000, 60_000, 61_100)) as (served, client):
        await enter(client, stopLoss={"triggerPrice": 59_000}, takeProfit={"triggerPrice": 61_000})
        assert len(await client.fetch_open_orders(SYMBOL)) == 2
        await served.advance(3)
        assert await client.fetch_positions() == []
        assert await client.fetch_open_orders(SYMBOL) == []


async def test_the_legs_of_a_limit_are_armed_by_its_fill_and_die_with_its_cancel() -> None:
    async with bingx((60_000, 60_000, 59_500)) as (served, client):
        stop = {"stopLoss": {"triggerPrice": 59_000}}
        entry = await client.create_order(SYMBOL, "limit", "buy", 0.01, 59_500, stop)
        gone = await client.create_order(SYMBOL, "limit", "buy", 0.01, 59_400, stop)
        assert {one["id"] for one in await client.fetch_open_orders(SYMBOL)} == {entry["id"], gone["id"]}
        assert (await client.cancel_order(gone["id"], SYMBOL))["status"] == "canceled"
        await served.advance(3)
        (leg,) = await client.fetch_open_orders(SYMBOL)
        assert (leg["type"], leg["stopLossPrice"], leg["amount"]) == ("market", 59_000, 0.01)


async def test_hedge_mode_protects_both_sides_by_themselves() -> None:
    async with bingx((60_000, 60_000, 58_900), hedge=True) as (served, client):
        assert (await client.fetch_position_mode())["hedged"]
        await client.set_leverage(10, SYMBOL, {"side": "LONG"})
        await enter(client, hedged=True, stopLoss={"triggerPrice": 59_000})
        await enter(client, "sell", hedged=True, stopLoss={"triggerPrice": 61_000})
        sides = {one["side"]: one["contracts"] for one in await client.fetch_positions()}
        assert sides == {"long": 0.01, "short": 0.01}
        assert len(await client.fetch_open_orders(SYMBOL)) == 2
        await served.advance(3)
        (left,) = await client.fetch_positions()
        assert left["side"] == "short"
        (leg,) = await client.fetch_open_orders(SYMBOL)
        assert (leg["side"], leg["stopLossPrice"]) == ("buy", 61_000)


async def test_a_stand_alone_stop_closes_the_whole_position_in_hedge_mode() -> None:
    async with bingx((60_000, 60_000, 58_900), hedge=True) as (served, client):
        await enter(client, hedged=True)
        stop = await client.create_order(
            SYMBOL,
            "market",
            "sell",
            0.01,
            None,
            {"stopLossPrice": 59_000, "hedged": True, "closePosition": True, "workingType": "MARK_PRICE"},
        )
        assert (stop["stopLossPrice"], stop["status"]) == (59_000, "open")
        await enter(client, hedged=True)
        await served.advance(3)
        assert await client.fetch_positions() == []


async def test_a_trailing_stop_follows_and_a_trigger_order_opens() -> None:
    async with bingx((60_000, 60_000, 61_000, 60_300)) as (served, client):
        await enter(client)
        trailing = await client.create_order(
            SYMBOL, "market", "sell", 0.01, None, {"trailingPercent": 1, "reduceOnly": True}
        )
        trigger = await client.create_order(SYMBOL, "market", "sell", 0.02, None, {"triggerPrice": 60_900})
        assert {one["info"]["type"] for one in await client.fetch_open_orders(SYMBOL)} == {
            "TRAILING_STOP_MARKET",
            "TRIGGER_MARKET",
        }
        await served.advance(4)
        assert (await client.fetch_order(trigger["id"], SYMBOL))["average"] == 61_000
        # The trigger order has turned the position over, and the stop of the long has nothing left to reduce.
        (position,) = await client.fetch_positions()
        assert (position["side"], position["contracts"]) == ("short", 0.01)
        assert (await client.fetch_order(trailing["id"], SYMBOL))["info"]["status"] == "FAILED"


async def test_a_stop_is_moved_in_one_request() -> None:
    async with bingx() as (served, client):
        await enter(client, stopLoss={"triggerPrice": 59_000})
        (leg,) = await client.fetch_open_orders(SYMBOL)
        moved = await client.edit_order(
            leg["id"],
            SYMBOL,
            "market",
            "sell",
            0.01,
            None,
            {"stopLossPrice": 59_500, "reduceOnly": True, "cancelReplaceMode": "ALLOW_FAILURE"},
        )
        (stop,) = await client.fetch_open_orders(SYMBOL)
        assert (stop["id"], stop["stopLossPrice"]) == (moved["id"], 59_500)
        assert (await client.fetch_order(leg["id"], SYMBOL))["status"] == "canceled"
        (episode,) = (await served.control("witness"))["episodes"]
        assert episode["naked_ms"] < 5


async def test_batches_closing_everything_and_cancelling_everything() -> None:
    async with bingx(hedge=True) as (_, client):
        placed = await client.create_orders(
            [
                {
                    "symbol": SYMBOL,
                    "type": "market",
                    "side": side,
                    "amount": 0.01,
                    "params": {"hedged": True, "stopLoss": {"triggerPrice": trigger}},
                }
                for side, trigger in (("buy", 59_000), ("sell", 61_000))
            ]
        )
        assert [one["status"] for one in placed] == ["closed", "closed"]
        assert len(await client.fetch_open_orders(SYMBOL)) == 2
        assert len(await client.cancel_all_orders(SYMBOL)) == 2
        closed = await client.close_all_positions()
        assert len(closed) == 2
        assert await client.fetch_positions() == []


async def test_the_account_is_read_and_set() -> None:
    async with bingx() as (_, client):
        await client.set_margin_mode("isolated", SYMBOL)
        await client.set_margin_mode("isolated", SYMBOL)
        assert (await client.fetch_margin_mode(SYMBOL))["marginMode"] == "isolated"
        await client.set_position_mode(True)
        assert (await client.fetch_position_mode())["hedged"]
        await client.set_position_mode(False)
        await enter(client)
        balance = await client.fetch_balance()
        assert balance["USDT"]["used"] == 30
        (row,) = balance["info"]["data"]
        assert (row["asset"], row["balance"], row["equity"]) == ("USDT", "9999.70000000", "9999.70000000")
        assert (await client.cancel_all_orders_after(10_000))["data"]["status"] == "ACTIVATED"
        assert (await client.cancel_all_orders_after(0))["data"]["status"] == "CLOSED"


async def test_several_orders_are_cancelled_by_their_ids() -> None:
    async with bingx() as (_, client):
        await enter(client, stopLoss={"triggerPrice": 59_000})
        (leg,) = await client.fetch_open_orders(SYMBOL)
        named = {"clientOrderId": "one"}
        await client.create_order(SYMBOL, "limit", "buy", 0.01, 59_500, named)
        cancelled = await client.cancel_orders([leg["id"], "7"], SYMBOL)
        assert [(one["id"], one["status"]) for one in cancelled] == [(leg["id"], "canceled")]
        for kind, count in (("STOP_MARKET", 0), ("LIMIT", 1)):
            answer = await client.swapV2PrivateGetTradeOpenOrders({"type": kind})
            assert len(answer["data"]["orders"]) == count
        (by_name,) = await client.cancel_orders([], SYMBOL, {"clientOrderIds": ["one"]})
        assert by_name["clientOrderId"] == "one"
        assert await client.fetch_open_orders(SYMBOL) == []


async def test_a_position_is_closed_by_its_id_and_what_was_booked_is_listed() -> None:
    async with bingx((60_000, 60_000, 61_000), hedge=True) as (served, client):
        for side in ("buy", "sell"):
            await client.create_order(SYMBOL, "market", side, 0.01, None, {"hedged": True})
        await served.advance(3)
        long = next(one for one in await client.fetch_positions() if one["side"] == "long")
        closed = await client.close_position(SYMBOL, None, {"positionId": long["id"]})
        assert closed["id"]
        assert [one["side"] for one in await client.fetch_positions()] == ["short"]
        rows = (await client.swapV2PrivateGetUserIncome({"symbol": "BTC-USDT"}))["data"]
        assert [(one["incomeType"], one["income"]) for one in rows][-2:] == [
            ("REALIZED_PNL", "10.00000000"),
            ("TRADING_FEE", "-0.30500000"),
        ]
        assert (await client.fetch_trading_fee(SYMBOL))["taker"] == 0.0005
        assert (await client.fetch_order_book(SYMBOL))["bids"] == [[61_000, 100]]
