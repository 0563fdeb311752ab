"""No row that teaches has looked at a bar of the test, and no test is asked twice (E1, E5)."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.models.folds import purged, shuffled, walk_forward


@st.composite
def spans(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Rows in the order of time, some bars left out, each looking ahead by its own number of bars."""
    count = draw(st.integers(12, 80))
    chance = np.random.default_rng(draw(st.integers(0, 1_000)))
    start = np.cumsum(chance.integers(1, 4, count))
    return start, start + chance.integers(0, 9, count)


@settings(max_examples=60, deadline=None)
@given(given_=spans(), folds=st.integers(2, 6), embargo=st.integers(0, 12))
def test_a_fold_knows_nothing_of_its_test_nor_of_what_comes_after(
    given_: tuple[np.ndarray, np.ndarray], folds: int, embargo: int
) -> None:
    start, end = given_
    seen: list[int] = []
    for fold in walk_forward(start, end, folds=folds, embargo_bars=embargo):
        assert end[fold.train].max() < start[fold.test].min() - embargo
        assert np.array_equal(fold.test, np.arange(fold.test[0], fold.test[-1] + 1))
        seen += fold.test.tolist()
    assert seen == sorted(set(seen)), "E5: a test row counts once"
    blocks = np.array_split(np.arange(len(start)), folds + 1)
    assert set(seen) <= set(range(len(start))) - set(blocks[0].tolist())


@settings(max_examples=60, deadline=None)
@given(given_=spans(), first=st.integers(0, 60), length=st.integers(1, 20), embargo=st.integers(0, 12))
def test_purging_keeps_every_row_that_may_teach_and_no_other(
    given_: tuple[np.ndarray, np.ndarray], first: int, length: int, embargo: int
) -> None:
    start, end = given_
    test = np.arange(len(start))[first : first + length]
    if not len(test):
        return
    kept = set(purged(start, end, test, embargo_bars=embargo).tolist())
    looked = set(range(start[test[0]] - embargo, int(end[test].max()) + embargo + 1))
    for row in range(len(start)):
        meets = bool(looked & set(range(start[row], end[row] + 1)))
        assert (row in kept) is not meets


def test_a_past_that_is_all_embargo_teaches_no_fold() -> None:
    start = np.arange(30)
    assert walk_forward(start, start + 2, folds=2, embargo_bars=40) == ()


def test_shuffled_folds_ask_every_row_once_and_share_its_neighbours() -> None:
    folds = shuffled(100, folds=5, seed=1)
    assert sorted(np.concatenate([fold.test for fold in folds]).tolist()) == list(range(100))
    for fold in folds:
        assert set(fold.train) | set(fold.test) == set(range(100))
        assert len(fold.train) == 80
        near = {row + step for row in fold.test.tolist() for step in (-1, 1)}
        assert near & set(fold.train.tolist()), "which is what is wrong with them"
