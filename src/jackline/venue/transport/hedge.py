"""Asking again: a lost message or two must not cost a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from jackline.core.outcomes import Unknown
from jackline.venue.net import NetTrouble

T = TypeVar("T")

HEDGE_S = 0.35
"""Several times an ordinary round trip, and early enough that a third asking still meets P1's deadline."""
ASKS_MAX = 3
"""At three messages in a hundred lost each way, three askings fail together once in five thousand times."""


BREAKS_PAUSES_S = (0.01, 0.02, 0.04, 0.08, 0.16)
"""A connection that breaks says so in milliseconds: six attempts in a third of a second, and then it is an outage."""


async def through_breaks(ask: Callable[[], Awaitable[T]], *, may_repeat: Callable[[], bool]) -> T:
    """Ask; ask again at once while connections break. What broke late, or breaks still, is raised: NetTrouble.

    Only for what may arrive twice, as `hedged`, which waits for answers that are lost and not for these.
    """
    loop = asyncio.get_running_loop()
    until_s, pauses = loop.time() + sum(BREAKS_PAUSES_S), iter(BREAKS_PAUSES_S)
    while True:
        try:
            return await ask()
        except NetTrouble:
            pause_s = next(pauses, None)
            if pause_s is None or loop.time() > until_s or not may_repeat():
                raise
        await asyncio.sleep(pause_s)


async def hedged(ask: Callable[[], Awaitable[T]], *, every_s: float = HEDGE_S, asks: int = ASKS_MAX) -> T:
    """Ask; ask again whenever the answer is unknown or none has come in `every_s`. The first clear answer counts.

    Only for what may arrive twice: queries, and stops, whose client id makes the second a duplicate (O2).
    """
    asked: list[asyncio.Future[T]] = []
    try:
        while True:
            if len(asked) < asks:
                asked.append(asyncio.ensure_future(ask()))
            pending = [one for one in asked if not one.done()]
            if pending:
                timeout_s = every_s if len(asked) < asks else None
                await asyncio.wait(pending, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            for one in asked:
                if one.done() and not isinstance(one.result(), Unknown):
                    return one.result()
            if len(asked) == asks and all(one.done() for one in asked):
                return asked[-1].result()
    finally:
        for one in asked:
            one.cancel()
