"""How long a fault lasts. Nothing is waited for with it: results are asked for until they are there."""

from __future__ import annotations

import asyncio


async def lasting(span_ms: float) -> None:
    """Return after this much wall time: the length of a fault, or the time until one strikes."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    timer = loop.call_later(span_ms / 1_000, over.set_result, None)
    try:
        await over
    finally:
        timer.cancel()
