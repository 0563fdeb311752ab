"""The host's network with a watch in its hand: how long each answer took, and whether a socket is alive."""

from __future__ import annotations

import time
from collections.abc import Mapping

from jackline.venue.net import HttpAnswer, NetTrouble, Pool, Socket, TalkingNet, TalkingSocket

PING_S = 1.0
"""A ping after each such silence, and half of it for the pong: a socket that outlives a few of them is answered."""


class TimedNet:
    """Fulfils `TalkingNet` over another one. `took_ms`: of each request that was answered, in order."""

    def __init__(self, net: TalkingNet) -> None:
        self._net = net
        self.took_ms: list[float] = []
        self.frames = 0

    def open_pool(self) -> Pool:
        return TimedPool(self._net.open_pool(), self.took_ms)

    async def connect(self, url: str, *, heartbeat_s: float) -> Socket:
        return await self._net.connect(url, heartbeat_s=min(heartbeat_s, PING_S))

    async def talk(self, url: str) -> TalkingSocket:
        return CountedSocket(await self._net.talk(url), self)


class TimedPool:
    """Fulfils `Pool`."""

    def __init__(self, pool: Pool, took_ms: list[float]) -> None:
        self._pool = pool
        self._took_ms = took_ms

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        began = time.perf_counter()
        answer = await self._pool.fetch(method, url, headers, body)
        self._took_ms.append((time.perf_counter() - began) * 1_000)
        return answer

    async def close(self) -> None:
        await self._pool.close()


class CountedSocket:
    """Fulfils `TalkingSocket`; counts what is heard."""

    def __init__(self, socket: TalkingSocket, net: TimedNet) -> None:
        self._socket = socket
        self._net = net

    async def receive(self) -> str | bytes | None:
        frame = await self._socket.receive()
        self._net.frames += frame is not None
        return frame

    async def send(self, text: str) -> None:
        await self._socket.send(text)

    async def close(self) -> None:
        await self._socket.close()


__all__ = ["NetTrouble", "TimedNet"]
