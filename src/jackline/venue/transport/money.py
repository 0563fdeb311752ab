"""What a look knows of money: the last balance, read anew when it is old or a position has moved."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from jackline.core.orders import BalanceView, PositionView
from jackline.core.values import Quantity, Side, Symbol, WireMs
from jackline.venue.transport.failures import WIRE_TROUBLE

BALANCE_AGE_MS_MAX = 4_900
"""A balance older than this is read again; just below the idle guard's period, so that each of its passes has one."""
MONEY_WAIT_S = 0.3
"""How long a look that is otherwise whole waits for the balance."""


class BalanceMemory:
    """Money may be seconds old, for no stop depends on it, and a read of it costs as much as the positions.

    `read` asks the venue, with the time at which it was asked; its trouble leaves what is known as it is.
    """

    def __init__(
        self, *, wire_ms: Callable[[], WireMs], read: Callable[[WireMs], Awaitable[BalanceView]]
    ) -> None:
        self._wire_ms = wire_ms
        self._read = read
        self._balance: BalanceView | None = None
        self._asking: asyncio.Task[None] | None = None
        self._seen: frozenset[tuple[Symbol, Side, Quantity]] = frozenset()

    def ask(self) -> None:
        """Begin a read where one is due and none is under way."""
        now_ms = self._wire_ms()
        fresh = self._balance is not None and now_ms - self._balance.asked_ms <= BALANCE_AGE_MS_MAX
        if not fresh and (self._asking is None or self._asking.done()):
            self._asking = asyncio.create_task(self._take(now_ms))

    async def in_time(self) -> BalanceView | None:
        """What is known of money once the rest of a look is; what comes later is there for the next one."""
        if self._asking is not None and not self._asking.done():
            await asyncio.wait({self._asking}, timeout=MONEY_WAIT_S)
        return self._balance

    def forget_if_moved(self, positions: tuple[PositionView, ...]) -> None:
        """A fill moved money: the next snapshot reads it anew. This one does not wait for it."""
        seen = frozenset((one.symbol, one.side, one.quantity) for one in positions)
        if seen != self._seen:
            self._seen, self._balance = seen, None

    async def _take(self, now_ms: WireMs) -> None:
        with suppress(*WIRE_TROUBLE):
            self._balance = await self._read(now_ms)
