"""Order windows: entries starve first, reductions wait for the venue's ceiling and nothing else."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.venue.profile import BINANCE_USDM, OrderWindow
from jackline.venue.transport.budget import (
    LAST_WEIGHT,
    PROBE_LAST_MS,
    PROBE_MS,
    UNSEEN_WEIGHT,
    WEIGHT_MAX,
    Need,
    OrderBudget,
)

SMALL = (OrderWindow(orders=10, window_ms=1_000), OrderWindow(orders=25, window_ms=6_000))

gaps = st.lists(st.tuples(st.integers(min_value=0, max_value=700), st.booleans()), min_size=1, max_size=120)


def most_in_a_window(times: list[int], window: OrderWindow) -> int:
    return max(sum(1 for other in times if time - window.window_ms < other <= time) for time in times)


@pytest.mark.owns("K2")
@given(gaps)
def test_k2_no_window_is_ever_exceeded_and_entries_leave_the_last_fifth(
    wishes: list[tuple[int, bool]],
) -> None:
    budget, now, sent = OrderBudget(SMALL), 0, list[int]()
    for gap, is_entry in wishes:
        now += gap
        if is_entry:
            if budget.entry_refusal(now) is not None:
                continue
            before = [time for time in sent if time > now - 1_000]
            assert len(before) < 8
        else:
            now += budget.reduction_wait_ms(now)
        budget.count(now)
        sent.append(now)
    for window in SMALL:
        assert not sent or most_in_a_window(sent, window) <= window.orders


@given(gaps)
def test_k2_a_reduction_waits_no_longer_than_the_ceiling_demands(wishes: list[tuple[int, bool]]) -> None:
    budget, now, sent = OrderBudget(SMALL), 0, list[int]()
    for gap, _ in wishes:
        now += gap
        wait = budget.reduction_wait_ms(now)
        if wait > 0:
            early = [*sent, now + wait - 1]
            assert any(most_in_a_window(early, window) > window.orders for window in SMALL)
        now += wait
        budget.count(now)
        sent.append(now)


def test_k2_stops_use_what_entries_may_not() -> None:
    budget = OrderBudget(BINANCE_USDM.windows)
    for _ in range(240):
        assert budget.entry_refusal(0) is None
        budget.count(0)
    assert budget.entry_refusal(0) is not None
    for _ in range(60):
        assert budget.reduction_wait_ms(0) == 0
        budget.count(0)
    assert budget.reduction_wait_ms(0) == 10_000
    assert budget.reduction_wait_ms(10_000) == 0
    assert budget.entry_refusal(10_000) is None


@pytest.mark.parametrize("window", BINANCE_USDM.windows, ids=lambda window: f"{window.window_ms} ms")
def test_k2_a_fifth_of_every_window_of_the_venue_is_kept_for_what_reduces(window: OrderWindow) -> None:
    budget = OrderBudget((window,))
    entries = 0
    while budget.entry_refusal(0) is None:
        budget.count(0)
        entries += 1
    reductions = 0
    while budget.reduction_wait_ms(0) == 0:
        budget.count(0)
        reductions += 1
    assert entries + reductions == window.orders
    assert reductions * 5 >= window.orders


@pytest.mark.owns("K2")
def test_k2_a_fifth_of_the_weight_is_kept_and_entries_and_history_starve_first() -> None:
    budget = OrderBudget(SMALL)
    budget.note_weight(WEIGHT_MAX * 4 // 5, 1_000)
    assert budget.entry_refusal(1_000) is None
    budget.note_weight(WEIGHT_MAX * 4 // 5 + 1, 1_000)
    assert "looks" in str(budget.entry_refusal(1_000))
    assert "looks" in str(budget.bulk_refusal(1_000))
    assert budget.reduction_wait_ms(1_000) == 0
    assert budget.entry_refusal(60_000) is None


@pytest.mark.owns("K2")
def test_k2_a_ban_of_one_way_is_not_one_of_the_other_and_adds_no_risk_on_either() -> None:
    budget = OrderBudget(SMALL)
    budget.ban(5_000)
    assert (budget.ban_wait_ms(1_000), budget.ban_wait_ms(1_000, socket=True)) == (4_000, 0)
    assert budget.window_wait_ms(1_000) == 0
    other = OrderBudget(SMALL)
    other.ban_socket(5_000)
    assert (other.reduction_wait_ms(1_000), other.ban_wait_ms(1_000, socket=True)) == (0, 4_000)
    for one in (budget, other):
        assert "banned for 4000 ms" in str(one.entry_refusal(1_000)).replace("by the venue ", "")
        assert "banned" in str(one.bulk_refusal(1_000))
        assert one.entry_refusal(5_000) is None


def test_a_ban_holds_everything_until_its_end() -> None:
    budget = OrderBudget(SMALL)
    budget.ban(5_000)
    budget.ban(3_000)
    assert budget.reduction_wait_ms(1_000) == 4_000
    assert "banned" in str(budget.entry_refusal(4_999))
    assert "banned" in str(budget.bulk_refusal(4_999))
    assert budget.entry_refusal(5_000) is None


def test_history_waits_when_the_weight_runs_short_and_until_the_minute_ends() -> None:
    budget = OrderBudget(SMALL)
    budget.note_weight(1_921, 59_000)
    assert budget.bulk_refusal(59_999) is not None
    assert budget.bulk_refusal(60_000) is None


@pytest.mark.owns("K2")
def test_k2_entries_starve_before_the_weight_that_protection_needs() -> None:
    budget = OrderBudget(SMALL)
    budget.note_weight(1_920, 1_000)
    assert budget.entry_refusal(1_000) is None
    budget.note_weight(1_921, 2_000)
    assert "1921 of 2400" in str(budget.entry_refusal(2_000))
    assert budget.reduction_wait_ms(2_000) == 0
    assert budget.entry_refusal(60_000) is None


@pytest.mark.owns("K2")
def test_k2_what_takes_minutes_leaves_the_rest_of_each_to_protection() -> None:
    budget = OrderBudget(SMALL)
    budget.note_weight(200, 0)
    assert "200 of 2400 is used, by now 120" in str(budget.pace_refusal(0))
    assert budget.pace_refusal(30_000) is None
    budget.note_weight(1_801, 59_999)
    assert budget.pace_refusal(59_999) is not None


@pytest.mark.owns("K2")
@pytest.mark.parametrize(("second", "scarce_above"), [(0, 1_200), (30, 1_700), (54, 2_100)])
def test_k2_weight_is_scarce_above_half_and_the_rests_share_of_the_minute(
    second: int, scarce_above: int
) -> None:
    """What is used late in a minute need not last as long; nothing is asked above 2,200 at all."""
    budget, now_ms = OrderBudget(SMALL), second * 1_000
    budget.note_weight(scarce_above, now_ms)
    assert not budget.is_scarce(now_ms)
    budget.note_weight(scarce_above + 1, now_ms)
    assert budget.is_scarce(now_ms)
    assert not budget.is_scarce(60_000)


def short_of(weight: int, now_ms: int) -> OrderBudget:
    """A budget that has just heard so much."""
    budget = OrderBudget(SMALL)
    budget.note_weight(WEIGHT_MAX - UNSEEN_WEIGHT + 1, now_ms)
    budget.note_weight(weight, now_ms)
    return budget


@pytest.mark.owns("P1")
def test_p1_a_look_that_has_begun_is_finished_where_nothing_else_is_asked() -> None:
    budget = short_of(2_300, 30_000)
    assert budget.question_refusal(30_100) is not None
    assert budget.question_refusal(30_100, Need.COMPLETES) is None
    budget.note_weight(WEIGHT_MAX - LAST_WEIGHT, 30_100)
    assert budget.question_refusal(30_100, Need.COMPLETES) is None
    budget.note_weight(WEIGHT_MAX - LAST_WEIGHT + 1, 30_100)
    assert "2341 of 2400 is used: no look" in str(budget.question_refusal(30_100, Need.COMPLETES))
    assert budget.question_refusal(60_000) is None


@pytest.mark.owns("P1")
def test_p1_the_last_weight_of_a_minute_lasts_to_its_end() -> None:
    """Two processes that look as often as they may, five and two each time: none waits for ten seconds."""
    budget, used, looks = short_of(2_201, 10_000), 2_201, list[int]()
    for now_ms in range(10_000, 60_000, 100):
        budget.note_weight(used, now_ms)
        if budget.question_refusal(now_ms, Need.BEGINS) is None:
            assert budget.question_refusal(now_ms, Need.COMPLETES) is None
            used += 2 * (5 + 2)
            looks.append(now_ms)
    assert used <= WEIGHT_MAX - LAST_WEIGHT + 14
    assert looks[0] == 10_000
    assert max(later - earlier for earlier, later in pairwise([*looks, 60_000])) < 10_000


@pytest.mark.owns("K2")
def test_k2_no_look_begins_during_a_ban() -> None:
    budget = OrderBudget(SMALL)
    budget.ban(5_000)
    for need in Need:
        assert "banned" in str(budget.question_refusal(1_000, need))


@given(
    st.lists(
        st.tuples(st.integers(min_value=0, max_value=2_500), st.integers(min_value=0, max_value=59_999)),
        min_size=1,
    ),
    st.integers(min_value=0, max_value=119_999),
)
def test_what_is_needed_more_is_never_refused_before_what_is_needed_less(
    heard: list[tuple[int, int]], now_ms: int
) -> None:
    budget = OrderBudget(SMALL)
    for used, at_ms in heard:
        budget.note_weight(used, at_ms)
    refused = [budget.question_refusal(now_ms, need) is not None for need in Need]
    assert refused == sorted(refused, reverse=True)


@pytest.mark.owns("K2")
def test_k2_a_burst_of_which_the_venue_has_not_told_yet_does_not_pass_the_limit() -> None:
    """Forty listings of one look leave in the same millisecond: each is refused for those that are out before it."""
    budget, sent = short_of(2_300, 30_000), 0
    with ExitStack() as out:
        while budget.question_refusal(30_100, Need.COMPLETES) is None:
            out.enter_context(budget.under_way(1))
            sent += 1
        assert 2_300 + sent <= WEIGHT_MAX - LAST_WEIGHT + 1
        assert "is used" in str(budget.entry_refusal(30_100))
    assert budget.question_refusal(30_100, Need.COMPLETES) is None


@pytest.mark.owns("K2")
def test_k2_a_count_that_is_old_lets_one_question_through_and_not_a_whole_look() -> None:
    """The venue refuses ten in a minute, and bans: a count of two seconds ago does not let forty leave at once."""
    for used, pause_ms in ((2_320, PROBE_MS), (2_399, PROBE_LAST_MS)):
        budget = short_of(used, 30_000)
        assert budget.question_refusal(30_000 + pause_ms - 1, Need.OTHER) is not None
        assert budget.question_refusal(30_000 + pause_ms, Need.OTHER) is None
        with budget.under_way(5):
            assert budget.question_refusal(30_000 + pause_ms, Need.OTHER) is not None


@pytest.mark.owns("K2")
def test_k2_questions_that_only_ask_for_the_count_do_not_pass_the_limit_themselves() -> None:
    """Two processes, for the whole minute that begins with nothing left for them."""
    asked = 2 * 60_000 // PROBE_LAST_MS * 5
    assert WEIGHT_MAX - LAST_WEIGHT + asked <= WEIGHT_MAX
