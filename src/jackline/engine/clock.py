"""The two clocks of a running engine: wall time, and market time as the venue's market stream tells it."""

from __future__ import annotations

from jackline.core.events import Now
from jackline.core.ports import World
from jackline.core.values import MarketMs


class TwoClocks:
    """Wire time from the host; market time is the latest one observed, so it never runs ahead of the venue.

    On a venue whose market time is wire time the observed value trails the wall by one mark update, a second at
    most; in an accelerated demo it is the only source.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._market_ms = MarketMs(0)

    def now(self) -> Now:
        """Both clocks, UTC epoch ms. Market time is 0 until the market has spoken: nothing may be judged by it.

        Wire time in its place would let a restarted engine of an accelerated demo see every hold as over.
        """
        return Now(wire_ms=self._world.wire_ms(), market_ms=self._market_ms)

    def steady_ms(self) -> int:
        """The host's steady clock, which no time service steps."""
        return int(self._world.monotonic_s() * 1_000)

    def observe(self, market_ms: MarketMs) -> None:
        """The venue's market has reached this time."""
        self._market_ms = max(self._market_ms, market_ms)
