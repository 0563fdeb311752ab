"""Legs that travel with an entry: when they are armed, how long they live, and what can go wrong with them."""

from __future__ import annotations

from decimal import Decimal

from jackline.exchange.cover import cover_of
from tests.exchange.bingx.unserved import LEG, Unserved

TARGET = '{"type":"TAKE_PROFIT_MARKET","stopPrice":61000,"workingType":"MARK_PRICE"}'


def covered(world: Unserved) -> Decimal:
    account = world.exchange.venue.state.accounts["main"]
    (position,) = account.open_positions()
    return cover_of(account, position, Decimal(60_000)).quantity


def test_a_leg_covers_the_position_from_its_first_moment() -> None:
    world = Unserved()
    entry = world.place(stopLoss=LEG)["data"]["order"]
    assert entry["stopLoss"] == LEG
    assert covered(world) == Decimal("0.010")
    (leg,) = world.open_orders()
    assert (leg["type"], leg["stopPrice"], leg["status"]) == ("STOP_MARKET", "59000.0", "NEW")
    assert (leg["reduceOnly"], leg["clientOrderID"], leg["origQty"]) == (True, "", "0.010")
    (episode,) = world.exchange.venue.witness.episodes
    assert episode.lapses == []


def test_a_leg_is_as_large_as_it_says() -> None:
    world = Unserved()
    world.place(stopLoss='{"stopPrice":59000,"quantity":0.004}')
    assert covered(world) == Decimal("0.004")


def test_a_partial_fill_arms_the_whole_leg_at_once() -> None:
    world = Unserved()
    world.exchange.venue.whims.market_depth["BTCUSDT"] = Decimal("0.004")
    world.place(type="LIMIT", price=60_000, stopLoss=LEG)
    assert [one["origQty"] for one in world.open_orders()] == ["0.010", "0.010"]
    assert covered(world) == Decimal("0.010")


def test_or_at_its_end_where_the_venue_waits_for_it() -> None:
    world = Unserved()
    whims = world.exchange.venue.whims
    whims.legs_wait_for_whole_fill = True
    whims.market_depth["BTCUSDT"] = Decimal("0.004")
    entry = world.place(type="LIMIT", price=60_000, stopLoss=LEG)["data"]["order"]
    assert entry["status"] == "PARTIALLY_FILLED"
    assert covered(world) == 0
    world.ask("DELETE", "swap/v2/trade/order", symbol="BTC-USDT", orderId=entry["orderId"])
    assert covered(world) == Decimal("0.010")


def test_legs_go_with_the_position_however_it_ends() -> None:
    world = Unserved()
    world.place(stopLoss=LEG, takeProfit=TARGET)
    assert len(world.open_orders()) == 2
    world.ask("POST", "swap/v2/trade/closeAllPositions", symbol="BTC-USDT")
    assert world.open_orders() == []


def test_or_stay_behind_where_the_venue_forgets_them() -> None:
    """A leg that outlived its position still only reduces: it waits for the next one."""
    world = Unserved()
    world.exchange.venue.whims.legs_outlive_position = True
    world.place(stopLoss=LEG)
    world.ask("POST", "swap/v2/trade/closeAllPositions")
    (orphan,) = world.open_orders()
    world.tick(58_900)
    assert (world.open_orders(), world.positions()) == ([], [])
    found = world.ask("GET", "swap/v2/trade/order", symbol="BTC-USDT", orderId=orphan["orderId"])
    assert found["data"]["order"]["status"] == "FAILED"


def test_a_leg_that_the_market_has_passed_when_it_is_armed_triggers_at_once() -> None:
    world = Unserved()
    world.place(type="LIMIT", price=59_500, stopLoss=LEG)
    world.tick(58_000)
    assert (world.positions(), world.open_orders()) == ([], [])
    sell = world.ask("GET", "swap/v2/trade/allOrders", limit=10)["data"]["orders"][-1]
    assert (sell["type"], sell["status"], sell["avgPrice"]) == ("STOP_MARKET", "FILLED", "58000.00000000")


def test_a_leg_that_is_refused_when_it_is_armed_is_lost_without_a_word() -> None:
    world = Unserved()
    world.exchange.venue.whims.conditional_down = True
    world.place(stopLoss=LEG)
    # The service is asked by clients; arming is the venue's own.
    assert len(world.open_orders()) == 1
    world = Unserved()
    world.exchange.venue.whims.open_algos_max = 0
    assert world.place(stopLoss=LEG)["code"] == 0
    assert (len(world.positions()), world.open_orders()) == (1, [])
    assert [one.code for one in world.exchange.venue.attached.lost] == [-4045]


def test_each_entry_brings_a_leg_of_its_own() -> None:
    world = Unserved()
    world.place(stopLoss=LEG)
    world.place(stopLoss=LEG)
    assert covered(world) == Decimal("0.020")


def test_the_account_wide_timer_takes_the_stops_too() -> None:
    world = Unserved()
    world.place(stopLoss=LEG)
    world.ask("POST", "swap/v2/trade/cancelAllAfter", type="ACTIVATE", timeOut=10)
    world.later(9_999)
    assert len(world.open_orders()) == 1
    world.later(1)
    assert (len(world.positions()), world.open_orders()) == (1, [])
    assert world.ask("POST", "swap/v2/trade/cancelAllAfter", type="ACTIVATE", timeOut=5)["code"] == 109400


def test_a_trailing_distance_in_quote_becomes_a_share_of_the_price() -> None:
    world = Unserved()
    trailing = {"side": "SELL", "reduceOnly": "true"}
    assert world.place(type="TRAILING_TP_SL", priceRate="0.01", **trailing)["code"] == 101205
    world.place()
    order = world.place(type="TRAILING_STOP_MARKET", price=600, **trailing)["data"]["order"]
    assert (order["type"], order["priceRate"], order["stopPrice"]) == ("TRAILING_STOP_MARKET", "0.01", "")
    order = world.place(type="TRAILING_TP_SL", priceRate="0.02", activationPrice=61_000, **trailing)["data"][
        "order"
    ]
    assert (order["type"], order["activationPrice"]) == ("TRAILING_TP_SL", "61000")
    assert world.place(type="TRAILING_STOP_MARKET", priceRate="1.5", **trailing)["code"] == 109400
