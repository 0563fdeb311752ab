"""Frames of the socket of orders: the same golden shapes, the venue's signature, and one judge of answers."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from jackline.core.orders import PositionMode
from jackline.core.requests import CloseShape, Mutation
from jackline.core.values import Side, WireMs
from jackline.venue.binance.gate import RequestGate
from jackline.venue.binance.order_frames import METHODS, OrderFrames, as_rest, frame_request, number_of
from jackline.venue.binance.requests import wire_request
from jackline.venue.net import NetTrouble
from jackline.venue.transport.endpoint import Credentials
from jackline.venue.transport.gate import GateRefused, alone
from tests.venue.makers import cancel, in_mode, send_close, send_entry, send_stop, send_target

AUTHORITY = "127.0.0.1:8090"
URL = f"ws://{AUTHORITY}/ws-fapi/v1"
NOW = WireMs(1_000_000)


def a_gate() -> RequestGate:
    return RequestGate(authority=AUTHORITY, permit=lambda _: None, speaks=alone, venue_ms=lambda: NOW)


def some_frames() -> OrderFrames:
    return OrderFrames(credentials=Credentials(api_key="k", secret="s"), venue_ms=lambda: NOW)


def written(request: Mutation, frames: OrderFrames | None = None) -> str:
    wired = wire_request(request)
    return (frames or some_frames()).write(wired.method, wired.path, wired.params)


def changed(**changes: Any) -> str:
    """The golden frame of a stop with parameters changed, added or (None) left out."""
    frame = json.loads(written(send_stop()))
    params = frame["params"] | changes
    frame["params"] = {name: value for name, value in params.items() if value is not None}
    return json.dumps(frame)


@pytest.mark.parametrize("mode", PositionMode)
@pytest.mark.parametrize(
    "request_",
    [
        send_stop(),
        send_stop(Side.SHORT, size="0.01"),
        send_target(),
        send_close(),
        send_close(shape=CloseShape.IOC_1_PERCENT, limit="59000"),
    ],
    ids=["D", "W", "target", "close", "ioc"],
)
def test_a_frame_holds_what_rest_would_carry_and_passes_the_same_gate(
    request_: Mutation, mode: PositionMode
) -> None:
    asked = in_mode(request_, mode)
    text, wired = written(asked), wire_request(asked)
    a_gate().check_frame(url=URL, text=text)
    method, path, fields = frame_request(text)
    assert (method, path) == (wired.method, f"/fapi/v1/{wired.path}")
    assert fields.items() >= wired.params.items()
    assert fields.keys() - wired.params.keys() == {"timestamp", "signature"}


def test_the_signature_covers_the_sorted_pairs_and_integers_are_integers() -> None:
    params = json.loads(written(send_stop(size="0.010")))["params"]
    signature = params.pop("signature")
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    assert signature == hmac.new(b"s", text.encode(), hashlib.sha256).hexdigest()
    assert {name for name, value in params.items() if isinstance(value, int)} == {"recvWindow", "timestamp"}
    assert all(isinstance(value, int | str) for value in params.values())


def test_every_frame_has_a_number_of_its_own() -> None:
    frames = some_frames()
    assert [number_of(written(send_stop(), frames)) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(changed(stopLoss="1"), "P2", id="leak"),
        pytest.param(changed(triggerPrice=None), "P2", id="missing"),
        pytest.param(changed(triggerPrice="0"), "P2", id="zero"),
        pytest.param(changed(triggerPrice=59000), "P2", id="a number that is no string"),
        pytest.param(changed(recvWindow="10000"), "P2", id="an integer that is a string"),
        pytest.param(changed(closePosition=True), "P2", id="boolean"),
        pytest.param(changed(apiKey=None), "P2", id="no key"),
        pytest.param(changed(quantity="0.010"), "P3", id="whole and sized"),
        pytest.param(changed(closePosition=None, quantity="0.010"), "P3", id="could open"),
        pytest.param(changed().replace("algoOrder.place", "order.cancel"), "P2", id="other method"),
        pytest.param(changed().replace("algoOrder.place", "order.place"), "P2", id="other shape"),
        pytest.param(changed().replace('"side"', '"symbol"'), "P2", id="twice"),
        pytest.param(changed().replace('"id"', '"nonce"'), "P2", id="no number"),
        pytest.param(written(send_entry()), "P2", id="entry"),
    ],
)
def test_P2_a_frame_of_another_shape_does_not_leave(text: str, code: str) -> None:
    with pytest.raises(GateRefused, match=code):
        a_gate().check_frame(url=URL, text=text)


@pytest.mark.owns("O1")
def test_O1_an_entry_does_not_leave_in_a_frame_even_on_its_ticket() -> None:
    gate, entry = a_gate(), send_entry()
    with gate.entry(entry), pytest.raises(GateRefused, match="O1"):
        gate.check_frame(url=URL, text=written(entry))


def test_c2_a_frame_goes_to_the_venue_and_nowhere_else() -> None:
    with pytest.raises(GateRefused, match="C2"):
        a_gate().check_frame(url="ws://127.0.0.1:8091/ws-fapi/v1", text=written(send_stop()))


def test_what_has_no_frame_cannot_be_written() -> None:
    with pytest.raises(KeyError):
        written(cancel())
    assert set(METHODS) == {"algoOrder.place", "order.place"}


def test_an_answer_becomes_what_rest_would_have_said() -> None:
    limits = (
        '[{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":300,"count":1},'
        '{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":2400,"count":77}]'
    )
    good = as_rest(f'{{"id":1,"status":200,"result":{{"algoId":5}},"rateLimits":{limits}}}')
    assert (good.status, good.text, good.headers) == (200, '{"algoId":5}', {"x-mbx-used-weight-1m": "77"})
    bad = as_rest('{"id":1,"status":400,"error":{"code":-2021,"msg":"no"}}')
    assert (bad.status, bad.text, bad.headers) == (400, '{"code":-2021,"msg":"no"}', {})


@pytest.mark.parametrize("text", ["", "[]", '{"id":1}', '{"id":"1","status":200}', '{"id":1,"status":"200"}'])
def test_half_an_answer_is_no_answer(text: str) -> None:
    with pytest.raises(NetTrouble):
        as_rest(text)
