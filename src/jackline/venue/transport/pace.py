"""The pace of bulk reads: one after another, each as long as its weight, on the loop's own clock."""

from __future__ import annotations

import asyncio

WEIGHT_S = 0.05
"""One unit of request weight: 1,200 a minute, half of what the venue grants an address."""


class Pace:
    """A queue of one. Whoever stops waiting has used nothing up."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._free_s = 0.0

    async def take(self, weight: float) -> None:
        """Wait until what went before has been paid for; then `weight` is on the bill."""
        loop = asyncio.get_running_loop()
        async with self._turn:
            await asyncio.sleep(max(0.0, self._free_s - loop.time()))
            self._free_s = loop.time() + weight * WEIGHT_S
