"""A model as large as a training on a year of bars gives, for tests/bench/scan.py: what it has learnt means nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from jackline.core.orders import Bar
from jackline.core.values import Side
from jackline.models.calibration import Sigmoid
from jackline.models.features import candles_of, features
from jackline.models.inference import DAY_MS, Inference
from jackline.models.libraries import FITTING, require
from jackline.models.manifest import ANY_SYMBOL, Environment, Role
from jackline.models.writing import FittedModel, Training, write_bundle
from jackline.strategies.model import ModelDriven

TREES, LEAVES = 200, 31
"""scikit-learn's own number of leaves, and twice its number of trees."""


def driven(directory: Path, bars: list[Bar]) -> ModelDriven:
    """The strategy with a bundle fitted to these bars, whose every later bar it has an opinion of."""
    require(FITTING)
    from sklearn.ensemble import HistGradientBoostingClassifier

    rows, chance = features(candles_of(bars)), np.random.default_rng(1)
    models = [
        FittedModel(
            role=role,
            side=side,
            classifier=HistGradientBoostingClassifier(
                max_iter=TREES, max_leaf_nodes=LEAVES, early_stopping=False, random_state=1
            ).fit(rows, chance.integers(0, 2, len(rows))),
            calibration=Sigmoid(slope=1.0, intercept=0.0),
            threshold=0.65,
        )
        for role in Role
        for side in Side
    ]
    training = Training(
        rows=rows,
        symbols=(ANY_SYMBOL,),
        interval_ms=bars[0].interval_ms,
        environment=Environment.GENERATED,
        from_ms=0,
        to_ms=1,
    )
    model = Inference(
        bundle=write_bundle(directory / "bundle", models, training),
        age_ms_max=3_650 * DAY_MS,
        range_margin_fraction=10.0,
        tell=lambda *_: None,
    )
    return replace(ModelDriven(), model=model)
