"""Labels are trades: entered at the next open, stop before target, gaps beyond the trigger, costs paid; and no later
bar changes one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.labels import (
    FUNDING_MS,
    JUMP_LEG_FRACTION,
    JUMP_STEPS,
    Barriers,
    Costs,
    Outcome,
    Unit,
    triple_barrier,
    uniqueness,
)
from tests.models.market import FREE, INTERVAL_MS, USUAL, candles_from, market

DAY_MS = 86_400_000
ONE = Barriers(stop=0.01, target=0.01, hold_bars=3)


def flat(count: int = 6) -> tuple[list[float], list[float], list[float], list[float]]:
    return tuple([100.0] * count for _ in range(4))  # type: ignore[return-value] # four it is


def label(
    changes: dict[int, tuple[float, float, float, float]],
    *,
    side: Side = Side.LONG,
    costs: Costs = FREE,
    barriers: Barriers = ONE,
) -> tuple[int, int, float, float]:
    """Outcome, end, exit and net of the trade decided at bar 0 of a flat market with these bars in it."""
    columns = flat()
    for bar, prices in changes.items():
        for column, price in zip(columns, prices, strict=True):
            column[bar] = price
    found = triple_barrier(candles_from(*columns), side, barriers, costs)
    return (
        int(found.outcome[0]),
        int(found.end[0]),
        float(found.exit[0]),
        float(found.net_fraction[0]),
    )


def test_it_enters_at_the_next_open_and_never_at_the_close_decided_on() -> None:
    outcome, end, leave, net = label({0: (100, 100, 100, 90), 1: (95, 95.96, 95, 95.5)})
    assert (outcome, end) == (Outcome.TARGET, 1)
    assert leave == pytest.approx(95 * 1.01)
    assert net == pytest.approx(0.01)


def test_a_bar_that_touches_both_ends_at_its_stop() -> None:
    for side in Side:
        outcome, end, _, net = label({2: (100, 101.0001, 98.9999, 100)}, side=side)
        assert (outcome, end) == (Outcome.STOP, 2)
        assert net == pytest.approx(-0.01, rel=1e-3)


def test_an_open_beyond_the_stop_fills_there() -> None:
    assert label({2: (97, 97.5, 96.9, 97)})[2] == 97
    assert label({2: (103, 103.1, 102.9, 103)}, side=Side.SHORT)[2] == 103


def test_an_open_beyond_the_target_fills_there() -> None:
    assert label({2: (103, 103.1, 103, 103)})[0:3] == (Outcome.TARGET, 2, 103)


def test_in_a_jump_the_stop_fills_at_the_first_step_beyond_it() -> None:
    assert label({2: (100, 100, 92, 93)})[2] == 98, "from 100 in four steps of 2"
    assert label({2: (100, 108, 100, 107)}, side=Side.SHORT)[2] == 102
    assert label({2: (99.5, 99.6, 98.9, 99)})[2] == 99, "a shorter way is walked"


def test_10_october_2025_a_stop_of_one_per_cent_is_filled_at_the_gap() -> None:
    """The bar of 21:15 UTC as the five-minute file has it: it opens at 112,123.1 and trades down to 103,162.2."""
    crash = (112_123.1, 112_123.1, 103_162.2, 105_000.0)
    columns = tuple([112_150.0] * 6 for _ in range(4))
    for column, price in zip(columns, crash, strict=True):
        column[3] = price
    found = triple_barrier(candles_from(*columns), Side.LONG, ONE, FREE)
    step = (crash[0] - crash[2]) / JUMP_STEPS
    assert found.exit[1] == pytest.approx(crash[0] - step)
    assert found.net_fraction[1] < -0.02, "not the one per cent that the stop was for"


def test_without_a_touch_it_ends_at_the_open_after_the_longest_hold() -> None:
    outcome, end, leave, net = label({4: (100.5, 100.6, 100.4, 100.5)})
    assert (outcome, end, leave) == (Outcome.TIME, 4, 100.5)
    assert net == pytest.approx(0.005)


def test_without_a_target_only_stop_and_time_end_it() -> None:
    open_ended = Barriers(stop=0.01, target=None, hold_bars=3)
    assert label({2: (100, 120, 100, 119)}, barriers=open_ended)[0] == Outcome.TIME


def test_costs_are_paid_by_both_sides_and_funding_by_the_long() -> None:
    costs = Costs(taker_fraction=0.001, slippage_fraction=0.0005, funding_8h_fraction=0.002)
    long, short = (label({}, side=side, costs=costs)[3] for side in Side)
    ratio = (1 - 0.0005) / (1 + 0.0005)
    assert long == pytest.approx(ratio - 1 - 0.001 * (1 + ratio))
    assert short == pytest.approx(1 - 1 / ratio - 0.001 * (1 + 1 / ratio))
    whole = market(200)
    held = Barriers(stop=0.9, target=None, hold_bars=40)
    dear, cheap = (
        triple_barrier(
            whole, Side.LONG, held, Costs(taker_fraction=0, slippage_fraction=0, funding_8h_fraction=rate)
        )
        for rate in (0.01, 0.0)
    )
    first_day = int(whole.open_ms[0]) // DAY_MS * DAY_MS
    times = [
        sum(
            1
            for hour in range(0, 24, 8)
            for day in range(4)
            if whole.open_ms[bar + 1] < first_day + day * DAY_MS + hour * 3_600_000 <= whole.open_ms[bar + 41]
        )
        for bar in (0, 7, 31)
    ]
    paid = (cheap.net_fraction - dear.net_fraction)[[0, 7, 31]]
    assert paid == pytest.approx(np.array(times) * 0.01)
    assert set(times) == {1, 2}


def test_the_last_bars_have_no_label_even_where_they_would_end_early() -> None:
    columns = flat()
    columns[2][4] = 50.0
    found = triple_barrier(candles_from(*columns), Side.LONG, ONE, FREE)
    assert found.known.tolist() == [True, True, False, False, False, False]
    assert np.isnan(found.net_fraction[2:]).all()
    assert found.end[2:].tolist() == [-1] * 4


def slow(
    candles: Candles, bar: int, side: Side, stop: float, target: float, hold: int
) -> tuple[int, int, float]:
    """The same trade walked price by price, as the text says it. No costs."""
    sign, entry = side.sign, float(candles.open[bar + 1])
    low, high = entry * (1 - sign * stop), entry * (1 + sign * target)
    for at in range(bar + 1, bar + 1 + hold):
        opened = float(candles.open[at])
        worst, best = (candles.low[at], candles.high[at]) if sign > 0 else (candles.high[at], candles.low[at])
        if (opened - low) * sign <= 0:
            return Outcome.STOP, at, opened
        if abs(worst - opened) > JUMP_LEG_FRACTION * opened:
            for step in range(1, JUMP_STEPS + 1):
                price = opened + (worst - opened) * step / JUMP_STEPS
                if (price - low) * sign <= 0:
                    return Outcome.STOP, at, float(price)
        elif (worst - low) * sign <= 0:
            return Outcome.STOP, at, low
        if (opened - high) * sign >= 0:
            return Outcome.TARGET, at, opened
        if (best - high) * sign >= 0:
            return Outcome.TARGET, at, high
    return Outcome.TIME, bar + 1 + hold, float(candles.open[bar + 1 + hold])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    stop=st.floats(0.002, 0.03),
    target=st.floats(0.002, 0.03),
    hold=st.integers(1, 12),
    side=st.sampled_from(Side),
)
def test_each_label_is_the_trade_walked_price_by_price(
    seed: int, stop: float, target: float, hold: int, side: Side
) -> None:
    candles = market(60, seed=seed, momentum=0.8)
    found = triple_barrier(candles, side, Barriers(stop=stop, target=target, hold_bars=hold), FREE)
    for bar in range(60 - 1 - hold):
        outcome, end, leave = slow(candles, bar, side, stop, target, hold)
        assert (int(found.outcome[bar]), int(found.end[bar])) == (outcome, end)
        assert found.exit[bar] == pytest.approx(leave, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), cut=st.integers(20, 119), unit=st.sampled_from(Unit))
def test_a_later_bar_never_changes_a_label(seed: int, cut: int, unit: Unit) -> None:
    candles = market(120, seed=seed)
    size = 0.01 if unit is Unit.FRACTION else 2.0
    barriers = Barriers(stop=size, target=size, hold_bars=8, unit=unit)
    whole = triple_barrier(candles, Side.LONG, barriers, USUAL)
    part = triple_barrier(candles.part(0, cut), Side.LONG, barriers, USUAL)
    known = np.flatnonzero(part.known)
    assert known.tolist() == list(range(max(0, cut - 1 - 8)))
    for name in ("outcome", "end", "entry", "exit", "net_fraction"):
        assert np.array_equal(getattr(whole, name)[known], getattr(part, name)[known]), name


def test_an_atr_barrier_stands_further_away_where_the_market_moves_more() -> None:
    quiet, wild = market(300, seed=3), market(300, seed=3, momentum=0.9)
    barriers = Barriers(stop=2.0, target=None, hold_bars=5, unit=Unit.ATR)
    lost = []
    for candles in (quiet, wild):
        found = triple_barrier(candles, Side.LONG, barriers, FREE)
        stopped = found.outcome == Outcome.STOP
        lost.append(-found.net_fraction[stopped].mean())
    assert lost[1] > 1.5 * lost[0]


def test_unique_labels_weigh_one_and_labels_that_share_everything_share_it() -> None:
    apart = uniqueness(np.array([0, 3, 6]), np.array([2, 5, 8]))
    assert apart.tolist() == [1, 1, 1]
    together = uniqueness(np.array([4, 4, 4, 4]), np.array([9, 9, 9, 9]))
    assert together.tolist() == [0.25] * 4
    half = uniqueness(np.array([0, 2]), np.array([3, 3]))
    assert half == pytest.approx([(1 + 1 + 0.5 + 0.5) / 4, 0.5])
    assert uniqueness(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).size == 0


@pytest.mark.parametrize(
    ("stop", "target", "hold", "said"),
    [
        (0.0, None, 3, "stop = 0"),
        (0.01, -1.0, 3, "target = -1"),
        (0.01, 0.01, 0, "hold_bars = 0"),
        (2, None, 3, "stop = 2"),
    ],
)
def test_barriers_that_are_none_are_refused(stop: float, target: float | None, hold: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Barriers(stop=stop, target=target, hold_bars=hold)


def test_a_history_shorter_than_one_trade_has_no_label() -> None:
    for count in (1, 3, 4):
        found = triple_barrier(market(count), Side.LONG, ONE, USUAL)
        assert not found.known.any()
    assert INTERVAL_MS * 32 == FUNDING_MS
