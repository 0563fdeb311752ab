"""A part of a look, wanted by every look that has not got it: where few get through, no answer is for one alone.

Two halves of two looks are a look, as long as the later half completes the earlier look: each half was then asked
after the look began, so nobody is told old news (rule 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")
F = TypeVar("F")


class Part(Generic[T, F]):
    """Hands each answer to all who began to wait before it was asked for."""

    def __init__(self) -> None:
        self._left = 0
        self._waiting: dict[asyncio.Future[T | F], int] = {}

    async def asking(self, send: Callable[[], Awaitable[T]]) -> T:
        """Send one asking of this part: it leaves now. Raises what `send` raises, which nobody else is told."""
        self._left += 1
        left = self._left
        answer = await send()
        for waiter, before in list(self._waiting.items()):
            if before < left and not waiter.done():
                waiter.set_result(answer)
        return answer

    async def first(self, own: Callable[[], Awaitable[T | F]]) -> T | F:
        """What comes first: the end of one's own asking, or the answer to one that left after this began."""
        waiter: asyncio.Future[T | F] = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = self._left
        task = asyncio.ensure_future(own())
        task.add_done_callback(partial(_hand_on, waiter))
        try:
            return await waiter
        finally:
            del self._waiting[waiter]
            task.cancel()


def _hand_on(waiter: asyncio.Future[T | F], task: asyncio.Future[T | F]) -> None:
    if task.cancelled() or waiter.done():
        return
    error = task.exception()
    if error is not None:
        waiter.set_exception(error)
    else:
        waiter.set_result(task.result())
