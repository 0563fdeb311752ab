"""After a crash, a lost disk or a stranger: the venue is the truth and nothing stays naked."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.effects import BookFills, Level, SaveTrade
from jackline.core.events import (
    AccountHinted,
    Answered,
    CloseAsked,
    FillsAnswered,
    OrderHinted,
    SnapshotAnswered,
    StreamChanged,
    Ticked,
)
from jackline.core.ids import ATTEMPTS_MAX, OrderName, Role, client_id, parse_client_id
from jackline.core.machine import Phase
from jackline.core.orders import FillView, OrderState
from jackline.core.outcomes import Refusal, Unknown
from jackline.core.plan import Rung
from jackline.core.recovering import ATTEMPTS_PER_S, recover
from jackline.core.requests import CancelOrder, ReadFills, ReadSnapshot, SendClose, SendEntry, SendStop
from jackline.core.step import step
from jackline.core.trade import ATTEMPTS_JUMP, ExitReason, SlotState
from jackline.core.values import MarketMs, OrderSide, Quote, Side, Symbol, WireMs, price, quantity
from tests.core.driver import Driver
from tests.core.making import START_MS, TRADE, at, cold_state, position, snapshot, stop, with_trailing
from tests.core.small_venue import BTC, Fate, SmallVenue

ETH = Symbol("ETHUSDT")
IN_FLIGHT = [
    (rung, phase)
    for rung in Rung
    for phase in (Phase.ARMING, Phase.ENTERING, Phase.EXPOSED, Phase.PROTECTED)
    if phase is not Phase.ARMING or rung is Rung.STOP_FIRST  # the others pass through it within one step
]


def crashed(driver: Driver, *, down_ms: int = 1_000) -> Driver:
    driver.crash()
    driver.recover(after_ms=down_ms)
    return driver


@pytest.mark.owns("O1", "P1")
@pytest.mark.parametrize(("rung", "phase"), IN_FLIGHT)
def test_O1_a_crash_in_any_phase_of_an_entry_is_resolved_and_never_re_sent(rung: Rung, phase: Phase) -> None:
    driver = Driver().start(rung)
    driver.signal()
    driver.reach(phase)
    crashed(driver).run(8_000)
    if driver.venue.entries:
        driver.reach(Phase.PROTECTED)
        driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.count(SendEntry) <= 1
    assert driver.venue.is_clean()


def test_a_stop_that_fired_during_the_outage_is_booked_as_the_stop() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(1_000)
    driver.crash()
    driver.venue.move(Decimal(47_000))
    driver.recover(after_ms=5_000)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP
    assert driver.venue.is_clean()
    assert driver.venue.naked_ms == 0


@pytest.mark.parametrize("rung", Rung)
def test_a_hold_is_not_over_because_the_market_has_not_spoken_yet(rung: Rung) -> None:
    """A start that finds its entry filled before it has heard of market time: 0 is no time of the market."""
    driver = Driver().start(rung)
    driver.signal()
    driver.reach(Phase.ENTERING)
    driver.crash()
    driver.market_spoke, driver.fills_late = False, True
    driver.recover()
    driver.reach(Phase.PROTECTED)
    driver.market_spoke = True
    driver.run(2_000)
    assert driver.phase is Phase.PROTECTED
    driver.market_ahead_ms = driver.risk.hold_max_ms
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.MAX_HOLD


@pytest.mark.owns("P1")
@pytest.mark.parametrize("rung", Rung)
def test_P1_a_position_that_was_closed_and_opened_again_has_a_deadline_after_a_crash(rung: Rung) -> None:
    """It keeps the close that ended it once, as the reason of that exit; it is not closing."""
    driver = Driver().start(rung)
    driver.signal()
    driver.reach(Phase.PROTECTED)
    held = driver.venue.position
    driver.market_ahead_ms = driver.risk.hold_max_ms
    driver.reach(Phase.SWEEPING)
    driver.market_ahead_ms = 0
    driver.venue.stranger_trades(held)
    driver.reach(Phase.PROTECTED)
    driver.run(2_000)
    driver.crash()
    for order in list(driver.venue.orders):
        driver.venue.drop(order)
    driver.venue.refuse_always[SendStop] = Refusal.OVERLOADED
    driver.recover(rung=rung)
    closes = driver.count(SendClose)
    driver.run(3_000)
    assert driver.count(SendClose) > closes
    assert driver.venue.position == 0


@pytest.mark.owns("P4")
def test_P4_the_ratchet_survives_a_crash_through_the_venue() -> None:
    """The journal lost the last moves of W: the live stop at the venue is the floor."""
    driver = Driver(risk=with_trailing("0.03")).start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(3_000)
    journal = dict(driver.disk)
    driver.move("55000")
    driver.run(3_000)
    driver.disk = journal
    driver.venue.move(Decimal(53_900))
    crashed(driver).run(4_000)
    assert driver.trade.floor_price == Decimal(53_350)
    assert driver.venue.naked_ms == 0
    driver.move("53300")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P1", "P6")
def test_P6_a_lost_disk_takes_up_our_own_orders_again() -> None:
    driver = Driver(risk=with_trailing("0.03")).start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.move("52000")
    driver.run(3_000)
    old = driver.trade
    driver.disk.clear()
    driver.booked_to = 0
    crashed(driver).run(3_000)
    assert driver.trade.trade_id == old.trade_id
    assert driver.phase is Phase.PROTECTED
    assert driver.trade.attempts >= ATTEMPTS_JUMP, "an id is never reused for another intent"
    assert driver.count(SendStop) == 2, "what rests is enough"
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P1")
@pytest.mark.parametrize("side", list(Side))
def test_P1_a_foreign_position_is_adopted_and_protected(side: Side) -> None:
    driver = Driver()
    driver.venue.stranger_trades(side.sign * Decimal("0.1"))
    driver.start()
    driver.reach(Phase.PROTECTED, within_ms=1_000)
    assert driver.verbs() == ["stop disaster"]
    assert driver.trade.entry is None
    assert "P1" in [alert.code for alert in driver.alerts(Level.WARNING)]
    driver.feed(CloseAsked(symbol=BTC, side=side, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    assert driver.ended[0].reason is ExitReason.OPERATOR


def test_a_foreign_position_covered_by_a_stranger_gets_our_stop_when_theirs_goes() -> None:
    driver = Driver()
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.venue.stranger_rests("by-hand", trigger=Decimal(49_000), whole=True)
    driver.start()
    driver.run(5_000)
    assert driver.phase is Phase.PROTECTED
    driver.venue.drop("by-hand")
    driver.run(5_000)
    assert [parse_client_id(order.key.client_id) is not None for order in driver.venue.live_stops] == [True]


def test_a_foreign_position_whose_stop_is_refused_is_closed() -> None:
    driver = Driver(venue=SmallVenue(refuse_always={SendStop: Refusal.OTHER}))
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.start()
    driver.reach(Phase.DONE)
    assert driver.venue.position == 0


def test_a_position_without_filters_freezes_entries_and_is_told() -> None:
    unknown = replace(position(), symbol=Symbol("DOGEUSDT"))
    request = ReadSnapshot(asked=1, symbols=None)
    state, _ = step(cold_state(), Ticked(), at())
    state, effects = step(
        state, SnapshotAnswered(request=request, answer=snapshot(positions=(unknown,))), at(START_MS + 10)
    )
    assert state.frozen
    assert state.trades == {}
    assert effects


def test_a_stranger_in_our_way_while_arming_is_protected_like_our_own() -> None:
    driver = Driver(latency={SendStop: (400, 400)}).start()
    driver.signal()
    driver.run(100)
    driver.venue.stranger_trades(Decimal("0.05"))
    driver.feed(AccountHinted(symbol=BTC))
    driver.run(6_000)
    assert not driver.venue.is_naked
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P1")
def test_P1_two_legs_whose_stops_carry_one_trade_id_become_two_trades() -> None:
    """Each leg of a hedge keeps its trade and its own stop, whatever ids the stops were placed under."""
    held = tuple(position(side) for side in Side)
    rests = tuple(
        replace(
            stop(client_id(TRADE, Role.WATCHDOG_STOP, attempt), side=side, trigger=trigger),
            position_side=side,
        )
        for attempt, side, trigger in ((1, Side.LONG, "49500"), (2, Side.SHORT, "50500"))
    )
    state, _ = step(cold_state(), Ticked(), at())
    for asked in (1, 2, 3):
        answer = SnapshotAnswered(
            request=ReadSnapshot(asked=asked, symbols=None),
            answer=snapshot(positions=held, orders=rests, asked=state.asked),
        )
        state, _ = step(state, answer, at(START_MS + 10 * asked))
    trades = {trade.side: trade for trade in state.trades.values()}
    assert set(trades) == set(Side)
    assert [slot.client_id for slot in trades[Side.LONG].stops] == [rests[0].key.client_id]
    assert [slot.trigger_price for slot in trades[Side.SHORT].stops] == [price("50500")], "a stop of its own"


@pytest.mark.owns("A1")
def test_A1_fills_from_before_the_ledger_on_a_symbol_never_traded_here_are_not_booked() -> None:
    driver = Driver().start()
    old, new = (fill(number, wire_ms=START_MS + ms) for number, ms in ((4, -1), (5, 1)))
    driver.feed(
        FillsAnswered(request=ReadFills(symbol=ETH, after_fill_id=0), answer=(old, new), complete=True)
    )
    booked = [effect.fills for effect in driver.effects if isinstance(effect, BookFills)]
    assert booked == [(new,)]


def fill(number: int, *, wire_ms: int) -> FillView:
    return FillView(
        symbol=ETH,
        fill_id=number,
        order_id=number,
        side=OrderSide.BUY,
        position_side=None,
        quantity=quantity("1"),
        price=price("3000"),
        fee_quote=Quote(Decimal(1)),
        realised_quote=Quote(Decimal(0)),
        maker=False,
        wire_ms=WireMs(wire_ms),
        market_ms=MarketMs(wire_ms),
    )


# -- snapshots that do not count -----------------------------------------------------------------------------


@pytest.mark.owns("P5")
def test_rule_5_a_snapshot_older_than_the_last_mutation_is_discarded() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    asked = driver.state.markets[BTC].mutated
    stale = replace(snapshot(asked=asked), symbols=frozenset({BTC}))
    request = ReadSnapshot(asked=asked, symbols=(BTC,))
    driver.feed(SnapshotAnswered(request=request, answer=stale))
    assert driver.state.trades, "an empty but older snapshot says nothing"
    driver.reach(Phase.PROTECTED, within_ms=0)
    newer = replace(stale, asked=asked + 1)
    driver.feed(SnapshotAnswered(request=replace(request, asked=asked + 1), answer=newer))
    assert driver.phase is Phase.SWEEPING


def test_rule_5_while_an_entry_is_out_its_position_is_evidence_and_its_absence_is_not() -> None:
    driver = Driver(latency={SendEntry: (300, 300)}).start(Rung.AFTER_FILL)
    driver.signal()
    driver.run(100)
    driver.feed(AccountHinted(symbol=BTC))
    driver.run(150)
    assert not driver.venue.position
    assert driver.phase is Phase.ENTERING
    driver.run(100)
    driver.feed(AccountHinted(symbol=BTC))
    driver.run(220)
    assert driver.venue.position > 0
    assert driver.phase in {Phase.EXPOSED, Phase.PROTECTED}, (
        "P1: the answer may be lost, the position is there"
    )
    driver.reach(Phase.PROTECTED)


def test_a_snapshot_that_fails_is_asked_again() -> None:
    driver = Driver().start()
    driver.feed(
        SnapshotAnswered(request=ReadSnapshot(asked=1, symbols=None), answer=Unknown(cause="timeout"))
    )
    before = driver.state.asked
    driver.run(400)
    assert driver.state.asked == before + 1


@pytest.mark.owns("P6")
def test_P6_every_symbol_is_listed_until_one_look_was_answered() -> None:
    state = recover(cold_state(), (), {}, at(START_MS))
    wire_ms = START_MS
    for asked, symbols in ((1, (BTC,)), (2, (BTC,)), (3, ())):
        state, effects = step(state, Ticked(), at(wire_ms))
        wanted = ReadSnapshot(asked=asked, symbols=symbols)
        assert wanted in effects
        answer = Unknown(cause="timeout") if asked == 1 else snapshot(asked=asked)
        state, _ = step(state, SnapshotAnswered(request=wanted, answer=answer), at(wire_ms))
        wire_ms = state.snapshot_due_ms


# -- hints ---------------------------------------------------------------------------------------------------


def test_hints_wake_and_prove_nothing() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(1_000)
    assert driver.trade.disaster is not None
    hint = OrderHinted(
        symbol=BTC, client_id=driver.trade.disaster.client_id, state=OrderState.TRIGGERED, child_id=77
    )
    before = driver.state.asked
    driver.feed(hint)
    driver.run(250)
    assert driver.state.asked == before + 1
    assert driver.phase is Phase.PROTECTED
    assert driver.trade.disaster.child_id == 77
    driver.feed(OrderHinted(symbol=BTC, client_id="by-hand", state=OrderState.NEW, child_id=None))
    driver.feed(StreamChanged(up=False))
    driver.run(500)
    assert driver.phase is Phase.PROTECTED


def test_an_answer_of_a_past_life_is_ignored() -> None:
    request = stop_request()
    state, effects = step(cold_state(), Answered(request=request, outcome=Unknown(cause="late")), at())
    assert state.trades == {}
    assert not any(isinstance(effect, SendStop | SendClose | SaveTrade) for effect in effects)


def stop_request() -> SendStop:
    driver = Driver().start()
    driver.signal()
    driver.run(50)
    request = driver.last(SendStop)
    assert isinstance(request, SendStop)
    return request


# -- two crashes, lost everything ----------------------------------------------------------------------------


@pytest.mark.parametrize("rung", list(Rung))
def test_P1_stop_lost_entry_lost_and_crash_still_end_clean(rung: Rung) -> None:
    driver = Driver(
        fates={
            SendStop: deque([Fate.LOSE_ANSWER, Fate.LOSE_REQUEST]),
            SendEntry: deque([Fate.LOSE_ANSWER]),
            CancelOrder: deque([Fate.LOSE_ANSWER]),
        }
    ).start(rung)
    driver.signal()
    driver.run(60)
    crashed(driver).run(900)
    crashed(driver).run(10_000)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.run(20_000)
    assert driver.venue.is_clean()
    assert driver.count(SendEntry) <= 1


@pytest.mark.owns("O1", "O2")
def test_O2_a_recovered_trade_trusts_nothing_and_reuses_no_id() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    before = driver.trade
    after = recover(cold_state(fence=8), [before], {}, at()).trades[before.trade_id]
    assert before.disaster is not None
    assert after.disaster is not None
    assert (before.disaster.state, after.disaster.state) == (SlotState.WORKING, SlotState.ACKED)
    assert after.phase is Phase.EXPOSED
    assert after.exposed_ms == START_MS
    assert after.attempts == (8 - 1) * ATTEMPTS_PER_S, "by age, for the journal may be a backup of long ago"
    young = recover(cold_state(fence=2), [before], {}, at()).trades[before.trade_id]
    assert young.attempts == before.attempts + ATTEMPTS_JUMP
    assert after.recovered
    assert after.quantity_ms is None


def test_a_stop_in_doubt_is_not_sent_again_once_flat() -> None:
    driver = Driver(fates={SendStop: deque([Fate.LOSE_REQUEST])}).start()
    driver.signal()
    driver.reach(Phase.ARMING)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.verbs() == ["stop disaster"]


def test_P6_a_stop_in_doubt_that_fires_while_flat_and_never_finishes_is_swept() -> None:
    """Found by a random world: what is seen to be firing exists, so it must not count as unresolved for ever."""
    driver = Driver(fates={SendStop: deque([Fate.LOSE_ANSWER]), SendEntry: deque([Fate.LOSE_REQUEST])})
    driver.start(Rung.AFTER_FILL).signal()
    driver.run(300, until=lambda: bool(driver.venue.live))
    driver.reads_fail = True
    driver.venue.stuck_triggering = True
    driver.venue.move(Decimal(45_000))
    driver.run(1_000)
    driver.reads_fail = False
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_quantities_follow_the_venue_not_the_plan() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.venue.stranger_trades(-driver.venue.position + Decimal("0.004"))
    driver.run(3_000)
    assert driver.trade.quantity == quantity("0.004")
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_the_core_is_a_function_of_its_arguments() -> None:
    """D4's ground: the same state, event and time give the same state and effects."""
    driver = Driver().start()
    driver.signal()
    driver.run(50)
    for event in (Ticked(), CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR)):
        assert step(driver.state, event, at(driver.now_ms)) == step(driver.state, event, at(driver.now_ms))


def test_a_recovered_stop_must_be_read_back_again() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    crashed(driver)
    assert driver.phase in {Phase.EXPOSED, Phase.PROTECTED}
    driver.reach(Phase.PROTECTED)
    assert driver.count(SendStop) == 1
    assert stop("x").is_stop


@pytest.mark.owns("P1", "O2")
def test_P1_a_trade_that_has_used_all_its_ids_begins_anew_and_still_names_a_stop() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    used_up = replace(driver.trade, attempts=ATTEMPTS_MAX)
    after, name, attempt = used_up.next_client_id(Role.DISASTER)
    assert (after.attempts, attempt) == (1, 1)
    assert parse_client_id(name) == OrderName(trade_id=used_up.trade_id, role=Role.DISASTER, attempt=1)


@pytest.mark.owns("K5")
def test_K5_what_a_recovered_trade_has_earned_is_counted_once() -> None:
    """Its fills are booked again from its start, and with them its balance and its result."""
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    live = replace(driver.trade, result_quote=Quote(Decimal(-7)), balance=Decimal("0.1"))
    found = recover(driver.state, [live], fills_read_to={}, now=at(driver.now_ms)).trades[live.trade_id]
    assert found.result_quote == 0
    assert found.balance == 0
