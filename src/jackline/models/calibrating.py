"""Fitting a calibration, and what it is worth: reliability, Brier score, and a model that says the opposite (E16, E19).

A calibration is fitted to probabilities of rows that their model has not seen. One that would have to fall is refused
and never turned around: a model whose high answers come true less often than its low ones was taught something else.
Every row counts alike, whatever weight it had in the fit: an answer is given, and acted on, bar by bar, and labels that
end soon weigh more there than they are bars.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec
import numpy as np

from jackline.models.calibration import RAW_MIN, Calibration, Piecewise, Sigmoid, calibrated, logistic
from jackline.models.features import Floats
from jackline.models.refusal import refused
from jackline.models.trainers import Classes

BINS = 10
"""Of a reliability table, each with as many rows."""
NEWTON_STEPS_MAX = 100
NEWTON_DONE = 1e-12
STEP_MAX = 2.0
"""Far from the answer a whole step of Newton's can overshoot."""
RIDGE = 1e-9
"""Keeps Newton's matrix from being singular where every raw probability is the same."""
KNOT_GAP = 1e-9
KNOT_ROWS_MIN = 50
"""An isotonic step on fewer rows is their noise, and its ends would be certainties."""
TURN_AROUND = (
    "look at the labels, a rise called a fall? Else nothing is to be learnt here: other bars, other barriers"
)


class Kind(StrEnum):
    """How it is fitted: Platt's two numbers, or steps that only rise."""

    SIGMOID = "sigmoid"
    ISOTONIC = "isotonic"


class Reliability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of rows that were given about the same probability.

    Attributes:
        said: the mean probability of the bin.
        came: the share of its rows that were of class 1.
    """

    rows: int
    said: float
    came: float


class Falling(Exception):
    """A higher raw probability means a lower one: the calibration would have to fall. `detail` has the figures."""

    def __init__(self, *, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


def fit_calibration(kind: Kind, raw: Floats, classes: Classes) -> Calibration:
    """The calibration of raw probabilities, all of shape (rows,), that their model gave of rows it had not seen.

    Raises:
        Falling: it would fall, or stand level: the model knows nothing of these rows, or the opposite.
    """
    sigmoid = _sigmoid(raw, classes)
    if not sigmoid.slope > 0:
        raise Falling(detail=f"slope {sigmoid.slope:.3g} over {len(raw)} rows that it had not seen")
    return sigmoid if kind is Kind.SIGMOID else _isotonic(raw, classes)


def falling_refused(key: str, falling: Falling) -> Exception:
    """To be raised where a model must not be left out in silence."""
    what = f"{key}: a higher answer came true less often (E16): {falling.detail}"
    return refused("calibration", what, TURN_AROUND)


def reliability(probability: Floats, classes: Classes) -> tuple[Reliability, ...]:
    """Bins of equally many rows, by rising probability; fewer where there are fewer rows than bins."""
    order = np.argsort(probability, kind="stable")
    return tuple(
        Reliability(rows=len(part), said=float(probability[part].mean()), came=float(classes[part].mean()))
        for part in np.array_split(order, BINS)
        if len(part)
    )


def brier(probability: Floats, classes: Classes) -> float:
    """Mean squared distance of probability and outcome; ``base · (1 − base)`` is what a constant reaches."""
    return float(np.mean((probability - classes) ** 2))


def area_under_curve(score: Floats, classes: Classes) -> float:
    """Probability that a row of class 1 is given a higher score than one of class 0, half for ties; 0.5 with one class
    alone (Mann and Whitney's U)."""
    ones = int(np.count_nonzero(classes))
    zeros = len(classes) - ones
    if not ones or not zeros:
        return 0.5
    _, inverse, counts = np.unique(score, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    rank = (upto - (counts - 1) / 2.0)[inverse]
    return float((rank[classes == 1].sum() - ones * (ones + 1) / 2.0) / (ones * zeros))


def _sigmoid(raw: Floats, classes: Classes) -> Sigmoid:
    """Logistic regression on log-odds by Newton's method (Platt 1999; targets of Lin, Lin and Weng 2007)."""
    kept = np.clip(raw, RAW_MIN, 1 - RAW_MIN)
    odds = np.log(kept / (1 - kept))
    centre, width = float(odds.mean()), float(odds.std()) or 1.0
    design = np.column_stack(((odds - centre) / width, np.ones_like(odds)))
    ones = int(np.count_nonzero(classes))
    high, low = (ones + 1) / (ones + 2), 1 / (len(classes) - ones + 2)
    wanted = np.where(classes == 1, high, low)
    found = np.zeros(2)
    for _ in range(NEWTON_STEPS_MAX):
        said = logistic(design @ found)
        gradient = design.T @ (wanted - said) / len(odds)
        curvature = (design * (said * (1 - said))[:, None]).T @ design / len(odds) + RIDGE * np.eye(2)
        step = np.clip(np.linalg.solve(curvature, gradient), -STEP_MAX, STEP_MAX)
        found = found + step
        if np.abs(step).max() < NEWTON_DONE:
            break
    slope = float(found[0] / width)
    return Sigmoid(slope=slope, intercept=float(found[1] - slope * centre))


def _isotonic(raw: Floats, classes: Classes) -> Piecewise:
    """Pool adjacent violators over bins of neighbouring rows: steps that rise, as lines between their middles."""
    order = np.argsort(raw, kind="stable")
    pools: list[tuple[float, float, int]] = []  # sum of raw, sum of classes, rows
    for part in np.array_split(order, max(2, len(order) // KNOT_ROWS_MIN)):
        pool = (float(raw[part].sum()), float(classes[part].sum()), len(part))
        while pools and pools[-1][1] * pool[2] >= pool[1] * pools[-1][2]:
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
        pools.append(pool)
    knots: list[tuple[float, float]] = []
    for raw_sum, class_sum, rows in pools:
        if not knots or raw_sum / rows > knots[-1][0] + KNOT_GAP:
            knots.append((raw_sum / rows, class_sum / rows))
    if len(knots) < 2:
        raise Falling(detail=f"one level alone over {len(raw)} rows that it had not seen")
    return Piecewise(raw=tuple(at for at, _ in knots), probability=tuple(said for _, said in knots))


def said_of(calibration: Calibration, raw: Floats) -> Floats:
    """Calibrated probabilities, to the four places that an engine keeps of them."""
    return np.round(calibrated(calibration, raw), 4)
