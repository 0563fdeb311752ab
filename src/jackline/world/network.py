"""The simulated network between processes of ours and the exchange: late, lossy, reordering, cut, half-open.

A request is signed and built by the production transport; here it travels, may be lost before or after the venue has
executed it, may arrive twice or seconds late, and its answer may be lost. Every frame of a stream travels
on its own, so that events and answers overtake each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from random import Random
from typing import Protocol
from urllib.parse import parse_qsl

from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.venue.net import HttpAnswer, NetTrouble
from jackline.world.air import Venue, role_of
from jackline.world.loop import VirtualLoop
from jackline.world.process import Process
from jackline.world.sockets import SimEnd, SimSocket
from jackline.world.streams import Streams, is_private
from jackline.world.trace import Trace
from jackline.world.watching import Arrival, Departure
from jackline.world.weather import Line
from jackline.world.wires import is_plain_order

REFUSED_S = 0.001
"""A closed port answers at once."""


class Fatal(Protocol):
    """Decides whether a process dies at this very request; one that dies before it is sent never gets further."""

    def __call__(self, process: Process, departure: Departure, /, *, sent: bool) -> bool: ...


class Network(Streams):
    """Everything in flight: requests, requests in frames, and streams."""

    def __init__(self, *, loop: VirtualLoop, rng: Random, venue: Venue, trace: Trace) -> None:
        super().__init__(loop=loop, rng=rng, venue=venue, trace=trace)
        self._departed = 0
        self.fatal: Fatal = _nobody_dies
        self.on_departure: Callable[[Departure], None] = _ignore
        self.on_arrival: Callable[[Arrival], None] = _ignore
        self.requests = 0

    # -- requests --------------------------------------------------------------------------------------------

    async def request(self, process: Process, inbound: Inbound) -> HttpAnswer:
        """Send, and wait for whatever comes back; for ever where nothing does."""
        departure = self._depart(process, inbound)
        if self.fatal(process, departure, sent=False):
            await self._loop.create_future()
        answer: asyncio.Future[HttpAnswer] = self._loop.create_future()
        line = self.way(role_of(process.name)).rest
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
            if process.alive and self.way(role_of(process.name)).rest is Line.OPEN and not answer.done():
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
        if self.way(role_of(process.name)).streams is Line.OPEN:
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

    async def dial(self, process: Process, url: str, heartbeat_s: float) -> SimSocket:
        """Open a socket whose frames, where it says any, are requests."""
        socket = SimSocket(
            carry=self._carry,
            leave=self._venue.detach,
            speak=self.speak,
            process=process,
            heartbeat_s=heartbeat_s,
            private=is_private(url),
        )
        await self._open(socket, url)
        return socket


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
