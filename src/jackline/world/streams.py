"""Open sockets of a simulated network: frames in order, late, held back by a silent way, and ends."""

from __future__ import annotations

import asyncio
from random import Random
from urllib.parse import urlsplit

from jackline.venue.net import NetTrouble
from jackline.world.air import Air, Venue, role_of
from jackline.world.loop import VirtualLoop
from jackline.world.process import Process
from jackline.world.sockets import SimEnd, SimTalk
from jackline.world.trace import Trace
from jackline.world.weather import Line

DIAL_DEADLINE_S = 5.0
"""What the production transport gives a handshake."""


class Streams(Air):
    """Every socket of every process."""

    def __init__(self, *, loop: VirtualLoop, rng: Random, venue: Venue, trace: Trace) -> None:
        super().__init__(loop=loop, rng=rng, venue=venue, trace=trace)
        self._sockets: list[SimEnd] = []

    async def dial_talk(self, process: Process, url: str) -> SimTalk:
        """Open a socket that is spoken both ways, and on which the venue keeps time."""
        socket = SimTalk(
            carry=self._carry,
            leave=self._venue.detach,
            speak=self.say,
            process=process,
            heartbeat_s=None,
            private=is_private(url),
        )
        await self._open(socket, url)
        return socket

    async def _open(self, socket: SimEnd, url: str) -> None:
        process = socket.process
        process.check()
        role = role_of(process.name)
        if self.way(role).streams is Line.SILENT:
            await asyncio.sleep(DIAL_DEADLINE_S)
            raise NetTrouble("no handshake in time")
        await asyncio.sleep(self._delay_s())
        process.check()
        if self.way(role).streams is not Line.OPEN:
            raise NetTrouble("connection refused")
        parts = urlsplit(url)
        if not self._venue.attach(parts.path, parts.query, socket):
            raise NetTrouble("the venue refused the socket")
        process.at_death(socket.hang_up)
        self._sockets = [kept for kept in self._sockets if not kept.closed]
        self._sockets.append(socket)

    async def say(self, socket: SimEnd, frame: str) -> None:
        """A frame that is no request leaves a process. Frames of one connection are neither lost nor do they overtake
        each other; the connection may end under them."""
        if self.way(role_of(socket.process.name)).streams is Line.SILENT:
            socket.said.append(frame)
            return
        if self.weather.reset and self._rng.random() < self.weather.reset:
            self._trace.fault(self.now_ms(), "connection reset", "of a stream")
            socket.end()
            raise NetTrouble("connection reset")
        socket.said_due_s = max(socket.said_due_s, self._loop.time() + self._delay_s())
        self._loop.call_at(socket.said_due_s, self._heard, socket, frame, context=self._context)

    def _heard(self, socket: SimEnd, frame: str) -> None:
        if not socket.closed:
            self._venue.hear(socket, frame)

    def _carry(self, socket: SimEnd, frame: bytes) -> None:
        """A frame leaves the venue for a socket."""
        frame = self._venue.wrapped(frame)
        delay_s = self._delay_s()
        late = self.weather.event_late
        if socket.private and late and self._rng.random() < late:
            self._trace.fault(self.now_ms(), "event late")
            delay_s += 3 * self._rng.random()
        due_s = max(socket.due_s, self._loop.time() + delay_s)
        socket.due_s = due_s

        def deliver() -> None:
            line = self.way(role_of(socket.process.name)).streams
            if line is Line.SILENT:
                socket.held.append(frame)
            elif line is Line.OPEN:
                socket.deliver(frame)

        self._loop.call_at(due_s, deliver, context=self._context)

    def set_ways(self, role: str, *, rest: Line | None = None, streams: Line | None = None) -> None:
        """Cut, silence or restore the ways of a role. A cut resets its sockets; silence is found by their pings."""
        ways = self.way(role)
        ways.rest = rest or ways.rest
        if streams is None or streams is ways.streams:
            return
        ways.streams = streams
        for socket in [one for one in self._sockets if role_of(one.process.name) == role and not one.closed]:
            match streams:
                case Line.CUT:
                    socket.end()
                case Line.SILENT:
                    self._end_unless_back(socket)
                case Line.OPEN:
                    held, socket.held = socket.held, []
                    for frame in held:
                        socket.deliver(frame)
                    said, socket.said = socket.said, []
                    for words in said:
                        self._heard(socket, words)

    def _end_unless_back(self, socket: SimEnd) -> None:
        """A socket that pings finds out by itself; on one that does not, whoever listens keeps time."""

        def pong_is_missing() -> None:
            if self.way(role_of(socket.process.name)).streams is Line.SILENT:
                socket.end()

        if socket.heartbeat_s is not None:
            self.later(socket.heartbeat_s * 1.5, pong_is_missing)


def is_private(url: str) -> bool:
    """It carries an account's own events."""
    return "listenKey" in urlsplit(url).query
