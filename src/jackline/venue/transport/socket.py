"""One socket that is dialled again for ever: liveness, bounded back-off, and nothing about what it
carries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from jackline.venue.net import Net, NetTrouble, Socket

HEARTBEAT_S = 6.0
"""A ping after this much silence, and half of it for the pong: a half-open socket is noticed within 10 s."""
DIAL_DEADLINE_S = 5.0
"""TCP, TLS and the upgrade."""
BACKOFF_FIRST_S = 0.1
BACKOFF_MAX_S = 5.0
"""Longest pause between dials; the guard reads by itself meanwhile."""
STEADY_S = 10.0
"""A connection that lived this long resets the back-off."""

Hide = Callable[[str], str]
"""A frame without our own secrets, which a venue may quote back."""

_log = structlog.get_logger("jackline.venue.socket")


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketHandlers:
    """What a stream does at each turn of a connection's life.

    Attributes:
        address: where to dial, or None when that is not known now.
        opened: a connection stands; frames follow, and may be sent.
        frame: one text frame; False asks for a new connection.
        closed: the connection is gone; what it did not carry must be read.
        companion: runs beside an open connection; its return closes it.
    """

    address: Callable[[], Awaitable[str | None]]
    opened: Callable[[Socket], Awaitable[None]]
    frame: Callable[[str], Awaitable[bool]]
    closed: Callable[[], None]
    companion: Callable[[], Awaitable[None]]


def as_it_is(text: str) -> str:
    """Of a socket whose frames are judged elsewhere, or before any key is known."""
    return text


async def run_socket(
    name: str, handlers: SocketHandlers, *, net: Net, heartbeat_s: float = HEARTBEAT_S, hide: Hide = as_it_is
) -> None:
    """Keep one connection open until cancelled. `hide` takes out of each frame what must not be kept (S1)."""
    loop = asyncio.get_running_loop()
    backoff_s = BACKOFF_FIRST_S
    while True:
        began = loop.time()
        with suppress(NetTrouble, TimeoutError):
            await _one_connection(net, handlers, heartbeat_s, hide)
        lived_s = loop.time() - began
        if lived_s >= STEADY_S:
            backoff_s = BACKOFF_FIRST_S
        _log.info("socket_closed", stream=name, lived_s=round(lived_s, 1), retry_s=backoff_s)
        await asyncio.sleep(backoff_s)
        backoff_s = min(backoff_s * 2, BACKOFF_MAX_S)


async def _one_connection(net: Net, handlers: SocketHandlers, heartbeat_s: float, hide: Hide) -> None:
    address = await handlers.address()
    if address is None:
        return
    async with asyncio.timeout(DIAL_DEADLINE_S):
        socket = await net.connect(address, heartbeat_s=heartbeat_s)
    companion = asyncio.ensure_future(_then_close(handlers.companion, socket))
    try:
        await handlers.opened(socket)
        while (text := await socket.receive()) is not None:
            if not await handlers.frame(hide(text)):
                return
    finally:
        companion.cancel()
        handlers.closed()
        await socket.close()


async def _then_close(companion: Callable[[], Awaitable[None]], socket: Socket) -> None:
    await companion()
    await socket.close()
