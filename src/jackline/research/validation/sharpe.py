"""Sharpe ratios per period, and what is left of one when the number of trials is counted.

Formulas: D. H. Bailey, M. López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (5), 2014.
Nothing here is annualised: a ratio is that of the periods it was given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

EULER_MASCHERONI = 0.5772156649015329
NORMAL = NormalDist()
DAYS_A_YEAR = 365
"""Perpetuals trade every day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflated:
    """A Sharpe ratio and the one that the best of so many worthless trials would show.

    Attributes:
        observed: of the chosen setting, per period.
        expected_maximum: of the best of `effective_trials` without an edge, per period.
        trials: settings and sweeps counted, whatever they have in common.
        effective_trials: how many independent ones they are worth.
        probability: that the true ratio is above zero, deflated: 0 … 1.
    """

    observed: float
    expected_maximum: float
    trials: int
    effective_trials: float
    probability: float


def sharpe(returns: Floats) -> Floats:
    """Mean over standard deviation along the first axis; 0 where nothing varies. Shape (periods, …) → (…)."""
    spread = np.asarray(returns.std(axis=0, ddof=1))
    found: Floats = np.divide(returns.mean(axis=0), spread, out=np.zeros_like(spread), where=spread > 0)
    return found


def probabilistic(
    observed: float, benchmark: float, *, periods: int, skewness: float, kurtosis: float
) -> float:
    """Probability that the true ratio is above `benchmark` (the paper's PSR).

    ``Φ((s − b) · √(T − 1) / √(1 − skewness·s + (kurtosis − 1)/4 · s²))``; a normal distribution has a kurtosis of 3.
    """
    variance = 1 - skewness * observed + (kurtosis - 1) / 4 * observed**2
    if variance <= 0:
        return 0.0  # moments that no distribution has: nothing is claimed from them
    return NORMAL.cdf((observed - benchmark) * math.sqrt(periods - 1) / math.sqrt(variance))


def expected_maximum(deviation: float, trials: float) -> float:
    """Of the ratios of so many independent trials without an edge, which scatter by `deviation` (the paper's SR₀).

    ``deviation · ((1 − c)·Φ⁻¹(1 − 1/N) + c·Φ⁻¹(1 − 1/(N·e)))`` with Euler's constant c; 0 for a single trial, from
    which nothing was chosen.
    """
    if trials <= 1:
        return 0.0
    first = NORMAL.inv_cdf(1 - 1 / trials)
    second = NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return deviation * ((1 - EULER_MASCHERONI) * first + EULER_MASCHERONI * second)


def effective_trials(returns: Floats, *, more: int = 0) -> float:
    """How many independent trials these settings are worth: the effective rank of their correlations.

    ``exp(−Σ q·ln q)`` with the eigenvalues divided by their sum (O. Roy, M. Vetterli, "The effective rank", EUSIPCO
    2007). The paper's own way, one mean correlation for all, takes long and short settings of one rule for independent.
    Settings that never traded count as none. `more` trials of which only the number is known are taken to share as
    much with one another as these do.
    """
    spread = returns.std(axis=0)
    moving = returns[:, spread > 0]
    if moving.shape[1] < 2:
        few: float = moving.shape[1] + more
        return few
    in_all = 1 + more / returns.shape[1]
    scaled = (moving - moving.mean(axis=0)) / moving.std(axis=0)
    # The eigenvalues that are not zero are those of the smaller of the two products.
    small = scaled @ scaled.T if len(scaled) < scaled.shape[1] else scaled.T @ scaled
    strength = np.linalg.eigvalsh(small)
    shares = strength / strength.sum()
    shares = shares[shares > 1e-15]
    rank: float = np.exp(-(shares * np.log(shares)).sum())
    whole: float = rank * in_all
    return whole


def deflated(returns: Floats, chosen: int, *, more_trials: int = 0) -> Deflated:
    """The chosen column among all that were tried. Shape (periods, settings).

    The scatter of the trials is taken as at least what chance alone gives a ratio of so many periods, ``1/√(T − 1)``:
    settings that all do the same would else deflate nothing.
    """
    periods, settings = returns.shape
    every = sharpe(returns)
    observed = float(every[chosen])
    scatter = float(every.std(ddof=1)) if settings > 1 else 0.0
    deviation = max(scatter, 1 / math.sqrt(periods - 1))
    effective = effective_trials(returns, more=more_trials)
    least = expected_maximum(deviation, effective)
    skewness, kurtosis = moments(returns[:, chosen])
    sure = probabilistic(observed, least, periods=periods, skewness=skewness, kurtosis=kurtosis)
    return Deflated(
        observed=observed,
        expected_maximum=least,
        trials=settings + more_trials,
        effective_trials=effective,
        probability=sure if observed > 0 else 0.0,
    )


def moments(returns: Floats) -> tuple[float, float]:
    """Skewness and kurtosis (3 for a normal distribution); those of a normal one where nothing varies."""
    apart = returns - returns.mean()
    variance = float((apart**2).mean())
    if variance == 0:
        return 0.0, 3.0
    return float((apart**3).mean()) / variance**1.5, float((apart**4).mean()) / variance**2
