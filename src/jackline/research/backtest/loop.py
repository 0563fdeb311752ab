"""The loop of a backtest: virtual time that passes only when it is let, and a call when everything has come to rest."""

from __future__ import annotations

import asyncio
import contextvars
from asyncio import events
from collections.abc import Callable
from random import Random

from jackline.world.errors import Deadlock
from jackline.world.loop import Order, VirtualLoop

STEPS_MAX = 2**62
"""A backtest ends with its data, not with a count."""


class BacktestLoop(VirtualLoop):
    """First in, first out. Where nothing is ready, whoever waits in `idle` goes on before any time passes.

    Attributes:
        slack_s: where nothing is ready, time passes to the next timer and this much further: periodic looks at a
            clock then come once for several. 0 keeps every timer to its moment.
    """

    def __init__(self) -> None:
        super().__init__(Random(0), Order.FIFO, steps_max=STEPS_MAX)
        self.slack_s = 0.0
        self._resting: asyncio.Future[None] | None = None
        self._passing: asyncio.Future[None] | None = None

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: object,
        context: contextvars.Context | None = None,
    ) -> events.Handle:
        """As the library's, without what that checks while it is debugged: every await in a backtest comes by here."""
        handle = events.Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    async def idle(self) -> None:
        """Wait until nothing else can happen at this instant. One at a time."""
        self._resting = self.create_future()
        await self._resting

    async def passed(self) -> None:
        """Let time pass to the next timer of somebody else, and wait until nothing else can happen then."""
        self._passing = self.create_future()
        await self._passing

    def _run_once(self) -> None:
        """As in the simulation, without its processes: nobody here is killed or paused, and nobody overtakes."""
        ready, scheduled = self._ready, self._scheduled
        if scheduled and scheduled[0].when() <= self._now_s:
            self._wake_due()
        while not ready:
            resting, self._resting = self._resting, None
            if resting is not None:
                resting.set_result(None)
                continue
            if not scheduled:
                raise Deadlock(f"nothing is ready and nothing scheduled at {self._now_s:.3f} s")
            self._resting, self._passing = self._passing, None
            self._now_s = max(self._now_s, scheduled[0].when() + self.slack_s)
            self._wake_due()
        handle = ready.popleft()
        if not handle._cancelled:
            handle._run()
