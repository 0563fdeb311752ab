"""Which rows may teach a model that is asked about others: purged by what their labels have looked at, with an embargo.

A row and the label of its neighbour share bars. A fold that does not purge has seen part of the answers (E1, E2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackline.models.labels import Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """Indices of rows, in the order of time."""

    train: Places
    test: Places


def purged(start: Places, end: Places, test: Places, *, embargo_bars: int) -> Places:
    """The rows that may teach a model asked about the rows of `test`, which lie beside each other.

    Args:
        start: the bar at whose close each row decides, never falling: rows of several markets may share one.
        end: the last bar that its label has looked at.
        test: rows without one between them, in the order of time.
        embargo_bars: so many bars before and behind the span of the test are left out too.

    Returns:
        Rows whose span lies wholly before or wholly behind the test's, embargo included.
    """
    first, last = int(start[test].min()), int(end[test].max())
    before = end < first - embargo_bars
    behind = start > last + embargo_bars
    return np.flatnonzero(before | behind).astype(np.int64)


def walk_forward(start: Places, end: Places, *, folds: int, embargo_bars: int) -> tuple[Fold, ...]:
    """Disjoint blocks of test rows, one behind the other; each is asked of a model that knows the past alone.

    The first of ``folds + 1`` equal blocks only teaches. A fold whose purged past is empty is left out. Rows that share
    a bar, of several markets, share a block.
    """
    blocks = _blocks(start, folds + 1)
    found = []
    for test in blocks[1:]:
        if not len(test):
            continue
        train = purged(start, end, test, embargo_bars=embargo_bars)
        train = train[train < test[0]]
        if len(train):
            found.append(Fold(train=train, test=test))
    return tuple(found)


def _blocks(start: Places, count: int) -> list[Places]:
    """Equally many rows each, the cuts moved back to the first row of their bar."""
    every = np.arange(len(start), dtype=np.int64)
    firsts = [part[0] for part in np.array_split(every, count)[1:] if len(part)]
    return np.split(every, np.searchsorted(start, start[firsts], side="left"))


def shuffled(count: int, *, folds: int, seed: int) -> tuple[Fold, ...]:
    """What must not be done: rows drawn at random, so that a label's neighbours teach it. To show what that claims."""
    order = np.random.default_rng(seed).permutation(count)
    parts = [np.sort(part).astype(np.int64) for part in np.array_split(order, folds)]
    return tuple(
        Fold(train=np.setdiff1d(np.arange(count, dtype=np.int64), part), test=part) for part in parts
    )
