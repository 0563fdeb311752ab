"""The scalar rules, by the worked examples of the policy."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core import rules

D = Decimal
MARKS = st.decimals(1, 100_000, places=1)


@pytest.mark.parametrize(("best", "stop"), [(50_000, 48_500), (52_000, 50_440), (55_000, 53_350)])
def test_trailing_stands_three_per_cent_under_the_best_price(best: int, stop: int) -> None:
    assert rules.trailing_level(D(best), D("0.03"), 1) == stop


def test_trailing_stands_over_the_best_price_of_a_short() -> None:
    assert rules.trailing_level(D(50_000), D("0.03"), -1) == 51_500


@pytest.mark.owns("P4")
@given(marks=st.lists(MARKS, min_size=1, max_size=12), sign=st.sampled_from([1, -1]))
def test_P4_a_trail_over_any_path_never_loosens(marks: list[Decimal], sign: int) -> None:
    best, last = marks[0], None
    for mark in marks:
        best = rules.better_price(best, mark, sign)
        level = rules.trailing_level(best, D("0.02"), sign)
        assert last is None or (level - last) * sign >= 0
        last = level
    assert best == (max(marks) if sign == 1 else min(marks))


@pytest.mark.parametrize(
    ("mark", "sign", "reached"),
    [
        ("99.9", 1, True),
        ("100", 1, True),
        ("100.1", 1, False),
        ("100.1", -1, True),
        ("100", -1, True),
        ("99.9", -1, False),
    ],
)
def test_a_level_is_reached_at_its_price(mark: str, sign: int, *, reached: bool) -> None:
    assert rules.is_beyond(D(mark), D(100), sign) is reached


def test_levels_mirror() -> None:
    assert rules.stop_level(D(100), D("0.015"), 1) == D("98.5")
    assert rules.stop_level(D(100), D("0.015"), -1) == D("101.5")
    assert rules.target_level(D(100), D("0.05"), 1) == 105
    assert rules.target_level(D(100), D("0.05"), -1) == 95


def test_P8_a_loss_is_distance_and_fees_both_ways_and_slippage() -> None:
    """100 → 99: 1 distance, 0.0005 · (100 + 99) fees, 0.002 · 99 slippage."""
    assert rules.loss_per_unit(D(100), D(99), D("0.0005"), D("0.002")) == D("1.2975")


def test_the_rules_take_floats_too() -> None:
    assert rules.trailing_level(52_000.0, 0.03, 1) == pytest.approx(50_440.0)
