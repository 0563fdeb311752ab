"""The network port: requests and sockets, and nothing about what they carry.

Production is aiohttp (`aiohttp_net.py`); a simulation puts its own network here, so that everything above it, signing
included, is the code that trades.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


class NetTrouble(Exception):
    """No answer, or not a whole one: what broke, without the address, which carries a signature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """An answer as it came. Header names are looked up in lower case."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


class Pool(Protocol):
    """Connections of one lane: what waits in one pool never stands in front of another."""

    async def fetch(self, method: str, url: str, headers: Mapping[str, str], body: str | None) -> HttpAnswer:
        """Send once, never again by itself. Raises NetTrouble; the deadline is its caller's."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class Socket(Protocol):
    """One open WebSocket that sends pings by itself."""

    async def receive(self) -> str | None:
        """The next text frame; None once the socket is closed, by either side or for a missing pong."""
        ...

    async def send(self, text: str) -> None:
        """Send one text frame; the deadline is its caller's. Raises NetTrouble where the socket is gone."""
        ...

    async def close(self) -> None:
        """Close; never raises."""
        ...


class TalkingSocket(Protocol):
    """One open WebSocket of a protocol that is spoken both ways, in frames of either sort."""

    async def receive(self) -> str | bytes | None:
        """The next frame as it came; None once the socket is closed, by either side."""
        ...

    async def send(self, text: str) -> None:
        """One text frame. Raises NetTrouble on a socket that is gone."""
        ...

    async def close(self) -> None:
        """Close; never raises."""
        ...


class Net(Protocol):
    """The way out of a process."""

    def open_pool(self) -> Pool:
        """A pool of its own."""
        ...

    async def connect(self, url: str, *, heartbeat_s: float) -> Socket:
        """Dial; the deadline is the caller's. Raises NetTrouble.

        A ping follows each silence of `heartbeat_s`, and half of it is given to the pong.
        """
        ...


class TalkingNet(Net, Protocol):
    """One that also dials sockets which are spoken both ways."""

    async def talk(self, url: str) -> TalkingSocket:
        """Dial; the deadline is the caller's. Raises NetTrouble. It sends no pings: whoever listens keeps time."""
        ...
