"""The exits: policy's numbers on both sides, their order, stops that only tighten, opinions that only close."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core import rules
from jackline.core.errors import InvariantBroken
from jackline.core.events import ExitSignalled
from jackline.core.exit_settings import ExitSettings, Stages
from jackline.core.exiting import TABLE, Facts, due, stop_price, unrested_price, with_best
from jackline.core.ids import Role, parse_client_id
from jackline.core.machine import Phase
from jackline.core.outcomes import Refusal
from jackline.core.plan import Rung
from jackline.core.requests import SendClose, SendStop, SendTarget
from jackline.core.settings import HOUR_MS, RiskSettings
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason, SlotState, Trade
from jackline.core.values import Fraction, MarketMs, Price, Side, fraction, price
from tests.core.driver import Driver
from tests.core.making import RISK, instrument, with_trailing
from tests.core.small_venue import BTC, SmallVenue

STAGED = replace(RISK, exits=ExitSettings(stages=Stages()))
PATIENT = replace(RISK, hold_max_ms=30 * HOUR_MS, exits=ExitSettings(no_progress_ms=24 * HOUR_MS))
BAR_MS = 60_000
both_sides = pytest.mark.parametrize("side", list(Side))
TEN_TICKS = Decimal(1)


def protected(risk: RiskSettings = RISK, side: Side = Side.LONG, venue: SmallVenue | None = None) -> Driver:
    driver = Driver(risk=risk, venue=venue or SmallVenue()).start(Rung.STOP_FIRST)
    driver.signal(side)
    driver.reach(Phase.PROTECTED)
    return driver


def open_trade(risk: RiskSettings = RISK, side: Side = Side.LONG) -> Trade:
    """Filled at 50,000 exactly, with D a per cent away, for worked numbers."""
    trade = protected(risk, side).trade
    stop = replace(trade.stop, disaster_price=Price(mirrored("-500", side)))
    at = price("50000")
    return replace(trade, entry_price=at, best_price=at, stop=stop, floor_price=None)


def moved(trade: Trade, mark: Decimal) -> Trade:
    return with_best(trade, Price(mark), MarketMs(0))


def mirrored(distance: str, side: Side) -> Decimal:
    """So far from 50,000 in favour of the side."""
    return 50_000 + side.sign * Decimal(distance)


def opinion(driver: Driver, confidence: str, *, side: Side = Side.LONG, age_ms: int = 0) -> None:
    now_ms = driver._now().market_ms
    driver.feed(
        ExitSignalled(
            symbol=BTC,
            side=side,
            confidence=Fraction(Decimal(confidence)),
            market_ms=MarketMs(now_ms - age_ms),
            bar_ms=BAR_MS,
        )
    )


# -- the numbers of policy -----------------------------------------------------------------------------------


@both_sides
@pytest.mark.owns("P4")
def test_P4_the_percent_trail_stands_where_policy_says(side: Side) -> None:
    """50,000 at 3 % → 48,500; 52,000 → 50,440; 55,000 → 53,350; and 53,350 closes."""
    trade = replace(open_trade(with_trailing("0.03"), side), floor_price=None)
    wide = replace(
        trade.stop, disaster_price=Price(mirrored("-5000", side)), distance_fraction=fraction("0.1")
    )
    trade = replace(trade, stop=wide)
    for best, stands in (("0", "-1500"), ("2000", "440"), ("5000", "3350")):
        level = stop_price(moved(trade, mirrored(best, side)), instrument())
        if side is Side.LONG:
            assert level == mirrored(stands, side)
        else:
            distance = Decimal("0.03") * mirrored(best, side)
            assert level == mirrored(best, side) + distance, "3 % of the best price, above it"
    if side is Side.LONG:
        far = moved(trade, Decimal(55_000))
        assert rules.is_beyond(price("53350"), stop_price(far, instrument()), 1)
        assert not rules.is_beyond(price("53350.1"), stop_price(far, instrument()), 1)


@both_sides
@pytest.mark.parametrize(
    ("best", "stands"),
    [
        ("749", "-500"),  # the plan's 1 %
        ("750", "150"),  # +1.5 %: entry plus 0.3 % of costs
        ("1499", "150"),
        ("1500", "750"),  # +3 %: +1.5 %
        ("2499", "750"),
    ],
)
def test_P4_the_stages_stand_where_policy_says(side: Side, best: str, stands: str) -> None:
    trade = moved(open_trade(STAGED, side), mirrored(best, side))
    assert stop_price(trade, instrument()) == mirrored(stands, side)


@pytest.mark.parametrize(
    ("side", "best", "stands"),
    [
        (Side.LONG, "52500", "51975.0"),
        (Side.LONG, "55000", "54450.0"),
        (Side.SHORT, "47500", "47975.0"),
        (Side.SHORT, "45000", "45450.0"),
    ],
)
def test_P4_the_last_stage_trails_one_percent_behind_the_best_price(
    side: Side, best: str, stands: str
) -> None:
    trade = moved(open_trade(STAGED, side), Decimal(best))
    assert stop_price(trade, instrument()) == Decimal(stands)


def test_a_stop_at_break_even_pays_both_fees_and_the_stressed_slippage() -> None:
    entry = open_trade(STAGED).entry
    assert entry is not None
    assert entry.costs_fraction == 2 * RISK.taker_fraction + RISK.slippage_fraction == Decimal("0.0030")


@pytest.mark.owns("P4")
@pytest.mark.parametrize(
    "changes",
    [
        {"break_even_gain_fraction": "0.03"},
        {"lock_fraction": "0.03"},
        {"peak_gain_fraction": "0.03"},
        {"peak_distance_fraction": "0.05"},
        {"lock_fraction": "0"},
    ],
)
def test_P4_stages_that_would_go_back_cannot_be_built(changes: dict[str, str]) -> None:
    with pytest.raises(InvariantBroken):
        Stages(**{name: fraction(value) for name, value in changes.items()})


# -- properties ----------------------------------------------------------------------------------------------

paths = st.lists(st.integers(min_value=-6_000, max_value=6_000), min_size=1, max_size=30)


@settings(deadline=None, max_examples=60)
@given(path=paths, side=st.sampled_from(list(Side)), trailing=st.sampled_from([None, "0.01", "0.03"]))
@pytest.mark.owns("P4")
def test_P4_the_stop_only_tightens_whatever_mark_does(
    path: list[int], side: Side, trailing: str | None
) -> None:
    trade = TRADES[side]
    assert trade.entry is not None
    trail = None if trailing is None else fraction(trailing)
    trade = replace(trade, entry=replace(trade.entry, trailing_fraction=trail))
    before = stop_price(trade, instrument())
    for step in path:
        trade = moved(trade, mirrored(str(step), side))
        after = stop_price(trade, instrument())
        assert (after - before) * side.sign >= 0
        before = after


@settings(deadline=None, max_examples=60)
@given(gains=paths)
def test_stages_are_symmetric_in_side_but_for_the_distance_to_the_peak(gains: list[int]) -> None:
    """Fractions of the entry price are mirrored to the unit; the peak's is a fraction of another price."""
    long, short = TRADES[Side.LONG], TRADES[Side.SHORT]
    for gain in gains:
        long = moved(long, mirrored(str(gain), Side.LONG))
        short = moved(short, mirrored(str(gain), Side.SHORT))
        above = stop_price(long, instrument()) - 50_000
        below = 50_000 - stop_price(short, instrument())
        best = (long.best_price or Decimal(0)) - 50_000
        apart = 2 * best / 100 if best >= 2_500 else Decimal(0)
        assert abs(above - below) <= apart + TEN_TICKS


