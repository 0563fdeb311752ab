"""The scan at the close of a bar: strategies are asked when nothing else waits, a slice at a time.

Hundreds of bars close within a second. What an answer of the venue leads to, a stop above all, must not wait for what
strategies make of them: events go first, and a slice ends after a few milliseconds (K2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from jackline.core.values import Symbol

SLICE_S = 0.003
"""So long strategies are asked before the sockets are heard again; one question is never cut in two."""


class Scan:
    """Symbols whose bar has closed, in the order of their close.

    `ask` asks the strategy about one of them; `now_s` is any steady clock.
    """

    def __init__(self, ask: Callable[[Symbol], None], *, now_s: Callable[[], float]) -> None:
        self._ask = ask
        self._now_s = now_s
        self._waiting: dict[Symbol, None] = {}
        self._slice_began_s = 0.0

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, symbol: Symbol) -> None:
        """A bar of it has closed and is in the book."""
        if not self._waiting:
            self._slice_began_s = self._now_s()
        self._waiting[symbol] = None

    def settle(self, symbol: Symbol) -> None:
        """Ask about it now if it waits: its next bar is coming in, and each bar is asked about (D1)."""
        if symbol in self._waiting:
            del self._waiting[symbol]
            self._ask(symbol)

    async def next(self) -> None:
        """Ask about the one that has waited longest; hear the sockets when a slice is over."""
        self.settle(next(iter(self._waiting)))
        if self._now_s() - self._slice_began_s >= SLICE_S:
            await asyncio.sleep(0)
            self._slice_began_s = self._now_s()
