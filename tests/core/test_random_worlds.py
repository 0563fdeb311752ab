"""Attack by seed: lost answers, refusals, crashes, lost disks, strangers, dropped stops, moving marks, lagging reads.

Then the faults end, and the venue's books must say: not naked, quiet, and on request flat, balanced and empty. A
failing seed is printed by the parametrised name and replays exactly.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from random import Random

import pytest

from jackline.core.events import CloseAsked
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, ReadOrder, SendClose, SendEntry, SendStop
from jackline.core.settings import RiskSettings
from jackline.core.trade import ExitReason
from jackline.core.values import Side, fraction
from tests.core.driver import Driver
from tests.core.making import RISK, with_trailing
from tests.core.small_venue import Fate

WITH_TARGET = RiskSettings(
    stop=RISK.stop, target_fraction=fraction("0.02"), trailing_fraction=fraction("0.015")
)
WISH = CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR)
SEEDS_A_TEST = 100
QUIET_MUTATIONS_MAX = 4
"""A position at rest may still be ratcheted and swept; more is a loop."""
QUIET_READS_MAX = 40
"""Twenty seconds at one guard pass in two seconds, and the passes that answers ask for."""


def attacked(rng: Random) -> Driver:
    """A world with its faults laid out: how slow, how lossy and how unwilling it is."""
    rung, side = rng.choice(list(Rung)), rng.choice(list(Side))
    risk = rng.choice([RISK, with_trailing("0.01"), WITH_TARGET])
    driver = Driver(risk=risk, tick_ms=250).start(rung)
    venue = driver.venue
    venue.refuse_stop_while_flat = rung is not Rung.STOP_FIRST and rng.random() < 0.3
    venue.one_whole_stop = rng.random() < 0.6
    venue.read_lag_ms = rng.choice([0, 0, 0, 40, 300])
    venue.fill_fraction = Decimal("0.5") if rng.random() < 0.15 else Decimal(1)
    for kind in (SendEntry, SendStop, SendClose, CancelOrder, ReadOrder):
        if rng.random() < 0.4:
            driver.latency[kind] = (rng.choice([5, 30, 200]), rng.choice([5, 30, 200, 800]))
    if rng.random() < 0.3:
        kinds = [Refusal.OTHER, Refusal.OVERLOADED, Refusal.STOP_EXISTS]
        venue.refusals[SendStop] = deque(rng.choices(kinds, k=rng.randint(1, 2)))
    if rng.random() < 0.3:
        kinds = [Refusal.OTHER, Refusal.OVERLOADED, Refusal.PRICE_BAND, Refusal.REDUCE_BLOCKED]
        venue.refusals[SendClose] = deque(rng.choices(kinds, k=rng.randint(1, 3)))
    driver.fortune = deque(rng.choices([None, None, None, *Fate], k=8))
    venue.lose_legs = rung is Rung.ATTACHED and rng.random() < 0.3
    driver.signal(side)
    return driver


def moved(driver: Driver, rng: Random) -> Decimal:
    sign = driver.venue.side.sign
    return (driver.venue.mark * (1 + sign * Decimal(rng.randint(-40, 60)) / 10_000)).quantize(Decimal("0.1"))


def crash(driver: Driver, rng: Random) -> None:
    """Lose the process, perhaps the disk; the market moves on; start again."""
    driver.crash(requests_arrive=rng.random() < 0.6, writes_land=rng.random() < 0.5)
    if rng.random() < 0.1 and driver.venue.traits.stops_are_named:
        # Without names and without records nothing rests that anybody could know for ours: it is shown, and stays.
        driver.disk.clear()
        driver.booked_to = 0
    if rng.random() < 0.5:
        driver.venue.move(moved(driver, rng))
    driver.recover(after_ms=rng.choice([100, 500, 3_000]))


def blind(driver: Driver, rng: Random) -> None:
    """No read is answered for a while."""
    driver.reads_fail = True
    driver.run(rng.choice([300, 1_000, 3_000]))
    driver.reads_fail = False


def disturb(driver: Driver, rng: Random) -> None:
    """One more thing goes wrong."""
    driver.run(rng.choice([3, 10, 25, 100, 700, 2_500]))
    venue = driver.venue
    what = rng.choice(["move", "move", "crash", "drop", "close", "stranger", "blind", "stuck", "nothing"])
    if what == "move":
        driver.move(moved(driver, rng))
    elif what == "crash":
        crash(driver, rng)
    elif what == "drop" and venue.live_stops:
        venue.drop(rng.choice(venue.live_stops).key.client_id)
    elif what == "close":
        driver.feed(WISH)
    elif what == "stranger" and venue.position:
        venue.stranger_trades(Decimal(rng.choice(["0.005", "-0.005"])))
    elif what == "blind":
        blind(driver, rng)
    elif what == "stuck":
        venue.stuck_triggering = not venue.stuck_triggering


def calm(driver: Driver) -> None:
    """The faults end."""
    driver.fortune.clear()
    driver.latency.clear()
    driver.venue.refusals.clear()
    driver.venue.stuck_triggering = False
    driver.venue.read_lag_ms = 0
    driver.run(12_000)


def judge(driver: Driver) -> None:
    """What must hold once the faults have ended."""
    venue = driver.venue
    assert not venue.is_naked, "P1"
    naked_ms, sent, asked = venue.naked_ms, len(driver.sent), driver.state.asked
    driver.run(20_000)
    assert venue.naked_ms == naked_ms, "P1: naked again without a cause"
    assert len(driver.sent) - sent <= QUIET_MUTATIONS_MAX, driver.verbs()[-8:]
    assert driver.state.asked - asked <= QUIET_READS_MAX
    driver.feed(WISH)
    driver.run(3_000)
    driver.move("20000" if venue.position > 0 else "90000")
    driver.run(80_000)
    assert len(venue.entries) <= 1, "O1"
    assert venue.opened_by_reduction == [], "P3"
    assert venue.is_clean(), (
        f"P6: {venue.position} open, {[order.key.client_id for order in venue.live]} rest"
    )
    assert not driver.state.trades, "a trade never ended"


def attack(seed: int) -> None:
    rng = Random(seed)
    driver = attacked(rng)
    for _ in range(rng.randint(3, 9)):
        disturb(driver, rng)
    calm(driver)
    judge(driver)


@pytest.mark.owns("P1", "P3", "P6", "O1")
def test_P1_random_worlds_end_protected_and_clean() -> None:
    for seed in range(20):
        attack(seed)


@pytest.mark.long
@pytest.mark.owns("P1", "P3", "P6", "O1")
@pytest.mark.parametrize("first", range(1_000, 6_000, SEEDS_A_TEST))
def test_P1_many_random_worlds_end_protected_and_clean(first: int) -> None:
    for seed in range(first, first + SEEDS_A_TEST):
        attack(seed)