TRADES = {side: open_trade(STAGED, side) for side in Side}


# -- the table -----------------------------------------------------------------------------------------------


def everything_holds(side: Side = Side.LONG) -> tuple[Trade, Facts]:
    """A trade of which every exit holds at once."""
    risk = replace(
        PATIENT,
        hold_max_ms=25 * HOUR_MS,
        target_fraction=fraction("0.05"),
        trailing_fraction=fraction("0.03"),
    )
    driver = Driver(risk=risk, venue=SmallVenue(refuse_always={SendTarget: Refusal.OTHER})).start()
    driver.signal(side)
    driver.reach(Phase.PROTECTED)
    driver.run(500)
    trade = driver.trade
    assert trade.target is not None
    assert trade.target.state is SlotState.REFUSED
    opened = trade.opened_market_ms or 0
    mark = Price(mirrored("3000", side))
    facts = Facts(
        market_ms=MarketMs(opened + 40 * HOUR_MS), mark=mark, unrested_price=mark, opinion=fraction("0.731")
    )
    return trade, facts


ORDER = [
    ExitReason.MODEL_EXIT,
    ExitReason.TARGET,
    ExitReason.STOP_REACHED,
    ExitReason.MAX_HOLD,
    ExitReason.NO_PROGRESS,
]


@both_sides
def test_the_first_exit_that_holds_wins_in_the_order_of_policy(side: Side) -> None:
    trade, facts = everything_holds(side)
    entry = trade.entry
    assert entry is not None
    without = (
        lambda trade, facts: (trade, replace(facts, opinion=None)),
        lambda trade, facts: (replace(trade, target=None), facts),
        lambda trade, facts: (trade, replace(facts, unrested_price=None)),
        lambda trade, facts: (replace(trade, entry=replace(entry, hold_max_ms=10**12)), facts),
    )
    found = []
    for change in (*without, None):
        exit_due = due(trade, facts)
        assert exit_due is not None
        found.append(exit_due.reason)
        trade, facts = change(trade, facts) if change is not None else (trade, facts)
    assert found == ORDER
    assert len(TABLE) == len(ORDER)


