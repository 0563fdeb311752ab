"""A bound on waiting that a machine which stands still does not use up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

TICK_S = 0.1


@asynccontextmanager
async def patience(seconds: float) -> AsyncIterator[None]:
    """Raise TimeoutError within, after so long of this process's own time.

    A shared machine stood still for 20 s now and then, and what waited for another process by the wall's clock
    failed then, though nobody had had a turn. Here such a pause counts as one tick.
    """
    async with asyncio.timeout(None) as limit:
        counting = asyncio.create_task(_count(limit, seconds))
        try:
            yield
        finally:
            counting.cancel()


async def _count(limit: asyncio.Timeout, seconds: float) -> None:
    for _ in range(round(seconds / TICK_S)):
        await asyncio.sleep(TICK_S)
    limit.reschedule(asyncio.get_running_loop().time())
