"""The simulated network between processes of ours and the exchange: late, lossy, reordering, cut, half-open.

A request is signed and built by the production transport; here it travels, may be lost before or after the venue has
executed it, may arrive twice or seconds late, and its answer may be lost. Every frame of a stream travels
on its own, so that events and answers overtake each other.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.streams import Listener
from jackline.exchange.wire.ws_api import Reply
from jackline.venue.net import HttpAnswer, NetTrouble
from jackline.world.loop import VirtualLoop
from jackline.world.process import Process
from jackline.world.sockets import SimEnd, SimSocket, SimTalk
from jackline.world.trace import Trace
from jackline.world.watching import Arrival, Departure
from jackline.world.weather import Line, Ways, Weather
from jackline.world.wires import is_plain_order

DIAL_DEADLINE_S = 5.0
"""What the production transport gives a handshake."""
REFUSED_S = 0.001
"""A closed port answers at once."""


class Venue(Protocol):
    """What the network needs of the exchange."""

    def respond(self, inbound: Inbound) -> Outbound:
        """Execute a request."""
        ...

    def asked(self, frame: str) -> Inbound | None:
        """The request in a frame."""
        ...

    def reply(self, frame: str) -> Reply:
        """Execute it."""
        ...

    def hear(self, listener: Listener, frame: str) -> None:
        """A frame that is no request: one that asks for streams, or answers a ping."""
        ...

    def wrapped(self, frame: bytes) -> bytes:
        """A frame as it goes out."""
        ...

    def attach(self, path: str, query: str, listener: Listener) -> bool:
        """Join the streams an address names; False where the dial is refused."""
        ...

    def detach(self, listener: Listener) -> None:
        """Leave them."""
        ...


class Fatal(Protocol):
    """Decides whether a process dies at this very request; one that dies before it is sent never gets further."""

    def __call__(self, process: Process, departure: Departure, /, *, sent: bool) -> bool: ...


class Network:
    """Everything in flight. All draws come from one stream, in the order of virtual time."""

    def __init__(self, *, loop: VirtualLoop, rng: Random, venue: Venue, trace: Trace) -> None:
        self._loop, self._rng, self._venue, self._trace = loop, rng, venue, trace
        self._context = contextvars.Context()
        self._departed = 0
        self._sockets: list[SimEnd] = []
        self.weather = Weather()
        self.ways: dict[str, Ways] = {}
        self.fatal: Fatal = _nobody_dies
        self.on_departure: Callable[[Departure], None] = _ignore
        self.on_arrival: Callable[[Arrival], None] = _ignore
        self.requests = 0

    def now_ms(self) -> float:
        """Virtual milliseconds since the world began."""
        return self._loop.time() * 1_000

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Let the world do something, whoever lives by then."""
        self._loop.call_later(delay_s, what, context=self._context)

    def way(self, role: str) -> Ways:
        """The ways of a role ("engine", "watchdog"); they outlive its process."""
        return self.ways.setdefault(role, Ways())

    # -- requests --------------------------------------------------------------------------------------------

    async def request(self, process: Process, inbound: Inbound) -> HttpAnswer:
        """Send, and wait for whatever comes back; for ever where nothing does."""
        departure = self._depart(process, inbound)
        if self.fatal(process, departure, sent=False):
            await self._loop.create_future()
        answer: asyncio.Future[HttpAnswer] = self._loop.create_future()
        line = self.way(_role(process.name)).rest
        self.on_departure(departure)
        if line is Line.CUT:
            self.later(REFUSED_S, lambda: _fail(answer, "connection refused"))
        elif line is Line.OPEN:
            self._travel(process, departure, inbound, answer)
        self.fatal(process, departure, sent=True)
        return await answer

    def _depart(self, process: Process, inbound: Inbound) -> Departure:
        process.check()
        self._departed += 1
        self.requests += 1
        params = dict(parse_qsl(inbound.query, keep_blank_values=True))
        params |= dict(parse_qsl(inbound.body, keep_blank_values=True))
        params.pop("signature", None)
        return Departure(
            number=self._departed,
            at_ms=self.now_ms(),
            process=process.name,
            method=inbound.method,
            path=inbound.path,
            params=params,
        )

    def _travel(
        self, process: Process, departure: Departure, inbound: Inbound, answer: asyncio.Future[HttpAnswer]
    ) -> None:
        weather, text = self.weather, f"{departure.method} {departure.path} {_told(departure.params)}"
        sent = f"{inbound.query}&{inbound.body}"
        self._trace.note(self.now_ms(), process.name, f"#{departure.number} {text}", unread=sent)
        if self._happens(weather.lose_request, "request lost", departure):
            return
        if self._happens(weather.reset, "connection reset", departure):
            self.later(self._delay_s(), lambda: _fail(answer, "connection reset by peer"))
            return
        delay_s = self._delay_s()
        orders_late = weather.late_orders if is_plain_order(departure) else 0.0
        if self._happens(max(weather.late, orders_late), "request late", departure):
            delay_s += 1 + 6 * self._rng.random()
        self.later(delay_s, lambda: self._arrive(process, departure, inbound, answer))
        if departure.method in {"PUT", "DELETE"} and self._happens(weather.twice, "request twice", departure):
            # HTTP clients and proxies repeat what they hold for idempotent.
            self.later(delay_s + self._delay_s(), lambda: self._arrive(process, departure, inbound, None))

    def _arrive(
        self,
        process: Process,
        departure: Departure,
        inbound: Inbound,
        answer: asyncio.Future[HttpAnswer] | None,
    ) -> None:
        outbound = self._venue.respond(inbound)
        self._tell_arrival(departure, outbound)
        if answer is None or self._happens(self.weather.lose_answer, "answer lost", departure):
            return
        told = _answer(outbound)
        delay_s = self._delay_s() + outbound.delay_ms / 1_000

        def deliver() -> None:
            if process.alive and self.way(_role(process.name)).rest is Line.OPEN and not answer.done():
                answer.set_result(told)

        self.later(delay_s, deliver)

    def _tell_arrival(self, departure: Departure, outbound: Outbound) -> None:
        self._trace.note(
            self.now_ms(), "venue", f"#{departure.number} {outbound.status} {outbound.code or ''}"
        )
        self.on_arrival(
            Arrival(
                number=departure.number,
                at_ms=self.now_ms(),
                departure=departure,
                status=outbound.status,
                code=outbound.code,
            )
        )

    # -- requests in frames ----------------------------------------------------------------------------------

    async def speak(self, socket: SimEnd, frame: str) -> None:
        """A frame leaves a process. What may happen to a request may happen to it; its way is that of the streams."""
        process = socket.process
        inbound = self._venue.asked(frame)
        if inbound is None:
            raise ValueError(f"a frame that asks for nothing: {frame}")
        departure = self._depart(process, inbound)
        if self.fatal(process, departure, sent=False):
            await self._loop.create_future()
        self.on_departure(departure)
        if self.way(_role(process.name)).streams is Line.OPEN:
            self._travel_framed(socket, departure, frame)
        self.fatal(process, departure, sent=True)

    def _travel_framed(self, socket: SimEnd, departure: Departure, frame: str) -> None:
        weather, text = (
            self.weather,
            f"{departure.method} {departure.path} {_told(departure.params)} in a frame",
        )
        self._trace.note(self.now_ms(), socket.process.name, f"#{departure.number} {text}", unread=frame)
        if self._happens(weather.lose_request, "request lost", departure):
            return
        if self._happens(weather.reset, "connection reset", departure):
            self.later(self._delay_s(), socket.end)
            return
        delay_s = self._delay_s()
        if self._happens(weather.late, "request late", departure):
            delay_s += 1 + 6 * self._rng.random()
        self.later(delay_s, lambda: self._arrive_framed(socket, departure, frame))

    def _arrive_framed(self, socket: SimEnd, departure: Departure, frame: str) -> None:
        reply = self._venue.reply(frame)
        if reply.outbound is not None:
            self._tell_arrival(departure, reply.outbound)
        if not self._happens(self.weather.lose_answer, "answer lost", departure):
            self.later(reply.delay_ms / 1_000, lambda: self._carry(socket, reply.frame))

    # -- streams ---------------------------------------------------------------------------------------------

    async def dial(self, process: Process, url: str, heartbeat_s: float) -> SimSocket:
        """Open a socket whose frames, where it says any, are requests."""
        socket = SimSocket(
            carry=self._carry,
            leave=self._venue.detach,
            speak=self.speak,
            process=process,
            heartbeat_s=heartbeat_s,
            private=_is_private(url),
        )
        await self._open(socket, url)
        return socket

    async def dial_talk(self, process: Process, url: str) -> SimTalk:
        """Open a socket that is spoken both ways, and on which the venue keeps time."""
        socket = SimTalk(
            carry=self._carry,
            leave=self._venue.detach,
            speak=self.say,
            process=process,
            heartbeat_s=None,
            private=_is_private(url),
        )
        await self._open(socket, url)
        return socket

    async def _open(self, socket: SimEnd, url: str) -> None:
        process = socket.process
        process.check()
        role = _role(process.name)
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
        if self.way(_role(socket.process.name)).streams is Line.SILENT:
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
            line = self.way(_role(socket.process.name)).streams
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
        for socket in [one for one in self._sockets if _role(one.process.name) == role and not one.closed]:
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
            if self.way(_role(socket.process.name)).streams is Line.SILENT:
                socket.end()

        if socket.heartbeat_s is not None:
            self.later(socket.heartbeat_s * 1.5, pong_is_missing)

    # -- chance ----------------------------------------------------------------------------------------------

    def _delay_s(self) -> float:
        """One way. Quantised, so that messages really meet at the same instant."""
        weather, draw = self.weather, self._rng.random()
        stretch = 2 * draw if draw < 0.9 else 2 + (weather.tail - 2) * (draw - 0.9) * 10
        return max(1, round(weather.median_ms * stretch * 2)) / 2_000

    def _happens(self, fraction: float, kind: str, departure: Departure) -> bool:
        if not fraction or self._rng.random() >= fraction:
            return False
        self._trace.fault(self.now_ms(), kind, f"#{departure.number}")
        return True


