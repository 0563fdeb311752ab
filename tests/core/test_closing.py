"""One closing path: every reason, every refusal, verified by position; and what is swept after it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.closing import ALARMING_ATTEMPTS
from jackline.core.effects import BookFills, Level
from jackline.core.events import AccountHinted, CloseAsked, FillsAnswered, RungProven, Ticked
from jackline.core.ids import Role, client_id, mint_trade_id
from jackline.core.machine import Phase
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.recovering import recover
from jackline.core.requests import CancelOrder, CloseShape, ReadFills, SendClose, SendStop
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.step import step
from jackline.core.sweeping import UNBALANCED_MS_MAX
from jackline.core.trade import ExitReason
from jackline.core.values import MarketMs, Side, fraction
from tests.core.driver import Driver, cancelled
from tests.core.making import RISK, TAG, cold_state
from tests.core.small_venue import BTC, Fate, SmallVenue

WITH_TARGET = RiskSettings(stop=RISK.stop, target_fraction=fraction("0.02"))


def closing(driver: Driver, *, reason: ExitReason = ExitReason.OPERATOR, side: Side = Side.LONG) -> Driver:
    """A protected position that someone wants closed."""
    driver.start().signal(side)
    driver.reach(Phase.PROTECTED).run(1_000)
    driver.feed(CloseAsked(symbol=BTC, side=side, reason=reason))
    return driver


def shapes(driver: Driver) -> list[CloseShape]:
    return [request.shape for _, request in driver.sent if isinstance(request, SendClose)]


@pytest.mark.owns("P6", "K2")
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("reason", [ExitReason.OPERATOR, ExitReason.KILL_SWITCH])
def test_P6_a_close_keeps_the_stop_until_flat_and_sweeps_after_two_reads(
    side: Side, reason: ExitReason
) -> None:
    driver = closing(Driver(), reason=reason, side=side)
    driver.reach(Phase.SWEEPING)
    flat_ms = driver.now_ms
    assert driver.venue.live_stops or driver.venue.live, "the stop stays until the sweep"
    driver.run(5_000, until=lambda: driver.count(CancelOrder) > 0)
    assert driver.now_ms - flat_ms >= 3_000
    driver.reach(Phase.DONE)
    assert driver.verbs() == ["stop disaster", "entry entry", "close close", "cancel disaster"]
    assert driver.ended[0].reason is reason
    assert driver.venue.is_clean()


def test_a_close_of_the_other_side_or_symbol_is_not_ours() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.feed(CloseAsked(symbol=BTC, side=Side.SHORT, reason=ExitReason.OPERATOR))
    driver.run(1_000)
    assert driver.phase is Phase.PROTECTED


@pytest.mark.parametrize("fate", list(Fate))
def test_O2_an_unanswered_close_is_tried_again(fate: Fate) -> None:
    driver = closing(Driver(fates={SendClose: deque([fate, fate])}))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    assert driver.venue.opened_by_reduction == []


def test_a_refused_target_block_cancels_the_target_and_never_the_stop() -> None:
    driver = Driver(risk=WITH_TARGET, venue=SmallVenue(refusals={SendClose: deque([Refusal.REDUCE_BLOCKED])}))
    closing(driver).reach(Phase.SWEEPING)
    assert driver.verbs()[3:] == ["close close", "cancel target", "close close"]
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_nothing_to_reduce_is_judged_by_position() -> None:
    """The stop fired just before: the venue has nothing to reduce, and the next read says flat."""
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(1_000)
    driver.venue.move(Decimal(49_000))
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert driver.count(SendClose) == 1
    assert driver.ended[0].reason is ExitReason.STOP
    assert driver.venue.is_clean()


@pytest.mark.parametrize("side", list(Side))
def test_a_price_band_is_answered_with_wider_limits(side: Side) -> None:
    driver = Driver(venue=SmallVenue(refusals={SendClose: deque([Refusal.PRICE_BAND] * 4)}))
    closing(driver, side=side).reach(Phase.DONE)
    assert shapes(driver) == [
        CloseShape.REDUCE_ONLY_MARKET,
        CloseShape.IOC_1_PERCENT,
        CloseShape.IOC_3_PERCENT,
        CloseShape.IOC_10_PERCENT,
        CloseShape.REDUCE_ONLY_MARKET,
    ]
    limits = [request.limit_price for _, request in driver.sent if isinstance(request, SendClose)]
    percents = [Decimal(100) - side.sign * percent for percent in (1, 3, 10)]
    assert limits == [None, *(percent * 500 for percent in percents), None]


@pytest.mark.owns("K3")
def test_K3_a_limit_that_is_refused_for_an_unknown_reason_is_not_tried_for_ever() -> None:
    """Seed 7329: ten per cent beyond mark was outside the venue's bound, told by a number nobody had listed."""
    refusals = deque(
        [Refusal.PRICE_BAND, Refusal.PRICE_BAND, Refusal.OTHER, Refusal.OVERLOADED, Refusal.OTHER]
    )
    driver = Driver(venue=SmallVenue(refusals={SendClose: refusals}))
    closing(driver).reach(Phase.DONE)
    assert shapes(driver) == [
        CloseShape.REDUCE_ONLY_MARKET,
        CloseShape.IOC_1_PERCENT,
        CloseShape.IOC_3_PERCENT,
        CloseShape.IOC_10_PERCENT,
        CloseShape.IOC_10_PERCENT,
        CloseShape.REDUCE_ONLY_MARKET,
    ]


