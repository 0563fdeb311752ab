"""The questions that models are asked of a market: whether to open at a bar, whether to leave a trade that is open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.exit_labels import exit_labels
from jackline.models.features import COLUMNS, WINDOW_BARS, Floats, features
from jackline.models.gated import Gate, Trades, highest, traded, wished
from jackline.models.labels import Barriers, Costs, Labels, Outcome, Places, triple_barrier, uniqueness
from jackline.models.manifest import Role
from jackline.models.report import Ask
from jackline.models.training import OutOfFold, Question, TrainingRefused

EXIT_TRADES_MIN = 30
"""Fewer real entries teach no exit."""
FIRST = WINDOW_BARS - 1
"""The first bar that has a row of features."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """Candles with their features, from bar `FIRST` on, and the labels of both sides."""

    candles: Candles
    costs: Costs
    rows: Floats
    labels: Mapping[Side, Labels]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesson:
    """A question of a model, with its answers out of fold."""

    role: Role
    side: Side
    question: Question
    answers: OutOfFold

    @property
    def key(self) -> str:
        """``entry_long``."""
        return self.question.key


def market_of(candles: Candles, barriers: Barriers, costs: Costs) -> Market:
    """Features and labels of candles of one market without a gap.

    Raises:
        TrainingRefused: fewer bars than one row and its label need.
    """
    least = WINDOW_BARS + barriers.hold_bars + 1
    if len(candles) < least:
        what = f"{len(candles)} bars; features look {WINDOW_BARS} back, a label {barriers.hold_bars} ahead"
        raise TrainingRefused("rows", what, f"at least {least} bars, thousands to learn anything")
    labels = {side: triple_barrier(candles, side, barriers, costs) for side in Side}
    rows = features(candles.table)
    if not np.isfinite(rows).all():
        strange = ", ".join(COLUMNS[place] for place in np.flatnonzero(~np.isfinite(rows).all(axis=0)))
        raise TrainingRefused(
            "features", f"{strange}: not a number (D13)", "look at prices and volumes of the data"
        )
    return Market(candles=candles, costs=costs, rows=rows, labels=labels)


def entry_question(market: Market, side: Side, wanted: Ask) -> Question:
    """Whether to open: one row for each bar that has features and a label."""
    labels = market.labels[side]
    bars = np.flatnonzero(labels.known[FIRST:]).astype(np.int64) + FIRST
    won = labels.outcome == Outcome.TARGET if wanted is Ask.TARGET else labels.net_fraction > 0
    return _question(market, f"{Role.ENTRY}_{side}", bars, labels.end[bars], won[bars])


def exit_question(market: Market, side: Side, entries: Trades) -> Question:
    """Whether to leave: one row for each bar of trades that were entered, at which they could still be left (E15).

    Raises:
        TrainingRefused: too few of the entries are of this side.
    """
    key = f"{Role.EXIT}_{side}"
    found = exit_labels(market.candles, side, entries, market.labels[side], market.costs)
    if found.trades < EXIT_TRADES_MIN:
        what = f"{key}: {found.trades} real entries out of fold, and {EXIT_TRADES_MIN} are needed (E15)"
        fix = "--exit-entries 0.05 takes the entries that the model likes best; or go without"
        raise TrainingRefused("entries", what, fix)
    return _question(market, key, found.bar, found.end, found.classes)


def entries_at_gate(market: Market, lessons: Sequence[Lesson], gate: Gate) -> Trades:
    """What entry models would have traded out of fold, through the gate, one trade at a time."""
    probability = {one.side: _by_bar(market, one) for one in lessons if one.role is Role.ENTRY}
    nothing = np.full(len(market.candles), np.nan)
    wishes = wished(gate, probability.get(Side.LONG, nothing), probability.get(Side.SHORT, nothing))
    labels = {side.sign: labels for side, labels in market.labels.items()}
    return traded(wishes, np.arange(len(wishes), dtype=np.int64), labels)


def entries_liked(market: Market, lesson: Lesson, share: float) -> Trades:
    """The trades of one entry model at its highest `share` of answers out of fold, whatever a gate would say."""
    wishes = highest(_by_bar(market, lesson), share) * lesson.side.sign
    return traded(
        wishes, np.arange(len(wishes), dtype=np.int64), {lesson.side.sign: market.labels[lesson.side]}
    )


def _by_bar(market: Market, lesson: Lesson) -> Floats:
    found = np.full(len(market.candles), np.nan)
    found[lesson.question.start] = lesson.answers.probability
    return found


def _question(market: Market, key: str, bars: Places, end: Places, classes: np.ndarray) -> Question:
    return Question(
        key=key,
        rows=np.ascontiguousarray(market.rows[bars - FIRST]),
        classes=classes.astype(np.int8),
        start=bars,
        end=end,
        weights=uniqueness(bars + 1, end),
    )
