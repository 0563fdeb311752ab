"""The attached rung: the stop travels inside the entry, has no name of ours, and is alone on its side."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core import claims, gates
from jackline.core.effects import Level
from jackline.core.events import CloseAsked, Now, StopsClaimed
from jackline.core.ids import LEG_ATTEMPT, Role, TradeId, client_id
from jackline.core.machine import Phase
from jackline.core.orders import OrderKind, PositionMode, PriceSource, Snapshot
from jackline.core.outcomes import NotSent, Outcome, Reason, Refusal, Refused, Unknown
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
from jackline.core.settings import RiskSettings
from jackline.core.trade import ExitReason
from jackline.core.traits import FULL_TRAITS
from jackline.core.turn import Turn
from jackline.core.unanswered import notice_lost_legs
from jackline.core.values import MarketMs, Price, Quantity, Side, WireMs, fraction
from tests.core.driver import Driver, cancelled
from tests.core.making import RISK, with_trailing
from tests.core.small_venue import BTC, Fate

WITH_TARGET = RiskSettings(stop=RISK.stop, target_fraction=fraction("0.02"))


def entered(driver: Driver, *, side: Side = Side.LONG) -> Driver:
    driver.start(Rung.ATTACHED).signal(side)
    return driver.reach(Phase.PROTECTED)


def closed(driver: Driver) -> Driver:
    driver.feed(CloseAsked(symbol=BTC, side=None, reason=ExitReason.OPERATOR))
    return driver.reach(Phase.DONE)


def look(driver: Driver) -> Snapshot:
    request = ReadSnapshot(asked=1_000, symbols=(BTC,))
    return driver.venue.read_snapshot(request, asked_ms=driver.now_ms)


@pytest.mark.owns("P1")
@pytest.mark.parametrize("side", list(Side))
def test_P1_the_leg_alone_protects_and_is_read_back_by_a_listing(side: Side) -> None:
    driver = entered(Driver(), side=side)
    assert driver.venue.naked_ms == 0
    assert driver.count(SendStop) == 0
    disaster = driver.trade.disaster
    assert disaster is not None
    assert disaster.client_id == client_id(driver.trade.trade_id, Role.DISASTER, LEG_ATTEMPT)
    assert disaster.venue_id == driver.venue.live_stops[0].key.venue_id


@pytest.mark.owns("P1")
def test_P1_a_leg_that_the_venue_forgot_is_replaced_by_a_stop_of_its_own() -> None:
    driver = Driver()
    driver.venue.lose_legs = True
    entered(driver)
    (stop,) = [request for _, request in driver.sent if isinstance(request, SendStop)]
    assert stop.shape is StopShape.QUANTITY, "no whole-position stop in netting mode here"
    assert stop.quantity == driver.trade.quantity
    assert driver.venue.naked_ms <= 400, "after one listing"
    assert driver.trade.disaster is not None
    assert not driver.trade.disaster.is_leg


@pytest.mark.owns("P1")
def test_P1_a_leg_is_missed_although_the_answer_to_its_entry_is_lost() -> None:
    driver = Driver(fates={SendEntry: deque([Fate.LOSE_ANSWER])})
    driver.venue.lose_legs = True
    entered(driver)
    assert driver.count(SendStop) == 1
    assert driver.venue.naked_ms <= 600, "after the first look that shows the position"


@pytest.mark.owns("O2")
def test_O2_a_look_that_left_as_the_entry_did_says_nothing_of_its_leg() -> None:
    """Positions and orders are listed apart: it may show the one before the entry and the other behind it."""
    driver = Driver()
    driver.venue.lose_legs = True
    driver.start(Rung.ATTACHED).signal()
    driver.reach(Phase.EXPOSED)
    slot = driver.trade.entry_slot
    assert slot is not None
    assert slot.sent_ms is not None
    reread_ms = driver.state.protection.reread_ms
    for age_ms, is_lost in ((reread_ms - 1, False), (reread_ms, True)):
        turn = Turn(driver.state, Now(wire_ms=WireMs(driver.now_ms), market_ms=MarketMs(driver.now_ms)))
        notice_lost_legs(turn, replace(look(driver), asked_ms=WireMs(slot.sent_ms + age_ms)))
        disaster = turn.trades[driver.trade.trade_id].disaster
        assert (disaster is None) is is_lost, f"{age_ms} ms after the entry"


@pytest.mark.owns("K2", "P1")
def test_K2_nothing_enters_while_a_position_waits_for_an_order_that_protects_it() -> None:
    driver = Driver()
    driver.venue.lose_legs = True
    driver.start(Rung.ATTACHED).signal()
    driver.reach(Phase.EXPOSED)
    denied = gates.account_denial(driver.state)
    assert denied is not None
    assert denied.reason is Reason.ORDERS_SCARCE
    assert gates.account_denial(replace(driver.state, traits=FULL_TRAITS)) is None
    driver.reach(Phase.PROTECTED)
    assert gates.account_denial(driver.state) is None


@pytest.mark.owns("P1")
def test_P1_a_stop_is_not_tried_again_when_a_close_would_come_too_late() -> None:
    driver = Driver(always={SendStop: Fate.LOSE_REQUEST}, latency={SendStop: (10, 250)})
    driver.venue.lose_legs = True
    driver.start(Rung.ATTACHED).signal()
    driver.reach(Phase.SWEEPING)
    third_ms = driver.state.protection.protect_deadline_ms // 3
    assert third_ms < driver.venue.naked_ms <= third_ms + 350, "with the first answer beyond the first third"


@pytest.mark.owns("P1")
def test_P1_a_position_whose_leg_and_stop_are_refused_is_closed() -> None:
    driver = Driver()
    driver.venue.lose_legs = True
    driver.venue.refuse_always[SendStop] = Refusal.OTHER
    driver.start(Rung.ATTACHED).signal()
    driver.reach(Phase.SWEEPING)
    assert driver.venue.position == 0
    assert driver.venue.naked_ms <= 1_500


@pytest.mark.owns("O2")
def test_O2_a_stop_without_a_name_is_listed_before_another_is_sent() -> None:
    driver = Driver(fates={SendStop: deque([Fate.LOSE_ANSWER])})
    driver.venue.lose_legs = True
    entered(driver)
    assert driver.count(SendStop) == 1, "the listing shows what executed"
    assert len(driver.venue.live_stops) == 1


@pytest.mark.owns("O2")
def test_O2_a_stop_without_a_name_that_never_arrived_goes_out_under_a_new_id() -> None:
    driver = Driver(fates={SendStop: deque([Fate.LOSE_REQUEST])})
    driver.venue.lose_legs = True
    entered(driver)
    ids = [request.client_id for _, request in driver.sent if isinstance(request, SendStop)]
    assert len(set(ids)) == len(ids) == 2
    assert driver.venue.naked_ms <= 1_000


@pytest.mark.owns("P6")
def test_P6_the_leg_is_swept_by_its_venue_id_once_the_position_is_flat() -> None:
    driver = entered(Driver())
    leg = client_id(driver.trade.trade_id, Role.DISASTER, LEG_ATTEMPT)
    closed(driver)
    assert cancelled(driver) == {leg}
    assert driver.venue.is_clean()


@pytest.mark.owns("P6")
def test_P6_a_leg_whose_record_died_with_the_process_is_still_ours() -> None:
    driver = Driver().start(Rung.ATTACHED)
    driver.signal()
    driver.run(1_000, until=lambda: driver.count(SendEntry) == 1)
    driver.crash(requests_arrive=True, writes_land=False)
    driver.recover(rung=Rung.ATTACHED)
    driver.reach(Phase.PROTECTED)
    assert driver.venue.naked_ms == 0
    closed(driver)
    assert driver.venue.is_clean()


@pytest.mark.owns("P6")
def test_P6_a_strangers_stop_beside_ours_is_never_claimed() -> None:
    driver = entered(Driver())
    driver.venue.stranger_rests("by-hand", trigger=Decimal(40_000))
    driver.run(3_000)
    closed(driver)
    driver.run(15_000)
    assert [order.trigger_price for order in driver.venue.live] == [Decimal(40_000)]
    told = [alert.text for alert in driver.alerts(Level.INFO) if alert.code == "P6"]
    assert any("#" in text for text in told), "shown by the venue's id, for it has no other name"


def test_P6_two_orders_that_fit_one_record_are_both_left_alone() -> None:
    driver = entered(Driver())
    (leg,) = driver.venue.live_stops
    twin = replace(leg, key=replace(leg.key, client_id="", venue_id=7))
    snapshot = look(driver)
    unlisted = replace(driver.trade, disaster=None)
    both = replace(snapshot, orders=(*snapshot.orders, twin))
    named = [order.key.client_id for order in claims.attribute(both, [unlisted]).orders]
    assert named == ["", ""]
    alone = claims.attribute(snapshot, [unlisted]).orders
    assert [order.key.client_id for order in alone] == [
        client_id(unlisted.trade_id, Role.DISASTER, LEG_ATTEMPT)
    ]
    known = claims.attribute(both, [driver.trade]).orders
    assert [bool(order.key.client_id) for order in known] == [True, False], "the venue id tells which"


def test_P1_a_leg_that_fired_before_anyone_looked_ends_the_trade() -> None:
    driver = Driver().start(Rung.ATTACHED)
    driver.latency[ReadOrder] = (5, 5)
    driver.signal()
    driver.run(1_000, until=lambda: bool(driver.venue.entries))
    driver.venue.move(Decimal(45_000))
    driver.reach(Phase.DONE)
    assert driver.venue.naked_ms == 0
    assert driver.venue.is_clean()
    assert driver.count(SendClose) == 0


@pytest.mark.owns("P4")
def test_P4_where_one_stop_is_allowed_the_trail_is_kept_by_closing() -> None:
    driver = entered(Driver(risk=with_trailing("0.01")))
    driver.move("52000")
    driver.run(3_000)
    assert driver.count(SendStop) == driver.count(CancelOrder) == 0, "the only stop stays where it is"
    assert len(driver.venue.live_stops) == 1
    assert driver.trade.ratchet_price > Decimal(51_000)
    driver.move("51400")
    driver.reach(Phase.DONE)
    assert driver.count(SendClose) == 1
    assert driver.venue.naked_ms == 0


@pytest.mark.owns("P4")
def test_P4_a_trail_that_is_kept_by_closing_outlives_the_process() -> None:
    driver = entered(Driver(risk=with_trailing("0.01")))
    driver.move("52000")
    driver.run(3_000)
    driver.crash(writes_land=True)
    driver.venue.move(Decimal("51400"))
    driver.recover(rung=Rung.ATTACHED)
    driver.reach(Phase.DONE)
    assert driver.count(SendClose) >= 1
    assert driver.venue.is_clean()


# -- one slot, and whoever has taken it ---------------------------------------------------------------------


def opened_by_hand(driver: Driver, *, covered: bool) -> Driver:
    """A position of a stranger's, with his stop or without, in whose direction there is room for one."""
    driver.start(Rung.ATTACHED)
    driver.venue.stranger_trades(Decimal(1))
    if covered:
        driver.venue.stranger_rests("by-hand", trigger=Decimal(49_000))
    return driver


