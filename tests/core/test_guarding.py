"""Positions of somebody else, beside whom we trade nothing: the default stop, and what it must not disturb."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.effects import Level
from jackline.core.guard import adopted_distance, adopted_stop
from jackline.core.machine import Phase
from jackline.core.plan import Rung
from jackline.core.requests import SendClose, SendEntry, SendStop, StopShape
from jackline.core.settings import AdoptSettings, RiskSettings, StopBasis, StopSettings
from jackline.core.trade import ExitReason
from jackline.core.values import Price, Quote, Side, fraction, price
from tests.core.driver import Driver, cancelled
from tests.core.making import RISK, instrument, position
from tests.core.small_venue import BTC

EQUITY = Quote(Decimal(10_000))


def based_on(basis: StopBasis, value: str, *, leverage: int = 4) -> RiskSettings:
    return RiskSettings(leverage=leverage, stop=StopSettings(basis=basis, value_fraction=fraction(value)))


def guarding(**adopting: object) -> Driver:
    """An engine that trades nothing: no rung is ever proven."""
    driver = Driver()
    driver.state = replace(driver.state, adopting=AdoptSettings(**adopting))  # type: ignore[arg-type]  # each test says its own fields
    return driver.start(rung=None)


def shapes(driver: Driver) -> list[StopShape]:
    return [request.shape for _, request in driver.sent if isinstance(request, SendStop)]


# -- where the stop stands -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("basis", "value", "leverage", "equity", "distance"),
    [
        (StopBasis.PRICE, "0.015", "20", EQUITY, "0.015"),
        (StopBasis.MARGIN, "0.04", "4", EQUITY, "0.01"),
        (StopBasis.MARGIN, "0.04", "20", EQUITY, "0.002"),
        (StopBasis.MARGIN, "0.04", None, EQUITY, "0.01"),
        (StopBasis.MARGIN, "0.04", "125", EQUITY, "0.001"),
        (StopBasis.MARGIN, "0.50", "2", EQUITY, "0.10"),
        (StopBasis.EQUITY, "0.03", "4", EQUITY, "0.06"),
        (StopBasis.EQUITY, "0.03", "4", Quote(Decimal(2_500)), "0.015"),
        (StopBasis.EQUITY, "0.03", "4", None, "0.0075"),
    ],
    ids=[
        "of the price",
        "of the margin, as policy has it",
        "of the margin at its own leverage",
        "of the margin at the configured leverage where its own is not told",
        "never inside the band",
        "never outside it",
        "of the equity: half of it is in the position",
        "of the equity: twice of it is in the position",
        "of an equity that nobody knows yet: all of it",
    ],
)
def test_an_adopted_stop_stands_by_what_the_position_really_is(
    basis: StopBasis, value: str, leverage: str | None, equity: Quote | None, distance: str
) -> None:
    held = replace(position(size="0.1"), leverage=None if leverage is None else Decimal(leverage))
    assert adopted_distance(held, based_on(basis, value), equity) == Decimal(distance)


@pytest.mark.parametrize(("side", "stop"), [(Side.LONG, "99000"), (Side.SHORT, "101000")])
def test_the_example_of_the_policy_holds_for_an_adopted_position(side: Side, stop: str) -> None:
    """4 % of the margin at 4× is 1 % of the price."""
    held = replace(position(side, entry="100000", mark="100000"), leverage=Decimal(4))
    risk = based_on(StopBasis.MARGIN, "0.04", leverage=9)
    assert adopted_stop(held, instrument(), risk, equity_quote=EQUITY).disaster_price == price(stop)


# -- what happens to it --------------------------------------------------------------------------------------


@pytest.mark.owns("P1")
@pytest.mark.parametrize("side", list(Side))
def test_P1_a_position_of_somebody_else_is_covered_from_the_first_look_and_swept_when_they_leave(
    side: Side,
) -> None:
    driver = guarding()
    driver.venue.stranger_trades(side.sign * Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    assert driver.verbs() == ["stop disaster"]
    driver.venue.stranger_trades(-side.sign * Decimal("0.1"))
    driver.run(20_000)
    assert driver.venue.is_clean()
    assert driver.ended[0].reason is ExitReason.ELSEWHERE
    assert driver.count(SendEntry) == driver.count(SendClose) == 0


@pytest.mark.owns("P6")
def test_P6_their_stop_stays_and_ours_rests_beside_it() -> None:
    driver = guarding()
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.venue.stranger_rests("theirs", trigger=Decimal(49_900), whole=True)
    before = driver.venue.orders["theirs"]
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    driver.run(10_000)
    assert driver.venue.orders["theirs"] == before
    assert len(driver.venue.live_stops) == 2
    assert not cancelled(driver)
    assert driver.count(SendClose) == 0


def test_a_stop_of_a_quantity_leaves_the_whole_position_one_to_them_and_follows_what_they_add() -> None:
    driver = guarding(leaves_whole_position=True)
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    driver.venue.stranger_trades(Decimal("0.2"))
    driver.run(6_000)
    driver.reach(Phase.PROTECTED)
    assert set(shapes(driver)) == {StopShape.QUANTITY}
    assert driver.trade.disaster is not None
    assert driver.trade.disaster.quantity == Decimal("0.3")
    assert driver.count(SendClose) == 0


@pytest.mark.owns("P1")
def test_P1_a_position_that_grows_in_many_small_fills_is_never_closed_for_stops_it_has_outgrown() -> None:
    driver = guarding(leaves_whole_position=True)
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    for _ in range(12):
        driver.venue.stranger_trades(Decimal("0.01"))
        driver.run(2_050)
    driver.reach(Phase.PROTECTED)
    assert driver.count(SendClose) == 0
    assert driver.venue.position == Decimal("0.22")


@pytest.mark.parametrize("trailing", [None, "0.03"])
def test_it_trails_only_where_that_is_configured(trailing: str | None) -> None:
    driver = guarding(trailing_fraction=None if trailing is None else fraction(trailing))
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    for mark in ("52000", "55000"):
        driver.move(mark)
        driver.run(4_000)
    tightest = max(order.trigger_price for order in driver.venue.live_stops if order.trigger_price)
    assert tightest == (Decimal("53350") if trailing else Decimal("49500"))


# -- out, and in again ---------------------------------------------------------------------------------------


@pytest.mark.owns("P1")
def test_P1_in_again_after_a_stop_has_fired_is_a_position_with_a_plan_of_its_own() -> None:
    """By the plan of the one before, whose price is passed, it was closed at once, again and again."""
    driver = guarding()
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    driver.move("49400")
    assert driver.venue.position == 0
    driver.run(2_500)
    assert driver.phase is Phase.SWEEPING
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.run(6_000)
    driver.reach(Phase.PROTECTED)
    assert driver.count(SendClose) == 0
    assert [order.trigger_price for order in driver.venue.live_stops] == [Decimal("48906")]


@pytest.mark.owns("P4")
def test_P4_in_again_at_a_better_price_the_stop_goes_to_the_new_plan_and_the_old_one_stays_under_it() -> None:
    driver = guarding()
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    driver.move("52000")
    driver.venue.stranger_trades(Decimal("-0.1"))
    driver.run(2_500)
    assert driver.phase is Phase.SWEEPING
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.reach(Phase.PROTECTED).run(8_000)
    triggers = sorted(order.trigger_price or Price(Decimal(0)) for order in driver.venue.live_stops)
    assert triggers == [Decimal("49500"), Decimal("51480")]


# -- room for one stop ---------------------------------------------------------------------------------------


@pytest.mark.owns("P1")
@pytest.mark.parametrize(("theirs", "told"), [("49000", True), ("49500", False), ("49900", False)])
def test_P1_where_one_stop_fits_theirs_is_the_cover_and_a_looser_one_than_the_plan_is_told(
    theirs: str, told: bool
) -> None:
    driver = Driver(risk=RISK).start(Rung.ATTACHED)
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.venue.stranger_rests("theirs", trigger=Decimal(theirs))
    driver.reach(Phase.PROTECTED, within_ms=7_000)
    driver.run(10_000)
    assert driver.count(SendStop) == driver.count(SendClose) == 0
    texts = [alert.text for alert in driver.alerts(Level.WARNING) if alert.code == "P1"]
    assert any(f"rests at {theirs} and is not ours" in text for text in texts) is told
    assert BTC in texts[0]
