"""Percentiles by nearest rank: every figure is one that was measured."""

from hypothesis import given
from hypothesis import strategies as st

from jackline.cli.demo.figures import distribution, nearest_rank

VALUES = st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=200)


def test_nothing_measured_is_none_and_not_zero() -> None:
    empty = distribution([])
    assert (empty.p50, empty.p99, empty.max) == (None, None, None)


def test_the_textbook_example() -> None:
    values = [15.0, 20.0, 35.0, 40.0, 50.0]
    assert [nearest_rank(values, percent) for percent in (5, 30, 40, 50, 100)] == [15, 20, 20, 35, 50]


def test_the_99th_of_a_hundred_is_the_second_largest() -> None:
    figures = distribution([float(number) for number in range(1, 101)])
    assert (figures.p50, figures.p99, figures.max) == (50.0, 99.0, 100.0)


@given(VALUES, st.floats(min_value=0.1, max_value=100))
def test_a_rank_is_a_measured_value_that_enough_do_not_exceed(values: list[float], percent: float) -> None:
    rank = nearest_rank(values, percent)
    assert rank in values
    assert sum(value <= rank for value in values) >= percent / 100 * len(values) - 1e-9
