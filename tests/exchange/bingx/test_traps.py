"""What BingX, or ccxt in front of it, does to people who trust it: each trap sprung by the unmodified client."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from tests.exchange.bingx.sessions import LENIENT, SYMBOL, bingx
from tests.exchange.bingx.unserved import LEG, Unserved


async def buy(client: Any, **params: Any) -> Any:
    return await client.create_order(SYMBOL, "market", "buy", 0.01, None, params)


async def stop(client: Any, trigger: float = 59_000, **params: Any) -> Any:
    return await client.create_order(
        SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": trigger} | params
    )


async def test_a_one_way_stop_is_not_reduce_only_and_opens_a_reverse_position() -> None:
    async with bingx((60_000, 60_000, 58_900)) as (served, client):
        await buy(client)
        placed = await stop(client)
        assert placed["reduceOnly"] is False
        await client.close_position(SYMBOL)
        assert await client.fetch_positions() == []
        assert [one["id"] for one in await client.fetch_open_orders(SYMBOL)] == [placed["id"]]
        await served.advance(3)
        (reverse,) = await client.fetch_positions()
        assert (reverse["side"], reverse["contracts"]) == ("short", 0.01)


async def test_said_in_so_many_words_it_does_not() -> None:
    async with bingx((60_000, 60_000, 58_900)) as (served, client):
        await buy(client)
        placed = await stop(client, reduceOnly=True)
        await client.close_position(SYMBOL)
        await served.advance(3)
        assert await client.fetch_positions() == []
        assert (await client.fetch_order(placed["id"], SYMBOL))["status"] == "canceled"


async def test_close_position_is_refused_on_a_one_way_account() -> None:
    async with bingx() as (_, client):
        await buy(client)
        with pytest.raises(ccxt.BadRequest, match="109400"):
            await stop(client, closePosition=True)


async def test_a_wrong_name_inside_the_leg_leaves_the_entry_bare() -> None:
    """Ccxt #19773: the venue takes the order, and says nothing about the stop it did not understand."""
    async with bingx(options=LENIENT) as (_, client):
        order = await client.swapV2PrivatePostTradeOrder(
            {
                "symbol": "BTC-USDT",
                "side": "BUY",
                "positionSide": "BOTH",
                "type": "MARKET",
                "quantity": 0.01,
                "stopLoss": '{"type":"STOP_MARKET","triggerPrice":59000}',
            }
        )
        assert order["code"] == 0
        assert len(await client.fetch_positions()) == 1
        assert await client.fetch_open_orders(SYMBOL) == []


async def test_the_unified_trigger_source_leaks_and_changes_nothing() -> None:
    async with bingx(options=LENIENT) as (_, client):
        await buy(client)
        placed = await stop(client, reduceOnly=True, triggerPriceType="last")
        assert placed["info"]["workingType"] == "MARK_PRICE"
    async with bingx() as (_, client):
        await buy(client)
        with pytest.raises(ccxt.BadRequest, match="109400"):
            await stop(client, reduceOnly=True, triggerPriceType="last")


async def test_a_client_id_on_a_stop_names_nothing() -> None:
    async with bingx(options=LENIENT) as (_, client):
        await buy(client)
        placed = await stop(client, reduceOnly=True, clientOrderId="mine")
        assert placed["clientOrderId"] is None
        with pytest.raises(ccxt.BadRequest, match="109400"):  # ccxt sends the id that is None as a word
            await client.fetch_order(None, SYMBOL, {"clientOrderID": "mine"})


async def test_a_stop_cannot_be_placed_before_the_old_one_is_gone() -> None:
    async with bingx() as (_, client):
        await buy(client, stopLoss={"triggerPrice": 59_000})
        with pytest.raises(ccxt.ExchangeError, match="110406"):
            await stop(client, 59_500, reduceOnly=True)


async def test_a_move_that_fails_after_its_cancel_looks_like_success() -> None:
    """The old stop is cancelled, the new one refused, and ccxt returns an order without an id."""
    async with bingx() as (_, client):
        await buy(client, stopLoss={"triggerPrice": 59_000})
        (leg,) = await client.fetch_open_orders(SYMBOL)
        moved = await client.edit_order(
            leg["id"], SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": 60_500, "reduceOnly": True}
        )
        assert (moved["id"], moved["status"]) == (None, None)
        assert await client.fetch_open_orders(SYMBOL) == []
        assert len(await client.fetch_positions()) == 1


async def test_a_move_of_a_stop_that_is_gone_stops_there_unless_failure_is_allowed() -> None:
    async with bingx() as (_, client):
        await buy(client)
        new: dict[str, Any] = {"stopLossPrice": 59_500, "reduceOnly": True}
        with pytest.raises(ccxt.OrderNotFound, match="109421"):
            await client.edit_order("7", SYMBOL, "market", "sell", 0.01, None, new)
        assert await client.fetch_open_orders(SYMBOL) == []
        new["cancelReplaceMode"] = "ALLOW_FAILURE"
        moved = await client.edit_order("7", SYMBOL, "market", "sell", 0.01, None, new)
        (placed,) = await client.fetch_open_orders(SYMBOL)
        assert placed["id"] == moved["id"]


async def test_closing_a_position_closes_both_sides() -> None:
    """Ccxt #20551."""
    async with bingx(hedge=True) as (_, client):
        for side in ("buy", "sell"):
            await client.create_order(SYMBOL, "market", side, 0.01, None, {"hedged": True})
        await client.close_position(SYMBOL, "long")
        assert await client.fetch_positions() == []


def test_what_is_malformed_is_refused_before_the_old_stop_is_touched() -> None:
    world = Unserved()
    world.place(stopLoss=LEG)
    (leg,) = world.open_orders()
    for fields in ({"quantity": "0.01"}, {"quantity": "0.01", "stopPrice": 59_500, "leak": 1}):
        told = world.ask(
            "POST",
            "swap/v1/trade/cancelReplace",
            cancelReplaceMode="ALLOW_FAILURE",
            cancelOrderId=leg["orderId"],
            symbol="BTC-USDT",
            side="SELL",
            positionSide="BOTH",
            type="STOP_MARKET",
            reduceOnly="true",
            **fields,
        )
        assert told["code"] == 109400
    assert world.open_orders() == [leg]
