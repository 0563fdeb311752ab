"""A trade on the driver that is added to."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.machine import Phase
from jackline.core.requests import SendEntry
from jackline.core.values import Side
from tests.core.driver import Driver
from tests.core.making import RISK

BAR_MS = 60_000
TWO = replace(RISK, trades_per_symbol_max=2, cooldown_ms=BAR_MS)
HIGHER = {Side.LONG: "50500", Side.SHORT: "49500"}
LOWER = {Side.LONG: "49800", Side.SHORT: "50200"}
FENCE_MS = 4_000


def opened(driver: Driver, side: Side = Side.LONG) -> Driver:
    """A trade under its stop, one bar later."""
    driver.start().signal(side)
    driver.reach(Phase.PROTECTED).run(BAR_MS + 100)
    return driver


def added(driver: Driver, side: Side = Side.LONG, *, at: str | None = None) -> Driver:
    """The same, and mark has moved on by 1 %, and a further entry is asked for and has left."""
    driver.move(HIGHER[side] if at is None else at)
    before = driver.count(SendEntry)
    driver.signal(side)
    driver.run(1_000, until=lambda: driver.count(SendEntry) > before)
    return driver


def grown(driver: Driver, side: Side = Side.LONG) -> Driver:
    """The further entry has filled and its stop has been read back."""
    added(opened(driver, side), side).run(3_000)
    assert driver.phase is Phase.PROTECTED
    return driver


def entries(driver: Driver) -> list[SendEntry]:
    return [request for _, request in driver.sent if isinstance(request, SendEntry)]