@pytest.mark.owns("P3")
def test_P3_a_plain_close_needs_a_fresh_read_and_opens_nothing() -> None:
    driver = Driver(venue=SmallVenue(refusals={SendClose: deque([Refusal.FLAG_REFUSED])}))
    closing(driver).reach(Phase.DONE)
    assert shapes(driver) == [CloseShape.REDUCE_ONLY_MARKET, CloseShape.PLAIN_MARKET]
    assert driver.venue.opened_by_reduction == []


@pytest.mark.owns("P3")
def test_P3_a_plain_close_whose_reads_fail_is_not_sent_twice() -> None:
    driver = Driver(venue=SmallVenue(refusals={SendClose: deque([Refusal.FLAG_REFUSED])}))
    closing(driver).run(5_000, until=lambda: len(shapes(driver)) == 2)
    driver.reads_fail = True
    before = driver.state.asked
    driver.run(20_000)
    assert driver.state.asked - before <= 85, "failing reads are repeated at a pace"
    assert shapes(driver).count(CloseShape.PLAIN_MARKET) == 1, (
        "without a read of the position newer than the last close, a plain one may open"
    )
    driver.reads_fail = False
    driver.reach(Phase.DONE)
    assert driver.venue.opened_by_reduction == []
    assert driver.venue.is_clean()


@pytest.mark.owns("P1", "K2")
def test_P1_a_close_that_keeps_failing_freezes_pages_and_goes_on_beside_the_stop() -> None:
    driver = Driver(venue=SmallVenue(refuse_always={SendClose: Refusal.OTHER}))
    closing(driver)
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.run(60_000)
    assert driver.count(SendClose) > ALARMING_ATTEMPTS
    assert driver.count(SendClose) < 30, "the pauses grow"
    assert driver.venue.live_stops, "both attempts go on: the stop is put back"
    assert driver.state.frozen
    assert "L1" in [alert.code for alert in driver.alerts(Level.CRITICAL)]
    driver.venue.refuse_always.clear()
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    assert not driver.state.frozen, "the end of what froze the account thaws it"


@pytest.mark.owns("P1")
def test_P1_stops_refused_beside_a_failing_close_are_paced_and_one_rests_as_soon_as_it_may() -> None:
    driver = Driver(venue=SmallVenue(refuse_always={SendClose: Refusal.OTHER}))
    closing(driver)
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.venue.refuse_always[SendStop] = Refusal.OTHER
    asked = driver.state.asked
    driver.run(60_000)
    assert 60 <= driver.count(SendStop) <= 82, "every half of the deadline, and no faster"
    assert driver.state.asked - asked <= 60, (
        "a stop's refusal asks for no look: each costs weight, the stop none (K2)"
    )
    del driver.venue.refuse_always[SendStop]
    driver.run(ProtectionSettings().protect_deadline_ms, until=lambda: bool(driver.venue.live_stops))
    assert driver.venue.live_stops
    driver.venue.refuse_always.clear()
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("P1")
def test_P1_a_stop_is_tried_beside_a_failing_close_though_no_mark_was_heard() -> None:
    """A restart while the symbol is halted: no price is told, and stops and closes are refused."""
    driver = Driver(venue=SmallVenue(refuse_always={SendClose: Refusal.OTHER}))
    closing(driver)
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    driver.venue.refuse_always[SendStop] = Refusal.OTHER
    markets = {symbol: replace(market, mark=None) for symbol, market in driver.state.markets.items()}
    driver.state = replace(driver.state, markets=markets)
    driver.run(20_000)
    del driver.venue.refuse_always[SendStop]
    driver.run(ProtectionSettings().protect_deadline_ms, until=lambda: bool(driver.venue.live_stops))
    assert driver.state.markets[BTC].mark is None
    assert driver.venue.live_stops


# -- the sweep -----------------------------------------------------------------------------------------------


