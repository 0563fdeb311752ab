"""A network of this process only: what is sent is kept, and answered by a function. It knows nothing of trading."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jackline.venue.net import HttpAnswer, NetTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A request as a pool was given it. `pool` counts the pools in the order they were opened."""

    pool: int
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None


Respond = Callable[[Sent], HttpAnswer]


def answered(text: str, *, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpAnswer:
    return HttpAnswer(status=status, reason="", headers=headers or {}, text=text)


@dataclass
class MemoryNet:
    """Fulfils `Net`. One list of frames for each dial that succeeds; after them nobody can be dialled."""

    respond: Respond
    dialled: list[list[str]] = field(default_factory=list)
    sockets: list[MemorySocket] = field(default_factory=list)
    pools: list[MemoryPool] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def open_pool(self) -> MemoryPool:
        pool = MemoryPool(net=self, number=len(self.pools))
        self.pools.append(pool)
        return pool

    async def connect(self, url: str, *, heartbeat_s: float) -> MemorySocket:
        if not self.dialled:
            raise NetTrouble("there is nobody to dial")
        socket = MemorySocket(frames=self.dialled.pop(0))
        self.sockets.append(socket)
        return socket


@dataclass
class MemoryPool:
    net: MemoryNet
    number: int
    closed: bool = False

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        if self.closed:
            raise NetTrouble("the pool is closed")
        sent = Sent(pool=self.number, method=method, url=url, headers=dict(headers), body=body)
        self.net.sent.append(sent)
        return self.net.respond(sent)

    async def close(self) -> None:
        self.closed = True


@dataclass
class MemorySocket:
    """Everything has arrived already; then silence until it is closed."""

    frames: list[str]
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> str | None:
        if self.frames:
            return self.frames.pop(0)
        await self.closed.wait()
        return None

    async def send(self, text: str) -> None:
        raise NetTrouble("nobody reads what is said here")

    async def close(self) -> None:
        self.closed.set()
