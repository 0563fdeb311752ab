"""The questions that models are asked of markets: whether to open at a bar, whether to leave a trade that is open.

Several markets are one question. Its rows stand in the order of time, whatever market they are of, and bars count on
one clock: so a fold's past is the past of every market, and no market's future teaches another's model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jackline.core.values import Side
from jackline.models.exit_labels import exit_labels
from jackline.models.features import Floats
from jackline.models.gated import Gate, Trades, highest, traded, wished
from jackline.models.labels import Outcome, Places, uniqueness
from jackline.models.manifest import Role
from jackline.models.markets import FIRST, Market, Markets
from jackline.models.report import Ask
from jackline.models.trainers import Classes
from jackline.models.training import OutOfFold, Question, TrainingRefused

EXIT_TRADES_MIN = 30
"""Fewer real entries teach no exit."""


@dataclass(frozen=True, slots=True, kw_only=True)
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Rows of one market: the bars that they are asked at, the last ones that their labels looked at."""

    bars: Places
    end: Places
    classes: Classes


def entry_question(markets: Markets, side: Side, wanted: Ask) -> Question:
    """Whether to open: one row for each bar that has features and a label."""
    parts = []
    for market in markets.each:
        labels = market.labels[side]
        bars = np.flatnonzero(labels.known[FIRST:]).astype(np.int64) + FIRST
        won = labels.outcome == Outcome.TARGET if wanted is Ask.TARGET else labels.net_fraction > 0
        parts.append(_Part(bars=bars, end=labels.end[bars], classes=won[bars].astype(np.int8)))
    return _question(markets, f"{Role.ENTRY}_{side}", parts)


def exit_question(markets: Markets, side: Side, entries: Sequence[Trades]) -> Question:
    """Whether to leave: one row for each bar of trades that were entered, at which they could still be left (E15).

    `entries`: of each market.

    Raises:
        TrainingRefused: too few of the entries are of this side.
    """
    key = f"{Role.EXIT}_{side}"
    found = [
        exit_labels(market.candles, side, trades, market.labels[side], market.costs)
        for market, trades in zip(markets.each, entries, strict=True)
    ]
    count = sum(one.trades for one in found)
    if count < EXIT_TRADES_MIN:
        what = f"{key}: {count} real entries out of fold, and {EXIT_TRADES_MIN} are needed (E15)"
        fix = "train with --exit-entries 0.05, on the entries that the model likes best; or go without"
        raise TrainingRefused("entries", what, fix)
    return _question(markets, key, [_Part(bars=one.bar, end=one.end, classes=one.classes) for one in found])


def entries_at_gate(markets: Markets, lessons: Sequence[Lesson], gate: Gate) -> tuple[Trades, ...]:
    """What entry models would have traded out of fold in each market, through the gate, one trade at a time."""
    said = {one.side: by_bar(markets, one) for one in lessons if one.role is Role.ENTRY}
    nothing = [np.full(len(market.candles), np.nan) for market in markets.each]
    longs, shorts = said.get(Side.LONG, nothing), said.get(Side.SHORT, nothing)
    return tuple(
        _traded(market, wished(gate, long, short))
        for market, long, short in zip(markets.each, longs, shorts, strict=True)
    )


def entries_liked(markets: Markets, lesson: Lesson, share: float) -> tuple[Trades, ...]:
    """The trades of one entry model in each market at its highest `share` of all answers out of fold, whatever a gate
    would say."""
    said = by_bar(markets, lesson)
    liked = highest(np.concatenate(said), share) * lesson.side.sign
    cuts = np.cumsum([len(one) for one in said])[:-1]
    return tuple(
        _traded(market, wishes) for market, wishes in zip(markets.each, np.split(liked, cuts), strict=True)
    )


def by_bar(markets: Markets, lesson: Lesson) -> list[Floats]:
    """Answers out of fold at the bars of each market, nan where there is none."""
    question, found = lesson.question, []
    for number, market in enumerate(markets.each):
        mine = np.flatnonzero(question.market == number)
        said = np.full(len(market.candles), np.nan)
        said[question.start[mine] - market.first_bar] = lesson.answers.probability[mine]
        found.append(said)
    return found


def outcomes(markets: Markets, question: Question, side: Side) -> np.ndarray:
    """How the trade of each row ended, of `labels.Outcome`."""
    found = np.empty(len(question.start), dtype=np.int8)
    for number, market in enumerate(markets.each):
        mine = np.flatnonzero(question.market == number)
        found[mine] = market.labels[side].outcome[question.start[mine] - market.first_bar]
    return found


def _traded(market: Market, wishes: Places) -> Trades:
    labels = {side.sign: labels for side, labels in market.labels.items()}
    return traded(wishes, np.arange(len(wishes), dtype=np.int64), labels)


def _question(markets: Markets, key: str, parts: Sequence[_Part]) -> Question:
    """The rows of all markets in the order of time; of one time, in the order of the markets.

    A row weighs by what is its own of the time that it looks at, counted over all markets: they move together, and a
    bar of time does not tell more because more of them were there.
    """
    start = np.concatenate(list(_on_clock(markets, [one.bars for one in parts])))
    end = np.concatenate(list(_on_clock(markets, [one.end for one in parts])))
    of = np.repeat(np.arange(len(parts)), [len(one.bars) for one in parts])
    rows = np.concatenate(
        [market.rows[one.bars - FIRST] for market, one in zip(markets.each, parts, strict=True)]
    )
    order = np.argsort(start, kind="stable")
    start, end = start[order], end[order]
    return Question(
        key=key,
        rows=np.ascontiguousarray(rows[order]),
        classes=np.concatenate([one.classes for one in parts])[order],
        start=start,
        end=end,
        weights=uniqueness(start + 1, end),
        market=of[order].astype(np.int64),
    )


def _on_clock(markets: Markets, places: Sequence[Places]) -> Iterator[Places]:
    for market, one in zip(markets.each, places, strict=True):
        yield one + market.first_bar
