"""What tests of alerts are made of: events, a clock of their own, and a real HTTP server that takes messages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.book import Book
from jackline.notify.event import Event
from jackline.notify.message import Writer
from jackline.notify.redact import Redactor
from jackline.notify.settings import NotifySettings
from jackline.notify.sieve import Sieve
from tests.patience import patience

NOON = WireMs(1_769_860_800_000)
"""2026-01-31 12:00:00 UTC."""
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
WAIT_S = 20.0


def event(
    code: str = "O4",
    text: str = "BTCUSDT: something broke",
    level: Level = Level.WARNING,
    at_ms: int = NOON,
    key: str = "",
) -> Event:
    return Event(level=level, code=code, text=text, wire_ms=WireMs(at_ms), key=key)


def sieve(settings: NotifySettings | None = None, book: Book | None = None, *secrets: str) -> Sieve:
    writer = Writer(account="main", redact=Redactor(secrets))
    return Sieve(book=book or Book(), settings=settings or NotifySettings(), writer=writer)


@dataclass
class Clock:
    """Time that a test sets."""

    now_ms: int = NOON

    def wire_ms(self) -> WireMs:
        return WireMs(self.now_ms)


@dataclass
class Inbox:
    """A server that takes messages as Apprise's `json://` sends them, or misbehaves as told."""

    port: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    refuses: set[str] = field(default_factory=set)
    """Titles it answers with 413."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        body = await request.json() if request.can_read_body else {}
        if self.hangs:
            self._news.set()
            await self._over.wait()
        status = 413 if body.get("title") in self.refuses else self.status
        if status == 200:
            self.taken.append(dict(body))
        self._news.set()
        return web.Response(status=status, headers=self.headers)

    async def until(self, wanted: Callable[[Inbox], bool], *, within_s: float = WAIT_S) -> None:
        """Wait for what is wanted; looked at after every request."""
        async with patience(within_s):
            while not wanted(self):
                self._news.clear()
                await self._news.wait()

    @property
    def titles(self) -> list[str]:
        return [one["title"] for one in self.taken]


@asynccontextmanager
async def inbox(**manner: Any) -> AsyncIterator[Inbox]:
    """Serve on loopback, on a port the system chooses."""
    found = Inbox(**manner)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", found._answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        found.port = runner.addresses[0][1]
        yield found
    finally:
        found._over.set()
        await runner.cleanup()
