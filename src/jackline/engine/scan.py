"""The scan at the close of a bar: strategies are asked when nothing else waits, a slice at a time.

Hundreds of bars close within a second. What an answer of the venue leads to, a stop above all, must not wait for what
strategies make of them: events go first, and a slice ends after a few milliseconds (K2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jackline.core.events import Event
from jackline.core.values import Symbol
from jackline.engine.inbox import Inbox

SLICE_S = 0.003
"""So long strategies are asked before the sockets are heard again; one question is never cut in two."""
LISTEN_TURNS = 16
"""Turns of the loop between two slices. An answer needs several from the socket to the inbox, and a request as many to
the socket: with one turn each of them would wait for a slice. Where nothing happens sixteen take a fraction of a
millisecond."""


class Scan:
    """Symbols whose bar has closed, in the order of their close.

    `ask` asks the strategy about one of them; `now_s` is any steady clock.
    """

    def __init__(self, ask: Callable[[Symbol], None], *, now_s: Callable[[], float]) -> None:
        self._ask = ask
        self._now_s = now_s
        self._waiting: dict[Symbol, None] = {}
        self._began_s = self._slice_began_s = 0.0
        self._turns_left = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, symbol: Symbol) -> None:
        """A bar of it has closed and is in the book."""
        if not self._waiting:
            self._began_s = self._slice_began_s = self._now_s()
        self._waiting[symbol] = None

    def settle(self, symbol: Symbol) -> None:
        """Ask about it now if it waits: its next bar is coming in, and each bar is asked about (D1)."""
        if symbol in self._waiting:
            del self._waiting[symbol]
            self._ask(symbol)

    def give_way(self) -> None:
        """Something must leave before the next question: a request that came of an event. Where questions take no
        time, as in a simulated world, it leaves in its turn."""
        if self._waiting and self._now_s() > self._began_s:
            self._turns_left = LISTEN_TURNS

    async def event(self, inbox: Inbox) -> Event:
        """The next event; while none waits, ask about the symbol that has waited longest."""
        while self._waiting and not inbox:
            if self._turns_left:
                self._turns_left -= 1
                await asyncio.sleep(0)
                self._slice_began_s = self._now_s()
                continue
            self.settle(next(iter(self._waiting)))
            if self._now_s() - self._slice_began_s >= SLICE_S:
                self._turns_left = LISTEN_TURNS
        return await inbox.get()
