"""Signals of a model trained anew for every block of time, which has seen nothing of the block that it is asked of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.lessons import Lesson, by_bar, entries_at_gate
from jackline.models.markets import FIRST, Market
from jackline.models.pipeline import Wanted, exits_of, lessons_of
from jackline.models.training import Tell
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.arrays import Whole
from jackline.research.sweep.signals import NO_OPINION, Signals, scaled
from jackline.research.validation import leaks
from jackline.research.validation.findings import Finding
from jackline.research.validation.model_leaks import feature_finding


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refitted:
    """What the folds said.

    Attributes:
        signals: opinions out of fold, on `candles`, which begin with the first of them.
        findings: what the folds were found to know.
        exits_from_ms: by side, the open of the first bar at which an exit was asked; a side without any is not there.
        left_out: exits that no fold could be taught, with the reason.
    """

    signals: Signals
    candles: Candles
    findings: tuple[Finding, ...]
    exits_from_ms: dict[Side, int]
    left_out: dict[str, str]


def refitted(candles: Candles, wanted: Wanted, tell: Tell) -> Refitted:
    """Entries and exits of the wanted recipe, each block asked of models of its past.

    An exit is taught on trades that the entries opened out of fold, so the first blocks have none: there trades end by
    their distances and times alone.

    Raises:
        TrainingRefused: too little to learn from, or answers that are too good to be true.
    """
    # No bundle is written of this, so it does not matter whose prices nobody has named.
    named = replace(candles, environment=candles.environment or "production")
    markets, entries = lessons_of([named], wanted, tell)
    (market,) = markets.each
    exits, left_out = exits_of(markets, entries, entries_at_gate(markets, entries, wanted.gate), wanted, tell)
    said = {one.side: scaled(by_bar(markets, one)[0]) for one in entries}
    ends = {one.side: _ends(market, one) for one in exits}
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
        end_long=ends[Side.LONG][first:] if Side.LONG in ends else None,
        end_short=ends[Side.SHORT][first:] if Side.SHORT in ends else None,
    )
    return Refitted(
        signals=signals,
        candles=candles.part(first, len(candles)),
        findings=(*_of_folds([*entries, *exits]), feature_finding(candles)),
        exits_from_ms={side: int(candles.open_ms[np.argmax(one >= 0)]) for side, one in ends.items()},
        left_out=left_out,
    )


def _ends(market: Market, lesson: Lesson) -> Whole:
    """That a trade should end, at every bar: each fold's model is asked from the first bar of its block on.

    Its rows are bars of trades alone. Another threshold or stop would be in a trade at others, and asks there too; they
    lie as far behind what taught it.
    """
    found = np.full(len(market.candles), np.nan)
    asked, start = lesson.answers.asked, lesson.question.start
    begins = [int(start[one.fold.test[0]]) for one in asked]
    for one, (begin, end) in zip(asked, pairwise([*begins, len(found)]), strict=True):
        found[begin:end] = one.says(market.rows[begin - FIRST : end - FIRST])
    return scaled(np.round(found, 4))


def _of_folds(lessons: Sequence[Lesson]) -> tuple[Finding, ...]:
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