def test_a_model_exit_carries_its_confidence_and_no_other_exit_a_number() -> None:
    trade, facts = everything_holds()
    found = due(trade, facts)
    assert found is not None
    assert found.parameter == Decimal("0.731")
    told = replace(trade, exit_reason=found.reason, exit_parameter=found.parameter)
    assert told.exit_words == "model_exit(0.731)"
    assert replace(told, exit_reason=ExitReason.STOP).exit_words == "stop", (
        "the venue's word, and no number of ours"
    )
    other = due(trade, replace(facts, opinion=None))
    assert other is not None
    assert other.parameter is None


def test_an_adopted_position_has_no_exits_of_a_strategy() -> None:
    trade, facts = everything_holds()
    assert due(replace(trade, entry=None), replace(facts, unrested_price=None)) is None


@pytest.mark.owns("K2")
def test_K2_what_needs_no_mark_waits_for_none() -> None:
    """No mark is known, as after a restart in a halted market: time and the strategy close all the same."""
    trade, facts = everything_holds()
    blind = replace(facts, mark=None)
    sure = due(trade, blind)
    assert sure is not None
    assert sure.reason is ExitReason.MODEL_EXIT
    held = due(trade, replace(blind, opinion=None))
    assert held is not None
    assert held.reason is ExitReason.MAX_HOLD


# -- model exits, end to end in the core ---------------------------------------------------------------------


@pytest.mark.parametrize(("side", "least"), [(Side.LONG, "0.70"), (Side.SHORT, "0.72")])
def test_a_model_exit_closes_from_its_threshold_on(side: Side, least: str) -> None:
    driver = protected(side=side)
    driver.run(1_000)
    opinion(driver, str(Decimal(least) - Decimal("0.001")), side=side)
    assert driver.phase is Phase.PROTECTED
    opinion(driver, least, side=side)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.MODEL_EXIT
    assert driver.ended[0].trade.exit_words == f"model_exit({least})"
    assert driver.venue.is_clean()


@pytest.mark.owns("M2")
@pytest.mark.parametrize("confidence", ["1.001", "-0.1", "NaN", "sNaN", "Infinity", "70"])
def test_M2_an_opinion_out_of_range_is_none(confidence: str) -> None:
    driver = protected()
    driver.run(1_000)
    opinion(driver, confidence)
    driver.run(1_000)
    assert driver.phase is Phase.PROTECTED
    assert driver.count(SendClose) == 0


