"""From a signal to an entry that is filled, dead or in doubt: on the driver, per rung."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.effects import Level
from jackline.core.events import (
    CloseAsked,
    FillHinted,
    JournalBroken,
    JournalMended,
    MarkMoved,
    SnapshotAnswered,
    StreamChanged,
)
from jackline.core.gates import EQUITY_AGE_MS_MAX
from jackline.core.machine import Phase
from jackline.core.money import Balance
from jackline.core.orders import Snapshot
from jackline.core.outcomes import Refusal, Unknown
from jackline.core.plan import Rung
from jackline.core.requests import ReadOrder, ReadSnapshot, SendClose, SendEntry, SendStop, StopShape
from jackline.core.trade import ExitReason, SlotState
from jackline.core.values import MarketMs, Price, Quantity, Quote, Side, WireMs
from tests.core.driver import Driver
from tests.core.small_venue import BTC, EQUITY, Fate, SmallVenue

IN_FLIGHT = [
    (rung, phase)
    for rung in Rung
    for phase in (Phase.INTENDED, Phase.ARMING, Phase.ENTERING, Phase.EXPOSED, Phase.PROTECTED)
    if phase is not Phase.ARMING or rung is Rung.STOP_FIRST  # the others pass through it within one step
]
FENCE_MS = 1_000 + 1_500 + 500 + 1_000
"""Entry patience, receive window, skew limit, margin: after this an entry cannot execute any more."""


@pytest.mark.owns("P2", "P1")
@pytest.mark.parametrize(
    ("rung", "order"),
    [
        (Rung.STOP_FIRST, ["stop disaster", "entry entry"]),
        (Rung.CONCURRENT, ["stop disaster", "entry entry"]),
        (Rung.AFTER_FILL, ["entry entry", "stop disaster"]),
    ],
)
@pytest.mark.parametrize("side", list(Side))
def test_each_rung_sends_stop_and_entry_in_its_order(rung: Rung, order: list[str], side: Side) -> None:
    driver = Driver().start(rung)
    driver.signal(side)
    driver.reach(Phase.PROTECTED, within_ms=200)
    assert driver.verbs() == order
    assert driver.venue.side is side
    assert driver.trade.first_exposed_ms is not None


def test_P2_stop_first_lets_the_entry_leave_only_after_the_read_back() -> None:
    driver = Driver().start()
    driver.latency[ReadOrder] = (40, 40)
    driver.signal()
    driver.run(200, until=lambda: driver.count(SendStop) == 1)
    sent_ms = driver.now_ms
    driver.run(2_000, until=lambda: driver.count(SendEntry) == 1)
    assert driver.now_ms == sent_ms + 10 + 80
    assert driver.trade.disaster is not None
    assert driver.trade.disaster.state is SlotState.WORKING
    driver.reach(Phase.PROTECTED)
    assert driver.venue.naked_ms == 0


@pytest.mark.parametrize(
    "lost", [{"close_position": False}, {"price_protect": True}, {"trigger_price": Price(Decimal(1))}]
)
def test_P2_a_stop_that_rests_other_than_sent_lets_no_entry_leave(lost: dict[str, object]) -> None:
    """A venue that drops a flag in silence would leave an order that protects nothing, or opens something (P3)."""
    driver = Driver().start()
    driver.latency[ReadOrder] = (40, 40)
    driver.signal()
    driver.run(200, until=lambda: bool(driver.venue.orders))
    (client_id,) = driver.venue.orders
    driver.venue.orders[client_id] = replace(driver.venue.orders[client_id], **lost)  # type: ignore[arg-type] # by name
    driver.run(3_000)
    assert driver.count(SendEntry) == 0
    assert "P1" in [alert.code for alert in driver.alerts(Level.CRITICAL)]


def test_concurrent_sends_both_at_once_and_after_fill_is_naked_one_round_trip() -> None:
    both = Driver().start(Rung.CONCURRENT)
    both.signal()
    both.reach(Phase.PROTECTED)
    assert len({sent_ms for sent_ms, _ in both.sent}) == 1
    assert both.venue.naked_ms == 0
    after = Driver().start(Rung.AFTER_FILL)
    after.signal()
    after.reach(Phase.PROTECTED)
    assert after.venue.naked_ms == 10


def test_O4_an_intent_that_is_not_durable_lets_nothing_leave() -> None:
    driver = Driver(disk_works=False).start()
    driver.signal()
    driver.run(5_000)
    assert driver.sent == []
    assert driver.phase is Phase.DONE, "the lost intent must not block the symbol for ever"


def test_O4_a_broken_journal_stops_entries_and_not_protection() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.feed(JournalBroken(detail="disk full"))
    driver.disk_works = False
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.run(5_000)
    assert driver.count(SendStop) >= 2
    assert driver.venue.live_stops
    driver.move("49000")
    driver.reach(Phase.DONE)
    driver.market_ahead_ms += 600_000
    driver.signal()
    assert driver.denials() == ["journal"]
    driver.feed(JournalMended())
    driver.signal()
    assert driver.state.trades


def test_O4_a_journal_that_breaks_while_arming_stops_the_entry() -> None:
    driver = Driver().start()
    driver.signal()
    driver.run(500, until=lambda: driver.count(SendStop) == 1)
    driver.feed(JournalBroken(detail="disk full"))
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) == 0
    assert driver.venue.is_clean()


@pytest.mark.parametrize("rung", list(Rung))
def test_an_entry_that_fills_nothing_is_swept(rung: Rung) -> None:
    driver = Driver(venue=SmallVenue(fill_fraction=Decimal(0))).start(rung)
    driver.signal()
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.NEVER_FILLED
    assert driver.venue.is_clean()
    assert driver.count(SendClose) == 0


@pytest.mark.parametrize("rung", list(Rung))
def test_a_refused_entry_is_swept(rung: Rung) -> None:
    driver = Driver(venue=SmallVenue(refusals={SendEntry: deque([Refusal.OTHER])})).start(rung)
    driver.signal()
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.NEVER_FILLED
    assert driver.venue.is_clean()


@pytest.mark.parametrize("rung", list(Rung))
def test_a_partial_fill_is_covered_whole(rung: Rung) -> None:
    driver = Driver(venue=SmallVenue(fill_fraction=Decimal("0.5"))).start(rung)
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.run(3_000)
    assert driver.trade.quantity == driver.venue.position
    assert not driver.venue.is_naked


@pytest.mark.owns("O1", "O3")
@pytest.mark.parametrize("rung", list(Rung))
def test_O1_an_unknown_entry_that_executed_is_found_and_protected(rung: Rung) -> None:
    driver = Driver(fates={SendEntry: deque([Fate.LOSE_ANSWER])}).start(rung)
    driver.signal()
    driver.reach(Phase.PROTECTED, within_ms=2_000)
    assert driver.count(SendEntry) == 1
    assert driver.venue.naked_ms <= 1_500


@pytest.mark.owns("O1", "O3")
@pytest.mark.parametrize("rung", list(Rung))
def test_O3_an_unknown_entry_that_never_arrived_needs_the_fence_and_two_misses(rung: Rung) -> None:
    driver = Driver(fates={SendEntry: deque([Fate.LOSE_REQUEST])}).start(rung)
    planned_ms = driver.now_ms
    driver.signal()
    driver.reach(Phase.DOUBTFUL)
    driver.run(2_000)
    rests = bool(driver.venue.live_stops)
    assert rests is (rung is not Rung.ATTACHED), (
        "meanwhile it is treated as filled; a leg comes with the fill"
    )
    driver.reach(Phase.SWEEPING)
    assert driver.now_ms >= planned_ms + FENCE_MS + 1_000, "the second miss is a second after the first"
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) == 1
    assert driver.venue.is_clean()


def test_O1_an_unknown_entry_filled_and_stopped_out_before_anyone_looked() -> None:
    driver = Driver(fates={SendEntry: deque([Fate.LOSE_ANSWER])}).start()
    driver.reads_fail = False
    driver.signal()
    driver.reach(Phase.DOUBTFUL)
    driver.venue.move(Decimal(49_000))
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP
    assert driver.venue.is_clean()


def test_an_entry_is_not_sent_when_the_stop_took_too_long() -> None:
    driver = Driver(latency={SendStop: (600, 600)}).start()
    driver.signal()
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) == 0
    assert driver.venue.is_clean()


def test_an_entry_is_not_sent_when_mark_reached_the_stop_meanwhile() -> None:
    driver = Driver().start()
    driver.signal()
    driver.run(100, until=lambda: driver.count(SendStop) == 1)
    driver.move("49000")
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) == 0
    assert driver.venue.is_clean()


def test_after_fill_looks_at_mark_once_more_before_it_sends() -> None:
    driver = Driver().start(Rung.AFTER_FILL)
    driver.signal()
    driver.move("49000")
    driver.reach(Phase.DONE)
    assert driver.sent == []


@pytest.mark.owns("O1")
def test_O1_a_recovered_trade_sends_no_entry_whatever_its_phase() -> None:
    driver = Driver().start(Rung.AFTER_FILL)
    driver.signal()
    recovered = replace(driver.trade, recovered=True)
    driver.state = replace(driver.state, trades={recovered.trade_id: recovered})
    driver.run(500)
    assert driver.count(SendEntry) == 0


def test_stop_first_refuses_where_the_venue_takes_no_stop_while_flat() -> None:
    driver = Driver(venue=SmallVenue(refuse_stop_while_flat=True)).start(Rung.STOP_FIRST)
    driver.signal()
    driver.reach(Phase.DONE)
    assert driver.verbs() == ["stop disaster"], "one no is enough: the rung does not hold here"


@pytest.mark.parametrize("rung", [Rung.CONCURRENT, Rung.AFTER_FILL])
def test_lower_rungs_get_their_stop_where_the_venue_takes_none_while_flat(rung: Rung) -> None:
    driver = Driver(venue=SmallVenue(refuse_stop_while_flat=True), latency={SendEntry: (300, 5)}).start(rung)
    driver.signal()
    driver.reach(Phase.PROTECTED)
    assert driver.trade.disaster is not None
    assert driver.trade.disaster.shape is StopShape.WHOLE_POSITION
    assert driver.count(SendStop) <= 3, (
        "a refused stop is tried again at a pace, not at the speed of the network"
    )
    assert driver.venue.naked_ms <= 300


def test_a_stop_in_doubt_is_not_hammered_where_the_venue_takes_none_while_flat() -> None:
    driver = Driver(
        venue=SmallVenue(refuse_stop_while_flat=True), fates={SendEntry: deque([Fate.LOSE_REQUEST])}
    ).start(Rung.AFTER_FILL)
    driver.signal()
    driver.reach(Phase.DONE)
    assert driver.count(SendStop) <= 25


def test_a_fill_hint_starts_the_clock_before_the_answer() -> None:
    driver = Driver(latency={SendEntry: (5, 800)}).start(Rung.AFTER_FILL)
    driver.signal()
    driver.run(100, until=lambda: bool(driver.venue.entries))
    driver.feed(
        FillHinted(
            symbol=BTC,
            client_id=driver.venue.entries[0],
            order_id=1,
            quantity=Quantity(driver.venue.position),
            price=Price(Decimal(50_000)),
            wire_ms=WireMs(driver.now_ms),
            market_ms=MarketMs(driver.now_ms),
        )
    )
    assert driver.phase is Phase.EXPOSED
    driver.reach(Phase.PROTECTED, within_ms=100)
    assert driver.venue.naked_ms == 5


@pytest.mark.owns("P1")
def test_P1_a_stop_that_fired_before_the_fill_is_noticed_within_the_deadline() -> None:
    """Rule 10: the read-back of a pre-armed stop was asked before the fill; the stop fired in between."""
    driver = Driver(latency={SendEntry: (30, 5)}).start(Rung.CONCURRENT)
    driver.latency[ReadOrder] = (5, 60)
    driver.signal()
    driver.run(500, until=lambda: driver.count(SendEntry) == 1)
    driver.run(22)
    driver.venue.move(Decimal(49_000))
    driver.venue.move(Decimal(49_990))
    driver.run(2_000)
    assert driver.venue.naked_ms <= 300
    assert not driver.venue.is_naked


# -- wishes to close an entry that is not resolved -----------------------------------------------------------


@pytest.mark.parametrize(("rung", "phase"), IN_FLIGHT)
def test_a_close_is_honoured_in_every_phase(rung: Rung, phase: Phase) -> None:
    driver = Driver(latency={SendEntry: (20, 20)}).start(rung)
    driver.signal()
    driver.reach(phase)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    if driver.venue.entries:
        assert driver.ended[0].reason is ExitReason.OPERATOR
    else:
        assert driver.count(SendEntry) == 0


@pytest.mark.parametrize("fate", list(Fate))
def test_a_close_of_an_entry_in_doubt_waits_for_the_evidence(fate: Fate) -> None:
    driver = Driver(fates={SendEntry: deque([fate])}).start()
    driver.signal()
    driver.reach(Phase.DOUBTFUL)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    reason = ExitReason.OPERATOR if fate is Fate.LOSE_ANSWER else ExitReason.NEVER_FILLED
    assert driver.ended[0].reason is reason


# -- gates ---------------------------------------------------------------------------------------------------


def test_gates_name_the_first_reason() -> None:
    driver = Driver().start(rung=None)
    driver.signal()
    driver.feed(StreamChanged(up=False))
    driver.signal()
    driver.run(6_000)
    driver.feed(StreamChanged(up=True))
    driver.signal()
    assert driver.denials() == ["rung", "blind", "stale_mark"]
    assert driver.sent == []


def test_one_trade_a_symbol_then_a_cooldown() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.signal(Side.SHORT)
    driver.move("49000")
    driver.reach(Phase.SWEEPING)
    driver.feed(MarkMoved(symbol=BTC, mark=Price(driver.venue.mark), market_ms=MarketMs(driver.now_ms)))
    driver.signal()
    driver.reach(Phase.DONE)
    driver.feed(MarkMoved(symbol=BTC, mark=Price(driver.venue.mark), market_ms=MarketMs(driver.now_ms)))
    driver.signal()
    assert driver.denials() == ["symbol_busy", "sweep_pending", "cooldown"]


def test_an_abandoned_entry_is_told_and_not_alarmed() -> None:
    driver = Driver(venue=SmallVenue(fill_fraction=Decimal(0))).start()
    driver.signal()
    driver.reach(Phase.DONE)
    assert [alert.code for alert in driver.alerts(Level.INFO)] == ["O1"]
    assert driver.alerts(Level.CRITICAL) == []


@pytest.mark.owns("P1")
def test_P1_a_look_that_is_lost_while_an_entry_is_out_is_asked_again_soon() -> None:
    """Entry executed, its answer, its event and the first look all lost: the second look is the first evidence."""
    driver = Driver(fates={SendEntry: deque([Fate.LOSE_ANSWER])}).start(Rung.AFTER_FILL)
    driver.signal()
    driver.run(10_000, until=lambda: driver.venue.position != 0)
    filled_ms = driver.now_ms
    driver.lose_looks = 1
    assert driver.run(10_000, until=lambda: bool(driver.venue.live_stops))
    assert driver.now_ms - filled_ms <= driver.state.protection.protect_deadline_ms


def test_an_unknown_answer_to_a_look_that_was_asked_again_means_nothing() -> None:
    driver = Driver().start()
    state = driver.state
    late = ReadSnapshot(asked=state.asked - 1, symbols=(BTC,))
    driver.feed(SnapshotAnswered(request=late, answer=Unknown(cause="late")))
    assert (driver.state.snapshot_misses, driver.state.snapshot_due_ms) == (0, state.snapshot_due_ms)


@pytest.mark.owns("P1")
def test_P1_a_look_that_comes_after_a_newer_one_is_old_news() -> None:
    """The position it shows was stopped out meanwhile, and no request of ours tells the two looks apart (rule 5)."""
    driver = Driver().start()
    driver.venue.stranger_trades(Decimal("0.1"))
    older = ReadSnapshot(asked=driver.state.asked + 1, symbols=None)
    answer = driver.venue.read_snapshot(older, asked_ms=driver.now_ms)
    assert isinstance(answer, Snapshot)
    driver.venue.stranger_trades(Decimal("-0.1"))
    driver.state = replace(driver.state, asked=older.asked, taken=older.asked + 1)
    driver.feed(SnapshotAnswered(request=older, answer=answer))
    assert driver.state.trades == {}
    driver.state = replace(driver.state, taken=older.asked - 1)
    driver.feed(SnapshotAnswered(request=older, answer=answer))
    assert len(driver.state.trades) == 1, "the very same look, where nothing newer is known"


@pytest.mark.owns("A3")
def test_A3_equity_that_was_not_read_for_two_idle_passes_is_no_ground_for_a_size() -> None:
    driver = Driver().start()
    money = replace(
        driver.state.money,
        balance=Balance(
            wallet_quote=EQUITY,
            equity_quote=EQUITY,
            asked_ms=WireMs(driver.now_ms - EQUITY_AGE_MS_MAX - 1),
            legs=(),
            gap_quote=Quote(Decimal(0)),
        ),
    )
    driver.state = replace(driver.state, money=money)
    driver.signal()
    assert driver.denials() == ["blind"]


@pytest.mark.owns("P6")
def test_P6_a_listing_of_every_symbol_that_is_lost_is_asked_again_soon() -> None:
    """A look at a few symbols, asked beside it, has answered meanwhile; it says nothing of the others."""
    driver = Driver().start()
    state = driver.state
    lost = ReadSnapshot(asked=state.asked - 1, symbols=None)
    driver.state = replace(state, full_due_ms=WireMs(driver.now_ms + state.protection.full_listing_ms))
    driver.feed(SnapshotAnswered(request=lost, answer=Unknown(cause="late")))
    assert driver.state.full_due_ms == driver.now_ms + state.protection.guard_idle_ms
