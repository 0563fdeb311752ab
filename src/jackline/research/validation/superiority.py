"""Whether the best of all settings beats doing nothing, when it is known that it is the best of so many.

P. R. Hansen, "A Test for Superior Predictive Ability", Journal of Business & Economic Statistics 23 (4), 2005; the
implementation is that of `arch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jackline.research.validation.libraries import library
from jackline.research.validation.sharpe import Floats

REPETITIONS = 1_000
BLOCK_PERIODS = 5
"""Mean length of a block of the stationary bootstrap: a week of trading days. Volatility clusters for longer, and the
calibration shows that the gate bears it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Superiority:
    """`p_value`: probability that the best of so many settings without an edge would look as good (the consistent
    one of the paper's three). `winners`: settings that beat doing nothing each, StepM at 5 %."""

    p_value: float
    winners: int


def superiority(returns: Floats, *, seed: int, count_winners: bool = False) -> Superiority:
    """Of returns after costs against zero, shape (periods, settings).

    Each column is divided by its deviation first: the test compares means, and a wild setting would else outweigh all.
    Settings that never traded say nothing and are left out; without any other the p-value is 1.
    """
    spread = returns.std(axis=0)
    moving = returns[:, spread > 0] / spread[spread > 0]
    if moving.shape[1] == 0:
        return Superiority(p_value=1.0, winners=0)
    multiple = library("arch.bootstrap")
    benchmark = np.zeros(len(moving))
    # Losses: the smaller the better, so a return is a loss with its sign turned.
    test = multiple.SPA(benchmark, -moving, block_size=BLOCK_PERIODS, reps=REPETITIONS, seed=seed)
    test.compute()
    p_value = float(test.pvalues["consistent"])
    # A p-value of a bootstrap is never below what its repetitions can tell.
    least = 1 / (REPETITIONS + 1)
    winners = _winners(multiple, benchmark, moving, seed) if count_winners else 0
    return Superiority(p_value=max(least, p_value), winners=winners)


def _winners(multiple: Any, benchmark: Floats, moving: Floats, seed: int) -> int:
    """How many settings win on their own. StepM of arch raises when it has no model left to test: then all of them."""
    step = multiple.StepM(
        benchmark, -moving, size=0.05, block_size=BLOCK_PERIODS, reps=REPETITIONS, seed=seed
    )
    try:
        step.compute()
    except ValueError:
        return int(moving.shape[1])
    return len(step.superior_models)
