"""Simulated WebSockets: the engine's end and the exchange's end of one connection."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from jackline.venue.net import NetTrouble
from jackline.world.process import Process


@dataclass(slots=True, kw_only=True, eq=False)
class SimEnd:
    """The exchange's end: a listener to which frames are offered, in order, until an end. What our end is, subclasses
    say.

    Attributes:
        heartbeat_s: the silence after which our end pings; None for one that never does.
        held, said: frames in and out that a silent way keeps back.
    """

    carry: Callable[[SimEnd, bytes], None]
    leave: Callable[[SimEnd], None]
    speak: Callable[[SimEnd, str], Awaitable[None]]
    process: Process
    heartbeat_s: float | None
    private: bool
    closed: bool = False
    due_s: float = 0.0
    said_due_s: float = 0.0
    held: list[bytes] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    _frames: deque[bytes] = field(default_factory=deque)
    _waiter: asyncio.Future[None] | None = None

    async def next_frame(self) -> bytes | None:
        """The next frame as it came; None at the end."""
        self.process.check()
        while not self._frames and not self.closed:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._frames.popleft() if self._frames else None

    async def send(self, text: str) -> None:
        """Say something; what becomes of it is the network's to say. It takes a turn of the loop, in which one can
        die."""
        self.process.check()
        if self.closed:
            raise NetTrouble("the socket is closed")
        await self.speak(self, text)
        await asyncio.sleep(0)

    async def close(self) -> None:
        """Hang up; it takes a turn of the loop, in which one can die."""
        self.end()
        await asyncio.sleep(0)

    def offer(self, frame: bytes) -> None:
        """The venue says something; it has a way to go."""
        self.carry(self, frame)

    def hang_up(self) -> None:
        """The venue has closed the connection, or the process is gone."""
        self.end()

    def deliver(self, frame: bytes) -> None:
        """A frame has arrived."""
        if not self.closed and self.process.alive:
            self._frames.append(frame)
            self._rouse()

    def end(self) -> None:
        """The connection is gone."""
        if not self.closed:
            self.closed = True
            self.leave(self)
            self._rouse()

    def _rouse(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class SimSocket(SimEnd):
    """`venue.net.Socket`: frames are text."""

    async def receive(self) -> str | None:
        """The next frame; None at the end."""
        frame = await self.next_frame()
        return None if frame is None else frame.decode()


class SimTalk(SimEnd):
    """`venue.net.TalkingSocket`: frames come as they were sent."""

    async def receive(self) -> bytes | None:
        """The next frame; None at the end."""
        return await self.next_frame()
