"""The kernel beside a reference in decimals, beside itself uncompiled, and its two loops beside each other."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core import rules
from jackline.core.values import Side
from jackline.research.sweep import bar_rules as kr
from jackline.research.sweep import many
from jackline.research.sweep.arrays import NET, OPEN, TALLY_COLUMNS, TRADES
from jackline.research.sweep.kernel import kernel
from jackline.research.sweep.points import base_of, grid_of, read_axis
from jackline.research.sweep.runs import recorded, run_points, trades_of
from tests.core.making import instrument
from tests.research.kernel_making import TICK, Case, Reference, candles_of, differing, drawn, known, risk_of

SEEDS = st.integers(0, 10**9)
BARS = 160


def one(rows: list[tuple[float, float, float, float]], side: int, **settings: str | int) -> Case:
    """One wish, at the close of the second bar."""
    count = len(rows)
    sides, none = np.zeros(count, np.int8), np.full(count, -1, np.int64)
    sides[1] = side
    return Case(
        candles=candles_of(np.array(rows)),
        sides=sides,
        end_long=none,
        end_short=none,
        risk=risk_of(**({"stop": "0.01"} | settings)),  # type: ignore[arg-type] # a test names its arguments
    )


def trades(case: Case) -> list[tuple[int, int, int, Decimal, Decimal, str]]:
    """By both loops, which must agree."""
    dense = known(trades_of(case.prepared, case.signals, case.points, case.risk, sparse=False))
    sparse = known(trades_of(case.prepared, case.signals, case.points, case.risk, sparse=True))
    assert dense == sparse, differing(dense, sparse)
    return dense


FLAT = (50_000.0, 50_000.0, 50_000.0, 50_000.0)
ENTRY = Decimal("50005.0")
"""50,000 and a basis point."""


# -- scalar rules --------------------------------------------------------------------------------------------


@given(
    price=st.integers(1, 2_000_000),
    parts=st.integers(0, 10_000_000),
    side=st.sampled_from(Side),
)
def test_whole_numbers_round_as_the_instrument_does(price: int, parts: int, side: Side) -> None:
    """Ticks and parts of one hundred millionth are as exact as the engine's decimals."""
    exact, fraction = price * TICK, Decimal(parts).scaleb(-8)
    stop = instrument().stop_price(rules.stop_level(exact, fraction, side.sign), side)
    assert kr.stop_ticks(rules.stop_level(price, parts, side.sign, kr.ONE), side.sign) * TICK == stop
    limit = instrument().collar_price(rules.worst_fill_level(exact, fraction, side.sign), side)
    assert kr.worst_fill(price, side.sign, parts) * TICK == limit
    trail = instrument().stop_price(rules.trailing_level(exact, fraction, side.sign), side)
    assert kr.stop_ticks(rules.trailing_level(price, parts, side.sign, kr.ONE), side.sign) * TICK == trail


@given(wanted=st.integers(1, 2_000_000), live=st.integers(1, 2_000_000), sign=st.sampled_from([1, -1]))
def test_a_move_is_worth_the_same_in_ticks(wanted: int, live: int, sign: int) -> None:
    step = Decimal("0.0005")
    exact = rules.is_worth_moving(wanted * TICK, live * TICK, step, sign)
    assert rules.is_worth_moving(wanted, live, int(step * kr.ONE), sign, kr.ONE) is exact


# -- golden bars ---------------------------------------------------------------------------------------------


def test_an_entry_fills_at_the_next_open_worse_by_slippage() -> None:
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_000.0, 49_000.0, 49_500.0), FLAT], 1)
    entry_bar, _, side, price, _, _ = trades(case)[0]
    assert (entry_bar, side, price) == (2, 1, ENTRY)


def test_a_stop_that_the_open_has_passed_fills_at_the_open() -> None:
    case = one([FLAT, FLAT, FLAT, (49_000.0, 49_100.0, 48_900.0, 49_000.0), FLAT], 1)
    assert trades(case) == [(2, 3, 1, ENTRY, Decimal("48995.1"), "stop")]


def test_a_stop_in_an_ordinary_leg_fills_at_its_trigger() -> None:
    """Planned from the limit of the entry: 50,125 less 1 % is 49,623.8 on the tick."""
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_100.0, 49_600.0, 49_700.0), FLAT], 1)
    assert trades(case) == [(2, 3, 1, ENTRY, Decimal("49618.8"), "stop")]


def test_a_stop_inside_a_jump_fills_beyond_it() -> None:
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_100.0, 48_000.0, 49_700.0), FLAT], 1)
    assert trades(case) == [(2, 3, 1, ENTRY, Decimal("49495.0"), "stop")]