@pytest.mark.owns("M2")
def test_M2_a_stale_opinion_and_one_of_before_the_fill_are_none() -> None:
    driver = protected()
    driver.run(1_000)
    opinion(driver, "0.99", age_ms=900_000)
    opinion(driver, "0.99", age_ms=BAR_MS + 1)
    opinion(driver, "0.99", age_ms=driver._now().market_ms - (driver.trade.opened_market_ms or 0))
    assert driver.count(SendClose) == 0
    opinion(driver, "0.99", age_ms=1)
    assert driver.count(SendClose) == 1


@pytest.mark.owns("M2")
def test_M2_an_opinion_touches_no_stop_and_the_other_side_not_at_all() -> None:
    driver = protected()
    driver.run(5_000)
    stops = [request for _, request in driver.sent if isinstance(request, SendStop)]
    opinion(driver, "0.2")
    opinion(driver, "0.99", side=Side.SHORT)
    driver.run(5_000)
    assert driver.phase is Phase.PROTECTED
    assert [request for _, request in driver.sent if isinstance(request, SendStop)] == stops


@pytest.mark.owns("M2")
def test_M2_no_opinion_delays_the_longest_hold() -> None:
    driver = protected(replace(RISK, hold_max_ms=60_000))
    opened_ms = driver.trade.opened_market_ms or 0
    while driver.phase is Phase.PROTECTED:
        opinion(driver, "0")
        driver.run(100)
    assert driver.ended == []
    assert 60_000 <= driver.sent[-1][0] - opened_ms <= 60_200
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.MAX_HOLD


@pytest.mark.owns("K2")
def test_K2_a_model_exit_passes_every_gate() -> None:
    """No new risk, a broken journal, a silent stream: it closes all the same."""
    driver = protected()
    driver.run(1_000)
    frozen = frozenset({"test"})
    driver.state = replace(
        driver.state, kill_level=KillLevel.NO_NEW_RISK, journal_ok=False, stream_up=False, frozen=frozen
    )
    driver.disk_works = False
    opinion(driver, "0.9")
    assert driver.run(10_000, until=lambda: not driver.venue.live_stops and driver.venue.is_clean())


def test_an_opinion_before_the_fill_leaves_the_entry_alone() -> None:
    driver = Driver().start(Rung.STOP_FIRST)
    driver.signal()
    driver.reach(Phase.ARMING)
    opinion(driver, "0.99", age_ms=-1)
    driver.reach(Phase.PROTECTED)


# -- trail, target, time -------------------------------------------------------------------------------------


@both_sides
@pytest.mark.owns("P4", "P5")
def test_P5_stages_move_a_working_stop_under_a_living_disaster_stop(side: Side) -> None:
    driver = protected(STAGED, side)
    driver.run(3_000)
    first = driver.trade.disaster
    for gain in ("800", "1600", "2600", "3500"):
        driver.move(mirrored(gain, side))
        driver.run(6_000)
    assert driver.trade.disaster == first, "D never moves"
    (working,) = driver.trade.working
    best = mirrored("3500", side)
    assert abs(working.trigger_price - best * (1 - side.sign * Decimal("0.01"))) <= TEN_TICKS
    driver.move(working.trigger_price - side.sign)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP
    assert driver.venue.naked_ms <= 20


@pytest.mark.owns("P4")
@pytest.mark.parametrize("gain", ["800", "1600", "3500"])
@pytest.mark.parametrize("after_ms", [0, 5, 12, 20, 400, 2_500])
def test_P4_a_kill_in_a_stage_loosens_nothing(gain: str, after_ms: int) -> None:
    """Killed around the move of W; the driver refuses any stop that is looser than the last."""
    driver = protected(STAGED)
    driver.run(3_000)
    driver.move(mirrored(gain, Side.LONG))
    driver.run(after_ms)
    disaster = driver.trade.disaster
    assert disaster is not None
    floor = max((order.trigger_price or 0 for order in driver.venue.live_stops), default=0)
    driver.crash()
    driver.recover()
    driver.run(8_000)
    assert driver.phase is Phase.PROTECTED
    levels = [order.trigger_price or Decimal(0) for order in driver.venue.live_stops]
    assert max(levels) >= floor, "never looser"
    assert disaster.trigger_price in levels, "D as before"
    assert driver.venue.naked_ms <= 20


