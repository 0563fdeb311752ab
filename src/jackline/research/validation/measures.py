"""Every number that the gate looks at, measured once from what a strategy did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jackline.research.validation.findings import Finding
from jackline.research.validation.folds import WalkForward, combinatorial_sharpes, walk_forward
from jackline.research.validation.overfitting import Overfitting, overfitting
from jackline.research.validation.plateau import Plateau, plateau
from jackline.research.validation.resampling import Interval, mean_interval
from jackline.research.validation.sharpe import Deflated, Floats, deflated, moments, probabilistic, sharpe
from jackline.research.validation.stress import stressed_means
from jackline.research.validation.superiority import Superiority, superiority
from jackline.research.validation.trades import Bars, Trades


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """What a strategy did, before anything is measured.

    Attributes:
        returns: of every setting that was tried, by day, of the searched part. Shape (days, settings).
        places: of the settings around the chosen one, which are the first, the number of its value on each axis.
            Shape (settings, axes).
        chosen: the setting that is to be believed.
        trades: its trades in the searched part.
        holdout_trades, holdout_returns: its trades in the holdout, and its days there.
        looks: how often this holdout has been looked at, this time included.
        more_trials: tried elsewhere on the same bars; only their number is known.
        random_means: mean trade of entries by chance with the same exits, one a run.
        position_days: the longest that a position lives, rounded up.
        findings: of every check for leaks that could be asked.
    """

    returns: Floats
    places: Bars
    chosen: int
    trades: Trades
    holdout_trades: Trades
    holdout_returns: Floats
    looks: int
    more_trials: int
    random_means: Floats
    position_days: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """The numbers. `random_fraction`: of runs by chance that the mean trade beats. `holdout_probability`: that the mean
    day of the holdout is above zero. `combined`: Sharpe ratios of the combinatorial histories, per day."""

    trades: int
    holdout_trades: int
    interval: Interval
    superiority: Superiority
    deflated: Deflated
    overfitting: Overfitting
    plateau: Plateau
    stressed: Mapping[float, float]
    walk_forward: WalkForward
    combined: Floats
    random_fraction: float
    holdout_mean: float
    holdout_probability: float
    looks: int
    findings: tuple[Finding, ...]


def measure(material: Material, *, seed: int) -> Measured:
    """All of them. The same material and seed give the same numbers.

    Raises:
        ValueError: too few days or settings to cut into blocks; the text has the figures.
    """
    returns, purged = material.returns, material.position_days
    values = material.trades.net_fraction
    mean = float(values.mean()) if len(values) else 0.0
    return Measured(
        trades=len(material.trades),
        holdout_trades=len(material.holdout_trades),
        interval=mean_interval(values, seed=seed),
        superiority=superiority(returns, seed=seed),
        deflated=deflated(returns, material.chosen, more_trials=material.more_trials),
        overfitting=overfitting(returns),
        plateau=plateau(returns, material.places, material.chosen),
        stressed=stressed_means(material.trades),
        walk_forward=walk_forward(returns, purged=purged),
        combined=combinatorial_sharpes(returns, purged=purged),
        random_fraction=float((material.random_means < mean).mean()) if len(values) else 0.0,
        holdout_mean=float(material.holdout_returns.mean()),
        holdout_probability=_above_zero(material.holdout_returns),
        looks=material.looks,
        findings=material.findings,
    )


def _above_zero(returns: Floats) -> float:
    """Probability that the true mean is above zero; 0 where nothing was traded."""
    if len(returns) < 2 or not np.any(returns):
        return 0.0
    skewness, kurtosis = moments(returns)
    return probabilistic(
        float(sharpe(returns)), 0.0, periods=len(returns), skewness=skewness, kurtosis=kurtosis
    )
