"""Every number BingX refuses with, and what ccxt makes of some of them."""

from __future__ import annotations

from typing import Any

import ccxt.async_support as ccxt
import pytest

from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.faults import Answer, Refuse, Risk, Stale
from jackline.exchange.wire.forms import Form
from tests.exchange.bingx.sessions import SYMBOL, bingx, signed_query
from tests.exchange.bingx.unserved import LEG, Unserved
from tests.exchange.served import KEY

HEDGE: dict[str, Any] = {"hedge": True}
ONE_WAY: dict[str, Any] = {}


def leg(**fields: object) -> str:
    said = {"type": "STOP_MARKET", "stopPrice": 59_000} | fields
    return "{" + ",".join(f'"{name}":{_json(value)}' for name, value in said.items()) + "}"


def _json(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


@pytest.mark.parametrize(
    ("mode", "order", "code"),
    [
        pytest.param(ONE_WAY, {"positionSide": "LONG"}, 109400, id="one-way, LONG"),
        pytest.param(ONE_WAY, {"positionSide": None}, 109400, id="one-way, nothing said"),
        pytest.param(HEDGE, {"positionSide": "BOTH"}, 109400, id="hedge, BOTH"),
        pytest.param(HEDGE, {"side": "SELL", "reduceOnly": "true"}, 109400, id="hedge, reduceOnly"),
        pytest.param(
            ONE_WAY,
            {
                "side": "SELL",
                "type": "STOP_MARKET",
                "stopPrice": 59_000,
                "closePosition": "true",
                "quantity": None,
            },
            109400,
            id="one-way, closePosition",
        ),
        pytest.param(
            HEDGE,
            {"side": "SELL", "type": "STOP_MARKET", "stopPrice": 59_000, "closePosition": "true"},
            109400,
            id="closePosition with quantity",
        ),
        pytest.param(
            HEDGE,
            {"type": "STOP_MARKET", "stopPrice": 61_000, "closePosition": "true", "quantity": None},
            109400,
            id="closePosition on the opening side",
        ),
        pytest.param(HEDGE, {"side": "SELL"}, 101205, id="hedge, nothing to close"),
        pytest.param(
            HEDGE,
            {"side": "SELL", "type": "STOP_MARKET", "stopPrice": 59_000},
            101205,
            id="hedge, stop while flat",
        ),
        pytest.param(
            ONE_WAY,
            {"side": "SELL", "type": "STOP_MARKET", "stopPrice": 59_000, "reduceOnly": "true"},
            101205,
            id="one-way, reduce-only stop while flat",
        ),
        pytest.param(ONE_WAY, {"side": "SELL", "reduceOnly": "true"}, 101290, id="reduce-only while flat"),
        pytest.param(ONE_WAY, {"quantity": 10}, 101204, id="margin"),
        pytest.param(ONE_WAY, {"quantity": "0.0001"}, 101400, id="below the smallest amount"),
        pytest.param(ONE_WAY, {"quantity": "0.001"}, 110425, id="below the smallest value"),
        pytest.param(ONE_WAY, {"quantity": "0.0105"}, 109400, id="between two steps"),
        pytest.param(ONE_WAY, {"quantity": None}, 109400, id="no quantity"),
        pytest.param(ONE_WAY, {"symbol": "NOPE-USDT"}, 109425, id="no such symbol"),
        pytest.param(ONE_WAY, {"symbol": "BTCUSDT"}, 109425, id="spelled as elsewhere"),
        pytest.param(ONE_WAY, {"type": "LIMIT", "price": 90_000}, 101211, id="price out of range"),
        pytest.param(
            ONE_WAY, {"type": "LIMIT", "price": 60_100, "timeInForce": "PostOnly"}, 110400, id="maker"
        ),
        pytest.param(ONE_WAY, {"type": "STOP_MARKET"}, 109400, id="no stopPrice"),
        pytest.param(ONE_WAY, {"clientOrderID": "x" * 41}, 109400, id="long client id"),
        pytest.param(
            ONE_WAY,
            {"type": "STOP_MARKET", "stopPrice": 61_000, "clientOrderID": "a"},
            109400,
            id="client id of a stop",
        ),
        pytest.param(
            ONE_WAY, {"type": "STOP_MARKET", "stopPrice": 61_000, "stopLoss": LEG}, 109400, id="leg of a stop"
        ),
        pytest.param(ONE_WAY, {"stopLoss": leg(stopPrice="59000")}, 109400, id="leg with a quoted number"),
        pytest.param(ONE_WAY, {"stopLoss": leg(triggerPrice=59_000)}, 109400, id="leg with another name"),
        pytest.param(ONE_WAY, {"stopLoss": leg(type="STOP")}, 109400, id="limit leg without its price"),
        pytest.param(ONE_WAY, {"stopLoss": leg(type="TAKE_PROFIT")}, 109400, id="leg of the wrong type"),
        pytest.param(ONE_WAY, {"stopLoss": leg(stopPrice=59_000.05)}, 109400, id="leg between two ticks"),
        pytest.param(ONE_WAY, {"stopLoss": leg(quantity=0.0015)}, 109400, id="leg between two steps"),
        pytest.param(
            ONE_WAY, {"side": "SELL", "stopLoss": leg(stopPrice="1e999")}, 109400, id="leg without end"
        ),
        pytest.param(HEDGE, {"side": "SELL", "stopLoss": leg(stopPrice=61_000)}, 109400, id="leg of a close"),
        pytest.param(ONE_WAY, {"stopLoss": "59000"}, 109400, id="leg that is no object"),
        pytest.param(ONE_WAY, {"workingType": "ANY"}, 109400, id="workingType"),
        pytest.param(ONE_WAY, {"triggerPriceType": "mark"}, 109400, id="a parameter nobody knows"),
        pytest.param(ONE_WAY, {"stopLoss": leg(stopPrice=60_000)}, 110411, id="stop of a long above"),
        pytest.param(ONE_WAY, {"side": "SELL", "stopLoss": leg()}, 110412, id="stop of a short below"),
        pytest.param(
            ONE_WAY, {"takeProfit": leg(type="TAKE_PROFIT_MARKET")}, 110413, id="target of a long below"
        ),
        pytest.param(
            ONE_WAY,
            {"side": "SELL", "takeProfit": leg(type="TAKE_PROFIT_MARKET", stopPrice=61_000)},
            110414,
            id="target of a short above",
        ),
        pytest.param(
            ONE_WAY,
            {"type": "LIMIT", "price": 59_000, "stopLoss": leg(stopPrice=59_500)},
            110411,
            id="stop above the limit",
        ),
        pytest.param(
            ONE_WAY,
            {"side": "SELL", "type": "STOP_MARKET", "stopPrice": 60_500},
            110411,
            id="stand-alone stop",
        ),
    ],
)
def test_an_order_is_refused_with_its_number(mode: dict[str, Any], order: dict[str, Any], code: int) -> None:
    world = Unserved(**mode)
    told = world.place(**order)
    assert (told["code"], told["data"]) == (code, {})
    assert (world.positions(), world.open_orders()) == ([], [])


def test_a_second_stop_for_the_same_position_is_refused() -> None:
    world = Unserved()
    world.place(stopLoss=LEG)
    assert world.stop(stopPrice=59_500, reduceOnly="true")["code"] == 110406
    assert (
        world.place(side="SELL", type="TAKE_PROFIT_MARKET", stopPrice=61_000, reduceOnly="true")["code"] == 0
    )


def test_more_than_the_position_has_is_refused_in_hedge_mode() -> None:
    world = Unserved(hedge=True)
    world.place()
    assert world.place(side="SELL", quantity="0.02")["code"] == 110424


def test_a_client_id_is_lower_cased_and_never_taken_twice() -> None:
    world = Unserved()
    order = world.place(clientOrderId="MyId1")["data"]["order"]
    assert order["clientOrderID"] == "myid1"
    assert world.place(clientOrderID="myID1")["code"] == 101400
    found = world.ask("GET", "swap/v2/trade/order", symbol="BTC-USDT", clientOrderID="MYID1")
    assert found["data"]["order"]["orderId"] == order["orderId"]


def test_an_order_that_is_not_there_is_neither_shown_nor_cancelled() -> None:
    world = Unserved()
    for method in ("GET", "DELETE"):
        assert world.ask(method, "swap/v2/trade/order", symbol="BTC-USDT", orderId=7)["code"] == 109421
    done = world.place()["data"]["order"]["orderId"]
    assert world.ask("DELETE", "swap/v2/trade/order", symbol="BTC-USDT", orderId=done)["code"] == 109421
    assert world.ask("GET", "swap/v2/trade/order", symbol="BTC-USDT", orderId="None")["code"] == 109400


def test_the_mode_is_not_switched_with_a_position_or_an_order() -> None:
    world = Unserved()
    world.place(type="LIMIT", price=59_000)
    assert world.ask("POST", "swap/v1/positionSide/dual", dualSidePosition="true")["code"] == 104103
    world.ask("DELETE", "swap/v2/trade/allOpenOrders")
    assert world.ask("POST", "swap/v1/positionSide/dual", dualSidePosition="true")["code"] == 0


def test_the_number_of_waiting_stops_has_an_end() -> None:
    world = Unserved()
    world.exchange.venue.whims.open_algos_max = 1
    assert world.stop()["code"] == 0
    assert world.stop()["code"] == 110206


def test_a_conditional_service_that_is_down_is_busy() -> None:
    world = Unserved()
    world.exchange.venue.whims.conditional_down = True
    assert world.stop()["code"] == 110500


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"timestamp": 990_000}, 100421, id="old"),
        pytest.param({"timestamp": 1_002_000}, 100421, id="ahead"),
        pytest.param({"timestamp": "soon"}, 100421, id="no time"),
        pytest.param({"timestamp": 999_000, "recvWindow": 500}, 100421, id="own window"),
        pytest.param({"timestamp": 1_000_000, "recvWindow": 5_001}, 109400, id="window too long"),
        pytest.param({"timestamp": 999_000, "recvWindow": 5_000}, 0, id="in time"),
    ],
)
def test_the_clock_of_a_request_is_judged(fields: dict[str, object], code: int) -> None:
    assert Unserved().raw("GET", "swap/v3/user/balance", signed_query(fields))["code"] == code


