"""The relay itself: each of its faults is a fault, and each ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from jackline.core.ids import Role, client_id, mint_trade_id
from tests.out_of_process.relay import Lane, Line, Relay

PATIENCE = aiohttp.ClientTimeout(total=0.3)
ENTRY = client_id(mint_trade_id(tag="abc", fence=1, ordinal=1), Role.ENTRY, 1)


class Echo:
    """An HTTP server with one stream; remembers what reached it."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    async def say(self, request: web.Request) -> web.Response:
        self.reached.append((await request.read()).decode())
        return web.Response(text="heard")

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket


@asynccontextmanager
async def _relayed() -> AsyncIterator[tuple[Relay, Echo, aiohttp.ClientSession]]:
    echo, app = Echo(), web.Application()
    app.router.add_post("/fapi/v1/order", echo.say)
    app.router.add_get("/private/ws", echo.stream)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with Relay(port) as relay, aiohttp.ClientSession() as http:
            yield relay, echo, http
    finally:
        await runner.cleanup()


async def _say(
    relay: Relay, http: aiohttp.ClientSession, text: str = "hello", patience: aiohttp.ClientTimeout = PATIENCE
) -> str:
    async with http.post(f"{relay.url}/fapi/v1/order", data=text, timeout=patience) as answer:
        return await answer.text()


async def test_what_passes_is_unchanged_and_a_cut_refuses_until_it_is_restored() -> None:
    async with _relayed() as (relay, echo, http):
        assert await _say(relay, http) == "heard"
        relay.line(Line.CUT)
        with pytest.raises(aiohttp.ClientOSError):  # the kept connection was reset
            await _say(relay, http)
        with pytest.raises(aiohttp.ClientConnectorError):  # a new one is refused
            await _say(relay, http)
        await relay.restore()
        assert await _say(relay, http) == "heard"
        assert echo.reached == ["hello", "hello"]
        (outage,) = relay.outages
        assert outage.end_ms is not None
        assert outage.end_ms >= outage.start_ms


async def test_a_silent_line_takes_everything_and_delivers_it_late() -> None:
    async with _relayed() as (relay, echo, http):
        assert await _say(relay, http) == "heard"
        relay.line(Line.SILENT)
        late = asyncio.create_task(_say(relay, http, "late", aiohttp.ClientTimeout(total=10)))
        with pytest.raises(TimeoutError):
            await _say(relay, http, "given up")
        assert echo.reached == ["hello"]
        await relay.restore()
        assert await late == "heard"
        assert "late" in echo.reached


async def test_a_deaf_line_executes_and_does_not_answer() -> None:
    async with _relayed() as (relay, echo, http):
        relay.line(Line.DEAF)
        with pytest.raises(TimeoutError):
            await _say(relay, http)
        assert echo.reached == ["hello"]


async def test_one_lane_alone_can_be_cut() -> None:
    async with _relayed() as (relay, _, http):
        address = f"{relay.url}/private/ws"
        async with http.ws_connect(address) as socket:
            await socket.send_str("one")
            assert await socket.receive_str() == "one"
            relay.line(Line.CUT, lanes=(Lane.STREAM,))
            assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert await _say(relay, http) == "heard"
        with pytest.raises(aiohttp.ClientError):
            await http.ws_connect(address)
        assert relay.outages == (), "requests passed all the time"
        await relay.restore()
        async with http.ws_connect(address) as socket:
            relay.line(Line.CUT, lanes=(Lane.REST,))
            with pytest.raises(aiohttp.ClientError):
                await _say(relay, http)
            await socket.send_str("two")
            assert await socket.receive_str() == "two"


async def test_a_trap_springs_when_an_order_of_its_role_has_passed() -> None:
    async with _relayed() as (relay, echo, http):
        sprung = relay.trap(Role.ENTRY, lambda: relay.line(Line.SILENT))
        assert await _say(relay, http, "symbol=BTCUSDT") == "heard"
        assert not sprung.done()
        with pytest.raises(TimeoutError):
            await _say(relay, http, f"symbol=BTCUSDT&newClientOrderId={ENTRY}")
        await sprung
        assert echo.reached[-1].endswith(ENTRY), "it passed; only its answer is held"
        assert relay.passed == {Role.ENTRY: 1}
