"""How often choosing the best setting of the past chose one that then disappointed: CSCV.

Combinatorially symmetric cross-validation: D. H. Bailey, J. Borwein, M. López de Prado, Q. J. Zhu, "The Probability of
Backtest Overfitting", Journal of Computational Finance 20 (4), 2017. Time is cut into blocks, and every half of them is
once the past and the other half once the future.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from jackline.research.validation.sharpe import Floats

BLOCKS = 12
"""924 splits. With half a year of days a block is over two weeks, longer than anything a position remembers."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Overfitting:
    """What the splits showed of the setting that was best in the first half.

    Attributes:
        below_median_fraction: of splits in which it was below the median in the other half: the paper's PBO.
        loss_fraction: of splits in which it lost in the other half.
        in_sample, out_of_sample: its Sharpe ratio per period in both halves, shape (splits,).
    """

    below_median_fraction: float
    loss_fraction: float
    in_sample: Floats
    out_of_sample: Floats


@lru_cache(maxsize=4)
def _halves(blocks: int) -> Floats:
    """Rows of zeros and ones: which blocks are the past. Shape (splits, blocks)."""
    chosen = list(combinations(range(blocks), blocks // 2))
    found = np.zeros((len(chosen), blocks))
    for row, members in enumerate(chosen):
        found[row, list(members)] = 1.0
    return found


def overfitting(returns: Floats, *, blocks: int = BLOCKS) -> Overfitting:
    """Every split of `returns`, shape (periods, settings). What does not fill a block at the end is left out.

    Raises:
        ValueError: fewer than two periods a block, two settings, or an odd number of blocks.
    """
    length = returns.shape[0] // blocks
    if length < 2 or returns.shape[1] < 2 or blocks % 2:
        raise ValueError(
            f"{returns.shape[0]} periods of {returns.shape[1]} settings in {blocks} blocks; at least 2 periods a"
            " block, 2 settings and an even number of blocks are needed"
        )
    cut = returns[: length * blocks].reshape(blocks, length, -1)
    sums, squares = cut.sum(axis=1), (cut**2).sum(axis=1)
    past = _halves(blocks)
    periods = length * blocks // 2
    inside = _ratios(past @ sums, past @ squares, periods)
    outside = _ratios((1 - past) @ sums, (1 - past) @ squares, periods)
    rows = np.arange(len(past))
    best = inside.argmax(axis=1)
    achieved = outside[rows, best]
    # A setting equal to others stands in the middle of them, as the paper ranks.
    below = (outside < achieved[:, None]).sum(axis=1) + 0.5 * ((outside == achieved[:, None]).sum(axis=1) - 1)
    standing = (below + 1) / (returns.shape[1] + 1)
    return Overfitting(
        below_median_fraction=float((standing <= 0.5).mean()),
        loss_fraction=float((achieved < 0).mean()),
        in_sample=inside[rows, best],
        out_of_sample=achieved,
    )


def _ratios(sums: Floats, squares: Floats, periods: int) -> Floats:
    """Sharpe ratios from sums: shape (splits, settings)."""
    mean = sums / periods
    variance = (squares - periods * mean**2) / (periods - 1)
    flat = variance <= 1e-18
    return np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))
