"""The request gate against everything that must not leave."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from urllib.parse import urlencode

import pytest

from jackline.core.orders import PositionMode, PositionView
from jackline.core.requests import CloseShape, Mutation, SendEntry
from jackline.core.standing import Standing
from jackline.core.values import Side, WireMs, price, quantity
from jackline.venue.binance.gate import RequestGate
from jackline.venue.binance.requests import wire_request
from jackline.venue.transport.gate import GateRefused, PlainClose, Speaks, alone
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

AUTHORITY = "127.0.0.1:8090"
NOW = WireMs(1_000_000)
SIGNED = {"timestamp": "1000000", "signature": "0" * 64}
NETTING, HEDGE = PositionMode.NETTING, PositionMode.HEDGE


def a_gate(denial: str | None = None, speaks: Speaks = alone) -> RequestGate:
    return RequestGate(authority=AUTHORITY, permit=lambda _: denial, speaks=speaks, venue_ms=lambda: NOW)


def offer(gate: RequestGate, method: str, path: str, params: dict[str, str]) -> None:
    """What the wire does: POST carries a form, DELETE a query."""
    text = urlencode(params | SIGNED)
    url = f"http://{AUTHORITY}/fapi/v1/{path}"
    if method == "DELETE":
        gate.check(method=method, url=f"{url}?{text}", body=None)
    else:
        gate.check(method=method, url=url, body=text)


def offer_request(
    gate: RequestGate,
    request: Mutation,
    mode: PositionMode = NETTING,
    changes: dict[str, str | None] | None = None,
) -> None:
    """The golden request with some parameters changed, added or (None) left out."""
    wired = wire_request(in_mode(request, mode))
    params = {**wired.params, **(changes or {})}
    offer(gate, wired.method, wired.path, {key: value for key, value in params.items() if value is not None})


@pytest.mark.parametrize("mode", [NETTING, HEDGE])
@pytest.mark.parametrize(
    "request_",
    [
        send_stop(),
        send_stop(Side.SHORT, size="0.01"),
        send_target(),
        send_close(),
        send_close(Side.SHORT, CloseShape.IOC_1_PERCENT, limit="61000"),
        cancel(),
        cancel(venue_id=9),
        cancel_plain(),
    ],
    ids=["D", "W", "target", "close", "ioc", "cancel", "cancel-id", "cancel-plain"],
)
def test_golden_requests_pass(request_: Mutation, mode: PositionMode) -> None:
    offer_request(a_gate(), request_, mode)


def leaving(gate: RequestGate) -> set[str]:
    """What passes of one request of each kind."""
    left: set[str] = set()
    for name, request in (("stop", send_stop()), ("close", send_close()), ("cancel", cancel())):
        with suppress(GateRefused):
            offer_request(gate, request)
            left.add(name)
    entry = send_entry()
    with suppress(GateRefused), gate.entry(entry):
        offer_request(gate, entry)
        left.add("entry")
    with suppress(GateRefused):
        offer(gate, "POST", "leverage", {"symbol": "BTCUSDT", "leverage": "3", "recvWindow": "5000"})
        left.add("leverage")
    with suppress(GateRefused):
        gate.check(method="GET", url=f"http://{AUTHORITY}/fapi/v1/time", body=None)
        left.add("read")
    return left


@pytest.mark.owns("C3", "K2")
def test_C3_what_leaves_of_a_process_that_is_not_sure_of_its_lease() -> None:
    everything = {"stop", "close", "cancel", "entry", "leverage", "read"}
    assert {one: leaving(a_gate(speaks=lambda: one)) for one in Standing} == {  # noqa: B023  asked at once
        Standing.HELD: everything,
        Standing.FADING: everything - {"entry"},
        Standing.CUT_OFF: {"stop", "close", "read"},
        Standing.UNASKED: set(),
        Standing.LOST: set(),
    }


@pytest.mark.parametrize("mode", [NETTING, HEDGE])
@pytest.mark.parametrize("side", list(Side))
def test_p2_an_entry_passes_on_its_ticket_and_only_then(mode: PositionMode, side: Side) -> None:
    gate, request = a_gate(), send_entry(entry_plan(side))
    with pytest.raises(GateRefused, match="P2"):
        offer_request(gate, request, mode)
    with gate.entry(request):
        offer_request(gate, request, mode)
    with pytest.raises(GateRefused, match="P2"):
        offer_request(gate, request, mode)


@pytest.mark.parametrize(
    "changes",
    [
        {"quantity": "0.02"},
        {"symbol": "ETHUSDT"},
        {"side": "SELL"},
        {"price": "60150.1"},
        {"type": "MARKET", "price": None, "timeInForce": None},
        {"timeInForce": None},
        {"timeInForce": "GTC"},
        {"recvWindow": "60000"},
        {"positionSide": "SHORT"},
        {"reduceOnly": "true"},
        {"stopLoss": "{'triggerPrice': 57000}"},
        {"newClientOrderId": "jabc"},
        {"newClientOrderId": None},
    ],
    ids=lambda changes: "-".join(f"{key}={value}" for key, value in changes.items()),
)
def test_p2_an_entry_that_differs_from_its_plan_does_not_leave(changes: dict[str, str | None]) -> None:
    gate, request = a_gate(), send_entry()
    with gate.entry(request), pytest.raises(GateRefused, match="P2"):
        offer_request(gate, request, changes=changes)


def test_o1_an_entry_past_its_latest_time_is_not_signed_away() -> None:
    gate = a_gate()
    for latest, late in ((WireMs(NOW), False), (WireMs(NOW - 1), True)):
        request = send_entry(entry_plan(latest_ms=latest))
        with ExitStack() as stack:
            stack.enter_context(gate.entry(request))
            if late:
                stack.enter_context(pytest.raises(GateRefused, match="O1"))
            offer_request(gate, request)


def test_k3_the_permit_has_the_last_word_on_entries_and_none_on_stops() -> None:
    gate, request = a_gate(denial="kill level is no_new_risk"), send_entry()
    with gate.entry(request), pytest.raises(GateRefused, match="kill level"):
        offer_request(gate, request)
    offer_request(gate, send_stop())
    offer_request(gate, send_close())


@pytest.mark.parametrize(
    ("request_", "changes"),
    [
        pytest.param(send_stop(), {"closePosition": None}, id="no-close-position"),
        pytest.param(send_stop(), {"reduceOnly": "true"}, id="both-flags"),
        pytest.param(send_stop(), {"quantity": "1"}, id="whole-and-quantity"),
        pytest.param(send_stop(), {"closePosition": "false"}, id="close-position-false"),
        pytest.param(send_stop(size="0.01"), {"reduceOnly": None}, id="bare-stop"),
        pytest.param(send_stop(size="0.01"), {"quantity": "0"}, id="stop-of-nothing"),
        pytest.param(send_stop(), {"triggerPrice": None, "stopPrice": "59000"}, id="old-trigger-name"),
        pytest.param(send_stop(), {"triggerPrice": None, "stopLossPrice": "59000"}, id="unified-name"),
        pytest.param(send_stop(), {"triggerPrice": "5.9E+4"}, id="exponent"),
        pytest.param(send_stop(), {"workingType": None}, id="default-trigger-source"),
        pytest.param(send_stop(), {"priceProtect": "true"}, id="price-protect"),
        pytest.param(send_stop(), {"selfTradePreventionMode": "EXPIRE_TAKER"}, id="stp"),
        pytest.param(send_stop(), {"type": "MARKET"}, id="market-by-another-name"),
        pytest.param(send_stop(), {"type": "LIMIT"}, id="limit-by-another-name"),
        pytest.param(send_stop(), {"clientAlgoId": None}, id="nameless"),
        pytest.param(send_stop(), {"positionSide": "SHORT"}, id="opens-the-other-leg"),
        pytest.param(send_target(), {"reduceOnly": None}, id="bare-target"),
        pytest.param(send_close(), {"reduceOnly": None}, id="bare-close"),
        pytest.param(send_close(), {"reduceOnly": "false"}, id="false-flag"),
        pytest.param(send_close(), {"positionSide": "SHORT"}, id="close-that-opens"),
        pytest.param(send_close(), {"type": "STOP_MARKET"}, id="conditional-on-order"),
        pytest.param(cancel(), {"clientAlgoId": None}, id="blanket-cancel"),
        pytest.param(cancel(), {"algoId": "3"}, id="two-names"),
    ],
)
def test_p3_a_reduction_that_does_not_reduce_does_not_leave(
    request_: Mutation, changes: dict[str, str | None]
) -> None:
    with pytest.raises(GateRefused):
        offer_request(a_gate(), request_, changes=changes)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "allOpenOrders"),
        ("DELETE", "algoOpenOrders"),
        ("DELETE", "listenKey"),
        ("PUT", "order"),
        ("POST", "batchOrders"),
        ("POST", "countdownCancelAll"),
        ("POST", "positionSide/dual"),
    ],
)
def test_p6_requests_that_we_never_make_have_no_shape(method: str, path: str) -> None:
    with pytest.raises(GateRefused, match="no request of ours"):
        offer(a_gate(), method, path, {"symbol": "BTCUSDT"})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "host",
    ["fapi.binance.com", "127.0.0.1:8091", "localhost:8090", "10.0.0.1:8090", "127.0.0.1.example.com:8090"],
)
def test_c2_nothing_leaves_for_another_host(method: str, host: str) -> None:
    wired = wire_request(send_stop())
    body = urlencode(wired.params | SIGNED)
    with pytest.raises(GateRefused, match="C2"):
        a_gate().check(method=method, url=f"http://{host}/fapi/v1/algoOrder", body=body)


def test_a_parameter_given_twice_does_not_leave() -> None:
    wired = wire_request(send_close())
    body = urlencode(wired.params | SIGNED) + "&reduceOnly=true"
    with pytest.raises(GateRefused, match="twice"):
        a_gate().check(method="POST", url=f"http://{AUTHORITY}/fapi/v1/order", body=body)


def a_position(held: str, side: Side) -> PositionView:
    return PositionView(
        symbol=BTC,
        side=side,
        mode=NETTING,
        quantity=quantity(held),
        entry_price=price(60_000),
        mark=price(60_000),
        liquidation_price=None,
        updated_ms=NOW,
    )


@pytest.mark.parametrize(
    ("held", "side", "age_ms", "passes"),
    [
        ("0.010", Side.LONG, 0, True),
        ("0.010", Side.LONG, 300, True),
        ("0.010", Side.LONG, 301, False),
        ("0.009", Side.LONG, 0, False),
        ("0.010", Side.SHORT, 0, False),
    ],
)
def test_p3_a_close_without_flags_leaves_only_on_a_fresh_read(
    held: str, side: Side, age_ms: int, passes: bool
) -> None:
    gate, request = a_gate(), send_close(shape=CloseShape.PLAIN_MARKET)
    ticket = PlainClose(request=request, position=a_position(held, side), read_ms=WireMs(NOW - age_ms))
    with ExitStack() as stack:
        stack.enter_context(gate.plain_close(ticket))
        if not passes:
            stack.enter_context(pytest.raises(GateRefused, match="P3"))
        offer_request(gate, request)


def test_a_ticket_is_for_one_order_only() -> None:
    gate, request = a_gate(), send_entry()
    other = SendEntry(client_id=send_close().client_id, entry=request.entry)
    with gate.entry(request), pytest.raises(GateRefused, match="no protected entry"):
        offer_request(gate, other)


@pytest.mark.owns("C3")
def test_C3_a_close_without_the_flag_would_open_where_another_holder_has_closed() -> None:
    gate, request = a_gate(speaks=lambda: Standing.CUT_OFF), send_close(shape=CloseShape.PLAIN_MARKET)
    ticket = PlainClose(request=request, position=a_position("0.010", Side.LONG), read_ms=NOW)
    with gate.plain_close(ticket), pytest.raises(GateRefused, match="C3"):
        offer_request(gate, request)
