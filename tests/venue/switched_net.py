"""The real network with a switch at each of its two ways: requests, and what is said on sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from jackline.venue.aiohttp_net import AiohttpNet, AiohttpPool, AiohttpSocket
from jackline.venue.net import HttpAnswer, NetTrouble

BAN_END_MS = 9_999_999_999_999


class Way(Enum):
    """What becomes of a message."""

    OPEN = "open"
    CUT = "the connection is refused"
    SILENT = "it is sent into nothing"
    UNHEARD = "it arrives, and its answer does not"
    FIREWALL = "403 by whatever stands in front of the venue"
    BANNED = "418"


@dataclass
class SwitchedNet:
    """Fulfils `Net`. Remembers what left: method and path of requests, text of frames."""

    rest: Way = Way.OPEN
    socket: Way = Way.OPEN
    asked: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    dialled: int = 0
    _net: AiohttpNet = field(default_factory=AiohttpNet)
    _moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that left or was dialled."""
        async with asyncio.timeout(10):
            while not true():
                self._moved.clear()
                await self._moved.wait()

    def move(self) -> None:
        self._moved.set()

    def open_pool(self) -> SwitchedPool:
        return SwitchedPool(net=self, pool=self._net.open_pool())

    async def connect(self, url: str, *, heartbeat_s: float) -> SwitchedSocket:
        socket = await self._net.connect(url, heartbeat_s=heartbeat_s)
        return SwitchedSocket(net=self, socket=socket)


@dataclass
class SwitchedPool:
    net: SwitchedNet
    pool: AiohttpPool

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        self.net.asked.append(f"{method} {urlsplit(url).path.removeprefix('/fapi/')}")
        match self.net.rest:
            case Way.OPEN:
                return await self.pool.fetch(method, url, headers, body)
            case Way.CUT:
                raise NetTrouble("connection refused")
            case Way.FIREWALL:
                return HttpAnswer(status=403, reason="", headers={}, text="<html>403 Forbidden</html>")
            case Way.BANNED:
                text = f'{{"code":-1003,"msg":"Way too many requests; banned until {BAN_END_MS}."}}'
                return HttpAnswer(status=418, reason="", headers={}, text=text)
            case Way.UNHEARD:
                await self.pool.fetch(method, url, headers, body)
                return await _never()
            case Way.SILENT:
                return await _never()

    async def close(self) -> None:
        await self.pool.close()


@dataclass
class SwitchedSocket:
    net: SwitchedNet
    socket: AiohttpSocket
    heard: bool = False

    async def receive(self) -> str | None:
        if not self.heard:
            # Only now does its owner know that it is open.
            self.heard = True
            self.net.dialled += 1
            self.net.move()
        return await self.socket.receive()

    async def send(self, text: str) -> None:
        self.net.frames.append(text)
        self.net.move()
        match self.net.socket:
            case Way.SILENT:
                return
            case Way.CUT:
                await self.socket.close()
                raise NetTrouble("broken pipe")
            case _:
                await self.socket.send(text)

    async def close(self) -> None:
        await self.socket.close()


async def _never() -> HttpAnswer:
    await asyncio.get_running_loop().create_future()
    raise NetTrouble("unreachable")
