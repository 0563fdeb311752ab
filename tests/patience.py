"""A bound on waiting that a machine which stands still does not use up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TICK_S = 0.1


class Patience:
    """Counts ticks of this process, and then lets the limit run out."""

    def __init__(self, limit: asyncio.Timeout, seconds: float) -> None:
        self._limit, self._left = limit, round(seconds / TICK_S)
        self._loop = asyncio.get_running_loop()
        self._wait()

    def _wait(self) -> None:
        self._timer = self._loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._left -= 1
        if self._left > 0:
            self._wait()
        else:
            self._limit.reschedule(self._loop.time())

    def end(self) -> None:
        self._timer.cancel()


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError within, after so long of this process's own time.

    A shared machine stood still for 20 s now and then, and what waited for another process by the wall's clock
    failed then, though nobody had had a turn. Here such a pause counts as one tick.
    """
    async with asyncio.timeout(None) as limit:
        counting = Patience(limit, seconds)
        try:
            yield
        finally:
            counting.end()