def test_key_and_signature_are_judged_before_anything_else() -> None:
    world = Unserved()
    query = signed_query({"timestamp": world.clock.wire_ms()})
    path = "swap/v3/user/balance"
    assert world.raw("GET", path, query, key=None)["code"] == 100413
    assert world.raw("GET", path, query, key="stranger")["code"] == 100413
    assert world.raw("GET", path, signed_query({"timestamp": 1_000_000}, secret="no"))["code"] == 100001
    assert world.raw("GET", path, "timestamp=1000000")["code"] == 100412
    assert world.raw("GET", path, query)["code"] == 0
    assert world.raw("GET", "swap/v9/nothing", "")["code"] == 100400


def test_the_signature_covers_sorted_fields_unencoded_from_query_and_body() -> None:
    world = Unserved()
    order = {
        "symbol": "BTC-USDT",
        "side": "BUY",
        "positionSide": "BOTH",
        "type": "MARKET",
        "quantity": "0.01",
    }
    query = signed_query({"timestamp": world.clock.wire_ms(), "stopLoss": LEG} | order)
    reordered = "&".join(reversed(query.split("&")))
    assert world.raw("POST", "swap/v2/trade/order", "", body=reordered)["code"] == 0
    assert len(world.open_orders()) == 1


def test_three_placements_a_second_and_no_more() -> None:
    world = Unserved(options=WireOptions())
    for _ in range(3):
        assert world.place()["code"] == 0
    assert world.place()["code"] == 100410
    assert world.stop(reduceOnly="true")["code"] == 100410  # a stop has no way of its own
    assert len(world.open_orders()) == 0
    world.later(1_000)
    assert world.stop(reduceOnly="true")["code"] == 0


