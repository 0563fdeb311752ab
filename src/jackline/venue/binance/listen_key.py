"""The listen key of an account: asked for before every dial, extended well within its hour, and given up when the
venue says so. All sockets of one stream share one of these."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from jackline.venue.port import Failed

KEEP_ALIVE_S = 20 * 60.0
"""A key lives 60 minutes: two extensions may fail before it dies."""
RETRY_S = 60.0
"""After an extension that failed: the venue may be back long before the next one is due."""
TRUSTED_S = 50 * 60.0
"""A key confirmed within this time is dialled with though nobody confirms it now: it may outlive an outage of
requests, and a socket on it tells what happens."""

_log = structlog.get_logger("jackline.venue.listen_key")

ListenKey = Callable[[], Awaitable[str | Failed]]
"""Creates the key or extends it; the same one while it lives."""


class ListenKeys:
    """The key that counts now. One question at a time, and one answer for everybody who waited for it."""

    def __init__(self, ask: ListenKey, *, keep_alive_s: float = KEEP_ALIVE_S) -> None:
        self._ask = ask
        self._keep_alive_s = keep_alive_s
        self._turn = asyncio.Lock()
        self._answers = 0
        self._confirmed = False
        self._key: str | None = None
        self._confirmed_s = 0.0
        self._changed = asyncio.Event()

    async def key(self) -> str | None:
        """The key to dial with; None when there is none to trust."""
        confirmed = await self._confirm()
        trusted = asyncio.get_running_loop().time() - self._confirmed_s < TRUSTED_S
        return self._key if confirmed or trusted else None

    async def keep(self) -> None:
        """Extend the key until cancelled."""
        pause_s = self._keep_alive_s
        while True:
            await asyncio.sleep(pause_s)
            pause_s = self._keep_alive_s if await self._confirm() else min(RETRY_S, self._keep_alive_s)

    async def replaced(self, key: str | None) -> None:
        """Wait until this is no longer the key: a socket opened with it hears nothing more."""
        while self._key == key:
            changed = self._changed
            await changed.wait()

    def expired(self, key: str | None) -> None:
        """The venue says that a key is dead; without a name it is ours. Of an older one we knew."""
        if key is None or key == self._key:
            self._put(None)

    async def _confirm(self) -> bool:
        """Ask, unless somebody else's question ended while this one waited. True when the venue gave a key."""
        answers = self._answers
        async with self._turn:
            if answers == self._answers:
                key = await self._ask()
                self._answers += 1
                self._confirmed = isinstance(key, str)
                if isinstance(key, str):
                    self._confirmed_s = asyncio.get_running_loop().time()
                    self._put(key)
                else:
                    _log.warning("listen_key_failed", cause=str(key))
            return self._confirmed

    def _put(self, key: str | None) -> None:
        if key != self._key:
            self._key = key
            self._changed.set()
            self._changed = asyncio.Event()
