"""Golden shapes: the exact parameters of every request, in both position modes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.errors import InvariantBroken
from jackline.core.orders import PositionMode
from jackline.core.requests import CloseShape, Mutation, ReadOrder
from jackline.core.values import Side
from jackline.venue.binance.requests import WireRequest, plain, read_order_request, wire_request
from tests.venue.makers import (
    BTC,
    cancel,
    cancel_plain,
    entry_plan,
    in_mode,
    send_close,
    send_entry,
    send_stop,
    send_target,
)

NETTING, HEDGE = PositionMode.NETTING, PositionMode.HEDGE

STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "triggerPrice": "59000",
    "workingType": "MARK_PRICE",
    "priceProtect": "false",
    "clientAlgoId": send_stop().client_id,
    "selfTradePreventionMode": "NONE",
    "recvWindow": "10000",
}
ENTRY = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "IOC",
    "quantity": "0.01",
    "price": "60150",
    "newClientOrderId": send_entry().client_id,
    "newOrderRespType": "RESULT",
    "recvWindow": "1500",
}
CLOSE = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "MARKET",
    "quantity": "0.01",
    "newClientOrderId": send_close().client_id,
    "newOrderRespType": "RESULT",
    "recvWindow": "10000",
}
TARGET = STOP | {
    "type": "TAKE_PROFIT_MARKET",
    "triggerPrice": "63000",
    "workingType": "CONTRACT_PRICE",
    "quantity": "0.01",
    "clientAlgoId": send_target().client_id,
}
WORKING = {"quantity": "0.01", "clientAlgoId": send_stop(size="0.01").client_id}
IOC = {"type": "LIMIT", "timeInForce": "IOC", "price": "59400"}
NO_FLAG = CloseShape.PLAIN_MARKET

GOLDEN: list[tuple[str, Mutation, PositionMode, dict[str, str]]] = [
    ("entry", send_entry(), NETTING, ENTRY),
    ("entry", send_entry(), HEDGE, ENTRY | {"positionSide": "LONG"}),
    (
        "short entry",
        send_entry(entry_plan(Side.SHORT)),
        HEDGE,
        ENTRY | {"side": "SELL", "price": "59850", "positionSide": "SHORT"},
    ),
    ("disaster stop", send_stop(), NETTING, STOP | {"closePosition": "true"}),
    ("disaster stop", send_stop(), HEDGE, STOP | {"closePosition": "true", "positionSide": "LONG"}),
    (
        "short's disaster stop",
        send_stop(Side.SHORT, trigger="61000"),
        HEDGE,
        STOP | {"side": "BUY", "triggerPrice": "61000", "closePosition": "true", "positionSide": "SHORT"},
    ),
    ("working stop", send_stop(size="0.01"), NETTING, STOP | WORKING | {"reduceOnly": "true"}),
    ("working stop", send_stop(size="0.01"), HEDGE, STOP | WORKING | {"positionSide": "LONG"}),
    ("target", send_target(), NETTING, TARGET | {"reduceOnly": "true"}),
    ("target", send_target(), HEDGE, TARGET | {"positionSide": "LONG"}),
    ("close", send_close(), NETTING, CLOSE | {"reduceOnly": "true"}),
    ("close", send_close(), HEDGE, CLOSE | {"positionSide": "LONG"}),
    (
        "close by limit",
        send_close(shape=CloseShape.IOC_1_PERCENT, limit="59400"),
        NETTING,
        CLOSE | IOC | {"reduceOnly": "true"},
    ),
    (
        "close by limit",
        send_close(shape=CloseShape.IOC_1_PERCENT, limit="59400"),
        HEDGE,
        CLOSE | IOC | {"positionSide": "LONG"},
    ),
    ("close without flag", send_close(shape=NO_FLAG), NETTING, CLOSE),
    ("close without flag", send_close(shape=NO_FLAG), HEDGE, CLOSE | {"positionSide": "LONG"}),
]


@pytest.mark.parametrize(
    ("request_", "mode", "params"),
    [pytest.param(*case[1:], id=f"{case[0]}-{case[2]}") for case in GOLDEN],
)
def test_every_order_has_its_golden_parameters(
    request_: Mutation, mode: PositionMode, params: dict[str, str]
) -> None:
    wired = wire_request(in_mode(request_, mode))
    path = "algoOrder" if "clientAlgoId" in params else "order"
    assert wired == WireRequest(method="POST", path=path, params=params)


def test_cancels_name_one_order_by_the_best_name_there_is() -> None:
    window = {"recvWindow": "10000"}
    name = send_stop().client_id
    assert wire_request(cancel(venue_id=7)) == WireRequest(
        method="DELETE", path="algoOrder", params={"algoId": "7"} | window
    )
    assert wire_request(cancel()).params == {"clientAlgoId": name} | window
    by_id = wire_request(cancel_plain(venue_id=8))
    assert by_id == WireRequest(
        method="DELETE", path="order", params={"symbol": "BTCUSDT", "orderId": "8"} | window
    )
    assert wire_request(cancel_plain()).params["origClientOrderId"] == name


def test_queries_go_to_the_service_the_order_lives_in() -> None:
    name = send_stop().client_id
    asked = read_order_request(ReadOrder(symbol=BTC, client_id=name, conditional=True))
    assert asked == WireRequest(method="GET", path="algoOrder", params={"clientAlgoId": name})
    asked = read_order_request(ReadOrder(symbol=BTC, client_id=name, conditional=False))
    assert asked.params == {"symbol": "BTCUSDT", "origClientOrderId": name}


def test_a_limit_close_without_a_price_is_a_bug_and_not_a_market_order() -> None:
    with pytest.raises(InvariantBroken):
        wire_request(send_close(shape=CloseShape.IOC_3_PERCENT))


@given(st.decimals(min_value="0.00000001", max_value="99999999", places=8))
def test_numbers_leave_exact_and_without_exponent(number: Decimal) -> None:
    for form in (number, number.normalize()):
        text = plain(form)
        assert Decimal(text) == number
        assert set(text) <= set("0123456789.")
