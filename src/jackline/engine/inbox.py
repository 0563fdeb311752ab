"""The bounded inbox: everything that happens waits here for its turn."""

from __future__ import annotations

import asyncio
from collections import deque

from jackline.core.errors import invariant
from jackline.core.events import Event, MarkMoved, Ticked
from jackline.core.values import Symbol

EVENTS_MAX = 10_000
"""Far above one account's traffic; reaching it means the loop has stopped working, and that must be loud (L2)."""


class Inbox:
    """First in, first out; marks and ticks are conflated, so that a fast market cannot bury an answer.

    At most one mark per symbol and one tick wait at a time; the newest mark replaces the one that waits.
    """

    def __init__(self) -> None:
        self._events: deque[Event | Symbol] = deque()
        self._marks: dict[Symbol, MarkMoved] = {}
        self._tick_waits = False
        self._filled = asyncio.Event()
        self.oldest_wait_events = 0

    def put(self, event: Event) -> None:
        """Append an event. Raises InvariantBroken when the bound is reached."""
        invariant(len(self._events) < EVENTS_MAX, "L2", inbox=len(self._events))
        match event:
            case MarkMoved(symbol=symbol):
                if symbol not in self._marks:
                    self._events.append(symbol)
                self._marks[symbol] = event
            case Ticked():
                if self._tick_waits:
                    return
                self._tick_waits = True
                self._events.append(event)
            case _:
                self._events.append(event)
        self._filled.set()

    async def get(self) -> Event:
        """Wait for the next event."""
        while not self._events:
            self._filled.clear()
            await self._filled.wait()
        head = self._events.popleft()
        if isinstance(head, str):
            return self._marks.pop(head)
        if isinstance(head, Ticked):
            self._tick_waits = False
        return head

    def __len__(self) -> int:
        return len(self._events)
