"""The mean trade with its interval, by resampling blocks: trades that follow one another are not independent.

Stationary bootstrap: D. N. Politis, J. P. Romano, JASA 89, 1994; block length after D. N. Politis, H. White,
Econometric Reviews 23, 2004. Both are those of `arch`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackline.research.validation.libraries import library
from jackline.research.validation.sharpe import Floats

REPETITIONS = 1_000
CONFIDENCE = 0.95
TRADES_MIN = 10
"""Fewer have no distribution to resample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """`low` … `high` holds the mean with 90 %: each bound is passed by chance with 5 %. `block`: trades, on average."""

    mean: float
    low: float
    high: float
    block: float


def mean_interval(values: Floats, *, seed: int, repetitions: int = REPETITIONS) -> Interval:
    """Of values in order of time, shape (trades,).

    With fewer than ten, or where nothing varies, the interval is open below: ``low`` is −∞ and nothing is shown by it.
    """
    mean = float(values.mean()) if len(values) else 0.0
    if len(values) < TRADES_MIN or float(values.std()) == 0:
        return Interval(mean=mean, low=-np.inf, high=np.inf, block=1.0)
    bootstrap = library("arch.bootstrap")
    found = bootstrap.optimal_block_length(values)
    block = float(np.clip(found["stationary"].iloc[0], 1.0, len(values) / 3))
    resampled = bootstrap.StationaryBootstrap(max(1, round(block)), values, seed=seed)
    means = resampled.apply(np.mean, repetitions)
    low, high = np.quantile(means, (1 - CONFIDENCE, CONFIDENCE))
    return Interval(mean=mean, low=float(low), high=float(high), block=block)
