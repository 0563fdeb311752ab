"""Signals of a model trained anew for every block of time, which has seen nothing of the block that it is asked of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.lessons import Lesson
from jackline.models.pipeline import Wanted, lessons_of
from jackline.models.training import Tell
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import Whole
from jackline.research.sweep.signals import NO_OPINION, Signals, scaled
from jackline.research.validation import leaks
from jackline.research.validation.findings import Finding
from jackline.research.validation.model_leaks import feature_finding


def refitted(candles: Candles, wanted: Wanted, tell: Tell) -> tuple[Signals, Candles, tuple[Finding, ...]]:
    """Opinions out of fold, the bars from the first of them on, and what the folds were found to know.

    Entries alone: exits are those of the configuration's distances and times.

    Raises:
        TrainingRefused: too little to learn from, or answers that are too good to be true.
    """
    # No bundle is written of this, so it does not matter whose prices nobody has named.
    named = replace(candles, environment=candles.environment or "production")
    _, lessons = lessons_of(named, wanted, tell)
    said = {one.side: _opinions(one, len(candles)) for one in lessons}
    silent = np.full(len(candles), NO_OPINION, np.int64)
    long, short = said.get(Side.LONG, silent), said.get(Side.SHORT, silent)
    told = np.flatnonzero((long >= 0) | (short >= 0))
    if not len(told):
        raise ResearchRefused("the folds gave no opinion at all. Fix: more data, or fewer --folds")
    first = int(told[0])
    signals = Signals(
        name=f"model, trained anew in {wanted.method.folds} folds",
        p_long=long[first:],
        p_short=short[first:],
    )
    return signals, candles.part(first, len(candles)), (*_of_folds(lessons), feature_finding(candles))


def _opinions(lesson: Lesson, bars: int) -> Whole:
    """In parts of `ONE` by bar; a row that was in no test has none."""
    found = np.full(bars, np.nan)
    found[lesson.question.start] = lesson.answers.probability
    return scaled(found)


def _of_folds(lessons: list[Lesson]) -> tuple[Finding, ...]:
    """Every fold of every model asked; the worst answer of each kind."""
    trained, torn, shared = list[Finding](), list[Finding](), list[Finding]()
    for one in lessons:
        asked, question = one.answers.asked, one.question
        rows = len(question.start)
        begins = np.array([each.fold.test[0] for each in asked], dtype=np.int64)
        ends = np.array([each.fold.test[-1] for each in asked], dtype=np.int64)
        shared.append(leaks.overlapping_windows(begins, ends))
        for each in asked:
            fold = each.fold
            trained.append(leaks.training_in_test(question.end[fold.train], question.start[fold.test]))
            torn.append(leaks.shuffled_folds(np.sort(fold.test), samples=rows))
    return tuple(max(every, key=lambda one: one.count) for every in (trained, torn, shared))