@pytest.mark.owns("P1")
def test_P1_an_adopted_position_whose_one_slot_is_taken_by_a_good_stop_is_left_so() -> None:
    driver = opened_by_hand(Driver(), covered=True)
    driver.reach(Phase.PROTECTED)
    driver.run(10_000)
    assert driver.count(SendStop) == driver.count(SendClose) == 0
    assert driver.phase is Phase.PROTECTED


@pytest.mark.owns("P4")
@pytest.mark.parametrize("told", [True, False], ids=["claimed", "unclaimed"])
def test_P4_the_trail_goes_on_behind_a_stop_of_the_watchdogs(told: bool) -> None:
    driver = entered(Driver(risk=with_trailing("0.01")))
    plan, (leg,) = driver.trade.stop.disaster_price, driver.venue.live_stops
    driver.venue.drop(next(name for name, order in driver.venue.orders.items() if order is leg))
    driver.venue.stranger_rests("watchdog's", trigger=plan)
    driver.run(3_000)
    (stop,) = driver.venue.live_stops
    if told:
        record = replace(
            claim(venue_id=stop.key.venue_id), trigger_price=plan, quantity=driver.trade.quantity
        )
        driver.feed(StopsClaimed(claims=(record,)))
    driver.run(3_000)
    for mark in range(50_000, 52_600, 100):
        driver.move(str(mark))
        driver.run(300)
    driver.move("51400")
    driver.reach(Phase.DONE)
    assert driver.count(SendClose) >= 1


