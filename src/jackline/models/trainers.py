"""The trainers: gradient boosting by scikit-learn, or by LightGBM, always by one thread and from one seed.

The same rows, classes, weights and recipe give the same model to the last bit: more threads sum in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jackline.models import boosters
from jackline.models.features import Floats
from jackline.models.fitted import probabilities
from jackline.models.libraries import FITTING, require

Classes = NDArray[np.int8]

VALUES_MAX = 64
"""Values of a column that trees tell apart: a quarter of the usual, four times as quick, and they learn less noise."""


class Trainer(StrEnum):
    """Who fits."""

    SKLEARN = "sklearn"
    LIGHTGBM = "lightgbm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is fitted. Small trees with many rows in each leaf: rows of one week are nearly the same row.

    Attributes:
        trees: how many, at most `forest.TREES_MAX`.
        leaves: of a tree, at most 256.
        leaf_rows_min: rows that a leaf stands on at least.
    """

    trainer: Trainer = Trainer.SKLEARN
    trees: int = 100
    leaves: int = 8
    learning_rate: float = 0.05
    leaf_rows_min: int = 100
    seed: int = 0


def fit(recipe: Recipe, rows: Floats, classes: Classes, weights: Floats) -> Any:
    """A classifier fitted to class 1.

    Args:
        recipe: by whom, and how large.
        rows: shape (rows, columns).
        classes: 0 or 1, both of them there.
        weights: of each row, above 0; only their proportions count.

    Raises:
        BundleRefused: a library is missing.
    """
    scaled = weights * (len(weights) / weights.sum())
    if recipe.trainer is Trainer.LIGHTGBM:
        return boosters.fitted(
            rows,
            classes,
            scaled,
            trees=recipe.trees,
            leaves=recipe.leaves,
            learning_rate=recipe.learning_rate,
            leaf_rows_min=recipe.leaf_rows_min,
            values_max=VALUES_MAX,
            seed=recipe.seed,
        )
    found = require(FITTING)
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 # seconds that no reader pays

    classifier = HistGradientBoostingClassifier(
        max_iter=recipe.trees,
        max_leaf_nodes=recipe.leaves,
        learning_rate=recipe.learning_rate,
        min_samples_leaf=recipe.leaf_rows_min,
        max_bins=VALUES_MAX,
        early_stopping=False,
        random_state=recipe.seed,
    )
    with found["threadpoolctl"].threadpool_limits(1), _values_alike(classifier):
        return classifier.fit(rows, classes, sample_weight=scaled)


@contextmanager
def _values_alike(classifier: Any) -> Iterator[None]:
    """Every row counts alike where the values of a column are cut into bins, whatever its weight in the loss.

    scikit-learn 1.9 weighs them there too, one percentile at a time: a third of a second a fit, most of it. Before 1.9
    it did not; a version that keeps the method elsewhere is only slow.
    """
    cut = getattr(classifier, "_bin_data", None)
    if cut is not None:
        classifier._bin_data = lambda rows, _weights, **rest: cut(rows, None, **rest)
    try:
        yield
    finally:
        vars(classifier).pop("_bin_data", None)


def raw_probabilities(classifier: Any, rows: Floats) -> Floats:
    """Of class 1, not calibrated. Shape (rows,)."""
    return probabilities(classifier, rows)
