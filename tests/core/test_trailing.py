"""What the venue trails: beside a fixed stop, never instead of it, and ours again where it cannot be relied on."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from random import Random

import pytest

from jackline.core.effects import Alert
from jackline.core.exit_settings import ExitSettings, TrailingBy
from jackline.core.ids import Role
from jackline.core.machine import Phase
from jackline.core.orders import OrderKind, OrderState
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.requests import CancelOrder, SendStop, SendTrailing
from jackline.core.settings import RiskSettings
from jackline.core.trade import ExitReason
from jackline.core.trailing import LOSSES_MAX, leads
from jackline.core.values import Side
from tests.core.driver import Driver
from tests.core.making import with_trailing
from tests.core.small_venue import Fate, SmallVenue
from tests.core.test_small_world import Script, World, judge, trailed


def by_venue(trailing: str = "0.03") -> RiskSettings:
    return replace(with_trailing(trailing), exits=ExitSettings(trailing_by=TrailingBy.VENUE))


def protected(driver: Driver, side: Side = Side.LONG, rung: Rung = Rung.STOP_FIRST) -> Driver:
    driver.start(rung).signal(side)
    driver.reach(Phase.PROTECTED)
    driver.run(1_000)
    return driver


def trails(driver: Driver) -> list[SendTrailing]:
    return [request for _, request in driver.sent if isinstance(request, SendTrailing)]


def resting(driver: Driver) -> list[str]:
    return [one.key.client_id for one in driver.venue.live if one.kind is OrderKind.TRAILING]


def moved_stops(driver: Driver) -> list[Decimal]:
    """Prices of the W that left."""
    found = [request for _, request in driver.sent if isinstance(request, SendStop)]
    return [one.trigger_price for one in found if one.client_id[14] == Role.WORKING.value]


def said(driver: Driver) -> str:
    return "\n".join(one.text for one in driver.effects if isinstance(one, Alert))


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
def test_the_venue_trails_beside_the_stop_and_ends_the_trade(side: Side, rung: Rung) -> None:
    driver = protected(Driver(risk=by_venue()), side, rung)
    (asked,) = trails(driver)
    assert (asked.side, asked.quantity, asked.callback_fraction) == (
        side,
        driver.trade.quantity,
        Decimal("0.03"),
    )
    for percent in (4, 2, 10, 8):
        driver.move(str(50_000 + side.sign * percent * 500))
        driver.run(3_000)
    assert moved_stops(driver) == []
    assert {one.close_position for one in driver.venue.live_stops} == {True}, "D stands under it"
    driver.move(str(Decimal(50_000 + side.sign * 5_000) * (1 - side.sign * Decimal("0.0301"))))
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP
    assert driver.venue.is_clean()


@pytest.mark.owns("P1")
def test_P1_it_covers_nothing() -> None:
    driver = protected(Driver(risk=by_venue()))
    (disaster,) = driver.venue.live_stops
    driver.venue.refuse_always = {SendStop: Refusal.OTHER}
    driver.venue.drop(disaster.key.client_id)
    driver.run(4_000, until=lambda: driver.venue.position == 0)
    assert driver.venue.position == 0, "with the trail alone it is closed"


@pytest.mark.owns("P1")
def test_P1_its_loss_costs_no_protection_and_ours_takes_over() -> None:
    driver = protected(Driver(risk=by_venue()))
    driver.move("52000")
    driver.run(3_000)
    driver.move("51500")
    for _ in range(LOSSES_MAX):
        assert len(resting(driver)) == 1
        driver.venue.drop(resting(driver)[0])
        driver.run(6_000)
        assert driver.phase is Phase.PROTECTED
    assert resting(driver) == []
    assert driver.venue.naked_ms <= 20
    assert moved_stops(driver) == [Decimal(50_440)], "W stands where the lost one had come to"
    # The ones that replaced it begin at the best price of before, not at a worse one.
    assert [one.activate_price for one in trails(driver)] == [None, Decimal(52_000), Decimal(52_000)]
    assert "the engine trails from here on" in said(driver)
    driver.move("55000")
    driver.run(5_000)
    assert moved_stops(driver)[-1] == Decimal(53_350)


def test_one_that_replaces_another_leads_from_the_next_better_price_on() -> None:
    driver = protected(Driver(risk=by_venue()))
    driver.move("52000")
    driver.run(3_000)
    driver.move("51500")
    driver.venue.drop(resting(driver)[0])
    driver.run(8_000)
    assert not leads(driver.trade)
    driver.move("53000")
    driver.run(3_000)
    assert leads(driver.trade)
    driver.move("55000")
    driver.run(5_000)
    assert moved_stops(driver) == [Decimal(50_440)]
    driver.move("53349")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP


@pytest.mark.owns("P4")
def test_P4_a_venue_that_trails_by_another_distance_is_told_and_not_relied_on() -> None:
    driver = protected(Driver(risk=by_venue(), venue=SmallVenue(callback_most=Decimal("0.02"))))
    driver.run(4_000)
    assert resting(driver) == []
    assert len(trails(driver)) == 1
    assert "trails by 0.02" in said(driver)
    driver.move("55000")
    driver.run(4_000)
    assert moved_stops(driver) == [Decimal(53_350)]


def test_a_venue_that_refuses_it_leaves_the_trail_to_us() -> None:
    driver = protected(Driver(risk=by_venue(), venue=SmallVenue(refuse_always={SendTrailing: Refusal.OTHER})))
    driver.run(9_000)
    assert len(trails(driver)) == LOSSES_MAX
    assert driver.phase is Phase.PROTECTED
    driver.move("55000")
    driver.run(4_000)
    assert moved_stops(driver)[-1] == Decimal(53_350)


@pytest.mark.owns("P5", "P6")
@pytest.mark.parametrize("signed", ["0.05", "-0.004"])
def test_P5_it_follows_the_size_of_the_position(signed: str) -> None:
    driver = protected(Driver(risk=by_venue()))
    driver.venue.stranger_trades(Decimal(signed))
    driver.run(8_000)
    first, second = trails(driver)
    (kept,) = resting(driver)
    assert (first.quantity, kept) != (second.quantity, first.client_id)
    assert second.quantity == abs(driver.venue.position)
    cancels = [one.key.client_id for _, one in driver.sent if isinstance(one, CancelOrder)]
    assert cancels == [first.client_id]


@pytest.mark.owns("O2")
@pytest.mark.parametrize("fate", list(Fate))
def test_O2_one_without_an_answer_is_sent_again_under_its_own_id(fate: Fate) -> None:
    driver = Driver(risk=by_venue(), fates={SendTrailing: deque([fate])})
    protected(driver).run(5_000)
    assert {one.client_id for one in trails(driver)} == set(resting(driver))
    assert leads(driver.trade)


@pytest.mark.parametrize("landed", [True, False])
def test_a_restart_finds_it_again(landed: bool) -> None:
    """Whether its record reached the disk or not: there is one of it, and it goes with the position."""
    driver = Driver(risk=by_venue()).start(Rung.STOP_FIRST)
    driver.signal(Side.LONG)
    driver.run(3_000, until=lambda: bool(trails(driver)))
    if landed:
        driver.run(1_000)
    driver.crash(writes_land=landed)
    driver.recover()
    driver.run(5_000)
    assert len(resting(driver)) == 1
    assert driver.trade.trailing is not None
    assert driver.trade.trailing.client_id == resting(driver)[0]
    driver.move("55000")
    driver.run(5_000)
    driver.move("53300")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P6")
def test_P6_it_is_swept_when_the_position_was_closed_otherwise() -> None:
    driver = protected(Driver(risk=by_venue()))
    driver.venue.stranger_trades(-driver.venue.position)
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P1")
def test_P1_one_that_fires_and_does_not_finish_is_flattening_for_two_seconds() -> None:
    driver = protected(Driver(risk=by_venue(), venue=SmallVenue(stuck_triggering=True)))
    driver.move("55000")
    driver.run(3_000)
    driver.move("53300")
    order = driver.venue.orders[resting(driver)[0]]
    assert order.state is OrderState.TRIGGERING
    driver.run(1_500)
    assert driver.phase is Phase.PROTECTED
    driver.run(4_000)
    assert driver.venue.position == 0


@pytest.mark.owns("P4")
def test_P4_one_that_rests_beyond_its_trail_is_closed() -> None:
    """The venue forgot to follow: mark is past the trail and the order is listed as if nothing had happened."""
    driver = protected(Driver(risk=by_venue()))
    driver.move("55000")
    driver.run(3_000)
    name = resting(driver)[0]
    driver.venue.trails[name] = (Decimal(50_500), True)
    driver.move("53000")
    driver.run(4_000)
    assert driver.venue.position == 0
    assert "the trail is reached" in said(driver)


def test_the_engine_trails_where_that_is_configured() -> None:
    driver = protected(Driver(risk=with_trailing("0.03")))
    driver.move("55000")
    driver.run(4_000)
    assert (trails(driver), moved_stops(driver)) == ([], [Decimal(53_350)])


def test_where_one_stop_is_allowed_nothing_rests_beside_it() -> None:
    driver = Driver(risk=by_venue("0.01")).start(Rung.ATTACHED)
    driver.signal(Side.LONG)
    driver.reach(Phase.PROTECTED)
    driver.move("52000")
    driver.run(2_000)
    driver.move("51470")
    driver.reach(Phase.DONE)
    assert trails(driver) == []
    assert driver.ended[0].reason is ExitReason.STOP_REACHED


@pytest.mark.owns("P4")
@pytest.mark.parametrize("seed", range(15))
def test_P4_the_position_never_outlives_its_trail(seed: int) -> None:
    """Whatever is lost, refused or restarted on a random way: past the trail of the best mark the position is gone."""
    rng = Random(seed)
    driver = protected(Driver(risk=by_venue("0.01"), tick_ms=250))
    trade_id = driver.trade.trade_id
    best = mark = Decimal(50_000)
    for _ in range(30):
        mark = (mark * (1 + Decimal(rng.randint(-30, 40)) / 10_000)).quantize(Decimal("0.1"))
        best = max(best, mark)
        driver.move(str(mark))
        driver.run(rng.choice((250, 1_000, 3_000)))
        if trade_id not in driver.state.trades or driver.venue.position == 0:
            break
        roll = rng.random()
        if roll < 0.15 and resting(driver):
            driver.venue.drop(resting(driver)[0])
        elif roll < 0.25:
            driver.fates[SendTrailing] = deque([rng.choice(list(Fate))])
        elif roll < 0.35:
            driver.venue.stranger_trades(Decimal("0.01"))
        driver.run(4_000)
        assert driver.venue.position == 0 or mark > best * Decimal("0.9889"), (seed, mark, best)
    assert driver.venue.naked_ms < 1_000
    assert driver.venue.opened_by_reduction == []


# -- every step of a small world ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Trailed(World):
    """The world of `trailed`, in which the venue trails."""

    script: Script = trailed

    def begin(self) -> Driver:
        driver = Driver(risk=by_venue("0.01"), tick_ms=250).start(self.rung)
        driver.handled = 0
        driver.signal()
        self.script(driver)
        return driver


BESIDE = [Rung.STOP_FIRST, Rung.CONCURRENT, Rung.AFTER_FILL]
"""Where a stop travels with the entry a side has room for it alone."""


@pytest.mark.owns("P1", "P6")
@pytest.mark.parametrize("land", [True, False])
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, pytest.param(Rung.AFTER_FILL, marks=pytest.mark.long)])
def test_P1_a_crash_at_every_step_of_a_trail_leaves_nothing_naked_and_nothing_behind(
    rung: Rung, *, land: bool
) -> None:
    world = Trailed(rung=rung)
    for point in range(1, world.steps()):
        judge(world.crash(point, land=land), rung=rung, outages=1)


@pytest.mark.owns("O2", "O3")
@pytest.mark.parametrize("rung", BESIDE)
def test_O3_every_fate_of_every_request_of_a_trail_ends_clean(rung: Rung) -> None:
    for place, fate in product(range(6), Fate):
        driver = Trailed(rung=rung).begin()
        driver.fortune = deque([*[None] * place, fate])
        driver.run(24_000)
        judge(driver, rung=rung)


@pytest.mark.long  # five requests, three fates each, on three rungs
@pytest.mark.owns("O3")
@pytest.mark.parametrize("rung", BESIDE)
def test_O3_every_combination_of_fates_of_five_requests_of_a_trail(rung: Rung) -> None:
    for fates in product([None, *Fate], repeat=5):
        driver = Trailed(rung=rung).begin()
        driver.fortune = deque(fates)
        driver.run(40_000)
        judge(driver, rung=rung)
