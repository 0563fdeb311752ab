"""Settings that share their walks have the trades that each has alone: every sum and every day to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.research.sweep import many
from jackline.research.sweep.arrays import STOPPED, TALLY_COLUMNS, TARGETS, TRADES, TRAIL_COLUMN, WISH_COLUMN
from jackline.research.sweep.kernel import kernel
from jackline.research.sweep.points import Points, base_of, grid_of, read_axis
from jackline.research.sweep.runs import run_points, tables
from jackline.research.sweep.tasks import TASK_SETTINGS_MIN, order_of, tasks_of
from tests.research.kernel_making import Case, drawn

pytestmark = pytest.mark.timeout(420)
"""Whoever is first compiles the loops, on a machine that may be busy."""
AXES = {
    "stop": ("0.003", "0.005", "0.008", "0.02"),
    "target": ("0", "0.002", "0.004", "0.01", "0.03"),
    "trail": ("0", "0.00001", "0.0005", "0.002", "0.0077", "0.02"),
    "hold": ("5m", "15m", "1h", "8h"),
    "cooldown": ("0m", "5m", "20m"),
}
"""A trail closer than a tick, a stop wider than a trail and closer than it, a target closer than a stop."""


def grid(case: Case, chance: np.random.Generator, most: int) -> Points:
    """Some values of each name."""
    chosen = {
        name: chance.choice(values, size=min(len(values), int(chance.integers(1, most + 1))), replace=False)
        for name, values in AXES.items()
    }
    axes = [read_axis(f"{name}={','.join(values)}") for name, values in chosen.items()]
    return grid_of(axes, base_of(case.risk, stop=case.stop))


def compared(seed: int, bars: int) -> float:
    """Both loops over a drawn market and grid; the trades there were."""
    case, chance = drawn(seed, bars), np.random.default_rng(seed + 1)
    points = grid(case, chance, 3)
    dense, shared = (
        run_points(case.prepared, case.signals, points, case.risk, sparse=sparse, parallel=False, daily=True)
        for sparse in (False, True)
    )
    differ = np.flatnonzero((dense.tallies != shared.tallies).any(axis=1))
    assert not len(differ), (points.part(int(differ[0]), int(differ[0]) + 1), dense.tallies[differ[0]])
    assert dense.tallies.tobytes() == shared.tallies.tobytes()
    assert dense.daily.tobytes() == shared.daily.tobytes()
    return float(dense.tallies[:, TRADES].sum())


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_together_is_alone(seed: int) -> None:
    compared(seed, 400)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@settings(max_examples=3_000, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_together_is_alone_at_length(seed: int) -> None:
    """More entries than a tile holds, every few examples."""
    compared(seed, 3_000)


def test_every_kind_of_end_is_compared() -> None:
    """Over more tiles than one."""
    case = drawn(7, 4_000)
    points = grid(case, np.random.default_rng(3), 6)
    found = run_points(case.prepared, case.signals, points, case.risk, parallel=False).tallies
    assert found[:, STOPPED].sum() > 100
    assert found[:, TARGETS].sum() > 100
    assert compared(7, 4_000) > 1_000


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_interpreted_is_compiled(seed: int) -> None:
    case, chance = drawn(seed, 120), np.random.default_rng(seed)
    points = grid(case, chance, 2)
    prepared = case.prepared
    rows, table = tables(prepared, case.signals, points, case.risk)
    order, found = order_of(table), []
    for loop in (many.serial_sparse, kernel().serial_sparse):
        tallies, daily = np.zeros((len(points), TALLY_COLUMNS)), np.zeros((len(points), 10))
        given_ = (prepared.market, rows, table, prepared.frame, prepared.money, tallies, daily)
        loop(*given_, order, tasks_of(table, order))
        found.append((tallies.tobytes(), daily.tobytes()))
    assert found[0] == found[1]


def test_tasks_hold_every_setting_once_and_share_what_they_must() -> None:
    chance = np.random.default_rng(5)
    table = chance.integers(0, 4, size=(2_000, 7)).astype(np.int64)
    order = order_of(table)
    tasks = tasks_of(table, order)
    assert sorted(order.tolist()) == list(range(2_000))
    assert [one[0] for one in tasks.tolist()] == [0, *(one[1] for one in tasks.tolist())][:-1]
    assert tasks[-1, 1] == 2_000
    for begin, end in tasks.tolist():
        part = table[order[begin:end]]
        assert len(np.unique(part[:, (WISH_COLUMN, TRAIL_COLUMN)], axis=0)) == 1


def test_one_group_is_cut_for_many_cores() -> None:
    table = np.ones((10 * TASK_SETTINGS_MIN, 7), np.int64)
    assert len(tasks_of(table, order_of(table))) == 10
