"""C3 over a lease with a term: what its holder may be sure of, by the clock, and what may leave then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.standing import (
    PULSE_AGE_MS,
    Hold,
    Moment,
    Standing,
    Terms,
    Traffic,
    certain_until,
    refusal,
    standing,
)

TERMS = Terms.of(10_000)
ASKED = Moment(steady_ms=50_000, wire_ms=1_700_000_000_000)
HOLD = Hold(number=7, until=certain_until(ASKED, TERMS), said=ASKED)
SURE_MS = TERMS.term_ms - TERMS.margin_ms


def after(span_ms: int, hold: Hold = HOLD) -> Standing:
    return standing(hold, ASKED.later(span_ms), TERMS)


@pytest.mark.owns("C3")
def test_C3_a_lease_is_certain_from_the_moment_of_asking_and_a_margin_less() -> None:
    fading_ms = SURE_MS - TERMS.opening_ms
    spans = (0, fading_ms, fading_ms + 1, SURE_MS - 1, SURE_MS, SURE_MS + 60_000)
    held, fading, over = Standing.HELD, Standing.FADING, Standing.UNASKED
    assert [after(span) for span in spans] == [held, held, fading, fading, over, over]


@pytest.mark.owns("C3")
def test_C3_nothing_leaves_after_a_pause_until_the_database_was_asked_again() -> None:
    """A process that was stopped wakes with an old page: what failed before it slept says nothing of now."""
    tried = replace(HOLD, failed=ASKED.later(SURE_MS - 1), said=ASKED.later(SURE_MS))
    assert after(SURE_MS, tried) is Standing.UNASKED
    tried = replace(HOLD, failed=ASKED.later(SURE_MS), said=ASKED.later(SURE_MS + 500))
    assert after(SURE_MS + 500, tried) is Standing.CUT_OFF
    assert after(SURE_MS + 500 + PULSE_AGE_MS + 1, tried) is Standing.UNASKED


@pytest.mark.owns("C3")
def test_C3_either_clock_alone_ends_a_lease() -> None:
    steady = Moment(steady_ms=HOLD.until.steady_ms, wire_ms=ASKED.wire_ms)
    wall = Moment(steady_ms=ASKED.steady_ms, wire_ms=HOLD.until.wire_ms)
    back = Moment(steady_ms=HOLD.until.steady_ms, wire_ms=0)
    assert {standing(HOLD, now, TERMS) for now in (steady, wall, back)} == {Standing.UNASKED}


@given(
    span_ms=st.integers(0, 10**9), failed_ms=st.none() | st.integers(0, 10**9), said_ms=st.integers(0, 10**9)
)
def test_C3_what_is_lost_stays_lost(span_ms: int, failed_ms: int | None, said_ms: int) -> None:
    failed = None if failed_ms is None else ASKED.later(failed_ms)
    lost = replace(HOLD, failed=failed, said=ASKED.later(said_ms), lost_to="number 8 of worker b")
    assert after(span_ms, lost) is Standing.LOST


@pytest.mark.owns("C3", "K2")
def test_C3_what_may_leave() -> None:
    """An entry needs certainty; a stop goes out too where perhaps nobody else can send it; a zombie sends nothing."""
    leaving = {one: {traffic for traffic in Traffic if refusal(one, traffic) is None} for one in Standing}
    assert leaving == {
        Standing.HELD: set(Traffic),
        Standing.FADING: set(Traffic) - {Traffic.OPENS},
        Standing.CUT_OFF: {Traffic.READ, Traffic.REDUCES},
        Standing.UNASKED: set(),
        Standing.LOST: set(),
    }


def test_terms_that_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="entries need 3000"):
        replace(TERMS, term_ms=6_000)
    with pytest.raises(ValueError, match="above 0"):
        replace(TERMS, renew_ms=0)
    assert TERMS.takeover_ms == 13_000


@given(term_ms=st.integers(100, 10**6), late=st.floats(0, 1))
def test_a_renewal_that_comes_late_leaves_time_for_entries(term_ms: int, late: float) -> None:
    terms = Terms.of(term_ms)
    hold = replace(HOLD, until=certain_until(ASKED, terms))
    span_ms = terms.renew_ms + int(late * 2 * terms.question_ms)
    assert standing(hold, ASKED.later(span_ms), terms) is Standing.HELD


@pytest.mark.owns("C3")
def test_C3_a_question_under_way_counts_once_it_had_its_time() -> None:
    """A database that hangs must not keep stops back for longer than one that says no."""
    began_ms, due_ms = SURE_MS, SURE_MS + TERMS.question_ms
    asking = replace(HOLD, asking=ASKED.later(began_ms), said=ASKED.later(began_ms))
    assert [after(span, asking) for span in (due_ms - 1, due_ms)] == [Standing.UNASKED, Standing.CUT_OFF]
    early = replace(HOLD, asking=ASKED.later(SURE_MS - 1), said=ASKED.later(SURE_MS - 1))
    assert after(due_ms, early) is Standing.UNASKED
    assert after(began_ms + PULSE_AGE_MS + 1, asking) is Standing.UNASKED