@pytest.mark.owns("P4")
def test_P4_a_stop_that_a_person_moved_away_does_not_move_the_plan() -> None:
    """The one slot is his, and it covers: the plan is kept by closing."""
    driver = entered(Driver())
    plan, (leg,) = driver.trade.stop.disaster_price, driver.venue.live_stops
    driver.venue.drop(next(name for name, order in driver.venue.orders.items() if order is leg))
    driver.venue.stranger_rests("by-hand", trigger=Decimal(45_000))
    driver.run(5_000)
    assert driver.phase is Phase.PROTECTED
    assert driver.count(SendStop) == 0
    driver.move(str(plan - 100))
    driver.reach(Phase.DONE)
    assert driver.count(SendClose) >= 1
    assert driver.ended[0].reason is ExitReason.STOP_REACHED


@pytest.mark.owns("P6")
def test_P6_a_stop_that_was_given_up_and_arrives_late_is_ours_and_swept() -> None:
    driver = Driver(latency={SendStop: (2_500, 30)})
    driver.venue.lose_legs = True
    driver.start(Rung.ATTACHED).signal()
    driver.run(20_000, until=lambda: driver.phase is Phase.DONE)
    assert driver.venue.position == 0
    driver.run(15_000)
    assert driver.venue.is_clean()


