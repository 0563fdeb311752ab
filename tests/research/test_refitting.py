"""A model trained anew for every block: entries and exits are asked out of fold, and the exits end trades."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache

import numpy as np
import pytest

from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Side
from jackline.models.features import Floats
from jackline.models.lessons import Lesson, entries_at_gate
from jackline.models.markets import Markets
from jackline.models.pipeline import exits_of, lessons_of
from jackline.models.training import TrainingRefused
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.bar_rules import ONE
from jackline.research.sweep.market import prepare
from jackline.research.sweep.runs import trades_of
from jackline.research.sweep.signals import NO_OPINION
from jackline.research.validation.candidate import model_candidate
from jackline.research.validation.refitting import Refitted, refitted
from jackline.research.validation.study import random_means, setting_of
from jackline.research.validation.trading import Desk
from tests.models.market import market
from tests.models.teaching import GATE, METHOD, MOMENTUM, SEED, WANTED, carried, silent

OPEN = replace(GATE, long_probability_min=Decimal("0.5"), short_probability_min=Decimal("0.5"))
ASKED = replace(WANTED, gate=OPEN, is_forced=True, method=replace(METHOD, folds=2))
"""With a gate that lets enough entries through to teach exits of them."""


@cache
def entries_asked() -> tuple[Markets, list[Lesson]]:
    return lessons_of([carried()], ASKED, silent)


@cache
def told() -> Refitted:
    return refitted(carried(), ASKED, silent)


def test_opinions_begin_with_the_first_block_that_is_asked() -> None:
    found, candles = told(), carried()
    first = len(candles) - len(found.candles)
    _, entries = entries_asked()
    answers = entries[0].answers
    assert first == min(int(one.question.start[one.answers.tested[0]]) for one in entries)
    mine = entries[0].question.start[answers.tested] - first
    assert found.signals.p_long is not None
    assert np.array_equal(
        found.signals.p_long[mine], np.rint(answers.probability[answers.tested] * ONE).astype(np.int64)
    )
    assert {one.leak.value for one in found.findings} == {
        "training_in_test",
        "shuffled_folds",
        "overlapping_windows",
        "future_feature",
    }
    assert [one.count for one in found.findings] == [0, 0, 0, 0]


def test_what_comes_later_changes_no_earlier_entry() -> None:
    """The market is another one from a bar in the last block on: nothing before that bar is said otherwise."""
    candles = carried()
    at = len(candles) - 150
    other = market(len(candles), seed=SEED + 40, momentum=MOMENTUM)
    level = candles.close[at - 1] / other.close[at - 1]

    def spoiled_of(name: str) -> Floats:
        return np.concatenate((getattr(candles, name)[:at], getattr(other, name)[at:] * level))

    spoiled = replace(
        candles,
        open=spoiled_of("open"),
        high=spoiled_of("high"),
        low=spoiled_of("low"),
        close=spoiled_of("close"),
    )
    before, after = told(), refitted(spoiled, ASKED, silent)
    first = len(candles) - len(before.candles)
    for name in ("p_long", "p_short"):
        one, two = getattr(before.signals, name), getattr(after.signals, name)
        assert np.array_equal(one[: at - first], two[: at - first])
        assert not np.array_equal(one[at - first :], two[at - first :]), "it was asked about the other market"


def test_an_exit_is_asked_at_every_bar_behind_what_taught_it() -> None:
    candles = carried()
    markets, entries = entries_asked()
    exits, _ = exits_of(markets, entries, entries_at_gate(markets, entries, ASKED.gate), ASKED, silent)
    found = told()
    first = len(candles) - len(found.candles)
    assert exits, "else nothing was tried"
    for lesson in exits:
        said = found.signals.end_long if lesson.side is Side.LONG else found.signals.end_short
        assert said is not None
        begins = [int(lesson.question.start[one.fold.test[0]]) for one in lesson.answers.asked]
        assert (said[: begins[0] - first] == NO_OPINION).all(), "before the first block nobody was taught"
        assert (said[begins[0] - first :] >= 0).all()
        assert found.exits_from_ms[lesson.side] == int(candles.open_ms[begins[0]])
        tested = lesson.answers.tested
        bars = lesson.question.start[tested] - first
        answers = np.rint(lesson.answers.probability[tested] * ONE).astype(np.int64)
        assert np.array_equal(said[bars], answers), "at the bars of its trades it is what was judged"
        for begin, one in zip(begins, lesson.answers.asked, strict=True):
            assert lesson.question.end[one.fold.train].max() < begin - WANTED.method.embargo_bars


def test_exits_of_the_folds_end_trades_that_would_have_gone_on() -> None:
    found = told()
    risk = RiskSettings(cooldown_ms=900_000, hold_max_ms=7_200_000)
    risk = replace(
        risk,
        exits=replace(
            risk.exits,
            model_exit_long_fraction=Fraction(Decimal("0.5")),
            model_exit_short_fraction=Fraction(Decimal("0.5")),
        ),
    )
    prepared = prepare(found.candles, tick=Decimal("0.000001"), risk=risk)
    with_exits = model_candidate(found.signals, risk, found.candles, (0.5, 0.5))
    silent_ends = replace(found.signals, end_long=None, end_short=None)
    without = model_candidate(silent_ends, risk, found.candles, (0.5, 0.5))
    held, by_chance = [], []
    desk = Desk(prepared=prepared, risk=risk)
    for one in (with_exits, without):
        assert one.tried.chosen is not None
        signals, point = setting_of(one.tried, one.tried.chosen)
        trades = trades_of(prepared, signals, point, risk)
        held.append(float((trades.exit_bar - trades.entry_bar).mean()))
        assert len(trades) > 20
        mine = desk.trades(signals, point)
        by_chance.append(random_means(desk, signals, mine, point, before=len(found.candles), seed=1))
    assert held[0] < held[1]
    assert not np.array_equal(by_chance[0], by_chance[1]), "entries by chance leave by the same exit model"


def test_where_no_exit_can_be_taught_it_is_said() -> None:
    closed = replace(
        ASKED, gate=replace(GATE, long_probability_min=Decimal(1), short_probability_min=Decimal(1))
    )
    found = refitted(carried(), replace(closed, exit_entries_share=None), silent)
    assert found.signals.end_long is None
    assert found.signals.end_short is None
    assert set(found.left_out) == {"exit_long", "exit_short"}
    assert found.exits_from_ms == {}


def test_too_little_history_is_refused() -> None:
    with pytest.raises((TrainingRefused, ResearchRefused), match=r"at least|are needed"):
        refitted(carried().part(0, 150), ASKED, silent)
