"""A server of scripted sockets, and a sink that can be waited on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import WSMsgType, web

from jackline.core.events import Event
from jackline.venue.binance.market_stream import MarketStream
from jackline.venue.binance.user_stream import UserStream

Script = Callable[[web.WebSocketResponse], Awaitable[None]]


class Inbox:
    """A sink that can be waited on."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, enough: Callable[[list[Event]], bool]) -> list[Event]:
        async with asyncio.timeout(10):
            while not enough(self.events):
                self._more.clear()
                await self._more.wait()
        return list(self.events)


@dataclass
class Server:
    """Plays one script per connection; the last one stays. Remembers the addresses dialled, and who is there."""

    scripts: list[Script]
    autoping: bool = True
    dialled: list[str] = field(default_factory=list)
    live: list[web.WebSocketResponse] = field(default_factory=list)
    root: str = ""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(autoping=self.autoping)
        await socket.prepare(request)
        self.dialled.append(request.path_qs)
        self.live.append(socket)
        self._changed.set()
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        try:
            await script(socket)
        finally:
            self.live.remove(socket)
            self._changed.set()
        return socket

    async def until(self, enough: Callable[[Server], bool]) -> None:
        async with asyncio.timeout(10):
            while not enough(self):
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def serving(*scripts: Script, autoping: bool = True) -> AsyncIterator[Server]:
    server = Server(scripts=list(scripts), autoping=autoping)
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.root = f"ws://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running(stream: UserStream | MarketStream) -> AsyncIterator[None]:
    task = asyncio.ensure_future(stream.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def tells(*frames: str) -> Script:
    """Send these, then listen until the other side goes."""

    async def script(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_str(frame)
        async for message in socket:
            assert message.type is not WSMsgType.TEXT

    return script


def tells_and_closes(*frames: str) -> Script:
    async def script(socket: web.WebSocketResponse) -> None:
        for frame in frames:
            await socket.send_str(frame)
        await socket.close()

    return script
