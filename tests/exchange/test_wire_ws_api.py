"""The socket API: unmodified ccxt.pro orders over it, and frames by hand."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import msgspec
import pytest

from jackline.exchange.wire.faults import Answer, Refuse
from jackline.exchange.wire.forms import Form
from jackline.exchange.wire.ws_api import METHODS, WsApi
from tests.exchange.served import KEY, SECRET, Unserved, exchange

SYMBOL = "BTC/USDT:USDT"
ORDER: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.010"}


async def test_ccxt_pro_enters_protects_and_cancels_over_the_socket() -> None:
    async with exchange() as served, served.ccxt(pro=True) as client:
        stop = await client.create_order_ws(
            SYMBOL, "market", "sell", 0.01, None, {"triggerPrice": "59000.0", "reduceOnly": True}
        )
        entry = await client.create_order_ws(SYMBOL, "market", "buy", 0.01)
        assert entry["status"] in {"closed", "open"}
        (position,) = await client.fetch_positions()
        assert position["contracts"] == 0.01
        (resting,) = await client.fetch_open_orders(SYMBOL, params={"trigger": True})
        assert resting["id"] == stop["id"]
        await client.cancel_order_ws(stop["id"], SYMBOL, {"trigger": True})
        assert await client.fetch_open_orders(SYMBOL, params={"trigger": True}) == []
        limit = await client.create_order_ws(SYMBOL, "limit", "buy", 0.01, 59_000)
        amended = await client.edit_order_ws(limit["id"], SYMBOL, "limit", "buy", 0.02, 58_900)
        assert amended["amount"] == 0.02
        await client.cancel_order_ws(limit["id"], SYMBOL)


def frame(method: str, *, key: str = KEY, secret: str = SECRET, asked: object = "x", **params: object) -> str:
    """As a client writes it: signed over its own parameters, sorted."""
    sent = {"apiKey": key, "timestamp": 1_000_000} | params
    text = "&".join(
        f"{name}={str(sent[name]).lower() if isinstance(sent[name], bool) else sent[name]}"
        for name in sorted(sent)
    )
    sent["signature"] = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return msgspec.json.encode({"id": asked, "method": method, "params": sent}).decode()


def answer(world: Unserved, text: str) -> Any:
    return msgspec.json.decode(WsApi(world.exchange.rest).answer(text).frame)


@pytest.mark.parametrize("asked", [7, "a-b-c", None])
def test_an_order_is_answered_under_its_id_with_the_windows_it_counted_in(asked: object) -> None:
    told = answer(Unserved(), frame("order.place", asked=asked, **ORDER))
    assert (told["id"], told["status"], told["result"]["status"]) == (asked, 200, "NEW")
    counted = {
        (one["rateLimitType"], one["interval"]): (one["limit"], one["count"]) for one in told["rateLimits"]
    }
    assert counted == {
        ("REQUEST_WEIGHT", "MINUTE"): (2_400, 0),
        ("ORDERS", "SECOND"): (300, 1),
        ("ORDERS", "MINUTE"): (1_200, 1),
    }


def test_who_does_not_want_the_windows_is_not_told() -> None:
    told = answer(Unserved(), frame("order.place", returnRateLimits=False, **ORDER))
    assert told["status"] == 200
    assert "rateLimits" not in told


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (frame("order.place", secret="wrong", **ORDER), -1022),
        (frame("order.place", key="nobody", **ORDER), -2015),
        (frame("order.place", **ORDER | {"type": "STOP_MARKET", "stopPrice": "59000"}), -4120),
        (frame("order.place", **ORDER | {"quantity": 0.01}), -1102),
        (frame("order.place", **ORDER | {"stopLoss": "59000"}), -1104),
        (frame("order.lace", **ORDER), -1130),
        ("{", -1102),
        ('{"method":"order.place","params":{}}', -2014),
    ],
    ids=["signature", "key", "conditional", "float", "leak", "method", "no json", "no key"],
)
def test_a_frame_that_is_refused_says_why_and_does_nothing(text: str, code: int) -> None:
    world = Unserved()
    told = answer(world, text)
    assert (told["status"] >= 400, told["error"]["code"]) == (True, code)
    assert not world.exchange.venue.state.accounts["main"].orders


def test_rest_and_the_socket_are_two_ways_to_one_order() -> None:
    world = Unserved()
    over_rest = world.ask("POST", "v1/order", **ORDER, newClientOrderId="same", newOrderRespType="RESULT")
    told = answer(world, frame("order.status", symbol="BTCUSDT", origClientOrderId="same"))
    assert told["result"]["orderId"] == msgspec.json.decode(over_rest.body)["orderId"]
    assert told["result"]["status"] == "FILLED"


def test_faults_of_a_path_strike_on_either_way() -> None:
    world = Unserved()
    world.board.put_up(Refuse(code=-1008, status=503, paths=("/fapi/v1/order",), count=1))
    assert answer(world, frame("order.place", **ORDER))["error"]["code"] == -1008
    world.board.put_up(Answer(form=Form.HTML, executed=True, paths=("/fapi/v1/order",), count=1))
    assert WsApi(world.exchange.rest).answer(frame("order.place", **ORDER)).frame.startswith(b"<html>")
    assert len(world.exchange.venue.state.accounts["main"].orders) == 1


def test_every_method_of_the_table_is_served() -> None:
    world = Unserved()
    for method in METHODS:
        told = answer(world, frame(method, symbol="BTCUSDT"))
        assert told.get("error", {}).get("code") != -1130, method
        assert told["status"] != 404, method
