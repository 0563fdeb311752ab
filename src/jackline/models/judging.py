"""What is said of a model that was asked out of fold: its report, and what of it is too good, too little or alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from jackline.models import features
from jackline.models.calibrating import area_under_curve, brier, reliability, said_of
from jackline.models.calibration import Calibration
from jackline.models.lessons import Lesson
from jackline.models.markets import Markets
from jackline.models.report import FoldReport, Leading, ModelReport, edges_of
from jackline.models.trainers import raw_probabilities
from jackline.models.training import EVEN, OutOfFold, Question, TrainingRefused

TOO_GOOD = "too_good"
"""The check."""
TOO_GOOD_AREA = 0.8
"""No one predicts a liquid market's direction so well out of fold; a label that leaks does (E2)."""
HARDLY_AREA = 0.55
ABOVE_FRACTION_MAX = 0.5
"""A model that acts on more than every second bar has no threshold."""
AT_ONCE_MAX = 0.5
"""Share of trades that end in their first bar: with more, bars are too long for these barriers."""
ALONE_SHARE = 0.8
"""Of what a model knows: lost with one column, it rests on that column alone (E23)."""


def too_good(question: Question, answers: OutOfFold) -> None:
    """Refuse what leaks: the next day's answers found in today's rows. Raises TrainingRefused (E2)."""
    tested = answers.tested
    together = area_under_curve(answers.raw[tested], question.classes[tested])
    mean = float(np.mean(answers.areas))
    if max(together, mean) > TOO_GOOD_AREA:
        what = (
            f"{question.key}: area under the curve {max(together, mean):.3f} out of fold, and nothing honest "
            f"passes {TOO_GOOD_AREA:g} (E2). Is there a leak: a column from the future, prices that were made up?"
        )
        raise TrainingRefused(TOO_GOOD, what, "find the leak; --force writes the bundle all the same")


def model_report(
    lesson: Lesson, calibration: Calibration, threshold: float, markets: Markets, seed: int
) -> ModelReport:
    """Everything that the answers out of fold say of one model; `calibration` is the one of the bundle."""
    question, answers = lesson.question, lesson.answers
    tested = answers.tested
    said, came = answers.probability[tested], question.classes[tested]
    base = float(came.mean())
    return ModelReport(
        key=question.key,
        rows=len(question.rows),
        asked=len(tested),
        base_fraction=base,
        folds=tuple(_folds(question, answers, markets)),
        area=area_under_curve(said, came),
        reliability=reliability(said, came),
        brier=brier(said, came),
        brier_constant=base * (1 - base),
        threshold=threshold,
        above_fraction=float((said >= threshold).mean()),
        highest=float(said.max()),
        probability=edges_of(question.key, said_of(calibration, answers.raw[tested])),
        columns=_leading(question, answers, seed),
    )


def warnings_of(report: ModelReport) -> Iterator[str]:
    """What a reader must know of it, in sentences."""
    key = report.key
    if report.above_fraction == 0:
        yield (
            f"{key} never reaches {report.threshold:g} out of fold (highest {report.highest:.3f}): "
            "it would not act at all (E20)."
        )
    if report.above_fraction > ABOVE_FRACTION_MAX:
        yield f"{key} reaches {report.threshold:g} on {report.above_fraction:.0%} of the bars: it would always act."
    level = sum(not one.is_calibrated for one in report.folds)
    if level:
        yield f"{key}: in {level} of {len(report.folds)} folds it knew nothing of the end of its own past (E16)."
    if report.area < HARDLY_AREA:
        yield f"{key} is hardly better than chance: area under the curve {report.area:.3f}."
    if report.brier >= report.brier_constant:
        yield f"{key} is no better calibrated than saying {report.base_fraction:.3f} every time."
    lead = report.columns[-1]
    last = report.folds[-1].area
    if last > HARDLY_AREA and lead.loss > ALONE_SHARE * (last - EVEN):
        yield f"{key} rests on {lead.column} alone: without it {lead.loss:.3f} of its area is gone (E23)."


def at_once(key: str, question: Question) -> str | None:
    """What to say where most trades end in the bar that they begin in; None where they do not (E6).

    A stop that stands too near, or on the wrong side of the entry, ends every trade at once.
    """
    share = float((question.end == question.start + 1).mean())
    if share <= AT_ONCE_MAX:
        return None
    return f"{key}: {share:.0%} of its trades end in the bar that they begin in: stop and target are too near (E6)."


def _folds(question: Question, answers: OutOfFold, markets: Markets) -> Iterator[FoldReport]:
    for one in answers.asked:
        first, last = question.start[one.fold.test[0]], question.start[one.fold.test[-1]]
        yield FoldReport(
            from_ms=markets.close_ms(first),
            to_ms=markets.close_ms(last),
            rows_train=len(one.fold.train),
            rows_test=len(one.fold.test),
            area=one.area,
            is_calibrated=one.calibration is not None,
        )


def _leading(question: Question, answers: OutOfFold, seed: int) -> tuple[Leading, ...]:
    """Permutation importance in the last fold (Breiman 2001, section 10), the most important column last."""
    last = answers.asked[-1]
    rows, classes = question.rows[last.fold.test], question.classes[last.fold.test]
    order = np.random.default_rng(seed).permutation(len(rows))
    found = []
    for place, name in enumerate(features.COLUMNS):
        moved = rows.copy()
        moved[:, place] = rows[order, place]
        area = area_under_curve(raw_probabilities(last.classifier, moved), classes)
        found.append(Leading(column=name, loss=last.area - area))
    return tuple(sorted(found, key=lambda one: one.loss))
