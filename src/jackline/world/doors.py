"""The exchange as the network of a world sees it: one door for each wire."""

from __future__ import annotations

import asyncio
from contextvars import Context
from dataclasses import dataclass, field
from typing import Protocol

from jackline.exchange.bingx.exchange import BingxExchange, open_bingx
from jackline.exchange.bingx.sockets import PING_S, Heart, hear, packed
from jackline.exchange.values import WireClock
from jackline.exchange.venue import Venue
from jackline.exchange.wire.exchange import Exchange, ExchangeConfig, open_exchange
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.messages import Inbound, Outbound
from jackline.exchange.wire.streams import Listener
from jackline.exchange.wire.ws_api import PATH, Reply
from jackline.world import air
from jackline.world.wires import Wire


class Door(air.Venue, Protocol):
    """What a world needs of an exchange, whatever its wire: what its network needs, and the truth behind it."""

    @property
    def venue(self) -> Venue:
        """The truth behind it."""
        ...

    @property
    def floor(self) -> Floor:
        """Its board, its streams, its keys."""
        ...


@dataclass(slots=True, kw_only=True)
class BinanceDoor:
    """Requests over REST and in frames of the socket of orders; streams are joined by their address."""

    exchange: Exchange

    @property
    def venue(self) -> Venue:
        return self.exchange.venue

    @property
    def floor(self) -> Floor:
        return self.exchange.floor

    def respond(self, inbound: Inbound) -> Outbound:
        return self.exchange.rest.respond(inbound)

    def asked(self, frame: str) -> Inbound | None:
        return self.exchange.api.asked(frame)

    def reply(self, frame: str) -> Reply:
        return self.exchange.api.answer(frame)

    def hear(self, listener: Listener, frame: str) -> None:
        """Our streams name everything in their address."""
        raise ValueError(f"nobody says anything on a stream here: {frame}")

    def wrapped(self, frame: bytes) -> bytes:
        return frame

    def attach(self, path: str, query: str, listener: Listener) -> bool:
        """On the socket of orders nothing is said unasked."""
        return path == PATH or self.floor.hub.attach(path, query, listener)

    def detach(self, listener: Listener) -> None:
        self.floor.hub.detach(listener)


@dataclass(slots=True, kw_only=True)
class BingxDoor:
    """Requests over REST alone; streams are asked for in frames, every frame goes out packed, and the venue pings."""

    exchange: BingxExchange
    loop: asyncio.AbstractEventLoop
    _hearts: dict[Listener, Heart] = field(default_factory=dict)

    @property
    def venue(self) -> Venue:
        return self.exchange.venue

    @property
    def floor(self) -> Floor:
        return self.exchange.floor

    def respond(self, inbound: Inbound) -> Outbound:
        return self.exchange.rest.respond(inbound)

    def asked(self, frame: str) -> Inbound | None:
        """No order leaves in a frame here."""
        return None

    def reply(self, frame: str) -> Reply:
        """Nor is one answered."""
        raise ValueError(f"this wire has no requests in frames: {frame}")

    def hear(self, listener: Listener, frame: str) -> None:
        heart = self._hearts.get(listener)
        if heart is not None:
            hear(self.exchange.floor, listener, heart, frame)

    def wrapped(self, frame: bytes) -> bytes:
        return packed(frame)

    def attach(self, path: str, query: str, listener: Listener) -> bool:
        if not self.floor.hub.attach(path, query, listener):
            return False
        self._hearts[listener] = Heart()
        self._beat_later(listener)
        return True

    def detach(self, listener: Listener) -> None:
        self._hearts.pop(listener, None)
        self.floor.hub.detach(listener)

    def _beat_later(self, listener: Listener) -> None:
        # In a context of its own: a ping belongs to the venue, whoever dialled.
        self.loop.call_later(PING_S, self._beat, listener, context=Context())

    def _beat(self, listener: Listener) -> None:
        heart = self._hearts.get(listener)
        if heart is not None and heart.ping(listener):
            self._beat_later(listener)


def open_door(
    wire: Wire, config: ExchangeConfig, clock: WireClock, loop: asyncio.AbstractEventLoop
) -> BinanceDoor | BingxDoor:
    """An exchange behind its door. Raises ValueError for a symbol that cannot be served."""
    if wire is Wire.BINGX:
        return BingxDoor(exchange=open_bingx(config, clock), loop=loop)
    return BinanceDoor(exchange=open_exchange(config, clock))
