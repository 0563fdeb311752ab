"""Misbehaviour over a real socket: the control routes, and that a server passes on what the board decides."""

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import pytest

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.exchange import app
from jackline.exchange.wire.fault_routes import read_rules
from jackline.exchange.wire.faults import Answer, Refuse, Risk
from jackline.exchange.wire.forms import Form
from tests.exchange.served import DEADLINE_S, KEY, Served, exchange, receive

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.05"}


async def faults(served: Served, method: str, tail: str = "", order: object = None) -> tuple[int, Any]:
    url = f"{served.url}/local/v1/faults{tail}"
    async with served.http.request(method, url, json=order) as answer:
        return answer.status, await answer.json()


async def test_a_rule_is_put_up_applied_listed_and_taken_down() -> None:
    async with exchange() as served:
        rule = {"kind": "refuse", "code": -1008, "risk": "adding", "count": 5}
        assert await faults(served, "POST", order=rule) == (200, {"number": 1})
        status, answer = await served.signed("POST", "/fapi/v1/order", **ORDER)
        assert (status, answer["code"]) == (503, -1008)
        _, report = await faults(served, "GET")
        (row,) = report["rules"]
        assert (row["number"], row["applied"], row["rule"]["code"]) == (1, 1, -1008)
        assert report["tally"] == {"refuse -1008": 1}
        assert await faults(served, "DELETE", "/1") == (200, {"rules": [], "tally": {"refuse -1008": 1}})
        assert (await served.signed("POST", "/fapi/v1/order", **ORDER))[0] == 200
        assert await faults(served, "DELETE", "/1") == (404, {"error": "no rule 1 stands"})


async def test_a_garbled_answer_arrives_as_it_was_garbled_and_late() -> None:
    async with exchange() as served:
        await faults(served, "POST", order={"kind": "answer", "form": "html", "executed": True, "count": 1})
        await faults(served, "POST", order={"kind": "slow", "delay_ms": 60, "count": 2})
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        async with served.http.get(f"{served.url}/fapi/v1/ping") as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
            assert "<html>" in await answer.text()
        assert await served.raw("GET", "/fapi/v1/ping") == (200, {})
        assert loop.time() - began_s >= 0.06


async def test_a_hang_up_closes_the_socket_and_a_refused_dial_does_not_open_one() -> None:
    async with exchange() as served:
        _, opened = await served.raw("POST", "/fapi/v1/listenKey", key=KEY)
        path = f"/private/ws?listenKey={opened['listenKey']}"
        async with served.socket(path) as socket:
            await served.signed("POST", "/fapi/v1/order", **ORDER)
            await receive(socket, lambda one: one["e"] == "ACCOUNT_UPDATE")
            assert await faults(served, "POST", order={"kind": "hang_up", "account": "main"}) == (
                200,
                {"number": None},
            )
            async with asyncio.timeout(DEADLINE_S):
                message = await socket.receive()
            assert message.type in {
                aiohttp.WSMsgType.CLOSE,
                aiohttp.WSMsgType.CLOSING,
                aiohttp.WSMsgType.CLOSED,
            }
        await faults(served, "POST", order={"kind": "no_dial", "count": 1})
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with served.socket(path):
                pass
        assert refused.value.status == 503
        async with served.socket(path) as socket:
            await faults(served, "POST", order={"kind": "stream", "deed": "hold", "side": "user"})
            await served.signed("POST", "/fapi/v1/order", **ORDER)
            _, report = await faults(served, "DELETE")
            assert report["rules"] == []
            seen = await receive(socket, lambda one: one["e"] == "ACCOUNT_UPDATE")
            assert len(seen) == 4


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({"kind": "refuse", "code": -99}, "code -99 is none"),
        ({"kind": "refuse", "code": -1003, "status": 700}, "status 700"),
        ({"kind": "refuse", "code": -1003, "odd": 1}, "odd"),
        ({"kind": "answer", "form": "poem", "executed": True}, "poem"),
        ({"kind": "answer", "form": "html"}, "executed"),
        ({"kind": "slow", "delay_ms": 1e9}, "delay_ms"),
        ({"kind": "stream", "deed": "drop", "account": "nobody"}, "'nobody': one of main"),
        ({"kind": "stream", "deed": "drop", "side": "market", "account": "main"}, "no market stream"),
        ({"kind": "stream", "deed": "hold", "count": 3}, "hold"),
        ({"kind": "forget_key", "account": "nobody"}, "'nobody': one of main"),
        ({"kind": "magic"}, "magic"),
        ({"code": -1003}, "kind"),
        ([], "object"),
    ],
)
async def test_a_senseless_order_is_refused_with_what_is_wrong(order: object, complaint: str) -> None:
    async with exchange() as served:
        status, answer = await faults(served, "POST", order=order)
        assert status == 400
        assert complaint in answer["error"]
        assert (await faults(served, "GET"))[1] == {"rules": [], "tally": {}}


def test_a_file_of_rules() -> None:
    text = json.dumps(
        [
            {"kind": "refuse", "code": -1008, "risk": "adding", "probability": 0.1},
            {"kind": "answer", "form": "empty", "executed": True, "paths": ["/fapi/v1/order"]},
        ]
    )
    assert read_rules(text.encode()) == (
        Refuse(code=-1008, risk=Risk.ADDING, probability=0.1),
        Answer(form=Form.EMPTY, executed=True, paths=("/fapi/v1/order",)),
    )
    with pytest.raises(ValueError, match=r"not a list of rules: .*hang_up"):
        read_rules(b'[{"kind": "hang_up"}]')


async def test_rules_given_at_the_start_stand_before_the_first_request() -> None:
    async with exchange(faults=(Refuse(code=-1001, count=1),)) as served:
        assert (await served.raw("GET", "/fapi/v1/ping"))[0] == 503
        assert (await served.raw("GET", "/fapi/v1/ping"))[0] == 200


@pytest.mark.parametrize(
    ("text", "complaint"),
    [('[{"kind": "refuse", "code": -99}]', "code -99 is none"), ("{", "not a list of rules")],
)
def test_the_command_refuses_a_senseless_file_of_rules(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "faults.json"
    file.write_text(text)
    with pytest.raises(CommandFailed) as refused:
        app(args=["serve", "--faults", str(file)], standalone_mode=False)
    assert refused.value.code is ExitCode.BAD_INPUT
    assert f"--faults {file}: " in str(refused.value)
    assert complaint in str(refused.value)


async def test_whims_are_turned_at_run_time_by_their_names() -> None:
    async with exchange() as served, served.ccxt() as client:
        stop = {"triggerPrice": 59_000, "reduceOnly": True}
        await served.control("switches", whims={"open_algos_max": 0})
        with pytest.raises(ccxt.OperationRejected, match="-4045"):
            await client.create_order("BTC/USDT:USDT", "market", "sell", 0.01, None, stop)
        await served.control("switches", whims={"open_algos_max": 200, "reject_at_trigger": None})
        await client.create_order("BTC/USDT:USDT", "market", "sell", 0.01, None, stop)
        for bad in ({"child_fill_fraction": "1.5"}, {"triggering_ms": -1}, {"nonsense": True}):
            assert "error" in await served.control("switches", whims=bad)