@pytest.mark.owns("P4")
def test_P4_a_stop_without_a_name_binds_the_one_that_replaces_it() -> None:
    """It may be ours, and its record lost with a disk."""
    driver = opened_by_hand(Driver(), covered=False)
    driver.venue.stranger_rests("by-hand", trigger=Decimal(49_700))
    driver.reach(Phase.PROTECTED)
    driver.run(3_000)
    driver.venue.drop("by-hand")
    driver.run(20_000, until=lambda: bool(driver.venue.live_stops))
    (stop,) = driver.venue.live_stops
    assert driver.trade.stop.disaster_price < Decimal(49_700)
    assert stop.trigger_price == Decimal(49_700)


@pytest.mark.owns("P1")
def test_P1_a_stop_that_took_the_slot_since_the_last_look_is_looked_at_and_not_closed_upon() -> None:
    driver = opened_by_hand(Driver(), covered=False)
    driver.run(20_000, until=lambda: driver.count(SendStop) == 1)
    driver.venue.stranger_rests("watchdog's", trigger=Decimal(49_000))
    driver.reach(Phase.PROTECTED)
    driver.run(10_000)
    assert driver.count(SendClose) == 0
    assert len(driver.venue.live_stops) == 1


@pytest.mark.owns("P1")
def test_P1_a_position_that_has_outgrown_the_one_stop_of_its_side_is_closed() -> None:
    driver = entered(Driver())
    driver.venue.stranger_trades(Decimal(1))
    driver.reach(Phase.SWEEPING)
    assert driver.count(SendStop) == 0, "no second one is tried"
    assert driver.venue.position == 0


@pytest.mark.owns("P6")
def test_P6_a_stop_of_the_watchdogs_is_known_by_its_record_and_swept() -> None:
    driver = opened_by_hand(Driver(), covered=False)
    driver.venue.stranger_rests("watchdog's", trigger=Decimal(49_000))
    (stop,) = driver.venue.live_stops
    driver.feed(StopsClaimed(claims=(claim(venue_id=stop.key.venue_id),)))
    driver.reach(Phase.PROTECTED)
    assert driver.trade.trade_id == WATCHED, "the trade of before is taken up again"
    closed(driver)
    assert driver.venue.is_clean()


WATCHED = TradeId("jabc00000700zz")
WATCHED_STOP = client_id(WATCHED, Role.WATCHDOG_STOP, 1)


def claim(*, venue_id: int | None, sent_ms: int | None = None) -> claims.Claim:
    return claims.Claim(
        client_id=WATCHED_STOP,
        venue_id=venue_id,
        is_leg=False,
        symbol=BTC,
        position_side=Side.LONG,
        kind=OrderKind.STOP_MARKET,
        trigger_price=Price(Decimal(49_000)),
        quantity=Quantity(Decimal(1)),
        sent_ms=None if sent_ms is None else WireMs(sent_ms),
    )


