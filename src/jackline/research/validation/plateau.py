"""Whether the chosen setting stands on a plateau or on a spike: what its neighbours in the grid earn.

A spike is chance: a strategy that earns at 0.80 and loses at 0.81 has found its trades and not a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackline.research.validation.sharpe import Floats
from jackline.research.validation.trades import Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """`holding_fraction`: of `neighbours` settings, how many keep half of what the chosen one earns a period."""

    neighbours: int
    holding_fraction: float
    worst_mean: float


def neighbours(places: Bars, chosen: int) -> Bars:
    """Settings one step away on one axis, the others equal. Numbers of settings, in order.

    Args:
        places: of every setting, the number of its value on each axis; shape (settings, axes).
        chosen: which setting.
    """
    apart = np.abs(places - places[chosen])
    found: Bars = np.flatnonzero((apart.sum(axis=1) == 1) & (apart.max(axis=1, initial=0) == 1))
    return found


def plateau(returns: Floats, places: Bars, chosen: int) -> Plateau:
    """Of mean returns per period, shape (periods, settings). A grid of one setting has no neighbour, and no plateau."""
    means = returns.mean(axis=0)
    near = neighbours(places, chosen)
    if not len(near):
        return Plateau(neighbours=0, holding_fraction=0.0, worst_mean=0.0)
    keeps = (means[near] > 0) & (means[near] >= means[chosen] / 2)
    return Plateau(
        neighbours=len(near),
        holding_fraction=float(keeps.mean()) if means[chosen] > 0 else 0.0,
        worst_mean=float(means[near].min()),
    )
