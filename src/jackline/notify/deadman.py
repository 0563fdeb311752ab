"""The dead-man ping: somebody outside hears regularly that the watchdog watches, and asks when it falls silent.

An address as healthchecks.io has it: `/start` once, the address itself while all is well, `/fail` while the watchdog
acts on the account or cannot see it. The pings run beside the watchdog's looks, with a deadline of their own: a ping
that hangs or fails is a warning in the log, and delays nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import structlog

PING_S = 5.0
"""Of one ping."""
LOOK_S = 1.0
"""How soon after a change `/fail` is told, or that it is over."""

Ping = Callable[[str], Awaitable[int]]
"""Asks an address and gives the status of its answer. Raises OSError or TimeoutError, or an error of its own."""
Standing = Callable[[], str | None]
"""Why all is not well; None while it is, and an empty text while nobody can know yet."""

log = structlog.get_logger("deadman")


class DeadMan:
    """One address. It is a secret: it is never logged."""

    def __init__(
        self,
        *,
        url: str,
        period_s: float,
        ping: Ping,
        standing: Standing,
        failures: tuple[type[Exception], ...],
    ) -> None:
        """`failures`: what `ping` may raise besides OSError and TimeoutError."""
        self._url = url
        self._period_s = period_s
        self._ping = ping
        self._standing = standing
        self._failures: tuple[type[Exception], ...] = (OSError, TimeoutError, *failures)
        self._is_failing = False

    async def run(self, stop: asyncio.Event, *, look_s: float = LOOK_S) -> None:
        """Ping until told to stop."""
        loop = asyncio.get_running_loop()
        await self._send("/start")
        told: str | None = None
        due_s = loop.time()
        while not stop.is_set():
            why = self._standing()
            if why != "" and (loop.time() >= due_s or (why is None) != (told is None)):
                await self._send("" if why is None else "/fail")
                if why is not None and why != told:
                    log.warning("deadman_told_to_fail", why=why)
                told, due_s = why, loop.time() + self._period_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(look_s):
                    await stop.wait()

    async def _send(self, word: str) -> None:
        """One ping. The first of several failures is logged, and the end of them."""
        try:
            async with asyncio.timeout(PING_S):
                status = await self._ping(address(self._url, word))
            failed = None if 200 <= status < 300 else f"status {status}"
        except self._failures as error:
            failed = type(error).__name__
        if (failed is not None) != self._is_failing:
            self._is_failing = failed is not None
            if failed is None:
                log.info("deadman_heard")
            else:
                log.warning("deadman_unheard", why=failed)


def address(url: str, word: str) -> str:
    """The address with the word behind its path, before its query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}{word}"))
