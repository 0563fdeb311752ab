"""A world small enough to be tried whole: one entry a rung, a crash at every step, every fate of every request.

Judged from the venue's books alone: no entry twice, never naked longer than the rung allows while a process of
ours is up, flat and balanced at the end, nothing of ours left. The driver judges each request on its way (O1,
O4, P4, P5, P6).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product

import pytest

from jackline.core.events import CloseAsked
from jackline.core.plan import Rung
from jackline.core.trade import ExitReason
from jackline.core.values import Side
from tests.core.driver import Driver
from tests.core.making import RISK, with_trailing
from tests.core.small_venue import Fate

DOWN_MS = 300
CONFIRM_MS = 1_500 + 500
"""The deadline to be protected or flattening, and the round trips of a close under a tick of 250 ms."""
NAKED_MS_MAX = {
    Rung.ATTACHED: 0,
    Rung.STOP_FIRST: 0,
    Rung.CONCURRENT: CONFIRM_MS,
    Rung.AFTER_FILL: CONFIRM_MS,
}

Script = Callable[[Driver], None]


def stopped_out(driver: Driver) -> None:
    """Mark falls through every stop."""
    driver.later(1_200, lambda: driver.move("45000"))


def closed(driver: Driver) -> None:
    """An operator closes; where nobody hears it, mark ends the trade later."""
    wish = CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR)
    driver.later(1_200, lambda: driver.feed(wish))
    driver.later(9_000, lambda: driver.move("45000"))


def trailed(driver: Driver) -> None:
    """Mark rises twice, so that W moves, then falls."""
    driver.later(1_200, lambda: driver.move("51000"))
    driver.later(3_600, lambda: driver.move("52000"))
    driver.later(6_400, lambda: driver.move("45000"))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One scenario on one rung."""

    rung: Rung
    script: Script
    horizon_ms: int = 16_000

    def begin(self) -> Driver:
        risk = with_trailing("0.01") if self.script is trailed else RISK
        driver = Driver(risk=risk, tick_ms=250).start(self.rung)
        driver.handled = 0
        driver.signal()
        self.script(driver)
        return driver

    def steps(self) -> int:
        """How many actions the undisturbed world takes: the crash points."""
        driver = self.begin()
        driver.run(self.horizon_ms)
        assert driver.venue.is_clean()
        assert len(driver.venue.entries) == 1
        return driver.handled

    def crash(self, *points: int, arrive: bool = True, land: bool = False) -> Driver:
        """Crash after so many actions, recover, crash again after so many more, and so on."""
        driver = self.begin()
        for point in points:
            driver.run(self.horizon_ms, actions=point)
            driver.crash(requests_arrive=arrive, writes_land=land)
            driver.recover(after_ms=DOWN_MS, rung=self.rung)
        driver.run(self.horizon_ms + 10_000)
        return driver


def judge(driver: Driver, *, rung: Rung, outages: int = 0) -> None:
    """The venue's word on the promise."""
    venue = driver.venue
    assert len(venue.entries) <= 1, "O1"
    most_ms = NAKED_MS_MAX[rung]
    assert venue.naked_ms <= (most_ms and most_ms + outages * DOWN_MS), "P1"
    assert venue.opened_by_reduction == [], "P3"
    assert venue.is_clean(), (
        f"P6: {venue.position} open, {[order.key.client_id for order in venue.live]} rest"
    )
    assert not driver.state.trades, "L1: a trade never ended"


@pytest.mark.owns("O1", "P1", "P6")
@pytest.mark.parametrize("rung", list(Rung))
def test_P1_a_crash_at_every_step_leaves_nothing_naked_and_nothing_behind(rung: Rung) -> None:
    world = World(rung=rung, script=stopped_out, horizon_ms=8_000)
    for point in range(1, world.steps()):
        judge(world.crash(point), rung=rung, outages=1)


@pytest.mark.owns("O2", "O3")
@pytest.mark.parametrize("rung", list(Rung))
def test_O3_every_fate_of_every_single_request_ends_clean(rung: Rung) -> None:
    for place, fate in product(range(4), Fate):
        driver = World(rung=rung, script=closed).begin()
        driver.fortune = deque([*[None] * place, fate])
        driver.run(24_000)
        judge(driver, rung=rung)


@pytest.mark.parametrize("script", [closed, trailed])
def test_the_longer_scripts_end_clean_undisturbed(script: Script) -> None:
    for rung in Rung:
        assert World(rung=rung, script=script).steps() > 20


@pytest.mark.long
@pytest.mark.owns("O1", "P1", "P5", "P6")
@pytest.mark.parametrize("script", [stopped_out, closed, trailed])
@pytest.mark.parametrize("arrive", [True, False])
@pytest.mark.parametrize("land", [True, False])
@pytest.mark.parametrize("rung", list(Rung))
def test_P1_every_script_survives_a_crash_at_every_step(
    rung: Rung, script: Script, *, arrive: bool, land: bool
) -> None:
    world = World(rung=rung, script=script)
    for point in range(1, world.steps()):
        judge(world.crash(point, arrive=arrive, land=land), rung=rung, outages=1)


@pytest.mark.long
@pytest.mark.parametrize("rung", list(Rung))
def test_P1_two_crashes_at_every_pair_of_steps(rung: Rung) -> None:
    world = World(rung=rung, script=stopped_out, horizon_ms=8_000)
    for first, second in product(range(1, world.steps()), range(1, 12)):
        judge(world.crash(first, second), rung=rung, outages=2)


@pytest.mark.long
@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("script", [stopped_out, closed, trailed])
def test_O3_every_combination_of_fates_of_five_requests(rung: Rung, script: Script) -> None:
    for fates in product([None, *Fate], repeat=5):
        driver = World(rung=rung, script=script).begin()
        driver.fortune = deque(fates)
        driver.run(40_000)
        judge(driver, rung=rung)


@pytest.mark.long
@pytest.mark.parametrize("rung", list(Rung))
def test_P1_every_fate_with_a_crash_at_every_step(rung: Rung) -> None:
    world = World(rung=rung, script=closed)
    for place, fate, point in product(range(4), Fate, range(1, world.steps())):
        driver = world.begin()
        driver.fortune = deque([*[None] * place, fate])
        driver.run(world.horizon_ms, actions=point)
        driver.crash()
        driver.recover(after_ms=DOWN_MS, rung=rung)
        driver.run(40_000)
        judge(driver, rung=rung, outages=1)


@pytest.mark.owns("P3")
def test_the_judge_sees_what_it_is_for() -> None:
    """A world that breaks the promise by itself is not passed."""
    driver = World(rung=Rung.STOP_FIRST, script=stopped_out, horizon_ms=8_000).begin()
    driver.run(500)
    driver.venue.orders.clear()
    driver.run(100)
    assert driver.venue.is_naked
    with pytest.raises(AssertionError, match="P1"):
        judge(driver, rung=Rung.STOP_FIRST)
    driver.venue.naked_ms = 0
    with pytest.raises(AssertionError, match="P6"):
        judge(driver, rung=Rung.STOP_FIRST)
    driver.venue.entries.append("again")
    with pytest.raises(AssertionError, match="O1"):
        judge(driver, rung=Rung.STOP_FIRST)


def test_shorts_are_the_mirror() -> None:
    driver = Driver(tick_ms=250).start()
    driver.signal(Side.SHORT)
    driver.run(1_000)
    driver.move(Decimal(52_000))
    driver.run(8_000)
    judge(driver, rung=Rung.STOP_FIRST)