@pytest.mark.owns("P6")
def test_P6_a_strangers_order_is_never_cancelled() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.venue.stranger_rests("by-hand", trigger=Decimal(40_000))
    driver.run(1_000)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    driver.run(20_000)
    assert [order.key.client_id for order in driver.venue.live] == ["by-hand"]
    assert [a.text for a in driver.alerts(Level.INFO) if a.code == "P6"] != []


@pytest.mark.owns("P6")
def test_P6_another_accounts_order_is_a_strangers() -> None:
    theirs = client_id(mint_trade_id(tag="xyz", fence=1, ordinal=1), Role.DISASTER, 1)
    driver = Driver()
    driver.venue.stranger_trades(Decimal("0.1"))
    driver.venue.stranger_rests(theirs, trigger=Decimal(49_000), whole=True)
    driver.start().run(3_000)
    assert driver.trade.trade_id[1:4] == TAG
    assert driver.trade.slot(theirs) is None
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    assert theirs not in cancelled(driver)


@pytest.mark.owns("P6")
def test_P6_leftovers_without_a_trade_go_after_two_flat_reads() -> None:
    driver = Driver()
    canary = client_id(mint_trade_id(tag=TAG, fence=1, ordinal=1), Role.CANARY, 1)
    driver.venue.stranger_rests(canary, trigger=Decimal(40_000), whole=True)
    driver.start().run(2_800)
    driver.feed(AccountHinted(symbol=BTC))
    driver.run(100)
    driver.signal()
    assert driver.denials() == ["sweep_pending"]
    assert driver.count(CancelOrder) == 0
    driver.run(10_000, until=driver.venue.is_clean)
    assert cancelled(driver) == {canary}


@pytest.mark.owns("P5")
def test_P5_the_sweep_of_a_long_leaves_the_stop_of_the_short_that_came_after_it() -> None:
    """Seed 1794: a trade from an old backup was flat, and its sweep took the watchdog's stop on the other side."""
    driver = closing(Driver())
    driver.reach(Phase.SWEEPING)
    driver.venue.stranger_trades(Decimal("-0.1"))
    driver.run(400)
    watchdogs = client_id(mint_trade_id(tag=TAG, fence=1, ordinal=9_003), Role.WATCHDOG_STOP, 1)
    driver.venue.stranger_rests(watchdogs, trigger=Decimal(51_000))
    driver.run(20_000)
    assert [trade.side for trade in driver.state.trades.values()] == [Side.SHORT], "the long is swept"
    assert watchdogs not in cancelled(driver)
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.run(30_000, until=driver.venue.is_clean)
    assert watchdogs in cancelled(driver), "the short's own sweep takes it"


def test_P6_a_cancel_that_is_lost_is_sent_again() -> None:
    driver = closing(Driver(fates={CancelOrder: deque([Fate.LOSE_REQUEST, Fate.LOSE_ANSWER])}))
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


@pytest.mark.owns("A1")
def test_A1_every_fill_is_booked_once_to_its_trade() -> None:
    driver = closing(Driver())
    driver.reach(Phase.DONE)
    booked = [
        fill.fill_id for effect in driver.effects if isinstance(effect, BookFills) for fill in effect.fills
    ]
    owners = {
        effect.trade.trade_id for effect in driver.effects if isinstance(effect, BookFills) and effect.trade
    }
    assert booked == [1, 2]
    assert owners == {driver.ended[0].trade.trade_id}
    assert driver.ended[0].trade.balance == 0


@pytest.mark.owns("A1")
def test_A1_an_exit_nobody_explains_is_elsewhere_and_not_invented() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    driver.venue.stranger_trades(-driver.venue.position)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.ELSEWHERE
    assert driver.venue.is_clean()


@pytest.mark.owns("P6", "A1")
def test_P6_nothing_is_swept_before_the_fills_sum_to_zero() -> None:
    """Rule 7: two flat reads are not enough while the trade list does not explain them."""
    driver = Driver(venue=SmallVenue(hide_fills=True))
    closing(driver).run(UNBALANCED_MS_MAX - 1_000)
    assert driver.phase is Phase.SWEEPING
    assert driver.count(CancelOrder) == 0
    driver.venue.hide_fills = False
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()
    assert driver.ended[0].reason is ExitReason.OPERATOR


def test_hold_counts_from_the_first_fill_of_the_entry() -> None:
    driver = Driver().start()
    driver.signal()
    driver.reach(Phase.PROTECTED).run(500)
    (fill,) = driver.venue.fills
    driver.feed(
        FillsAnswered(
            request=ReadFills(symbol=BTC, after_fill_id=0),
            answer=tuple(
                replace(fill, fill_id=10 + place, market_ms=MarketMs(1_000 + place)) for place in range(3)
            ),
            complete=True,
        )
    )
    assert driver.trade.opened_market_ms != 1_002
    fresh = replace(driver.trade, balance=Decimal(0))
    driver.state = replace(driver.state, trades={fresh.trade_id: fresh})
    driver.feed(
        FillsAnswered(
            request=ReadFills(symbol=BTC, after_fill_id=0),
            answer=tuple(
                replace(fill, fill_id=20 + place, market_ms=MarketMs(driver.now_ms + place))
                for place in range(3)
            ),
            complete=True,
        )
    )
    assert driver.trade.opened_market_ms == driver.now_ms


