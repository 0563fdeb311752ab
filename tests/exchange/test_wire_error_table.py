"""The table of the venue's numbers: each provoked as a client would, or by a rule where only the venue itself comes to
it, and told under its number, its HTTP status and its text."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from jackline.exchange.values import SymbolStatus
from jackline.exchange.wire.faults import Answer, Refuse, Risk
from jackline.exchange.wire.forms import Form
from jackline.exchange.wire.limits import ORDERS_PER_TEN_SECONDS, WEIGHT_PER_MINUTE
from jackline.exchange.wire.messages import Outbound
from tests.exchange.served import KEY, Unserved

Provoke = Callable[[Unserved], Outbound]
BTC = {"symbol": "BTCUSDT"}
BUY = BTC | {"side": "BUY", "type": "MARKET", "quantity": "0.05"}
LIMIT = BTC | {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.01", "price": "58000"}
STOP = BTC | {"algoType": "CONDITIONAL", "side": "SELL", "type": "STOP_MARKET", "triggerPrice": "59000"}
CLOSING = STOP | {"closePosition": "true"}
REDUCING = BTC | {"side": "SELL", "type": "MARKET", "quantity": "0.05", "reduceOnly": "true"}


def order(**params: str) -> Provoke:
    return lambda world: world.ask("POST", "v1/order", **(BUY | params))


def limit(**params: str) -> Provoke:
    return lambda world: world.ask("POST", "v1/order", **(LIMIT | params))


def stop(sent: Mapping[str, str] = CLOSING, **params: str) -> Provoke:
    return lambda world: world.ask("POST", "v1/algoOrder", **(sent | params))


def holding(then: Provoke) -> Provoke:
    """With a long of 0.05."""

    def provoke(world: Unserved) -> Outbound:
        assert world.buy(quantity="0.05").status == 200
        return then(world)

    return provoke


def twice(what: Provoke) -> Provoke:
    def provoke(world: Unserved) -> Outbound:
        assert what(world).status == 200
        return what(world)

    return provoke


def ruled(code: int, status: int | None = None) -> Provoke:
    """What only the venue itself comes to: a rule says it."""

    def provoke(world: Unserved) -> Outbound:
        world.board.put_up(Refuse(code=code, status=status))
        return world.buy(quantity="0.05")

    return provoke


def instead(form: Form) -> Provoke:
    def provoke(world: Unserved) -> Outbound:
        world.board.put_up(Answer(form=form, executed=True))
        return world.buy(quantity="0.05")

    return provoke


def asked(method: str, path: str, *, key: str = KEY, **params: object) -> Provoke:
    return lambda world: world.ask(method, path, key=key, **params)


def conditional_down(world: Unserved) -> Outbound:
    world.exchange.venue.whims.conditional_down = True
    return stop()(world)


def over_weight(requests: int) -> Provoke:
    """So many requests after the minute's weight is used up."""

    def provoke(world: Unserved) -> Outbound:
        for _ in range(WEIGHT_PER_MINUTE // 40):
            assert world.ask("GET", "v1/openOrders").status == 200
        answers = [world.ask("GET", "v1/openOrders") for _ in range(requests)]
        return answers[-1]

    return provoke


def over_orders(world: Unserved) -> Outbound:
    for _ in range(ORDERS_PER_TEN_SECONDS):
        world.ask("POST", "v1/order", **(LIMIT | {"price": "0"}))
    return limit()(world)


def overloaded(world: Unserved) -> Outbound:
    """Only what adds is refused; what reduces goes through."""
    assert world.buy(quantity="0.1").status == 200
    world.board.put_up(Refuse(code=-1008, risk=Risk.ADDING))
    assert world.ask("POST", "v1/order", **REDUCING).status == 200
    return world.buy(quantity="0.05")


def wrong_signature(world: Unserved) -> Outbound:
    inbound = world.request("GET", "v3/account")
    forged = inbound.query[:-1] + ("0" if inbound.query[-1] != "0" else "1")
    return world.exchange.rest.respond(replace(inbound, query=forged))


def between_ticks(world: Unserved) -> Outbound:
    world.exchange.venue.set_filters("BTCUSDT", tick=Decimal("0.5"))
    return limit(price="58000.3")(world)


def claimed(world: Unserved) -> Outbound:
    """A resting target has the whole position."""
    target = LIMIT | {"side": "SELL", "price": "61000", "quantity": "0.05", "reduceOnly": "true"}
    assert world.ask("POST", "v1/order", **target).status == 200
    return world.ask("POST", "v1/order", **REDUCING)


def full(world: Unserved) -> Outbound:
    world.exchange.venue.whims.open_algos_max = 0
    return stop()(world)


def nobody_there(world: Unserved) -> Outbound:
    world.exchange.venue.whims.market_depth["BTCUSDT"] = Decimal(0)
    return world.buy(quantity="0.05")


def standing(status: SymbolStatus) -> Provoke:
    def provoke(world: Unserved) -> Outbound:
        world.exchange.venue.set_status("BTCUSDT", status)
        return world.buy(quantity="0.05")

    return provoke


def too_much_margin(world: Unserved) -> Outbound:
    world.ask("POST", "v1/marginType", **BTC, marginType="ISOLATED")
    assert world.buy(quantity="0.05").status == 200
    return world.ask("POST", "v1/positionMargin", **BTC, amount="20000", type="1")


def no_key(world: Unserved) -> Outbound:
    return world.exchange.rest.respond(replace(world.request("GET", "v3/account"), headers={}))


def dead_key(world: Unserved) -> Outbound:
    return world.exchange.rest.respond(replace(world.request("PUT", "v1/listenKey"), query=""))


NOW = 1_000_000
ROWS: tuple[tuple[int, int, str, Provoke], ...] = (
    (-1000, 500, "An unknown error occurred", ruled(-1000)),
    (-1000, 503, "Unknown error, please check your request", instead(Form.UNKNOWN)),
    (-1000, 503, "Service Unavailable.", instead(Form.UNAVAILABLE)),
    (-1001, 503, "Internal error; unable to process", conditional_down),
    (-1006, 500, "An unexpected response was received", ruled(-1006)),
    (-1007, 408, "Timeout waiting for response", instead(Form.TIMEOUT)),
    (-1007, 400, "Timeout waiting for response", ruled(-1007, 400)),
    (-1008, 503, "Server is currently overloaded", overloaded),
    (-1003, 429, "Too many requests; current limit is 2400", over_weight(1)),
    (-1003, 418, "Way too many requests; IP(127.0.0.1) banned until 1120000.", over_weight(11)),
    (-1015, 429, "Too many new orders; current limit is 300", over_orders),
    (-1021, 400, "Timestamp for this request is outside", asked("GET", "v3/account", timestamp=NOW - 6_000)),
    (
        -1021,
        400,
        "Timestamp for this request was 1000ms ahead",
        asked("GET", "v3/account", timestamp=NOW + 5_000),
    ),
    (-1022, 400, "Signature for this request is not valid", wrong_signature),
    (-2014, 401, "API-key format invalid", no_key),
    (-2015, 401, "Invalid API-key, IP, or permissions", asked("GET", "v3/account", key="stranger")),
    (-1102, 400, "Mandatory parameter 'quantity'", order(quantity="")),
    (-1104, 400, "Not all sent parameters were read", order(stopLoss="1")),
    (-1106, 400, "Parameter 'price' sent when not required", order(price="60000")),
    (-1111, 400, "Precision is over the maximum", order(quantity="0.0505")),
    (-4003, 400, "Quantity less than or equal to zero", order(quantity="0")),
    (-4005, 400, "Quantity greater than max quantity", order(quantity="121")),
    (-4014, 400, "Price not increased by tick size", between_ticks),
    (-2010, 400, "NEW_ORDER_REJECTED", ruled(-2010)),
    (-2019, 400, "Margin is insufficient", order(quantity="10")),
    (-4050, 400, "Cross balance insufficient", too_much_margin),
    (-2011, 400, "Unknown order sent", asked("DELETE", "v1/order", **BTC, orderId=1)),
    (-2013, 400, "Order does not exist", asked("GET", "v1/order", **BTC, orderId=1)),
    (-2021, 400, "Order would immediately trigger", stop(triggerPrice="60000")),
    (-2022, 400, "ReduceOnly Order is rejected", lambda world: world.ask("POST", "v1/order", **REDUCING)),
    (-4118, 400, "ReduceOnly Order Failed", holding(claimed)),
    (-4045, 400, "Reach max stop order limit", full),
    (-4061, 400, "Order's position side does not match", order(positionSide="LONG")),
    (-4116, 400, "ClientOrderId is duplicated", twice(limit(newClientOrderId="a"))),
    (-20132, 400, "The client algo id is duplicated", twice(stop(STOP, quantity="0.05", clientAlgoId="a"))),
    (-4120, 400, "Order type not supported for this endpoint", order(type="STOP_MARKET", stopPrice="59000")),
    (-4130, 400, "An open stop or take profit order with GTE", twice(stop())),
    (-4131, 400, "The counterparty's best price", nobody_there),
    (-4136, 400, "Target strategy invalid for orderType 'STOP'", stop(type="STOP", price="58000")),
    (-4137, 400, "Quantity must be zero with closePosition", stop(quantity="0.05")),
    (-4138, 400, "Reduce only must be true", stop(reduceOnly="false")),
    (-1106, 400, "Parameter 'reduceOnly' sent", stop(reduceOnly="true")),
    (-4140, 400, "Invalid symbol status for opening", standing(SymbolStatus.SETTLING)),
    (-4141, 400, "Symbol is closed", standing(SymbolStatus.BREAK)),
    (-4142, 400, "REJECT: take-profit or stop order", ruled(-4142)),
    (-4164, 400, "Order's notional must be no smaller than 100", order(quantity="0.001")),
    (-4509, 400, "Time in Force (TIF) GTE", stop(timeInForce="GTE_GTC")),
    (-5021, 400, "Due to the order could not be filled immediately", limit(timeInForce="FOK")),
    (-5022, 400, "Due to the order could not be executed as maker", limit(timeInForce="GTX", price="61000")),
    (-5028, 400, "Timestamp for this request is outside of the ME", ruled(-5028)),
    (
        -20124,
        400,
        "Invalid algo id or the algo order is completed",
        asked("DELETE", "v1/algoOrder", algoId=1),
    ),
    (-1125, 401, "This listenKey does not exist", dead_key),
)
WRITTEN = {
    -1000, -1001, -1006, -1007, -1008, -1003, -1015, -1021, -1022, -2014, -2015, -1102, -1106, -1111, -4014, -4003,
    -4005, -2010, -2019, -4050, -2011, -2013, -2021, -2022, -4118, -4045, -4061, -4116, -20132, -4120, -4130, -4131,
    -4136, -4137, -4138, -4140, -4141, -4142, -4164, -4509, -5021, -5022, -5028, -20124, -1125,
}  # fmt: skip
"""Every number of the table in exchanges.md 2.4."""


@pytest.mark.parametrize(
    ("code", "status", "text", "provoke"),
    ROWS,
    ids=[f"{code} {status} {text[:44]}" for code, status, text, _ in ROWS],
)
def test_a_number_is_told_under_its_status_with_its_text(
    code: int, status: int, text: str, provoke: Provoke
) -> None:
    answer = provoke(Unserved())
    told: Any = msgspec.json.decode(answer.body)
    assert (answer.status, told["code"]) == (status, code)
    assert told["msg"].startswith(text)


def test_every_number_of_the_written_table_is_provoked() -> None:
    assert {code for code, *_ in ROWS} >= WRITTEN
