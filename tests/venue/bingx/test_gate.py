"""BingX's request gate: the golden requests pass, and nothing that differs from them by one field."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from jackline.core.orders import PositionMode, PositionView
from jackline.core.plan import Rung
from jackline.core.requests import CloseShape, SendClose, SendEntry
from jackline.core.values import Side, WireMs, price, quantity
from jackline.venue.bingx.gate import GOLDEN, RequestGate
from jackline.venue.bingx.requests import stop_leg, wire_request
from jackline.venue.transport.gate import GateRefused, PlainClose, alone
from tests.venue.makers import BTC_DASH, at_venue, entry_plan, send_close, send_entry

AUTHORITY = "127.0.0.1:8090"
NOW = WireMs(1_000_000)
DRAWN = {"timestamp": "1000000", "signature": "0" * 64}
FILE = Path(__file__).parent.parent / "golden" / "bingx.json"
REQUESTS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
MUTATIONS = {name: one for name, one in REQUESTS.items() if one["method"] != "GET"}


def a_gate(denial: str | None = None) -> RequestGate:
    return RequestGate(authority=AUTHORITY, permit=lambda _: denial, speaks=alone, venue_ms=lambda: NOW)


def offer(gate: RequestGate, method: str, path: str, fields: dict[str, str]) -> None:
    """Everything is in the query on this wire."""
    gate.check(method=method, url=f"http://{AUTHORITY}{path}?{urlencode(fields | DRAWN)}", body=None)


def ticket(name: str, *, mode: PositionMode | None = None) -> SendEntry | None:
    """The entry behind a golden request."""
    if "entry" not in name:
        return None
    side = Side.SHORT if name.startswith("short") else Side.LONG
    rung = Rung.AFTER_FILL if "after fill" in name else Rung.ATTACHED
    plan = replace(entry_plan(side), rung=rung, symbol=BTC_DASH)
    return send_entry(replace(plan, mode=mode or PositionMode(name.rpartition(" ")[2])))


def pass_or_raise(name: str, changes: dict[str, str | None]) -> None:
    """The golden request with fields changed, added or (None) left out, with its entry's ticket."""
    golden = MUTATIONS[name]
    fields = {key: value for key, value in (golden["fields"] | changes).items() if value is not None}
    gate, behind = a_gate(), ticket(name)
    with ExitStack() as stack:
        if behind is not None:
            stack.enter_context(gate.entry(behind))
        offer(gate, golden["method"], golden["path"], fields)


@pytest.mark.parametrize("name", MUTATIONS)
def test_golden_requests_pass(name: str) -> None:
    pass_or_raise(name, {})


WITHOUT_ONE = [
    (name, key) for name, golden in MUTATIONS.items() for key in golden["fields"] if key not in DRAWN
]


@pytest.mark.parametrize(("name", "key"), WITHOUT_ONE)
def test_no_field_may_be_missing(name: str, key: str) -> None:
    with pytest.raises(GateRefused):
        pass_or_raise(name, {key: None})


STRANGE = {
    "takeProfit": "{}",
    "stopLossPrice": "59000",
    "triggerPrice": "59000",
    "stopGuaranteed": "false",
    "activationPrice": "59000",
    "priceRate": "0.01",
    "closePosition": "true",
    "orderId": "9",
    "quoteOrderQty": "100",
    "positionId": "1",
    "reduceOnly": "false",
    "batchOrders": "[]",
}


@pytest.mark.parametrize("key", STRANGE)
@pytest.mark.parametrize("name", MUTATIONS)
def test_no_field_may_leak(name: str, key: str) -> None:
    if MUTATIONS[name]["fields"].get(key) == STRANGE[key]:
        return
    with pytest.raises(GateRefused):
        pass_or_raise(name, {key: STRANGE[key]})


@pytest.mark.parametrize("kind", ["STOP", "TRIGGER_MARKET", "TRIGGER_LIMIT", "TRAILING_STOP_MARKET", "TWAP"])
@pytest.mark.parametrize("name", [name for name in MUTATIONS if "cancel" not in name])
def test_no_other_type_leaves(name: str, kind: str) -> None:
    with pytest.raises(GateRefused):
        pass_or_raise(name, {"type": kind})


def leg(**changes: object) -> str:
    return json.dumps(json.loads(stop_leg(entry_plan())) | changes, separators=(",", ":"))


@pytest.mark.owns("P2")
@pytest.mark.parametrize(
    "stop_loss",
    [
        leg(stopPrice=50_000),
        leg(quantity=0.001),
        leg(workingType="CONTRACT_PRICE"),
        leg(type="STOP"),
        leg(stopPrice="59548.5"),
        leg(triggerPrice=59548.5),
        "{}",
        '{"triggerPrice":59548.5}',
        "59548.5",
    ],
)
def test_P2_an_attached_entry_carries_its_plans_leg_and_no_other(stop_loss: str) -> None:
    with pytest.raises(GateRefused):
        pass_or_raise("entry, netting", {"stopLoss": stop_loss})


