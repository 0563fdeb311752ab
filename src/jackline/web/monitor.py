"""The software layer beside the venue's stops: it compares asked orders with marks, and says which should have fired.

It places, moves and cancels nothing: a stop rests at the venue whether or not this runs (P1). While it is stopped only
its own remarks are missing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal

import structlog

from jackline.core.asked_order import AskedKind, AskedStatus
from jackline.store.asked import AskedRow
from jackline.web.problems import Problem

log = structlog.get_logger("web")

INTERVAL_S = 5
LATE_CHECKS = 2
"""An order whose trigger the mark has passed in so many checks in a row should have fired: the venue needs a moment."""


@dataclass(slots=True, kw_only=True)
class Monitor:
    """One account's. `late`: ids of orders that rest although the mark has passed their trigger."""

    interval_s: int = INTERVAL_S
    is_running: bool = True
    checks: int = 0
    checked_ms: int | None = None
    symbols: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    _passed: dict[str, int] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self, interval_s: int) -> None:
        """Compare every so many seconds from now on."""
        self.interval_s, self.is_running = interval_s, True
        self._changed.set()

    def stop(self) -> None:
        """Compare no more. No order is touched by it."""
        self.is_running = False
        self._changed.set()

    async def run(
        self, rows: Callable[[], Awaitable[tuple[AskedRow, ...]]], marks: Callable[[], dict[str, Decimal]]
    ) -> None:
        """Compare for ever, while it is to."""
        while True:
            if self.is_running:
                try:
                    self.compare(await rows(), marks())
                except Problem as problem:
                    log.debug("monitor_blind", detail=problem.detail)
            self._changed.clear()
            try:
                async with asyncio.timeout(self.interval_s):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def compare(self, rows: tuple[AskedRow, ...], marks: dict[str, Decimal]) -> None:
        """One check."""
        passed = {
            row.terms.order_id
            for row in rows
            if (mark := marks.get(row.terms.symbol)) is not None and would_fire(row, mark)
        }
        self._passed = {one: self._passed.get(one, 0) + 1 for one in passed}
        late = tuple(sorted(one for one, times in self._passed.items() if times >= LATE_CHECKS))
        for one in late:
            if one not in self.late:
                log.warning(
                    "trigger_passed",
                    code="P1",
                    order_id=one,
                    note="it rests still; the engine's own stop stands",
                )
        self.late = late
        self.checks += 1
        self.checked_ms = time.time_ns() // 1_000_000
        self.symbols = tuple(sorted({row.terms.symbol for row in rows if not row.status.is_over}))


def would_fire(row: AskedRow, price: Decimal) -> bool:
    """Whether an order that rests would trigger at a price."""
    if row.trigger_price is None or row.status is not AskedStatus.ACTIVE:
        return False
    beyond = (price - row.trigger_price) * row.terms.side.sign
    return beyond >= 0 if row.terms.kind is AskedKind.TARGET else beyond <= 0