def test_a_trail_that_is_reached_before_its_stop_could_move_closes_at_once() -> None:
    """Up and back within the pause of the working stop: the 2 s are for requests, not for exits."""
    driver = protected(with_trailing("0.03"))
    driver.run(3_000)
    driver.move("52000")
    driver.run(500)
    driver.move("55000")
    driver.move("53349")
    driver.run(100)
    assert driver.count(SendClose) == 1
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED


def test_a_stop_that_is_gone_may_be_firing_and_is_not_closed_beside() -> None:
    driver = protected(STAGED)
    driver.run(3_000)
    driver.move("51600")
    driver.run(6_000)
    (working,) = driver.trade.working
    gone = replace(driver.trade, working=(replace(working, state=SlotState.GONE),))
    step = driver.state.protection.ratchet_step_fraction
    assert unrested_price(gone, instrument(), step) is None
    refused = replace(driver.trade, working=(replace(working, state=SlotState.REFUSED),))
    assert unrested_price(refused, instrument(), step) == working.trigger_price


@both_sides
def test_a_target_that_the_venue_refused_is_kept_by_closing(side: Side) -> None:
    risk = replace(RISK, target_fraction=fraction("0.05"))
    driver = protected(risk, side, SmallVenue(refusals={SendTarget: deque([Refusal.OTHER])}))
    driver.run(3_000)
    driver.move(mirrored("2400", side))
    driver.run(1_000)
    assert driver.count(SendClose) == 0
    driver.move(mirrored("2510", side))
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TARGET


def test_no_progress_closes_a_day_after_the_last_step() -> None:
    driver = protected(PATIENT)
    opened_ms = driver.trade.opened_market_ms or 0
    driver.market_ahead_ms = 20 * HOUR_MS
    driver.move("50300")
    assert driver.trade.progress_price == 50_300
    stepped_ms = driver.trade.progress_market_ms or 0
    assert stepped_ms - opened_ms >= 20 * HOUR_MS
    driver.market_ahead_ms = 40 * HOUR_MS
    driver.risk = PATIENT
    driver.state = replace(
        driver.state,
        trades={
            key: replace(trade, entry=replace(trade.entry, hold_max_ms=99 * HOUR_MS))
            for key, trade in driver.state.trades.items()
            if trade.entry is not None
        },
    )
    driver.move("50400")
    assert driver.trade.progress_market_ms == stepped_ms, "less than half a per cent is no step"
    driver.run(1_000)
    assert driver.phase is Phase.PROTECTED
    driver.market_ahead_ms = 44 * HOUR_MS + 1_000
    driver.run(1_000)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.NO_PROGRESS


def test_a_step_of_progress_survives_a_kill() -> None:
    driver = protected(PATIENT)
    driver.market_ahead_ms = 20 * HOUR_MS
    driver.move("50600")
    driver.run(200)
    stepped_ms = driver.trade.progress_market_ms
    driver.crash()
    driver.recover()
    driver.run(3_000)
    assert driver.trade.progress_market_ms == stepped_ms
    assert driver.phase is Phase.PROTECTED


def test_by_default_nothing_is_asked_of_progress() -> None:
    trade = moved(open_trade(), Decimal(52_000))
    assert (trade.progress_price, trade.progress_market_ms) == (None, None)
    assert (RISK.exits.no_progress_ms, RISK.exits.stages, RISK.target_fraction) == (None, None, None)


def test_a_restart_with_other_settings_keeps_the_exits_of_the_plan() -> None:
    driver = protected(STAGED)
    driver.run(1_000)
    driver.crash()
    driver.risk = RISK
    driver.recover()
    driver.run(1_000)
    driver.move("51600")
    driver.run(6_000)
    (working,) = driver.trade.working
    name = parse_client_id(working.client_id)
    assert name is not None
    assert name.role is Role.WORKING
    assert working.trigger_price >= 50_700
