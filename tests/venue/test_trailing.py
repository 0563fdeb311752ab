"""An order that follows the price on its way out and back: its shape, the gate, its rate read back; none at BingX."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from jackline.core.orders import OrderKind, OrderState, PositionMode
from jackline.core.outcomes import NotSent
from jackline.core.values import Side
from jackline.venue.binance.parse import listed_algo
from jackline.venue.binance.requests import wire_request
from jackline.venue.profile import BINANCE_USDM, BINGX_SWAP
from jackline.venue.transport.gate import GateRefused
from tests.venue.makers import in_mode, send_stop, send_target, send_trailing
from tests.venue.test_gate import a_gate, offer_request
from tests.venue.test_golden import sender

NETTING, HEDGE = PositionMode.NETTING, PositionMode.HEDGE
SENT = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "TRAILING_STOP_MARKET",
    "quantity": "0.01",
    "callbackRate": "1.25",
    "workingType": "MARK_PRICE",
    "clientAlgoId": send_trailing().client_id,
    "selfTradePreventionMode": "NONE",
    "recvWindow": "10000",
}
LISTED: dict[str, Any] = {
    "algoId": 77,
    "clientAlgoId": send_trailing().client_id,
    "algoType": "CONDITIONAL",
    "orderType": "TRAILING_STOP_MARKET",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "positionSide": "BOTH",
    "algoStatus": "NEW",
    "triggerPrice": "0.00",
    "quantity": "0.010",
    "price": "0.00",
    "workingType": "MARK_PRICE",
    "closePosition": False,
    "priceProtect": False,
    "reduceOnly": True,
    "activatePrice": "61000.00",
    "callbackRate": "1.25",
    "updateTime": 2,
}


@pytest.mark.owns("P3")
@pytest.mark.parametrize(
    ("request_", "mode", "changes"),
    [
        (send_trailing(), NETTING, {"reduceOnly": "true"}),
        (send_trailing(), HEDGE, {"positionSide": "LONG"}),
        (send_trailing(Side.SHORT), HEDGE, {"positionSide": "SHORT", "side": "BUY"}),
        (send_trailing(activate="61000"), NETTING, {"reduceOnly": "true", "activatePrice": "61000"}),
        (send_trailing(callback="0.001"), NETTING, {"reduceOnly": "true", "callbackRate": "0.1"}),
    ],
    ids=["netting", "hedge", "short", "activated-later", "least"],
)
def test_P3_it_leaves_in_its_golden_shape_and_can_only_reduce(
    request_: Any, mode: PositionMode, changes: dict[str, str]
) -> None:
    assert wire_request(in_mode(request_, mode)).params == SENT | changes
    offer_request(a_gate(), request_, mode)


@pytest.mark.owns("P3", "P4")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        pytest.param({"callbackRate": "150"}, "P4", id="multiplied twice"),
        pytest.param({"callbackRate": "0.0125"}, "P4", id="a fraction"),
        pytest.param({"callbackRate": None}, "P3", id="no rate"),
        pytest.param({"triggerPrice": "59000"}, "P3", id="a trigger price"),
        pytest.param({"priceProtect": "true"}, "P2", id="held back"),
        pytest.param({"reduceOnly": None}, "P3", id="could open"),
        pytest.param(
            {"quantity": None, "reduceOnly": None, "closePosition": "true"}, "P3", id="whole position"
        ),
        pytest.param({"positionSide": "SHORT"}, "P3", id="opens the other leg"),
        pytest.param({"type": "STOP_MARKET"}, "P2", id="a stop that follows"),
        pytest.param({"activationPrice": "61000"}, "P2", id="old name"),
        pytest.param({"priceRate": "0.0125"}, "P2", id="another venue's word"),
        pytest.param({"activatePrice": "0"}, "P2", id="activated at nothing"),
    ],
)
def test_P3_another_shape_of_it_does_not_leave(changes: dict[str, str | None], code: str) -> None:
    with pytest.raises(GateRefused, match=code):
        offer_request(a_gate(), send_trailing(), changes=changes)


@pytest.mark.owns("P3")
@pytest.mark.parametrize("request_", [send_stop(), send_stop(size="0.01"), send_target()])
def test_P3_a_stop_and_a_target_do_not_follow_the_price(request_: Any) -> None:
    with pytest.raises(GateRefused, match="follows nothing"):
        offer_request(a_gate(), request_, changes={"callbackRate": "1"})


def test_its_rate_comes_back_as_a_fraction_and_its_trigger_as_nothing() -> None:
    view = listed_algo(LISTED)
    assert (view.kind, view.state, view.is_stop) == (OrderKind.TRAILING, OrderState.NEW, False)
    assert (view.callback_fraction, view.trigger_price) == (Decimal("0.0125"), None)


@pytest.mark.parametrize("rate", ["", None, "0", "NaN", "much"])
def test_a_rate_that_cannot_be_read_is_none(rate: str | None) -> None:
    assert listed_algo(LISTED | {"callbackRate": rate}).callback_fraction is None


@pytest.mark.owns("P3")
async def test_P3_where_a_side_has_room_for_one_stop_none_leaves() -> None:
    assert (BINANCE_USDM.traits.trails, BINGX_SWAP.traits.trails) == (True, False)
    bingx = await sender("bingx")
    bingx.net.sent.clear()
    outcome = await bingx.venue.send(send_trailing())
    assert isinstance(outcome, NotSent)
    assert bingx.net.sent == []