@pytest.mark.owns("P2")
def test_P2_an_entry_leaves_on_its_ticket_on_a_rung_of_this_venue_and_in_its_mode() -> None:
    golden = MUTATIONS["entry, netting"]
    with pytest.raises(GateRefused, match="no protected entry is behind"):
        offer(a_gate(), golden["method"], golden["path"], golden["fields"])
    other_mode = ticket("entry, netting", mode=PositionMode.HEDGE)
    stop_first = ticket("entry after fill, netting")
    assert other_mode is not None
    assert stop_first is not None
    gate = a_gate()
    with gate.entry(other_mode), pytest.raises(GateRefused, match="differs from its plan"):
        offer(gate, golden["method"], golden["path"], golden["fields"])
    wrong_rung = replace(stop_first, entry=replace(stop_first.entry, rung=Rung.STOP_FIRST))
    bare = MUTATIONS["entry after fill, netting"]
    with gate.entry(wrong_rung), pytest.raises(GateRefused, match="has no rung"):
        offer(gate, bare["method"], bare["path"], bare["fields"])
    closed = a_gate("kill level flatten")
    behind = ticket("entry, netting")
    assert behind is not None
    with closed.entry(behind), pytest.raises(GateRefused, match="kill level flatten"):
        offer(closed, golden["method"], golden["path"], golden["fields"])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/openApi/swap/v2/trade/batchOrders"),
        ("POST", "/openApi/swap/v2/trade/closeAllPositions"),
        ("POST", "/openApi/swap/v1/trade/closePosition"),
        ("POST", "/openApi/swap/v2/trade/cancelAllAfter"),
        ("POST", "/openApi/swap/v1/trade/cancelReplace"),
        ("POST", "/openApi/swap/v1/positionSide/dual"),
        ("DELETE", "/openApi/swap/v2/trade/allOpenOrders"),
        ("DELETE", "/openApi/swap/v2/trade/batchOrders"),
        ("DELETE", "/openApi/user/auth/userDataStream"),
        ("POST", "/openApi/wallets/v1/capital/withdraw/apply"),
        ("POST", "/openApi/spot/v1/trade/order"),
    ],
)
def test_what_has_no_shape_does_not_leave(method: str, path: str) -> None:
    assert (method, path) not in GOLDEN
    with pytest.raises(GateRefused, match="no request of ours"):
        offer(a_gate(), method, path, {"symbol": "BTC-USDT"})


@pytest.mark.parametrize("place", ["open-api.bingx.com", "127.0.0.1:8091", "localhost:8090"])
def test_C2_nothing_leaves_for_another_place(place: str) -> None:
    with pytest.raises(GateRefused, match="is not the venue"):
        a_gate().check(method="GET", url=f"http://{place}/openApi/swap/v2/server/time", body=None)


def bare_close() -> SendClose:
    request = at_venue(send_close(shape=CloseShape.PLAIN_MARKET), BTC_DASH, PositionMode.NETTING)
    assert isinstance(request, SendClose)
    return request


def held(size: str) -> PositionView:
    return PositionView(
        symbol=BTC_DASH,
        side=Side.LONG,
        mode=PositionMode.NETTING,
        quantity=quantity(size),
        entry_price=price(60_000),
        mark=price(60_000),
        liquidation_price=None,
        updated_ms=WireMs(0),
    )


@pytest.mark.parametrize(
    ("position", "read_ms", "passes"),
    [
        (held("0.010"), NOW, True),
        (held("0.009"), NOW, False),
        (held("0.010"), NOW - 301, False),
        (replace(held("0.010"), side=Side.SHORT), NOW, False),
    ],
)
def test_P3_a_close_without_flag_leaves_on_a_position_just_read(
    position: PositionView, read_ms: int, passes: bool
) -> None:
    gate, request = a_gate(), bare_close()
    wired = wire_request(request)
    fields = wired.params
    path = "/openApi/swap/v2/trade/order"
    with pytest.raises(GateRefused, match="no protected entry"):
        offer(gate, wired.method, path, fields)
    with gate.plain_close(PlainClose(request=request, position=position, read_ms=WireMs(read_ms))):
        if passes:
            offer(gate, wired.method, path, fields)
            return
        with pytest.raises(GateRefused) as refused:
            offer(gate, wired.method, path, fields)
        assert refused.value.code == "P3"


def test_leverage_is_set_for_a_leg_and_an_order_has_an_order_side() -> None:
    path = "/openApi/swap/v2/trade/leverage"
    fields = {"symbol": "BTC-USDT", "side": "BOTH", "leverage": "4", "recvWindow": "5000"}
    offer(a_gate(), "POST", path, fields)
    for wrong in ({"side": "BUY"}, {"leverage": "0"}, {"leverage": "4.5"}, {"symbol": "BTCUSDT"}):
        with pytest.raises(GateRefused):
            offer(a_gate(), "POST", path, fields | wrong)
    with pytest.raises(GateRefused):
        pass_or_raise("stop, netting", {"side": "LONG"})
