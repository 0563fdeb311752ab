"""The pace of the market: pulls ticks as market time reaches them, and never lets a burst starve the
requests."""

import asyncio
from collections.abc import Iterator
from typing import Final

from jackline.exchange.feeds.clock import MarketClock
from jackline.exchange.ports import Feed, Tick
from jackline.exchange.wire.floor import Floor

SLICE_MS: Final = 5.0
"""Longest stretch of ticks without letting requests in; a stop must not wait behind the market."""

BEHIND_MS_MAX: Final = 250.0
"""Wall time behind schedule beyond which market time slips instead of being caught up in a burst."""

IDLE_S_MAX: Final = 0.02
"""Longest nap: prices are flushed at this period, and a changed ratio is noticed after it."""


class Runner:
    """Drives one feed into the venue by a market clock."""

    def __init__(self, floor: Floor, feed: Feed, clock: MarketClock) -> None:
        self._floor = floor
        self._clock = clock
        self._ticks: Iterator[Tick] = feed.ticks(floor.venue.net_side)
        self._pending = next(self._ticks, None)
        self._woken = asyncio.Event()
        self._settled = False

    @property
    def ended(self) -> bool:
        return self._pending is None

    @property
    def held(self) -> bool:
        """Market time stands and every tick up to it has been applied."""
        return self._clock.held and not self._due(self._clock.market_ms())

    def wake(self) -> None:
        """Ends the present nap; for whoever has changed the clock."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a market that has ended stands still at its last prices."""
        while True:
            due = self.advance()
            standing = self.held or self.ended
            # What is still unsent when the market stops must not wait for the next period.
            self._floor.flush(force=standing and not self._settled)
            self._settled = standing
            if due:
                await asyncio.sleep(0)
            else:
                await self._nap()

    def _due(self, market_ms: int) -> bool:
        return self._pending is not None and self._pending.market_ms <= market_ms

    def advance(self) -> bool:
        """Applies due ticks for at most one slice; whether more are due."""
        wire = self._floor.venue.state.clock
        market_ms, started_ms = self._clock.market_ms(), wire.exact_ms()
        while self._pending is not None and self._pending.market_ms <= market_ms:
            if wire.exact_ms() - started_ms > SLICE_MS:
                break
            self._floor.apply(self._pending)
            self._pending = next(self._ticks, None)
        if self._pending is not None and self._due(market_ms):
            behind_ms = (self._clock.market_ms() - self._pending.market_ms) / self._clock.ratio
            if behind_ms > BEHIND_MS_MAX:
                self._clock.slip(self._pending.market_ms)
            return True
        return False

    async def _nap(self) -> None:
        nap_s = IDLE_S_MAX
        if self._pending is not None and not self._clock.held:
            wait_ms = (self._pending.market_ms - self._clock.market_ms()) / self._clock.ratio
            nap_s = min(IDLE_S_MAX, max(0.0, wait_ms / 1_000))
        self._woken.clear()
        try:
            async with asyncio.timeout(nap_s):
                await self._woken.wait()
        except TimeoutError:
            return
