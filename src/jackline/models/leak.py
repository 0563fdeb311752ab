"""What a leak would have claimed of the same bars, beside what is true: the honest chapter in one table.

Labels of neighbouring bars share their future. Folds of rows drawn at random therefore teach a model its own answers,
and it claims a fortune; the purged walk of the same model over the same rows claims nothing (E1, E2). And what is left
of an honest area under the curve is mostly whether prices will move, not where to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from jackline.models.calibrating import area_under_curve
from jackline.models.folds import Fold, shuffled, walk_forward
from jackline.models.gated import Earned, Gate, earned
from jackline.models.labels import Outcome
from jackline.models.lessons import Lesson, entries_at_gate, entries_liked, outcomes
from jackline.models.markets import Markets
from jackline.models.trainers import Classes, Recipe
from jackline.models.training import Method, OutOfFold, Question, Tell, out_of_fold

REMEMBERING_TREES, REMEMBERING_LEAVES, REMEMBERING_ROWS = 300, 255, 5
"""A model that is large enough to learn each row by heart."""


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one way of asking says of the entry models: by side the area under the curve and the trades of the highest
    probabilities, and the trades that the gate lets through."""

    how: str
    area: dict[str, float]
    best: dict[str, Earned]
    gate: Earned


class LeakReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Claims of the same rows, and two questions asked honestly, by side.

    Attributes:
        touch_area: will stop or target be reached before the longest hold?
        direction_area: if one of them is, is it the target?
    """

    claims: tuple[Claim, ...]
    touch_area: dict[str, float]
    direction_area: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """One way of asking."""

    how: str
    recipe: Recipe
    folds: int


def leak_report(
    markets: Markets, entries: Sequence[Lesson], gate: Gate, method: Method, best_share: float, tell: Tell
) -> LeakReport:
    """Ask the questions of entry models again, the wrong way. A minute on a year of bars."""
    large = replace(
        method.recipe,
        trees=REMEMBERING_TREES,
        leaves=REMEMBERING_LEAVES,
        leaf_rows_min=REMEMBERING_ROWS,
    )
    ways = (
        _Way(how="shuffled folds, the same models", recipe=method.recipe, folds=method.folds),
        _Way(how="shuffled folds, models that remember", recipe=large, folds=method.folds),
    )
    honest = Claim(
        how="purged walk-forward",
        area={one.side: _area_of(one) for one in entries},
        best={one.side: earned(entries_liked(markets, one, best_share)) for one in entries},
        gate=earned(entries_at_gate(markets, entries, gate)),
    )
    touch, direction = dict[str, float](), dict[str, float]()
    for one in entries:
        touch[one.side], direction[one.side] = _touch_and_direction(markets, one, method, tell)
    return LeakReport(
        claims=(honest, *(_claim(markets, entries, gate, best_share, way, tell) for way in ways)),
        touch_area=touch,
        direction_area=direction,
    )


def _area_of(lesson: Lesson) -> float:
    tested = lesson.answers.tested
    return area_under_curve(lesson.answers.probability[tested], lesson.question.classes[tested])


def _claim(
    markets: Markets, entries: Sequence[Lesson], gate: Gate, best_share: float, way: _Way, tell: Tell
) -> Claim:
    lessons = []
    for one in entries:
        question = one.question
        tell(f"{question.key}: {way.how}")
        folds = shuffled(len(question.rows), folds=way.folds, seed=way.recipe.seed)
        answers = _answers(question, question.classes, folds, way.recipe)
        shown = OutOfFold(asked=(), raw=answers, probability=np.round(answers, 4))
        lessons.append(replace(one, answers=shown))
    return Claim(
        how=way.how,
        area={one.side: _area_of(one) for one in lessons},
        best={one.side: earned(entries_liked(markets, one, best_share)) for one in lessons},
        gate=earned(entries_at_gate(markets, lessons, gate)),
    )


def _touch_and_direction(markets: Markets, lesson: Lesson, method: Method, tell: Tell) -> tuple[float, float]:
    """Two areas by the purged walk: of a barrier being touched, and of the target where one was."""
    question = lesson.question
    outcome = outcomes(markets, question, lesson.side)
    touched = outcome != Outcome.TIME
    tell(f"{question.key}: touched, and which way")
    return (
        _walked(question, touched.astype(np.int8), np.ones(len(touched), dtype=bool), method),
        _walked(question, (outcome == Outcome.TARGET).astype(np.int8), touched, method),
    )


def _walked(question: Question, classes: Classes, kept: np.ndarray, method: Method) -> float:
    """Mean area of the folds over the kept rows."""
    where = np.flatnonzero(kept)
    mine = replace(
        question,
        rows=question.rows[where],
        classes=classes[where],
        start=question.start[where],
        end=question.end[where],
        weights=question.weights[where],
        market=question.market[where],
    )
    folds = walk_forward(mine.start, mine.end, folds=method.folds, embargo_bars=method.embargo_bars)
    areas = []
    for fold in folds:
        answers = _answers(mine, mine.classes, (fold,), method.recipe)
        areas.append(area_under_curve(answers[fold.test], mine.classes[fold.test]))
    return float(np.mean(areas))


def _answers(question: Question, classes: Classes, folds: Sequence[Fold], recipe: Recipe) -> np.ndarray:
    found = np.full(len(question.rows), np.nan)
    for fold in folds:
        found[fold.test] = out_of_fold(
            question.rows, classes, question.weights, train=fold.train, test=fold.test, recipe=recipe
        )
    return found
