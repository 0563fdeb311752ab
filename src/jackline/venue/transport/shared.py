"""One question for all who want the same: while it waits for its turn at a narrow door, it is asked once.

Its answer is younger than the moment at which any of them asked, so none of them is told old news (rule 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")
T = TypeVar("T")


class SharedQuestion(Generic[K, T]):
    """At most one asking waits for its turn; those under way are no longer joined.

    Attributes:
        turn: waits until the question may leave; what it raises, everybody who waits is told.
        ask: lets it leave in that turn, and waits for the answer.
    """

    def __init__(self, *, turn: Callable[[], Awaitable[K]], ask: Callable[[K], Awaitable[T]]) -> None:
        self._turn, self._ask = turn, ask
        self._waiting: asyncio.Task[T] | None = None
        self._askers: dict[asyncio.Task[T], int] = {}

    async def answer(self) -> T:
        """Wait for the answer. Whoever stops waiting disturbs nobody; the last one takes the question back."""
        asking = self._waiting
        if asking is None:
            asking = self._waiting = asyncio.ensure_future(self._run())
            self._askers[asking] = 0
        self._askers[asking] += 1
        try:
            return await asyncio.shield(asking)
        finally:
            self._askers[asking] -= 1
            if not self._askers[asking]:
                del self._askers[asking]
                if self._waiting is asking:
                    self._waiting = None
                asking.cancel()

    async def _run(self) -> T:
        try:
            turn = await self._turn()
        finally:
            if self._waiting is asyncio.current_task():
                self._waiting = None
        return await self._ask(turn)
