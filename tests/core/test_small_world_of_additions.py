"""A world small enough to be tried whole: a further entry, a crash at every step, every fate of every request, and mark
falling through every stop at every moment of it.

Judged from the venue's books alone, as the world of one entry is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from jackline.core.events import CloseAsked
from jackline.core.machine import Phase
from jackline.core.trade import ExitReason
from tests.core.driver import Driver
from tests.core.making import RISK, with_trailing
from tests.core.small_venue import Fate

DOWN_MS = 300
GAP_MS_MAX = 1_500 + 500
"""P1 where the stop fires before the addition fills: the deadline, and the round trips of a close."""
HORIZON_MS = 24_000
PLAIN = replace(RISK, trades_per_symbol_max=2, cooldown_ms=1)
TRAILING = replace(with_trailing("0.005"), trades_per_symbol_max=2, cooldown_ms=1)

Script = Callable[[Driver], None]


def stopped_out(driver: Driver) -> None:
    """Mark falls through every stop."""
    driver.later(1_500, lambda: driver.move("45000"))


def closed(driver: Driver) -> None:
    """An operator closes; where nobody hears it, mark ends the trade later."""
    wish = CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR)
    driver.later(1_500, lambda: driver.feed(wish))
    driver.later(9_000, lambda: driver.move("45000"))


def trailed(driver: Driver) -> None:
    """Mark rises, so that W moves after it was made larger, then falls."""
    driver.later(3_600, lambda: driver.move("51500"))
    driver.later(9_000, lambda: driver.move("45000"))


def begin(script: Script) -> Driver:
    """A trade is open under its stop, and a further entry is asked for now."""
    driver = Driver(risk=TRAILING if script is trailed else PLAIN, tick_ms=250).start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(700)
    driver.move("50400")
    driver.run(300)
    driver.handled = 0
    driver.signal()
    assert driver.trade.open_addition is not None
    script(driver)
    return driver


def steps(script: Script) -> int:
    """How many actions the undisturbed world takes: the crash points."""
    driver = begin(script)
    driver.run(HORIZON_MS)
    judge(driver)
    assert len(driver.venue.entries) == 2
    return driver.handled


def judge(driver: Driver, *, naked_ms: int = 0) -> None:
    """The venue's word on the promise."""
    venue = driver.venue
    assert len(venue.entries) == len(set(venue.entries)) <= 2, "O1"
    assert venue.naked_ms <= naked_ms, f"P1: {venue.naked_ms} ms"
    assert venue.opened_by_reduction == [], "P3"
    assert venue.is_clean(), f"P6: {venue.position} open, {[one.key.client_id for one in venue.live]} rest"
    assert not driver.state.trades, "L1: a trade never ended"


@pytest.mark.owns("O1", "P1", "P5", "P6")
@pytest.mark.parametrize("script", [stopped_out, closed, trailed])
@pytest.mark.parametrize(("arrive", "land"), [(True, False), (False, True)])
def test_P1_a_crash_at_every_step_of_an_addition(script: Script, *, arrive: bool, land: bool) -> None:
    for point in range(1, min(steps(script), 30)):
        driver = begin(script)
        driver.run(HORIZON_MS, actions=point)
        driver.crash(requests_arrive=arrive, writes_land=land)
        driver.recover(after_ms=DOWN_MS)
        driver.run(HORIZON_MS + 10_000)
        judge(driver)


@pytest.mark.owns("O2", "O3")
@pytest.mark.parametrize("script", [stopped_out, closed, trailed])
def test_O3_every_fate_of_every_request_after_an_addition(script: Script) -> None:
    for place, fate in product(range(6), Fate):
        driver = begin(script)
        driver.fortune = deque([*[None] * place, fate])
        driver.run(HORIZON_MS)
        judge(driver)


@pytest.mark.owns("P1", "P6")
@pytest.mark.parametrize("fate", [None, *Fate])
def test_P1_mark_falls_through_every_stop_at_every_step_of_an_addition(fate: Fate | None) -> None:
    """The stop of all fires while the further entry is decided on, on its way, filled, or not answered."""
    for point in range(16):
        driver = begin(lambda _: None)
        driver.fortune = deque([fate])
        driver.run(HORIZON_MS, actions=point) if point else None
        driver.move("45000")
        driver.run(HORIZON_MS)
        judge(driver, naked_ms=GAP_MS_MAX)


@pytest.mark.long
@pytest.mark.owns("O1", "P1", "P6")
def test_P1_a_gap_and_a_crash_at_every_pair_of_steps_of_an_addition() -> None:
    """Squares of the runs above: half a minute."""
    for fall, crash in product(range(1, 12), range(1, 12)):
        driver = begin(lambda _: None)
        driver.run(HORIZON_MS, actions=fall)
        driver.move("45000")
        driver.run(HORIZON_MS, actions=crash)
        driver.crash()
        driver.recover(after_ms=DOWN_MS)
        driver.run(HORIZON_MS)
        judge(driver, naked_ms=GAP_MS_MAX + DOWN_MS)