def test_a_rule_of_misbehaviour_speaks_bingx() -> None:
    world = Unserved()
    world.exchange.floor.put_up(Refuse(code=-1003, count=1))
    assert world.place()["code"] == 100410
    paths = ("/openApi/swap/v2/trade/order",)
    world.exchange.floor.put_up(Answer(form=Form.OBJECT, executed=True, paths=paths, count=1))
    assert world.place(stopLoss=LEG) == {}
    assert len(world.open_orders()) == 1


@pytest.mark.parametrize(
    ("form", "code"), [(Form.TIMEOUT, 109500), (Form.UNKNOWN, 100500), (Form.UNAVAILABLE, 110500)]
)
def test_an_unknown_outcome_is_called_busy(form: Form, code: int) -> None:
    world = Unserved()
    paths = ("/openApi/swap/v2/trade/order",)
    world.exchange.floor.put_up(Answer(form=form, executed=True, paths=paths, count=1))
    assert world.place(stopLoss=LEG)["code"] == code
    assert len(world.positions()) == 1


def test_a_rule_that_means_orders_which_add_lets_stops_pass() -> None:
    world = Unserved()
    world.place()
    world.exchange.floor.put_up(Refuse(code=-1008, risk=Risk.ADDING))
    assert world.place()["code"] == 110500
    assert world.stop(reduceOnly="true")["code"] == 0


def test_a_read_may_see_the_past() -> None:
    world = Unserved()
    world.exchange.floor.put_up(Stale(lag_ms=1_000))
    world.later(5_000)
    world.place(stopLoss=LEG)
    assert (world.positions(), world.open_orders()) == ([], [])
    world.later(1_001)
    assert (len(world.positions()), len(world.open_orders())) == (1, 1)


async def test_what_ccxt_makes_of_the_numbers() -> None:
    async with bingx() as (_, client):
        for params, error in (
            ({"stopLoss": {"triggerPrice": 61_000}}, "110411"),
            ({"clientOrderId": "twice"}, None),
            ({"clientOrderId": "twice"}, "101400"),
        ):
            if error is None:
                await client.create_order(SYMBOL, "market", "buy", 0.01, None, params)
                continue
            with pytest.raises(ccxt.ExchangeError, match=error):
                await client.create_order(SYMBOL, "market", "buy", 0.01, None, params)
        with pytest.raises(ccxt.InsufficientFunds, match="101204"):
            await client.create_order(SYMBOL, "market", "buy", 10)
        with pytest.raises(ccxt.OrderNotFound, match="109421"):
            await client.cancel_order("7", SYMBOL)
        client.nonce = lambda: 1
        with pytest.raises(ccxt.BadSymbol, match="100421"):  # a wrong clock is a wrong symbol to ccxt
            await client.fetch_balance()
        client.secret = "another"
        with pytest.raises(ccxt.AuthenticationError, match="100001"):
            await client.fetch_balance()
        assert client.apiKey == KEY