@pytest.mark.owns("P5", "P6")
@pytest.mark.parametrize("rung", list(Rung))
@pytest.mark.parametrize("lag_ms", [40, 900, 6_000])
def test_P5_reads_that_lag_never_sweep_a_living_position(rung: Rung, lag_ms: int) -> None:
    """Position and listings may be seconds old: nothing that protects is cancelled (the driver judges)."""
    driver = Driver().start(rung)
    driver.venue.read_lag_ms = lag_ms
    driver.signal()
    driver.run(12_000)
    assert not driver.venue.is_naked
    driver.venue.read_lag_ms = 0
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.run(80_000)
    assert driver.venue.is_clean(), "what arrived after its trade had ended goes with the next full listing"
    assert driver.venue.entries in ([], driver.venue.entries[:1])


@pytest.mark.owns("P3", "P6")
def test_a_strangers_order_that_holds_the_size_stays_and_does_not_keep_the_position_open() -> None:
    driver = Driver(venue=SmallVenue(refusals={SendClose: deque([Refusal.REDUCE_BLOCKED])}))
    closing(driver).reach(Phase.DONE)
    assert shapes(driver) == [CloseShape.REDUCE_ONLY_MARKET, CloseShape.PLAIN_MARKET]
    assert driver.venue.opened_by_reduction == []


@pytest.mark.owns("P3")
def test_P3_a_plain_close_in_doubt_is_not_followed_by_another() -> None:
    """The first may still be on its way: only the flag keeps the second from opening what both should close."""
    driver = Driver(venue=SmallVenue(refusals={SendClose: deque([Refusal.FLAG_REFUSED])}))
    driver.fates[SendClose] = deque([None, Fate.LOSE_REQUEST])  # type: ignore[list-item]  # None: the first is answered
    closing(driver).reach(Phase.DONE)
    assert shapes(driver) == [
        CloseShape.REDUCE_ONLY_MARKET,
        CloseShape.PLAIN_MARKET,
        CloseShape.REDUCE_ONLY_MARKET,
    ]


def test_P1_a_restart_on_a_limit_rung_closes_before_any_mark_is_known() -> None:
    """The engine once ended here, at every start until a mark came in: found by swarm seed 651."""
    driver = Driver()
    driver.venue.refusals[SendClose] = deque([Refusal.PRICE_BAND])
    closing(driver).run(40)
    driver.crash(writes_land=True)
    trade = next(iter(driver.disk.values()))
    assert trade.close is not None
    assert trade.close.shape is CloseShape.IOC_1_PERCENT
    state = recover(cold_state(risk=RISK, fence=2), [trade], {BTC: 0}, driver._now())
    _, effects = step(state, Ticked(), driver._now())
    sent = [effect for effect in effects if isinstance(effect, SendClose)]
    assert [(close.shape, close.limit_price) for close in sent] == [(CloseShape.REDUCE_ONLY_MARKET, None)]


@pytest.mark.owns("P6")
def test_P6_a_canary_that_appears_after_its_proof_failed_is_swept_without_a_listing_of_every_symbol() -> None:
    """Listing every symbol costs eighty; one symbol in doubt costs two."""
    canary = client_id(mint_trade_id(tag=TAG, fence=1, ordinal=1), Role.CANARY, 1)
    driver = Driver().start()
    driver.feed(RungProven(symbol=BTC, rung=None, detail="reading back: Unknown"))
    driver.later(2_000, lambda: driver.venue.stranger_rests(canary, trigger=Decimal(40_000), whole=True))
    full_due_ms = driver.state.full_due_ms
    assert driver.run(15_000, until=lambda: cancelled(driver) == {canary})
    assert driver.state.full_due_ms == full_due_ms
    driver.run(12_000)
    assert driver.state.markets[BTC].suspect_ms is None, "a look that shows nothing is believed in the end"


@pytest.mark.owns("K2")
def test_K2_a_thin_book_is_emptied_at_a_pace_that_the_request_weight_bears() -> None:
    """Every look shows that a piece more has gone, and still there are at most a few closes and looks a second."""
    driver = closing(Driver())
    driver.venue.close_most = Decimal("0.001")
    driver.run(5_000)
    closes = driver.count(SendClose)
    assert 5 < closes <= 5_000 // driver.state.protection.close_retry_ms + 2
