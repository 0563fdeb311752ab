"""Asking twice: one lost message must not cost a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from jackline.core.outcomes import Unknown

T = TypeVar("T")

HEDGE_S = 0.35
"""Several times an ordinary round trip, and early enough that a second answer still leaves most of P1's deadline."""


async def hedged(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; ask once more when the answer is unknown or has not come in `HEDGE_S`. The first clear answer counts.

    Only for what may arrive twice: queries, and stops, whose client id makes the second a duplicate (O2).
    """
    first: asyncio.Future[T] = asyncio.ensure_future(ask())
    second: asyncio.Future[T] | None = None
    try:
        done, _ = await asyncio.wait((first,), timeout=HEDGE_S)
        if done and not isinstance(first.result(), Unknown):
            return first.result()
        second = asyncio.ensure_future(ask())
        pending = [one for one in (first, second) if not one.done()]
        while pending:
            await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for one in pending:
                if one.done() and not isinstance(one.result(), Unknown):
                    return one.result()
            pending = [one for one in pending if not one.done()]
        return second.result()
    finally:
        first.cancel()
        if second is not None:
            second.cancel()
