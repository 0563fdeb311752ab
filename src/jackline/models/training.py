"""Fitting and asking out of fold: what a model says of rows that it, and its calibration, have never seen.

Everything that is claimed of a model rests on these answers. Each fold fits a model to its own purged past, calibrates
it on the last part of that past by a model that has not seen that part, and only then is asked about the block ahead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from jackline.models.calibrating import Falling, Kind, area_under_curve, fit_calibration, said_of
from jackline.models.calibration import Calibration
from jackline.models.features import Floats
from jackline.models.folds import Fold, purged, walk_forward
from jackline.models.labels import Places
from jackline.models.trainers import Classes, Recipe, fit, raw_probabilities

CALIBRATION_FRACTION = 0.25
"""Of a fold's past, its last part: what its calibration is fitted to."""
CLASS_ROWS_MIN = 30
"""Of each class in whatever a model or a calibration is fitted to."""
FOLDS_MIN = 2
EVEN = 0.5
"""Area under the curve of answers that know nothing."""

Tell = Callable[[str], None]
"""Hears of each thing that is about to be fitted."""


class TrainingRefused(Exception):
    """No model comes of it: which check said so, what is wrong, and the fix."""

    def __init__(self, check: str, detail: str, fix: str) -> None:
        self.check, self.detail, self.fix = check, detail, fix
        super().__init__(f"{check}: {detail}. Fix: {fix}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How models are fitted and asked."""

    recipe: Recipe
    calibration: Kind
    folds: int
    embargo_bars: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What one model is asked, of rows in the order of time; arrays of shape (rows,).

    Attributes:
        key: ``entry_long``, for messages.
        rows: features, shape (rows, columns).
        classes: 1 where it should be acted on.
        start: the bar at whose close each row decides; bars count on the clock of all markets.
        end: the last bar that its label has looked at.
        weights: above 0.
        market: which one each row is of.
    """

    key: str
    rows: Floats
    classes: Classes
    start: Places
    end: Places
    weights: Floats
    market: Places


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """One fold: its rows, what its model said of the test, raw and calibrated, and that model.

    `calibration` is None where the model knew nothing of the last part of its own past: then `probability` is the
    share of class 1 in it, for every row.
    """

    fold: Fold
    raw: Floats
    probability: Floats
    area: float
    classifier: Any
    calibration: Calibration | None

    def says(self, rows: Floats) -> Floats:
        """Calibrated probabilities of any rows, shape (rows, columns) → (rows,); those behind its past are fair."""
        if self.calibration is None:
            return np.full(len(rows), self.probability[0])
        return said_of(self.calibration, raw_probabilities(self.classifier, rows))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutOfFold:
    """All folds of a question. Arrays of shape (rows,), nan where a row was in no test."""

    asked: tuple[Asked, ...]
    raw: Floats
    probability: Floats

    @property
    def tested(self) -> Places:
        """Rows that were in a test, in the order of time."""
        return np.flatnonzero(np.isfinite(self.raw)).astype(np.int64)

    @property
    def areas(self) -> tuple[float, ...]:
        """Under the curve of each fold."""
        return tuple(one.area for one in self.asked)


def out_of_fold(
    rows: Floats, classes: Classes, weights: Floats, *, train: Places, test: Places, recipe: Recipe
) -> Floats:
    """Raw probabilities of `test` by a model fitted to `train` and to nothing else. Shape (len(test),).

    Args:
        rows: features, shape (rows, columns).
        classes: 0 or 1, shape (rows,).
        weights: above 0, shape (rows,).
        train: rows that teach; whoever chooses them has purged them, see `folds.purged`.
        test: rows that are asked about.
        recipe: what is fitted.

    Raises:
        TrainingRefused: `train` and `test` share a row, or too few rows of a class teach.
        BundleRefused: a library is missing.
    """
    return raw_probabilities(_taught(rows, classes, weights, train, test, recipe, "a fold"), rows[test])


def ask(question: Question, method: Method, tell: Tell) -> OutOfFold:
    """Ask a question fold by fold, each of a model of its past.

    Raises:
        TrainingRefused: too few folds can be taught.
    """
    folds = walk_forward(question.start, question.end, folds=method.folds, embargo_bars=method.embargo_bars)
    if len(folds) < FOLDS_MIN:
        what = f"{question.key}: {len(folds)} of {method.folds} folds have a past that may teach"
        raise TrainingRefused("folds", what, "more bars, fewer folds, a shorter embargo or a shorter hold")
    asked = []
    for number, fold in enumerate(folds, start=1):
        tell(f"{question.key}: fold {number} of {len(folds)}")
        asked.append(_ask_one(question, fold, method))
    raw, probability = (np.full(len(question.rows), np.nan) for _ in range(2))
    for one in asked:
        raw[one.fold.test], probability[one.fold.test] = one.raw, one.probability
    return OutOfFold(asked=tuple(asked), raw=raw, probability=probability)


def finished(question: Question, answers: OutOfFold, method: Method) -> tuple[Any, Calibration]:
    """The model of a bundle, fitted to every row, and its calibration, fitted to the answers out of fold.

    Raises:
        Falling: the calibration would fall (E16).
    """
    tested = answers.tested
    calibration = fit_calibration(method.calibration, answers.raw[tested], question.classes[tested])
    if area_under_curve(answers.raw[tested], question.classes[tested]) < EVEN:
        raise Falling(detail=f"over {len(tested)} rows that it had not seen")
    return fit(method.recipe, question.rows, question.classes, question.weights), calibration


def _ask_one(question: Question, fold: Fold, method: Method) -> Asked:
    rows, classes, weights = question.rows, question.classes, question.weights
    classifier = _taught(rows, classes, weights, fold.train, fold.test, method.recipe, question.key)
    raw = raw_probabilities(classifier, rows[fold.test])
    calibration = _calibration(question, fold.train, method)
    if calibration is None:
        probability = np.full(len(fold.test), round(float(classes[fold.train].mean()), 4))
    else:
        probability = said_of(calibration, raw)
    return Asked(
        fold=fold,
        raw=raw,
        probability=probability,
        area=area_under_curve(raw, classes[fold.test]),
        classifier=classifier,
        calibration=calibration,
    )


def _calibration(question: Question, train: Places, method: Method) -> Calibration | None:
    """Fitted to the last part of a fold's past, of which its model has not seen anything; None where it would fall."""
    later = train[round(len(train) * (1 - CALIBRATION_FRACTION)) :]
    start, end = question.start[train], question.end[train]
    inside = np.arange(len(train) - len(later), len(train), dtype=np.int64)
    earlier = train[purged(start, end, inside, embargo_bars=method.embargo_bars)]
    raw = raw_probabilities(
        _taught(
            question.rows, question.classes, question.weights, earlier, later, method.recipe, question.key
        ),
        question.rows[later],
    )
    try:
        return fit_calibration(method.calibration, raw, question.classes[later])
    except Falling:
        return None


def _taught(
    rows: Floats,
    classes: Classes,
    weights: Floats,
    train: Places,
    test: Places,
    recipe: Recipe,
    key: str,
) -> Any:
    if np.intersect1d(train, test).size:
        raise TrainingRefused(
            "folds", f"{key}: rows of the test teach its model", "purge them from the training"
        )
    ones = int(np.count_nonzero(classes[train]))
    if min(ones, len(train) - ones) < CLASS_ROWS_MIN:
        what = f"{key}: {ones} of {len(train)} rows are of class 1; {CLASS_ROWS_MIN} of each class are needed"
        raise TrainingRefused("rows", what, "more bars, or barriers that are reached more, or less, often")
    return fit(recipe, rows[train], classes[train], weights[train])
