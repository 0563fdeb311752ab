"""Stops and targets that somebody asks for: beside what protects, never instead of it."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.asked_order import ASKED_MAX, AskedKind, AskedStatus, AskedTerms
from jackline.core.effects import AnswerCommand
from jackline.core.events import KillAsked, Receipt
from jackline.core.machine import Phase
from jackline.core.outcomes import Refusal
from jackline.core.requests import CancelOrder, SendStop, SendTarget
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason
from jackline.core.values import Side
from tests.core.asking_for import ask, asked, asked_at_venue, drop, terms, told
from tests.core.driver import Driver
from tests.core.small_venue import ATTACHING_TRAITS, Fate, SmallVenue

STOP, TARGET, TRAILING = AskedKind.STOP, AskedKind.TARGET, AskedKind.TRAILING


def protected(driver: Driver | None = None, *, side: Side = Side.LONG) -> Driver:
    """A position at 50,000 with its D, 1 % away."""
    driver = (driver or Driver()).start()
    driver.signal(side)
    driver.reach(Phase.PROTECTED)
    driver.run(3_000)
    return driver


def resting(kind: AskedKind = STOP, figure: str = "49700") -> Driver:
    driver = protected()
    ask(driver, terms(kind, figure))
    driver.run(1_000)
    return driver


# -- asking --------------------------------------------------------------------------------------------------


@pytest.mark.owns("P1")
@pytest.mark.parametrize("figure", ["49700", "49000"], ids=["tighter than D", "looser than D"])
def test_P1_a_stop_is_active_when_it_was_read_back_and_not_before(figure: str) -> None:
    driver = protected()
    before, rests = driver.venue.live_stops, list[Decimal]()
    command = ask(driver, terms(STOP, figure))
    while told(driver, command) is None:
        rests = asked_at_venue(driver)
        driver.run(5)
        assert driver.now_ms < 1_800_000_000_000 + 60_000, "no answer in a minute"
    assert rests == [Decimal(figure)], "it rested before the answer said so"
    assert asked(driver, "sl_pos_1").status is AskedStatus.ACTIVE
    assert set(before) <= set(driver.venue.live_stops), "P4: it stands beside D, not instead"
    answer = told(driver, command) or ""
    assert answer.startswith(f"active: trigger_price={figure} client_id=j")
    assert "read_back_ms=" in answer
    assert "venue_id=None" not in answer


def test_a_stop_rounds_towards_the_market_and_a_target_away_from_it() -> None:
    driver = protected()
    ask(driver, terms(STOP, "49700.01"))
    driver.run(1_000)
    ask(driver, terms(TARGET, "52000.01"))
    driver.run(1_000)
    assert asked_at_venue(driver) == [Decimal("49700.1"), Decimal("52000.1")]


def test_figures_told_by_the_caller_are_kept() -> None:
    driver = resting()
    assert asked(driver, "sl_pos_1").terms == terms(STOP, "49700")


@pytest.mark.owns("O2")
def test_O2_the_same_command_heard_twice_is_one_order() -> None:
    driver = protected()
    wish = terms(STOP, "49700")
    ask(driver, wish, command="once")
    ask(driver, wish, command="once")
    driver.run(2_000)
    ask(driver, wish, command="once")
    driver.run(2_000)
    assert asked_at_venue(driver) == [Decimal("49700")]
    assert (told(driver, "once") or "").startswith("active: ")


@pytest.mark.owns("P3")
@pytest.mark.parametrize(
    ("wish", "word"),
    [
        (terms(STOP, "49700", side=Side.SHORT), "no_position"),
        (replace(terms(STOP, "49700"), trigger_price=None), "bad_price"),
        (replace(terms(TRAILING, "0.01"), trailing_fraction=None), "bad_fraction"),
        (terms(STOP, "50000"), "would_trigger"),
        (terms(STOP, "50100"), "would_trigger"),
        (terms(TARGET, "49900"), "would_trigger"),
        (terms(STOP, "10"), "beyond_liquidation"),
        (terms(TRAILING, "0.9"), "beyond_liquidation"),
        (terms(STOP, "0"), "bad_price"),
        (terms(STOP, "-5"), "bad_price"),
        (terms(STOP, "NaN"), "bad_price"),
        (terms(STOP, "Infinity"), "bad_price"),
        (terms(TARGET, "1e300"), "bad_price"),
        (terms(TRAILING, "0"), "bad_fraction"),
        (terms(TRAILING, "1"), "bad_fraction"),
        (terms(TRAILING, "NaN"), "bad_fraction"),
        (terms(STOP, "49700", quantity="1000"), "quantity_above_position"),
        (terms(STOP, "49700", quantity="0"), "bad_quantity"),
        (terms(STOP, "49700", quantity="0.00001"), "bad_quantity"),
        (terms(STOP, "49700", quantity="NaN"), "bad_quantity"),
    ],
)
def test_P3_what_fits_no_position_is_refused_with_its_word(wish: AskedTerms, word: str) -> None:
    driver = protected(Driver(venue=SmallVenue(liquidation=Decimal(40_000))))
    command = ask(driver, wish)
    driver.run(2_000)
    answer = told(driver, command) or ""
    assert answer.startswith(f"refused: {word}: "), answer
    assert asked_at_venue(driver) == []
    assert driver.phase is Phase.PROTECTED


def test_an_order_id_in_use_and_one_order_too_many_are_refused() -> None:
    driver = resting()
    again = ask(driver, terms(STOP, "49600"))
    assert (told(driver, again) or "").startswith("refused: order_id_used: ")
    for number in range(1, ASKED_MAX):
        ask(driver, terms(STOP, str(49_700 + 10 * number), order_id=f"sl_{number}"))
        driver.run(1_000)
    assert len(asked_at_venue(driver)) == ASKED_MAX
    more = ask(driver, terms(STOP, "49000", order_id="sl_more"))
    assert (told(driver, more) or "").startswith("refused: too_many: ")


def test_a_dropped_id_may_be_asked_for_again() -> None:
    driver = resting()
    drop(driver, "sl_pos_1")
    driver.run(2_000)
    ask(driver, terms(STOP, "49600"))
    driver.run(2_000)
    assert asked_at_venue(driver) == [Decimal("49600")]


@pytest.mark.owns("K2")
@pytest.mark.parametrize(
    ("level", "start"),
    [
        (KillLevel.NO_NEW_RISK, "active: "),
        (KillLevel.FLATTEN, "refused: closing: "),
        (KillLevel.LOCKED, "refused: locked: "),
    ],
)
def test_K2_a_wish_passes_every_level_that_leaves_its_position_open(level: KillLevel, start: str) -> None:
    driver = protected()
    receipt = Receipt(command_id="kill", position=1)
    driver.feed(KillAsked(level=level, actor="test", reason="test", receipt=receipt))
    command = ask(driver, terms(STOP, "49700"))
    driver.run(2_000)
    assert (told(driver, command) or "").startswith(start)


@pytest.mark.parametrize("kind", [STOP, TRAILING])
def test_where_a_side_has_one_stop_another_is_refused(kind: AskedKind) -> None:
    driver = protected(Driver(venue=SmallVenue(traits=ATTACHING_TRAITS)))
    command = ask(driver, terms(kind, "49700" if kind is STOP else "0.006"))
    assert (told(driver, command) or "").startswith("refused: one_stop_per_side: ")


def test_what_the_venue_refuses_is_refused_with_its_words() -> None:
    driver = protected()
    driver.venue.refusals[SendStop] = deque([Refusal.OTHER])
    command = ask(driver, terms(STOP, "49700"))
    driver.run(2_000)
    assert (told(driver, command) or "").startswith("refused: venue_refused: ")
    assert driver.phase is Phase.PROTECTED


@pytest.mark.owns("O2")
@pytest.mark.parametrize("fate", list(Fate))
def test_O2_a_lost_message_costs_no_order_and_makes_no_second(fate: Fate) -> None:
    driver = protected()
    driver.fates[SendStop] = deque([fate])
    command = ask(driver, terms(STOP, "49700"))
    driver.run(6_000)
    assert asked_at_venue(driver) == [Decimal("49700")]
    assert (told(driver, command) or "").startswith("active: ")


# -- firing --------------------------------------------------------------------------------------------------


@pytest.mark.owns("P6")
@pytest.mark.parametrize(
    ("kind", "figure", "mark", "reason"),
    [
        (STOP, "49700", "49690", ExitReason.STOP),
        (TARGET, "51000", "51010", ExitReason.TARGET),
        (TRAILING, "0.006", "49690", ExitReason.TRAILING_STOP),
    ],
)
def test_P6_one_that_fires_ends_the_trade_for_its_reason_and_nothing_stays(
    kind: AskedKind, figure: str, mark: str, reason: ExitReason
) -> None:
    driver = resting(kind, figure)
    other = TARGET if kind is STOP else STOP
    ask(driver, terms(other, "52000" if other is TARGET else "49600"))
    driver.run(1_000)
    driver.move(mark)
    driver.reach(Phase.DONE)
    (end,) = driver.ended
    assert end.reason is reason
    assert driver.venue.is_clean()
    ends = {order.terms.kind: order.status for order in end.trade.asked}
    assert ends == {kind: AskedStatus.TRIGGERED, other: AskedStatus.CANCELLED}


def test_a_partial_stop_fires_once_and_the_rest_keeps_its_stop() -> None:
    driver = protected()
    half = driver.trade.quantity / 2
    half -= half % Decimal("0.001")
    ask(driver, terms(STOP, "49700", quantity=str(half)))
    driver.run(1_000)
    whole = driver.trade.quantity
    driver.move("49690")
    driver.run(5_000)
    for _ in range(5):
        driver.move("49680")
        driver.run(1_000)
    assert driver.phase is Phase.PROTECTED
    assert driver.venue.position == whole - half
    assert asked(driver, "sl_pos_1").status is AskedStatus.TRIGGERED
    gone = drop(driver, "sl_pos_1")
    assert (told(driver, gone) or "").startswith("refused: is_over: ")


@pytest.mark.owns("P4")
def test_P4_a_trailing_stop_rests_at_once_follows_the_mark_and_never_goes_back() -> None:
    driver = resting(TRAILING, "0.01")
    seen: list[Decimal] = []
    for mark in ("50000", "50500", "51000", "50600", "51500", "51100"):
        driver.move(mark)
        for _ in range(60):
            driver.run(100)
            rests = asked_at_venue(driver)
            assert rests, "it is never gone"
            seen.append(max(rests))
    assert seen == sorted(seen)
    assert asked_at_venue(driver) == [Decimal("50985")], "1 % under 51,500"
    driver.move("50980")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TRAILING_STOP


def test_a_whole_one_grows_with_the_position() -> None:
    driver = resting()
    driver.venue.stranger_trades(Decimal("0.006"))
    driver.run(8_000)
    rest = [order for order in driver.venue.live if order.trigger_price == Decimal("49700")]
    assert [order.quantity for order in rest] == [driver.trade.quantity]


# -- lost at the venue ---------------------------------------------------------------------------------------


def _name(driver: Driver) -> str:
    return asked(driver, "sl_pos_1").client_id or ""


@pytest.mark.owns("P1")
def test_P1_one_that_the_venue_loses_is_placed_again_and_then_given_up() -> None:
    driver = resting()
    for _ in range(3):
        driver.venue.drop(_name(driver))
        driver.run(8_000)
        assert asked_at_venue(driver) == [Decimal("49700")]
    driver.venue.drop(_name(driver))
    driver.run(8_000)
    assert asked_at_venue(driver) == []
    assert asked(driver, "sl_pos_1").status is AskedStatus.CANCELLED
    assert driver.phase is Phase.PROTECTED


@pytest.mark.owns("P4")
def test_P4_one_that_was_lost_and_whose_price_mark_has_passed_is_done_by_closing() -> None:
    driver = resting()
    driver.venue.drop(_name(driver))
    driver.move("49690")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.STOP_REACHED
    assert driver.venue.is_clean()


# -- dropping ------------------------------------------------------------------------------------------------


@pytest.mark.owns("P5")
def test_P5_D_counts_as_protection_so_an_asked_stop_may_go() -> None:
    driver = resting()
    command = drop(driver, "sl_pos_1")
    assert told(driver, command) is None, "not before the venue has taken it away"
    driver.run(2_000)
    assert told(driver, command) == "cancelled: sl_pos_1"
    assert asked_at_venue(driver) == []
    assert not driver.venue.is_naked


@pytest.mark.owns("P5")
@pytest.mark.parametrize("figure", ["49700", "49000"])
def test_P5_the_last_protection_of_an_open_position_stays(figure: str) -> None:
    driver = resting(STOP, figure)
    driver.venue.refuse_always[SendStop] = Refusal.OVERLOADED
    assert driver.trade.disaster is not None
    driver.venue.drop(driver.trade.disaster.client_id)
    command = drop(driver, "sl_pos_1")
    driver.run(1_000)
    assert (told(driver, command) or "").startswith("refused: last_protection: ")
    assert asked_at_venue(driver) == [Decimal(figure)]
    assert driver.count(CancelOrder) == 0


@pytest.mark.owns("P5")
def test_P5_a_replacement_must_rest() -> None:
    driver = resting()
    command = drop(driver, "sl_pos_1", replace_with="sl_other")
    driver.run(1_000)
    assert (told(driver, command) or "").startswith("refused: replacement_not_active: ")
    ask(driver, terms(STOP, "49600", order_id="sl_other"))
    driver.run(1_000)
    command = drop(driver, "sl_pos_1", replace_with="sl_other")
    driver.run(2_000)
    assert told(driver, command) == "cancelled: sl_pos_1"
    assert asked_at_venue(driver) == [Decimal("49600")]


def test_dropping_with_close_closes_the_position_and_the_order_goes_with_it() -> None:
    driver = resting()
    command = drop(driver, "sl_pos_1", close=True)
    assert (told(driver, command) or "").startswith("closing: ")
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.OPERATOR
    assert driver.venue.is_clean()


def test_an_unknown_order_cannot_be_dropped() -> None:
    driver = protected()
    assert (told(driver, drop(driver, "sl_nobody")) or "").startswith("refused: unknown_order: ")


def test_a_target_may_always_be_dropped() -> None:
    driver = resting(TARGET, "52000")
    assert driver.count(SendTarget) == 1
    command = drop(driver, "tp_pos_1")
    driver.run(2_000)
    assert told(driver, command) == "cancelled: tp_pos_1"
    assert asked_at_venue(driver) == []


# -- a process dies ------------------------------------------------------------------------------------------


@pytest.mark.owns("O2")
@pytest.mark.parametrize("ms", [0, 3, 6, 10, 15, 20, 25, 30, 40, 60, 100, 1_000])
@pytest.mark.parametrize("kind", [STOP, TARGET, TRAILING])
def test_O2_a_crash_at_any_moment_leaves_one_order_that_is_known(kind: AskedKind, ms: int) -> None:
    driver = protected()
    figure = {STOP: "49700", TARGET: "52000", TRAILING: "0.006"}[kind]
    wish = terms(kind, figure)
    ask(driver, wish, command="wish")
    driver.run(ms)
    driver.crash(writes_land=ms % 2 == 0)
    driver.recover()
    driver.run(2_000)
    if not driver.trade.asked:
        ask(driver, wish, command="wish")  # it was not written: the desk still holds it
    driver.run(8_000)
    assert len(asked_at_venue(driver)) == 1
    assert asked(driver, wish.order_id).status is AskedStatus.ACTIVE
    assert (told(driver, "wish") or "").startswith("active: ")
    drop(driver, wish.order_id)
    driver.run(2_000)
    assert asked_at_venue(driver) == []


@pytest.mark.owns("P6")
def test_P6_one_without_a_record_is_taken_up_and_swept() -> None:
    driver = resting()
    driver.disk.clear()
    driver.crash()
    driver.recover()
    driver.run(6_000)
    (found,) = driver.trade.asked
    assert found.terms.order_id.startswith("found_")
    assert found.status is AskedStatus.ACTIVE
    assert asked_at_venue(driver) == [Decimal("49700")]
    assert driver.trade.floor_price != Decimal("49700"), "the plan's stops are not measured by it"
    driver.move("49690")
    driver.reach(Phase.DONE)
    assert driver.venue.is_clean()


def test_what_was_taken_is_not_read_from_the_desk_again() -> None:
    driver = protected()
    command = ask(driver, terms(STOP, "49700"))
    driver.run(2_000)
    answers = [
        effect
        for effect in driver.effects
        if isinstance(effect, AnswerCommand) and effect.command_id == command
    ]
    assert [(one.position, one.result is None) for one in answers] == [(7, True), (None, False)]
