"""The user stream: that it opens, and that somebody answers on it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from jackline.cli.doctor.finding import Finding, fail, ok
from jackline.cli.doctor.timed_net import PING_S
from jackline.cli.doctor.venue import Visit
from jackline.core.events import Event, StreamChanged

OPEN_S = 8.0
"""A listen key, a dial and an upgrade, each of which may be tried again."""
PINGS = 2
"""So many pings are answered before a socket counts as alive."""
SPOKEN_S = 12.0
"""Where the venue pings, it does so every five seconds."""
POLL_S = 0.05
CHECK = "user stream"
FIX = "see that the network lets sockets through (proxies, firewalls), and that the key may read"


async def listened(visit: Visit) -> Finding:
    """Open it, and stay until it has shown that it lives."""
    changes: list[bool] = []

    def hear(event: Event) -> None:
        if isinstance(event, StreamChanged):
            changes.append(event.up)

    pump = asyncio.create_task(visit.venue.user_stream(hear).run())
    began = time.monotonic()
    try:
        if not await _until(lambda: bool(changes) and changes[-1], OPEN_S):
            return fail(CHECK, f"it did not open within {OPEN_S:g} s", FIX)
        opened_ms = (time.monotonic() - began) * 1_000
        if not await _alive(visit, changes):
            return fail(CHECK, "it opened, and nobody answers on it", FIX)
        seen = f"open after {opened_ms:.0f} ms, alive {time.monotonic() - began:.1f} s later"
        return ok(CHECK, seen)
    finally:
        pump.cancel()
        with suppress(asyncio.CancelledError):
            await pump


async def _alive(visit: Visit, changes: list[bool]) -> bool:
    """Where we ping, the socket outlives unanswered pings or it does not; where the venue pings, it is heard."""
    if visit.config.venue.name == "bingx":
        return await _until(lambda: visit.net.frames > 0, SPOKEN_S)
    return not await _until(lambda: not changes[-1], (PINGS + 0.5) * PING_S)


async def _until(wanted: Callable[[], bool], within_s: float) -> bool:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        if wanted():
            return True
        await asyncio.sleep(POLL_S)
    return False
