"""The trees of a gradient boosting model as plain numbers, and walking them with numpy.

An engine asks one row at a time, hundreds at the close of a bar, on a core that stops need too. Through scikit-learn
that takes a millisecond or two of checks a row, a hundred when its threads meet a busy core, and seconds of importing
before a restarted engine could look at a position (docs/decisions/0012). What is walked here is the same model: a
bundle carries probabilities that scikit-learn gave, and is refused where these trees give others.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from jackline.models.calibration import logistic
from jackline.models.features import Floats

TREES_MAX = 2_000
NODES_MAX = 511
"""Of a tree: 256 leaves."""


class Tree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tree, node 0 its root, children behind their parents.

    A leaf has -1 as its column and adds its `value` to the log-odds; at every other node a row goes left where its
    column is not above the threshold, else right.
    """

    column: tuple[int, ...]
    threshold: tuple[float, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]


class Trees(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a file of trees holds: log-odds to begin with, and the trees."""

    baseline: float
    trees: tuple[Tree, ...]


def fault(trees: Trees, columns: int) -> str | None:
    """Why these trees cannot be walked over rows of so many columns; None when they can."""
    if not 1 <= len(trees.trees) <= TREES_MAX:
        return f"{len(trees.trees)} trees; 1 … {TREES_MAX}"
    if not np.isfinite(trees.baseline):
        return f"a baseline of {trees.baseline}"
    return next(
        (
            f"tree {number}: {found}"
            for number, tree in enumerate(trees.trees)
            if (found := _fault(tree, columns))
        ),
        None,
    )


def _fault(tree: Tree, columns: int) -> str | None:
    count = len(tree.column)
    if {len(tree.threshold), len(tree.left), len(tree.right), len(tree.value)} != {count}:
        return "lists of different lengths"
    if not 1 <= count <= NODES_MAX:
        return f"{count} nodes; 1 … {NODES_MAX}"
    if not np.isfinite((*tree.threshold, *tree.value)).all():
        return "a number that is not finite"
    for node, (column, left, right) in enumerate(zip(tree.column, tree.left, tree.right, strict=True)):
        if column >= columns:
            return f"node {node} asks for column {column + 1}, and {columns} are stated: one is missing"
        if column < -1:
            return f"node {node} asks column {column}"
        first = 0 if column < 0 else node + 1  # a leaf's are not walked, and must still be numbers of nodes
        if not (first <= left < count and first <= right < count):
            return f"node {node} has a child that does not lie behind it"
    return None


class Forest:
    """Trees laid side by side. `trees` have no `fault`."""

    def __init__(self, trees: Trees) -> None:
        starts = np.cumsum([0, *(len(tree.column) for tree in trees.trees)])
        column: NDArray[np.int64] = np.array(_joined([tree.column for tree in trees.trees]))
        leaf = column < 0
        self._roots: NDArray[np.int64] = starts[:-1].astype(np.int64)
        self._column: NDArray[np.int64] = np.where(leaf, 0, column)
        self._threshold: Floats = np.array(
            _joined([tree.threshold for tree in trees.trees]), dtype=np.float64
        )
        self._value: Floats = np.array(_joined([tree.value for tree in trees.trees]), dtype=np.float64)
        own = np.arange(len(column))
        shift = np.repeat(starts[:-1], np.diff(starts))
        # A leaf leads to itself, so that every tree can be walked as far as the deepest one.
        self._left: NDArray[np.int64] = np.where(
            leaf, own, np.array(_joined([t.left for t in trees.trees])) + shift
        )
        self._right: NDArray[np.int64] = np.where(
            leaf, own, np.array(_joined([t.right for t in trees.trees])) + shift
        )
        self._baseline = trees.baseline
        self._depth = max(_depth(tree) for tree in trees.trees)

    def probabilities(self, rows: Floats) -> Floats:
        """The model's own probability of its class for each row, 0 … 1: of shape (rows, columns) gives (rows,).

        ``1 / (1 + e^−(baseline + sum of the leaves))``. A row gives the same alone and among others: its leaves are
        summed in their order, whatever stands beside it.
        """
        at = np.broadcast_to(self._roots, (len(rows), len(self._roots)))
        each = np.arange(len(rows))[:, None]
        for _ in range(self._depth):
            goes_left = rows[each, self._column[at]] <= self._threshold[at]
            at = np.where(goes_left, self._left[at], self._right[at])
        odds = self._baseline + np.ascontiguousarray(self._value[at]).sum(axis=-1)
        return logistic(odds)


def _joined(lists: Sequence[Sequence[float]]) -> list[float]:
    return [one for each in lists for one in each]


def _depth(tree: Tree) -> int:
    """Steps from the root to the deepest leaf. Children lie behind their parents, so one pass sees all."""
    depths = [0] * len(tree.column)
    for node, column in enumerate(tree.column):
        if column >= 0:
            depths[tree.left[node]] = depths[tree.right[node]] = depths[node] + 1
    return max(depths)
