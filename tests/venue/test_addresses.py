"""A server by its name, and names that do not resolve any more: a real name server, asked by a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from jackline.venue.addresses import PAUSE_S
from tests.out_of_process.lasting import lasting
from tests.out_of_process.names import NameServer, Unavailable, Weather, names
from tests.patience import patience
from tests.processes import Json

pytestmark = [pytest.mark.long, pytest.mark.timeout(200)]
ROOT = Path(__file__).resolve().parents[2]
NAME = "venue.jackline.test"
ANSWER_S = 30.0
KEPT_MS = 11_000.0
"""Longer than addresses are kept by whoever dials, which is 10 s; and than a question to a silent name server."""
KNOWN_MS_MAX = 1_400.0
"""Half a second until the remembered address is taken, the rest for a busy machine; P1 allows 1,500 for all of it."""
TIMES = 40
UNKNOWN_MS_MAX = 11_500.0


class Speaker:
    """The process of by_name.py, given orders."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def does(self, order: str) -> Json:
        """An order's answer; lines of its log are passed over."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{order}\n".encode())
        async with patience(ANSWER_S):
            while line := await self._process.stdout.readline():
                if line.startswith(b'{"ok"'):
                    return dict(json.loads(line))
        raise AssertionError("it has ended")


@asynccontextmanager
async def speaking(directory: Path) -> AsyncIterator[tuple[Speaker, NameServer]]:
    """A server on loopback, a name server that knows it, and a process that speaks to it by name."""

    async def hello(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def stream(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            await socket.send_str("something")
        return socket

    app = web.Application()
    app.add_routes([web.get("/hello", hello), web.get("/stream", stream)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        async with names(directory) as resolver:
            process = await asyncio.create_subprocess_exec(
                *resolver.under,
                *(sys.executable, "-m", "tests.venue.by_name", f"http://{NAME}:{port}"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
            )
            try:
                yield Speaker(process), resolver
            finally:
                process.kill()
                await process.communicate()
    except Unavailable as lacking:
        pytest.skip(str(lacking))
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("weather", [Weather.FAILS, Weather.SILENT], ids=["fails", "silent"])
async def test_what_is_connected_goes_on_and_what_is_dialled_takes_the_last_address(
    tmp_path: Path, weather: Weather
) -> None:
    async with speaking(tmp_path) as (speaker, resolver):
        assert (await speaker.does("fetch"))["words"] == "hello"
        assert (await speaker.does("dial"))["ok"]
        resolver.weather = weather
        await lasting(KEPT_MS)
        asked = resolver.asked
        assert (await speaker.does("fetch"))["words"] == "hello"
        assert (await speaker.does("frame"))["words"] == "something"
        assert resolver.asked == asked, "what is connected asks nobody"
        for order in ("fetch anew", "dial", *["fetch anew"] * TIMES):
            told = await speaker.does(order)
            assert told["ok"], told
            assert told["ms"] < KNOWN_MS_MAX, told
        assert asked < resolver.asked < asked + TIMES, "asked again, and not by every try"
        resolver.weather = Weather.ANSWERS
        await lasting(KEPT_MS)
        asked = resolver.asked
        assert (await speaker.does("fetch anew"))["ok"]
        assert resolver.asked > asked, "the name server is asked again"


@pytest.mark.parametrize("weather", [Weather.FAILS, Weather.SILENT], ids=["fails", "silent"])
async def test_a_name_that_was_never_told_is_trouble_that_says_so(tmp_path: Path, weather: Weather) -> None:
    async with speaking(tmp_path) as (speaker, resolver):
        resolver.weather = weather
        told = await speaker.does("fetch")
        assert not told["ok"]
        assert told["ms"] < UNKNOWN_MS_MAX
        resolver.weather = Weather.ANSWERS
        await lasting(1_000 * PAUSE_S)
        assert (await speaker.does("fetch"))["ok"]
        if weather is Weather.FAILS:
            assert told["words"] == "ClientConnectorDNSError: Temporary failure in name resolution"
