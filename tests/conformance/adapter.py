"""Our adapter and its user stream, on the account of a served exchange."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from jackline.core.events import Event, StreamChanged
from jackline.venue.aiohttp_net import AiohttpNet
from jackline.venue.binance.connection import BinanceSettings
from jackline.venue.binance.user_stream import UserStream
from jackline.venue.binance.venue import BinanceVenue, open_binance
from jackline.venue.transport.endpoint import Credentials, Endpoint, VenueMode
from tests.exchange.served import DEADLINE_S, KEY, SECRET, Served
from tests.venue.makers import WallClock

UP, DOWN = StreamChanged(up=True), StreamChanged(up=False)


@asynccontextmanager
async def ours(served: Served) -> AsyncIterator[BinanceVenue]:
    """Our adapter on the same account."""
    settings = BinanceSettings(
        endpoint=Endpoint(mode=VenueMode.PAPER, base_url=served.url),
        credentials=Credentials(api_key=KEY, secret=SECRET),
    )
    venue = await open_binance(settings=settings, clock=WallClock(), permit=lambda _: None, net=AiohttpNet())
    try:
        yield venue
    finally:
        await venue.close()


@dataclass(slots=True, eq=False)
class Inbox:
    """What a stream told, to be waited for."""

    events: list[Event] = field(default_factory=list)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, enough: Callable[[list[Event]], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not enough(self.events):
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def our_stream(served: Served, *, heartbeat_s: float = 0.1) -> AsyncIterator[Inbox]:
    """Our user stream, up; `heartbeat_s` is its silence before a ping, far shorter than in production."""

    async def listen_key() -> str:
        _, row = await served.raw("POST", "/fapi/v1/listenKey", key=KEY)
        return str(row["listenKey"])

    inbox = Inbox()
    root = served.url.replace("http", "ws", 1)
    stream = UserStream(
        net=AiohttpNet(), root=root, listen_key=listen_key, sink=inbox.put, heartbeat_s=heartbeat_s
    )
    pump = asyncio.ensure_future(stream.run())
    try:
        await inbox.until(lambda events: UP in events)
        yield inbox
    finally:
        pump.cancel()
        await asyncio.gather(pump, return_exceptions=True)
