"""Splitting time: walk-forward with purge and embargo, and combinatorial purged folds.

The past chooses a setting, the future judges it. What is *purged* are periods before the future whose trades may reach
into it; the *embargo* drops those right behind it, which remember it. M. López de Prado, "Advances in Financial Machine
Learning", 2018, chapters 7 and 12; the combinatorial folds are those of `skfolio`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from jackline.research.validation.libraries import library
from jackline.research.validation.sharpe import Floats, sharpe
from jackline.research.validation.trades import Bars

FOLDS = 6
"""Of a walk-forward: the first is only learnt from, the other five are each judged once, by what came before."""
COMBINED_FOLDS, COMBINED_TESTS = 10, 2
"""45 splits, which make nine whole histories that no setting was chosen on."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fold:
    """Numbers of the periods to learn from and to be judged by."""

    train: Bars
    test: Bars


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WalkForward:
    """What choosing anew by the past alone would have earned.

    Attributes:
        returns: of the judged periods in one row: one curve, and no period twice. Shape (periods,).
        first_period: where they begin.
        chosen: setting of each fold.
    """

    returns: Floats
    first_period: int
    chosen: tuple[int, ...]


def walk_forward_folds(starts: Bars, ends: Bars, *, folds: int = FOLDS, embargo: int = 0) -> Iterator[Fold]:
    """Folds over samples in order of their starts, each judged by what ended `embargo` before it began.

    Args:
        starts: first period of each sample's label, shape (samples,).
        ends: last period of it; a sample whose label reaches into the test is purged.
        folds: equal parts; the first is never judged.
        embargo: periods left out before each test beside the purge.

    Raises:
        ValueError: fewer samples than folds, or fewer than two folds.
    """
    if folds < 2 or len(starts) < folds:
        raise ValueError(f"{len(starts)} samples in {folds} folds; at least 2 folds, and a sample for each")
    edges = np.linspace(0, len(starts), folds + 1).astype(np.int64)
    for begin, end in pairwise(edges[1:].tolist()):
        known = np.flatnonzero(ends[:begin] < starts[begin] - embargo)
        yield Fold(train=known.astype(np.int64), test=np.arange(begin, end, dtype=np.int64))


def walk_forward(returns: Floats, *, purged: int = 1, folds: int = FOLDS, embargo: int = 1) -> WalkForward:
    """Choose the best Sharpe ratio of the past for each fold. Shape (periods, settings); a position lives `purged`
    periods at most."""
    starts = np.arange(len(returns), dtype=np.int64)
    parts: list[Floats] = []
    chosen: list[int] = []
    first = len(returns)
    for fold in walk_forward_folds(starts, starts + purged, folds=folds, embargo=embargo):
        best = int(sharpe(returns[fold.train]).argmax())
        parts.append(returns[fold.test, best])
        chosen.append(best)
        first = min(first, int(fold.test[0]))
    return WalkForward(returns=np.concatenate(parts), first_period=first, chosen=tuple(chosen))


def combinatorial_sharpes(returns: Floats, *, purged: int = 1, embargo: int = 1) -> Floats:
    """Sharpe ratio per period of each of the nine histories. Shape (periods, settings) → (histories,).

    Raises:
        ValueError: too few periods for ten folds of which purge and embargo leave something.
    """
    splitter = library("skfolio.model_selection").CombinatorialPurgedCV(
        n_folds=COMBINED_FOLDS, n_test_folds=COMBINED_TESTS, purged_size=purged, embargo_size=embargo
    )
    paths = np.zeros((splitter.n_test_paths, len(returns)))
    ids = splitter.get_path_ids()
    for (train, tests), members in zip(splitter.split(returns), ids, strict=True):
        best = int(sharpe(returns[train]).argmax())
        for test, path in zip(tests, members, strict=True):
            paths[path, test] = returns[test, best]
    return sharpe(paths.T)
