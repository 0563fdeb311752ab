"""The two clocks: market time is the venue's word alone."""

from __future__ import annotations

from jackline.core.values import MarketMs
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld


def test_market_time_is_nothing_until_the_market_speaks() -> None:
    """A restarted engine once took wall time for it and closed a position as held too long."""
    assert TwoClocks(HostWorld()).now().market_ms == 0


def test_market_time_never_runs_back() -> None:
    clock = TwoClocks(HostWorld())
    clock.observe(MarketMs(2_000))
    clock.observe(MarketMs(1_000))
    assert clock.now().market_ms == 2_000