def _role(name: str) -> str:
    return name.partition("-")[0]


def _is_private(url: str) -> bool:
    return "listenKey" in urlsplit(url).query


def _answer(outbound: Outbound) -> HttpAnswer:
    text = outbound.body.decode()
    return HttpAnswer(status=outbound.status, reason="", headers=lowered(outbound.headers), text=text)


def lowered(headers: Mapping[str, str]) -> dict[str, str]:
    """Header names in lower case, as both sides look them up."""
    return {name.lower(): value for name, value in headers.items()}


def _told(params: Mapping[str, str]) -> str:
    """What a reader of the trace needs of a request."""
    names = ("symbol", "side", "positionSide", "type", "quantity", "triggerPrice", "price", "newClientOrderId",
             "clientAlgoId", "clientalgoid", "origClientOrderId", "closePosition", "reduceOnly",
             "stopPrice", "stopLoss", "clientOrderID")  # fmt: skip
    return " ".join(params[name] for name in names if name in params)


def _fail(answer: asyncio.Future[HttpAnswer], why: str) -> None:
    if not answer.done():
        answer.set_exception(NetTrouble(why))


def _nobody_dies(_process: Process, _departure: Departure, /, *, sent: bool) -> bool:
    return False


def _ignore(_: object) -> None:
    return None