def test_the_stop_comes_before_the_target() -> None:
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_450.0, 49_600.0, 49_900.0), FLAT], 1, target="0.005")
    assert trades(case)[0][5] == "stop"


def test_a_trail_stands_on_what_was_seen_before() -> None:
    """Up to 50,400 without a jump, then down: 0.5 % under the best price."""
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_400.0, 49_990.0, 50_100.0), FLAT], 1, trail="0.005")
    assert trades(case) == [(2, 3, 1, ENTRY, Decimal("50143.0"), "stop")]


def test_a_short_mirrors_a_long() -> None:
    case = one([FLAT, FLAT, FLAT, (50_000.0, 50_400.0, 49_900.0, 50_300.0), FLAT], -1)
    assert trades(case) == [(2, 3, -1, Decimal("49995.0"), Decimal("50378.7"), "stop")]


def test_the_longest_hold_ends_at_an_open() -> None:
    case = one([FLAT] * 8, 1, hold=3)
    assert trades(case) == [(2, 5, 1, ENTRY, Decimal("49995.0"), "max_hold")]


@pytest.mark.parametrize("opened", [50_200.0, 49_000.0])
def test_an_open_beyond_the_limit_or_the_stop_fills_nothing(opened: float) -> None:
    gapped = (opened,) * 4
    assert trades(one([FLAT, FLAT, gapped, gapped, gapped], 1)) == []


def test_what_is_open_at_the_end_is_counted_nowhere_else() -> None:
    case = one([FLAT] * 6, 1)
    tally = run_points(case.prepared, case.signals, case.points, case.risk, parallel=False).tallies[0]
    assert (tally[TRADES], tally[NET], tally[OPEN]) == (0, 0, 1)


# -- properties ----------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS)
def test_the_kernel_trades_as_the_reference(seed: int) -> None:
    """Entry bar, exit bar, side, both prices, reason: of every trade, by both loops."""
    case = drawn(seed, BARS)
    found, expected = trades(case), Reference(case=case).trades()
    assert found == expected, differing(found, expected)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@settings(max_examples=3_000, deadline=None)
@given(seed=SEEDS)
def test_the_kernel_trades_as_the_reference_at_length(seed: int) -> None:
    case = drawn(seed, 600)
    found, expected = trades(case), Reference(case=case).trades()
    assert found == expected, differing(found, expected)


@settings(max_examples=8, deadline=None)
@given(seed=SEEDS)
def test_interpreted_is_compiled_to_the_last_bit(seed: int) -> None:
    """Trades, and the sums in floats."""
    case = drawn(seed, BARS)
    prepared, (rows, table) = case.prepared, case.tables()
    loops = kernel()
    pairs = (
        (many.one_dense, loops.one_dense),
        (many.one_sparse, loops.one_sparse),
    )
    for plain, compiled in pairs:
        assert known(recorded(prepared, rows, table, plain)) == known(
            recorded(prepared, rows, table, compiled)
        )
        tallies = []
        for loop in (plain, compiled):
            tally, daily, log = np.zeros((1, TALLY_COLUMNS)), np.zeros((1, 10)), np.zeros((0, 9), np.int64)
            loop(prepared.market, rows, table, prepared.frame, prepared.money, tally, daily, log)
            tallies.append((tally.tobytes(), daily.tobytes()))
        assert tallies[0] == tallies[1]


@pytest.mark.parametrize("parallel", [False, pytest.param(True, marks=pytest.mark.long)])
def test_both_loops_sum_the_same_over_a_grid(*, parallel: bool) -> None:
    case = drawn(7, 4_000)
    axes = [
        read_axis(text)
        for text in ("stop=0.003:0.03:0.003", "target=0,0.01", "trail=0,0.004,0.02", "hold=5m,8h")
    ]
    points = grid_of(axes, base_of(case.risk, stop=case.stop))
    found = [
        run_points(
            case.prepared, case.signals, points, case.risk, sparse=sparse, parallel=parallel, daily=True
        )
        for sparse in (False, True)
    ]
    assert found[0].tallies.tobytes() == found[1].tallies.tobytes()
    assert found[0].daily.tobytes() == found[1].daily.tobytes()
    assert found[0].tallies[:, TRADES].min() > 10
    assert found[0].daily.sum(axis=1) == pytest.approx(found[0].tallies[:, NET])


def test_a_table_of_trades_adds_up_to_its_tally() -> None:
    case = drawn(11, 2_000)
    table = trades_of(case.prepared, case.signals, case.points, case.risk)
    tally = run_points(case.prepared, case.signals, case.points, case.risk, parallel=False).tallies[0]
    assert len(table) == tally[TRADES] > 20
    assert table.net.sum() == pytest.approx(tally[NET], rel=1e-9)
