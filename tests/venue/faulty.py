"""A faulty network: a loopback socket that answers as told. It knows nothing of trading."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qsl

import msgspec
from aiohttp import web

from jackline.core.orders import PositionMode
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.port import AccountFacts
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from tests.venue.makers import WallClock

API_KEY, SECRET = "the-key-of-the-test", "the-secret-of-the-test"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ACCOUNT = {"totalMarginBalance": "1000", "totalWalletBalance": "1000", "availableBalance": "1000"}


def says(body: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """Answer with JSON, or with text as it is."""
    text = body if isinstance(body, str) else msgspec.json.encode(body).decode()
    kind = "text/html" if isinstance(body, str) else "application/json"

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, status=status, content_type=kind, headers=headers)

    return answer


async def drops(request: web.Request) -> web.StreamResponse:
    """Cut the connection before a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def truncates(request: web.Request) -> web.StreamResponse:
    """Promise more than is sent."""
    response = web.StreamResponse(headers={"Content-Length": "500", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"algoId": 77, "clientAl')
    if request.transport is not None:
        request.transport.close()
    return response


async def is_silent(_: web.Request) -> web.StreamResponse:
    """Never answer; ends with the server."""
    await asyncio.get_running_loop().create_future()
    return web.Response()


class FaultyVenue:
    """Answers by ``METHOD path``; the last answer of a list stays. Remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Answer]] = {
            "GET time": [says({"serverTime": 0})],
            "GET account": [says(ACCOUNT)],
            "GET accountConfig": [says({"dualSidePosition": False})],
        }
        self.asked: list[tuple[str, dict[str, str]]] = []

    def on(self, what: str, *answers: Answer) -> None:
        self.answers[what] = list(answers)

    def count(self, what: str) -> int:
        return sum(1 for name, _ in self.asked if name == what)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        name = f"{request.method} {request.match_info['path']}"
        fields = dict(parse_qsl(request.query_string)) | dict(parse_qsl(await request.text()))
        self.asked.append((name, fields))
        waiting = self.answers.get(name, [says({"code": -1, "msg": f"not told about {name}"}, status=400)])
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return await answer(request)


@asynccontextmanager
async def faulty_venue(
    routes: Callable[[web.Application], None] = lambda _: None,
) -> AsyncIterator[tuple[FaultyVenue, BinanceVenue]]:
    """A faulty venue on a port of its own, and our adapter in front of it with the account read."""
    faulty = FaultyVenue()
    app = web.Application()
    routes(app)
    app.router.add_route("*", "/fapi/{version}/{path:.*}", faulty.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    endpoint = Endpoint(mode=VenueMode.PAPER, base_url=f"http://127.0.0.1:{port}")
    settings = BinanceSettings(endpoint=endpoint, credentials=Credentials(api_key=API_KEY, secret=SECRET))
    clock = WallClock()
    faulty.on("GET time", says({"serverTime": clock.now().wire_ms}))
    venue = BinanceVenue(settings=settings, clock=clock, permit=lambda _: None, net=AiohttpNet())
    try:
        await venue.read_clock_offset_ms()
        facts = await venue.read_account()
        assert isinstance(facts, AccountFacts)
        assert facts.mode is PositionMode.NETTING
        faulty.asked.clear()
        yield faulty, venue
    finally:
        await venue.close()
        await runner.cleanup()
