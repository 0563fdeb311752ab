"""Turns at a narrow door: a venue's ceiling of requests, shared by all that want through, the urgent first.

On the loop's own clock, which never steps. Entries do not queue here: they pass at once or are turned away (K2).
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import IntEnum

from jackline.venue.profile import OrderWindow
from jackline.venue.transport.budget import OrderBudget

STILL_WANTED_S = 0.1
"""Who may not have to wait to the end asks so often."""
MARGIN_MS = 60
"""Added to each window: two requests that leave a second apart may arrive less than a second apart."""


class Rank(IntEnum):
    """Who goes first."""

    PROTECT = 0
    """Stops and closes."""
    TIDY = 1
    """Targets and cancels: nothing is naked while they wait."""


class TooLong(TimeoutError):
    """The turn did not come within the time that its taker has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn that was taken, at a time of the loop's clock."""

    turns: Turns
    sent_ms: int

    def give_back(self) -> None:
        """The venue has refused what was sent in it as one too many, and counts only what it takes."""
        self.turns.forget(self)


class Turns:
    """At most so many requests in any window. Whoever stops waiting has used nothing up."""

    def __init__(self, windows: Sequence[OrderWindow]) -> None:
        self._budget = OrderBudget(
            [replace(window, window_ms=window.window_ms + MARGIN_MS) for window in windows]
        )
        self._waiting: list[tuple[Rank, int]] = []
        self._serial = 0
        self._moved = asyncio.Event()

    def entry_refusal(self) -> str | None:
        """Why an entry may not pass now; None when it may, and then it has passed and is counted."""
        if self._waiting:
            return f"{len(self._waiting)} reductions wait for their turn"
        refusal = self._budget.entry_refusal(self._now_ms())
        if refusal is None:
            self._budget.count(self._now_ms())
        return refusal

    def ban(self, for_ms: int) -> None:
        """The venue answers nobody for so long."""
        self._budget.ban(self._now_ms() + for_ms)

    async def take(self, rank: Rank, *, within_s: float) -> Turn:
        """Wait for a turn, which is then counted. Raises `TooLong`."""
        with self._queued(rank) as place, _too_long():
            async with asyncio.timeout(within_s):
                while (wait_ms := self._wait_ms(place)) != 0:
                    await self._pause(wait_ms)
            turn = Turn(turns=self, sent_ms=self._now_ms())
            self._budget.count(turn.sent_ms)
        return turn

    async def take_while(self, rank: Rank, *, within_s: float, wanted: Callable[[], bool]) -> Turn | None:
        """The same, and without a turn as soon as none is wanted any more. Raises `TooLong`."""
        left_s = within_s
        while wanted():
            try:
                return await self.take(rank, within_s=min(left_s, STILL_WANTED_S))
            except TooLong:
                left_s -= STILL_WANTED_S
                if left_s <= 0:
                    raise
        return None

    def forget(self, turn: Turn) -> None:
        """As if it had not been taken: whoever waits for it goes on."""
        self._budget.forget(turn.sent_ms)
        self._move()

    @contextmanager
    def _queued(self, rank: Rank) -> Iterator[tuple[Rank, int]]:
        self._serial += 1
        place = (rank, self._serial)
        heapq.heappush(self._waiting, place)
        try:
            yield place
        finally:
            self._waiting.remove(place)
            heapq.heapify(self._waiting)
            self._move()

    def _move(self) -> None:
        """Everybody looks again how long there is to wait."""
        self._moved.set()
        self._moved = asyncio.Event()

    def _wait_ms(self, place: tuple[Rank, int]) -> int | None:
        """0 when it may pass; None while others stand in front."""
        if self._waiting[0] != place:
            return None
        return self._budget.reduction_wait_ms(self._now_ms())

    async def _pause(self, wait_ms: int | None) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(None if wait_ms is None else wait_ms / 1_000):
                await self._moved.wait()

    @staticmethod
    def _now_ms() -> int:
        return int(asyncio.get_running_loop().time() * 1_000)


@contextmanager
def _too_long() -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise TooLong("no turn within its time (K2)") from None