@pytest.mark.parametrize(
    ("late_ms", "ours"), [(0, True), (claims.SENT_MS_MAX, True), (claims.SENT_MS_MAX + 1, False)]
)
def test_P6_a_claim_whose_answer_was_lost_is_of_one_order_of_that_time(late_ms: int, ours: bool) -> None:
    driver = opened_by_hand(Driver(), covered=True)
    (stop,) = driver.venue.live_stops
    claimed = (claim(venue_id=None, sent_ms=stop.updated_ms - late_ms),)
    (named,) = claims.attribute(look(driver), (), claimed).orders
    assert named.key.client_id == (WATCHED_STOP if ours else "")


def test_claims_are_joined_by_name_and_bounded() -> None:
    doubtful, certain = claim(venue_id=None), claim(venue_id=7)
    assert claims.joined((doubtful,), (certain,)) == (certain,)
    many = [replace(certain, client_id=client_id(WATCHED, Role.WATCHDOG_STOP, n)) for n in range(1, 200)]
    assert claims.joined((), many) == tuple(many[-claims.CLAIMS_MAX :])


@pytest.mark.parametrize(
    ("outcome", "venue_id"),
    [
        (Unknown(cause="lost"), None),
        (Refused(kind=Refusal.STOP_EXISTS, code=110406, text=""), "no claim"),
        (NotSent(why="no turn"), "no claim"),
    ],
)
def test_a_stop_that_was_not_taken_is_not_claimed(outcome: Outcome, venue_id: str | None) -> None:
    request = SendStop(
        client_id=WATCHED_STOP,
        trade_id=WATCHED,
        symbol=BTC,
        side=Side.LONG,
        mode=PositionMode.NETTING,
        shape=StopShape.QUANTITY,
        quantity=Quantity(Decimal(1)),
        trigger_price=Price(Decimal(49_000)),
        price_source=PriceSource.MARK,
    )
    made = claims.claim_of(request, outcome, sent_ms=WireMs(5))
    assert (made is None) == (venue_id == "no claim")
    assert made is None or (made.venue_id, made.sent_ms) == (None, 5)


@pytest.mark.owns("K2")
def test_K2_a_stop_that_fires_and_never_ends_is_cancelled_at_a_pace() -> None:
    driver = entered(Driver())
    driver.venue.stuck_triggering = driver.venue.refuse_cancels_of_firing = True
    driver.venue.move(Decimal(45_000))
    driver.reach(Phase.SWEEPING)
    driver.run(30_000)
    assert driver.venue.position == 0
    assert driver.count(CancelOrder) <= 11, "one in three seconds"


@pytest.mark.owns("P6")
@pytest.mark.parametrize("rung", [Rung.ATTACHED, Rung.AFTER_FILL])
def test_P6_orders_whose_records_died_with_the_process_are_known_by_the_plan(rung: Rung) -> None:
    driver = entered(Driver(risk=WITH_TARGET))
    plan = driver.trade.entry
    assert plan is not None
    driver.run(5_000, until=lambda: any(order.kind is OrderKind.TARGET_MARKET for order in driver.venue.live))
    forgotten = replace(driver.trade, disaster=None, target=None, entry=replace(plan, rung=rung))
    named = {order.kind: order.key.client_id for order in claims.attribute(look(driver), [forgotten]).orders}
    assert named == {
        OrderKind.STOP_MARKET: client_id(forgotten.trade_id, Role.DISASTER, LEG_ATTEMPT),
        OrderKind.TARGET_MARKET: client_id(forgotten.trade_id, Role.TARGET, LEG_ATTEMPT),
    }


@pytest.mark.owns("P6")
def test_P6_a_target_whose_record_was_lost_is_taken_up_and_swept() -> None:
    driver = entered(Driver(risk=WITH_TARGET))
    driver.run(5_000, until=lambda: driver.count(SendTarget) == 1)
    driver.run(2_000)
    driver.crash(writes_land=False)
    driver.disk = {trade_id: replace(trade, target=None) for trade_id, trade in driver.disk.items()}
    driver.recover(rung=Rung.ATTACHED)
    driver.reach(Phase.PROTECTED)
    driver.run(5_000)
    assert driver.count(SendTarget) == 1, "no second one is sent beside it"
    closed(driver)
    assert driver.venue.is_clean()
