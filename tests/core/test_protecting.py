"""Keeping a position covered: lost, refused, doubtful and stuck stops, the ratchet, the target."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.effects import Level
from jackline.core.ids import Role, client_id, parse_client_id
from jackline.core.machine import Phase
from jackline.core.orders import PriceSource
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.requests import (
    CancelOrder,
    ReadOrder,
    ReadSnapshot,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    StopShape,
)
from jackline.core.trade import ExitReason, SlotState
from jackline.core.values import Side, fraction
from tests.core.driver import Driver, cancelled
from tests.core.making import RISK, with_trailing
from tests.core.small_venue import Fate, SmallVenue

REPAIR_DEADLINE_MS = 5_000
TRAILING = with_trailing("0.03")


def protected(driver: Driver, *, rung: Rung = Rung.STOP_FIRST, side: Side = Side.LONG) -> Driver:
    driver.start(rung).signal(side)
    return driver.reach(Phase.PROTECTED)


def shapes(driver: Driver) -> list[StopShape]:
    return [request.shape for _, request in driver.sent if isinstance(request, SendStop)]


# -- D: lost, refused, doubtful ------------------------------------------------------------------------------


@pytest.mark.owns("P1")
@pytest.mark.parametrize("rung", list(Rung))
def test_P1_a_silently_dropped_stop_is_replaced_within_the_repair_deadline(rung: Rung) -> None:
    driver = protected(Driver(), rung=rung)
    driver.run(3_000)
    assert driver.trade.disaster is not None
    before_ms = driver.venue.naked_ms
    (resting,) = [name for name, order in driver.venue.orders.items() if order in driver.venue.live_stops]
    driver.venue.drop(resting)
    driver.run(REPAIR_DEADLINE_MS, until=lambda: bool(driver.venue.live_stops))
    assert driver.venue.naked_ms - before_ms <= REPAIR_DEADLINE_MS
    driver.reach(Phase.PROTECTED)
    assert [alert.code for alert in driver.alerts(Level.WARNING)] == ["P1"]


@pytest.mark.owns("P4")
@pytest.mark.parametrize("rung", [Rung.CONCURRENT, Rung.AFTER_FILL])
def test_P4_a_stop_that_would_trigger_at_once_closes(rung: Rung) -> None:
    driver = Driver(venue=SmallVenue(refuse_always={SendStop: Refusal.STOP_REACHED}))
    driver.start(rung).signal()
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED
    assert driver.venue.is_clean()
    prices = {request.trigger_price for _, request in driver.sent if isinstance(request, SendStop)}
    assert len(prices) == 1, "the same price or none: never further away"


def test_a_refused_stop_is_tried_in_the_other_shape() -> None:
    driver = Driver(venue=SmallVenue(refusals={SendStop: deque([Refusal.OTHER])}))
    driver.start(Rung.AFTER_FILL).signal()
    driver.reach(Phase.PROTECTED)
    assert shapes(driver) == [StopShape.WHOLE_POSITION, StopShape.QUANTITY]
    assert driver.venue.naked_ms <= 20


def test_P1_a_stop_refused_in_both_shapes_closes() -> None:
    driver = Driver(venue=SmallVenue(refuse_always={SendStop: Refusal.OTHER}))
    driver.start(Rung.AFTER_FILL).signal()
    driver.reach(Phase.DONE)
    assert shapes(driver) == [StopShape.WHOLE_POSITION, StopShape.QUANTITY]
    assert driver.ended[0].reason is ExitReason.STOP_FAILED
    assert driver.venue.naked_ms <= 100


@pytest.mark.owns("P1")
def test_P1_the_deadline_closes_when_nothing_can_be_read_back() -> None:
    driver = Driver().start(Rung.AFTER_FILL)
    driver.signal()
    driver.reach(Phase.EXPOSED)
    exposed_ms = driver.now_ms
    driver.reads_fail = True
    driver.run(2_000, until=lambda: driver.count(SendClose) > 0)
    assert 1_250 < driver.now_ms - exposed_ms <= 1_500, "the close is under way when the deadline comes"
    driver.reads_fail = False
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.DEADLINE
    assert "P1" in [alert.code for alert in driver.alerts(Level.CRITICAL)]


@pytest.mark.owns("O2")
@pytest.mark.parametrize("fate", list(Fate))
@pytest.mark.parametrize("rung", [rung for rung in Rung if rung is not Rung.ATTACHED])
def test_O2_an_unanswered_stop_is_sent_again_under_the_same_id(fate: Fate, rung: Rung) -> None:
    driver = Driver(fates={SendStop: deque([fate])})
    driver.start(rung).signal()
    driver.reach(Phase.PROTECTED, within_ms=1_500)
    ids = [request.client_id for _, request in driver.sent if isinstance(request, SendStop)]
    assert len(set(ids)) == 1
    assert len(ids) == (2 if fate is Fate.LOSE_REQUEST else 1), "what executed is found by asking"
    assert driver.venue.naked_ms <= 600


def test_O2_a_duplicate_is_adopted() -> None:
    """The answer is lost, and the read-back lags so long that the stop is sent a second time."""
    driver = Driver(fates={SendStop: deque([Fate.LOSE_ANSWER])}).start(Rung.AFTER_FILL)
    driver.venue.read_lag_ms = 30
    driver.signal()
    driver.reach(Phase.PROTECTED)
    assert driver.count(SendStop) == 2
    assert len(driver.venue.live_stops) == 1
    assert shapes(driver) == [StopShape.WHOLE_POSITION] * 2


@pytest.mark.owns("O3")
@pytest.mark.parametrize("lag_ms", [40, 300, 900])
def test_O3_reads_that_lag_behind_the_fill_prove_neither_flat_nor_a_missing_stop(lag_ms: int) -> None:
    driver = Driver().start(Rung.AFTER_FILL)
    driver.venue.read_lag_ms = lag_ms
    driver.signal()
    driver.reach(Phase.EXPOSED)
    driver.run(3_000, until=lambda: driver.phase is not Phase.EXPOSED)
    assert driver.phase is Phase.PROTECTED, "one flat read does not outweigh a fill"
    assert driver.count(SendStop) == 1
    assert driver.venue.naked_ms == 10


def test_reads_that_fail_are_repeated_at_a_pace() -> None:
    driver = Driver(fates={SendStop: deque([Fate.LOSE_ANSWER])}).start(Rung.AFTER_FILL)
    driver.signal()
    driver.reach(Phase.EXPOSED)
    driver.reads_fail = True
    reads = Driver._read
    asked: list[object] = []

    def counting(self: Driver, request: ReadOrder | ReadSnapshot) -> None:
        asked.append(request)
        reads(self, request)

    driver.__class__ = type("Counting", (Driver,), {"_read": counting, "__slots__": ()})
    driver.run(10_000)
    assert 40 < len(asked) <= 170, "at most one read of a kind a quarter second"


def test_snapshots_are_paced_while_a_request_is_slow() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.latency[SendStop] = (5, 3_000)
    before = driver.state.asked
    driver.move("52000")
    driver.run(2_900)
    assert driver.count(SendStop) == 2
    assert driver.state.asked - before <= 16


# -- stops that fire -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("rung", list(Rung))
def test_a_stop_that_fires_ends_the_trade_and_nothing_rests(rung: Rung, side: Side) -> None:
    driver = protected(Driver(), rung=rung, side=side)
    driver.run(1_000)
    driver.move("48000" if side is Side.LONG else "52000")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP
    assert driver.venue.is_clean()
    assert driver.count(SendClose) == 0


@pytest.mark.owns("P1")
def test_P1_a_stuck_trigger_counts_as_flattening_and_then_closes() -> None:
    driver = protected(Driver())
    driver.venue.stuck_triggering = True
    driver.move("49000")
    fired_ms = driver.now_ms
    driver.run(10_000, until=lambda: driver.count(SendClose) > 0)
    assert 2_000 < driver.now_ms - fired_ms <= 2_600
    driver.reach(Phase.SWEEPING)
    assert driver.trade.exit_reason is ExitReason.STOP_FAILED


def test_P4_mark_beyond_a_missing_stop_closes() -> None:
    driver = protected(Driver())
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.move("49000")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED
    assert driver.venue.is_clean()


# -- W: the ratchet ------------------------------------------------------------------------------------------


def working_prices(driver: Driver) -> list[Decimal]:
    return [
        request.trigger_price
        for _, request in driver.sent
        if isinstance(request, SendStop)
        and (name := parse_client_id(request.client_id))
        and name.role is Role.WORKING
    ]


def test_D_stands_where_the_stop_from_the_fill_would_be_looser() -> None:
    """D counts from the worst fill the collar allows, 50,125: 49,623.8. From the fill it were 49,500."""
    driver = protected(Driver())
    driver.run(5_000)
    assert working_prices(driver) == []
    assert driver.trade.disaster is not None
    assert driver.trade.disaster.trigger_price == Decimal("49623.8")


def test_a_fill_beyond_the_collar_gets_its_tighter_stop_as_W() -> None:
    driver = Driver(latency={SendEntry: (200, 5)})
    driver.start().signal()
    driver.run(100)
    driver.venue.move(Decimal(50_500))
    driver.reach(Phase.PROTECTED)
    driver.move("50500")
    driver.run(3_000)
    assert working_prices(driver) == [Decimal(49_995)]


@pytest.mark.owns("P4", "P5")
def test_P5_trailing_places_then_reads_back_then_cancels() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.run(1_000)
    for mark in ("52000", "51000", "55000", "54000"):
        driver.move(mark)
        driver.run(3_000)
    assert working_prices(driver) == [Decimal(50_440), Decimal(53_350)]
    assert driver.verbs()[2:] == ["stop working", "stop working", "cancel working"]
    live = {order.trigger_price for order in driver.venue.live_stops}
    assert live == {driver.trade.stop.disaster_price, Decimal(53_350)}
    driver.move("53349")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP
    assert driver.venue.is_clean()


@pytest.mark.owns("P5", "P7")
def test_P5_no_W_goes_while_D_does_not_count() -> None:
    """Margin was taken out: liquidation now lies before D, so only the two W protect."""
    driver = protected(Driver(risk=TRAILING))
    driver.move("52000")
    driver.run(3_000)
    driver.venue.liquidation = Decimal(49_700)
    for mark in ("55000", "58000"):
        driver.move(mark)
        driver.run(6_000)
    assert working_prices(driver) == [Decimal(50_440), Decimal(53_350)], "two W may overlap, not three"
    assert cancelled(driver) == set()


@pytest.mark.owns("P4")
def test_P4_when_every_stop_is_lost_the_new_one_stands_at_the_tightest_ever_read_back() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.move("52000")
    driver.run(3_000)
    driver.move("51000")
    for order in driver.venue.live_stops:
        driver.venue.drop(order.key.client_id)
    driver.run(REPAIR_DEADLINE_MS, until=lambda: bool(driver.venue.live_stops))
    assert [order.trigger_price for order in driver.venue.live_stops] == [Decimal(50_440)]


def test_P1_a_quantity_stop_that_became_too_small_is_joined_by_a_whole_one() -> None:
    driver = Driver(venue=SmallVenue(refusals={SendStop: deque([Refusal.OTHER])}))
    protected(driver, rung=Rung.AFTER_FILL).run(1_000)
    driver.venue.stranger_trades(Decimal("0.05"))
    driver.run(REPAIR_DEADLINE_MS)
    assert not driver.venue.is_naked
    assert driver.phase is Phase.PROTECTED
    assert [order.close_position for order in driver.venue.live_stops] == [False, True]


@pytest.mark.owns("P1", "P2")
@pytest.mark.parametrize("rung", [Rung.STOP_FIRST, Rung.AFTER_FILL])
def test_P1_a_stop_that_reads_back_otherwise_than_sent_does_not_protect(rung: Rung) -> None:
    driver = Driver().start(rung)
    driver.signal()
    driver.run(200, until=lambda: bool(driver.venue.live_stops))
    (wrong,) = [order.key.client_id for order in driver.venue.live_stops]
    driver.venue.orders[wrong] = replace(driver.venue.orders[wrong], price_source=PriceSource.LAST)
    driver.run(3_000)
    assert "P1" in [alert.code for alert in driver.alerts(Level.CRITICAL)]
    if rung is Rung.STOP_FIRST:
        assert driver.venue.entries == []
    else:
        assert driver.phase is Phase.PROTECTED
        assert driver.trade.disaster is not None
        assert driver.trade.disaster.client_id != wrong
    driver.move("45000")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_P5_the_old_working_stop_stays_until_the_new_one_is_read_back() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.run(3_000)
    driver.move("52000")
    driver.run(3_000)
    driver.move("55000")
    driver.run(400, until=lambda: len(working_prices(driver)) == 2)
    driver.reads_fail = True
    driver.run(3_000)
    assert cancelled(driver) == set()
    assert len(driver.venue.live_stops) == 3
    driver.reads_fail = False
    driver.run(3_000)
    assert len(cancelled(driver)) == 1
    assert len(driver.venue.live_stops) == 2


@pytest.mark.owns("P4", "P5")
@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    side=st.sampled_from(list(Side)),
    lost=st.sampled_from([None, Fate.LOSE_ANSWER, Fate.LOSE_REQUEST]),
)
def test_P4_no_path_of_mark_ever_loosens_a_stop(seed: int, side: Side, lost: Fate | None) -> None:
    """The driver judges every stop that leaves (P4) and every cancel that arrives (P5)."""
    rng, driver = Random(seed), Driver(risk=with_trailing("0.01"), tick_ms=250)
    protected(driver, side=side)
    if lost is not None:
        driver.fates = {SendStop: deque([lost]), CancelOrder: deque([lost])}
    for _ in range(12):
        if driver.phase is not Phase.PROTECTED:
            break
        step = Decimal(rng.randint(-40, 60)) / 10_000
        driver.move((driver.venue.mark * (1 + side.sign * step)).quantize(Decimal("0.1")))
        driver.run(rng.choice([50, 600, 2_500]))
        assert driver.venue.position == 0 or not driver.venue.is_naked
    assert driver.venue.naked_ms == 0
    driver.move("30000" if side is Side.LONG else "80000")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_a_refused_working_stop_does_not_end_the_trailing() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.run(3_000)
    driver.venue.refusals = {SendStop: deque([Refusal.OTHER])}
    driver.move("52000")
    driver.run(6_000)
    live = {order.trigger_price for order in driver.venue.live_stops}
    assert Decimal(50_440) in live


def test_a_trail_that_mark_has_passed_closes() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.run(3_000)
    driver.move("55000")
    driver.move("53000")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED
    assert driver.venue.is_clean()


@pytest.mark.owns("P5")
def test_a_dropped_D_is_put_back_while_a_working_stop_covers() -> None:
    driver = protected(Driver(risk=TRAILING))
    driver.move("52000")
    driver.run(3_000)
    assert driver.trade.disaster is not None
    lost = driver.trade.disaster
    driver.venue.drop(lost.client_id)
    before = driver.state.asked
    driver.run(6_000)
    assert driver.trade.disaster.client_id != lost.client_id
    assert driver.trade.disaster.trigger_price == lost.trigger_price
    assert any(order.close_position for order in driver.venue.live_stops)
    assert driver.state.asked - before <= 12, "looking for it must not become a loop of reads"
    assert driver.venue.naked_ms == 0


def test_P1_a_position_that_grew_is_covered_by_D() -> None:
    driver = protected(Driver())
    driver.run(3_000)
    driver.venue.stranger_trades(Decimal("0.05"))
    driver.run(3_000)
    assert driver.trade.quantity == driver.venue.position
    assert driver.venue.naked_ms == 0


# -- target and hold -----------------------------------------------------------------------------------------


def test_a_target_rests_beside_the_stop_and_ends_the_trade() -> None:
    risk = type(RISK)(stop=RISK.stop, target_fraction=fraction("0.02"))
    driver = protected(Driver(risk=risk))
    driver.run(1_000)
    assert driver.count(SendTarget) == 1
    driver.move("51100")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TARGET
    assert driver.venue.is_clean()


def test_a_refused_target_changes_nothing() -> None:
    risk = type(RISK)(stop=RISK.stop, target_fraction=fraction("0.02"))
    driver = protected(Driver(risk=risk, venue=SmallVenue(refusals={SendTarget: deque([Refusal.OTHER])})))
    driver.run(5_000)
    assert driver.count(SendTarget) == 1
    assert driver.phase is Phase.PROTECTED
    assert driver.trade.target is not None
    assert driver.trade.target.state is SlotState.REFUSED


def test_max_hold_closes_on_market_time() -> None:
    driver = protected(Driver())
    driver.run(1_000)
    driver.market_ahead_ms = RISK.hold_max_ms - 60_000
    driver.run(1_000)
    assert driver.phase is Phase.PROTECTED
    driver.market_ahead_ms = RISK.hold_max_ms
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.MAX_HOLD
    assert driver.venue.is_clean()


# -- the watchdog --------------------------------------------------------------------------------------------


def test_a_stop_of_the_watchdog_is_adopted_and_swept() -> None:
    driver = protected(Driver())
    driver.run(3_000)
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    mine = client_id(driver.trade.trade_id, Role.WATCHDOG_STOP, 1)
    driver.venue.stranger_rests(mine, trigger=Decimal(49_600), whole=True)
    driver.run(3_000)
    assert driver.trade.slot(mine) is not None
    assert driver.venue.naked_ms == 0
    driver.move("49000")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P7", "P1")
def test_P7_liquidation_that_moves_past_the_stop_tightens_the_plan_once() -> None:
    """Leverage was raised or margin taken out: one stop inside liquidation joins the old one, not a storm of them."""
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.venue.liquidation = Decimal(49_800)
    driver.run(10_000)
    assert driver.phase is Phase.PROTECTED
    assert driver.count(SendStop) == 3, "the venue takes one whole-position stop: the second shape rests"
    assert driver.trade.stop.disaster_price == Decimal(49_880)
    driver.venue.liquidation = None
    driver.run(10_000)
    assert driver.trade.stop.disaster_price == Decimal(49_880), "P4: never back"


@pytest.mark.owns("P1")
def test_P1_stops_that_rest_and_never_cover_end_in_a_close() -> None:
    """Liquidation passes every stop we place: after a few the position is closed, and the venue's list stays free."""
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    while driver.phase is Phase.PROTECTED:
        driver.venue.liquidation = driver.trade.stop.disaster_price + 1
        driver.run(3_000)
        assert len(driver.venue.live_stops) <= 7
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_FAILED
    assert driver.venue.is_clean()
