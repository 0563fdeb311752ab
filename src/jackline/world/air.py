"""What everything on its way between processes and the exchange shares: time, chance, weather, and the venue's door."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from random import Random
from typing import Protocol

from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.streams import Listener
from jackline.exchange.wire.ws_api import Reply
from jackline.world.loop import VirtualLoop
from jackline.world.trace import Trace
from jackline.world.watching import Departure
from jackline.world.weather import Ways, Weather


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


class Air:
    """All draws come from one stream, in the order of virtual time."""

    def __init__(self, *, loop: VirtualLoop, rng: Random, venue: Venue, trace: Trace) -> None:
        self._loop, self._rng, self._venue, self._trace = loop, rng, venue, trace
        self._context = contextvars.Context()
        self.weather = Weather()
        self.ways: dict[str, Ways] = {}

    def now_ms(self) -> float:
        """Virtual milliseconds since the world began."""
        return self._loop.time() * 1_000

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Let the world do something, whoever lives by then."""
        self._loop.call_later(delay_s, what, context=self._context)

    def way(self, role: str) -> Ways:
        """The ways of a role ("engine", "watchdog"); they outlive its process."""
        return self.ways.setdefault(role, Ways())

    def _delay_s(self) -> float:
        """One way. Quantised, so that messages really meet at the same instant."""
        weather, draw = self.weather, self._rng.random()
        stretch = 2 * draw if draw < 0.9 else 2 + (weather.tail - 2) * (draw - 0.9) * 10
        longer_ms = weather.extra_ms * min(stretch, 2) / 2
        return max(1, round((weather.median_ms * stretch + longer_ms) * 2)) / 2_000

    def _happens(self, fraction: float, kind: str, departure: Departure) -> bool:
        if not fraction or self._rng.random() >= fraction:
            return False
        self._trace.fault(self.now_ms(), kind, f"#{departure.number}")
        return True


def role_of(name: str) -> str:
    """The role of a process: engine of engine-2."""
    return name.partition("-")[0]
