"""Several markets in one training: one clock, no market's future in another's past (E1, E2), features of each alone."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.data.candles import Candles
from jackline.models.bundle import read_bundle
from jackline.models.features import WINDOW_BARS, candles_of, features
from jackline.models.folds import walk_forward
from jackline.models.inference import DAY_MS, Inference
from jackline.models.lessons import Lesson, by_bar, entries_liked, entry_question, exit_question
from jackline.models.markets import FIRST, Markets, markets_of
from jackline.models.pipeline import lessons_of, train, write
from jackline.models.report import Ask, report_of
from jackline.models.training import TrainingRefused, ask
from tests.models.market import INTERVAL_MS, USUAL, market
from tests.models.teaching import BARRIERS, ENTRIES_ALONE, METHOD, MOMENTUM, silent

BARS, LATER = 700, 200
"""The second market begins so many bars after the first."""


def of(symbol: str, *, seed: int, first: int = 0, bars: int = BARS) -> Candles:
    found = market(bars, seed=seed, momentum=MOMENTUM)
    return replace(found, symbol=symbol, open_ms=found.open_ms + first * INTERVAL_MS)


@cache
def asked() -> tuple[Markets, list[Lesson]]:
    return lessons_of([BTC, ETH], replace(ENTRIES_ALONE, is_forced=True), silent)


BTC, ETH = of("BTCUSDT", seed=7), of("ETHUSDT", seed=11, first=LATER)


def test_rows_stand_in_the_order_of_time_and_each_is_its_own_markets() -> None:
    markets = markets_of([BTC, ETH], BARRIERS, USUAL)
    question = entry_question(markets, Side.LONG, Ask.TARGET)
    assert (np.diff(question.start) >= 0).all()
    for number, (one, first) in enumerate(((BTC, 0), (ETH, LATER))):
        alone = entry_question(markets_of([one], BARRIERS, USUAL), Side.LONG, Ask.TARGET)
        mine = question.market == number
        assert np.array_equal(question.rows[mine], alone.rows), "to the last bit"
        assert np.array_equal(question.classes[mine], alone.classes)
        assert np.array_equal(question.start[mine], alone.start + first)
        assert np.array_equal(question.end[mine], alone.end + first)
    assert markets.close_ms(LATER) == int(ETH.open_ms[0]) + INTERVAL_MS


def test_no_row_that_teaches_has_looked_at_a_moment_of_the_test_in_whatever_market() -> None:
    question = entry_question(markets_of([BTC, ETH], BARRIERS, USUAL), Side.LONG, Ask.TARGET)
    folds = walk_forward(question.start, question.end, folds=4, embargo_bars=8)
    assert len(folds) == 4
    for fold in folds:
        assert question.end[fold.train].max() < question.start[fold.test].min() - 8
    both = [fold for fold in folds if len(set(question.market[fold.test].tolist())) > 1]
    assert len(both) >= 3, "a test holds both markets, else nothing was tried"
    first = [question.start[fold.test[0]] for fold in folds]
    last = [question.start[fold.test[-1]] for fold in folds]
    assert all(begin > end for begin, end in zip(first[1:], last, strict=False)), (
        "rows of one bar share a block"
    )


def test_what_comes_in_one_market_changes_no_earlier_answer_in_the_other() -> None:
    """The test blocks of both are asked of models of the past of both."""
    markets = markets_of([BTC, ETH], BARRIERS, USUAL)
    question = entry_question(markets, Side.LONG, Ask.TARGET)
    answers = ask(question, METHOD, silent)
    ahead = question.start >= question.start[answers.asked[1].fold.test[0]]
    spoiled = question.classes.copy()
    spoiled[ahead & (question.market == 1)] ^= 1
    again = ask(replace(question, classes=spoiled), METHOD, silent)
    for before, after in zip(answers.asked[:2], again.asked[:2], strict=True):
        assert np.array_equal(before.probability, after.probability)
    later = zip(answers.asked[2:], again.asked[2:], strict=True)
    assert any(not np.array_equal(before.raw, after.raw) for before, after in later), (
        "it does teach what comes later"
    )


def test_trades_and_exits_stay_in_their_market() -> None:
    markets, entries = asked()
    every = entries_liked(markets, entries[0], 0.4)
    assert [len(one.bar) > 10 for one in every] == [True, True]
    for trades, one in zip(every, markets.each, strict=True):
        assert np.array_equal(trades.net_fraction, one.labels[Side.LONG].net_fraction[trades.bar])
        assert (trades.bar[1:] >= trades.end[:-1]).all(), "one position at a time in each"
    found = exit_question(markets, Side.LONG, every)
    assert set(found.market.tolist()) == {0, 1}
    for number, one in enumerate(markets.each):
        mine = found.market == number
        assert np.array_equal(found.rows[mine], one.rows[found.start[mine] - one.first_bar - FIRST])


def bars_of(candles: Candles, end: int) -> list[Bar]:
    """The window that ends before bar `end`, as an engine has it: prices are floats written out."""
    return [
        Bar(
            symbol=Symbol(candles.symbol),
            open_ms=MarketMs(int(candles.open_ms[at])),
            interval_ms=INTERVAL_MS,
            open=Price(_exact(candles.open[at])),
            high=Price(_exact(candles.high[at])),
            low=Price(_exact(candles.low[at])),
            close=Price(_exact(candles.close[at])),
            volume=Quantity(_exact(candles.volume[at])),
        )
        for at in range(end - WINDOW_BARS, end)
    ]


def _exact(value: float) -> Decimal:
    return Decimal(repr(float(value)))


@pytest.mark.owns("D4")
def test_D4_a_bundle_of_two_markets_says_of_each_what_its_training_computed(tmp_path: Path) -> None:
    trained = train([BTC, ETH], ENTRIES_ALONE, silent)
    write(tmp_path / "both", trained)
    bundle = read_bundle(tmp_path / "both")
    assert bundle.manifest.symbols == ("BTCUSDT", "ETHUSDT")
    assert bundle.manifest.trained_from_ms == int(BTC.open_ms[0])
    assert bundle.manifest.trained_to_ms > int(BTC.open_ms[-1]), "the end of whichever ends last"
    assert report_of(bundle).symbol == "BTCUSDT, ETHUSDT"
    model = Inference(bundle=bundle, age_ms_max=DAY_MS * 99, range_margin_fraction=1e9, tell=lambda *_: None)
    for symbol, seed in (("BTCUSDT", 7), ("ETHUSDT", 11)):
        later = of(symbol, seed=seed, first=2 * BARS, bars=WINDOW_BARS + 3)
        rows = features(later.table)
        for end in range(WINDOW_BARS, len(later) + 1):
            window = bars_of(later, end)
            assert np.array_equal(features(candles_of(window))[-1], rows[end - WINDOW_BARS]), symbol
            assert model.entry(window) is not None
    stranger = of("SOLUSDT", seed=3, first=2 * BARS, bars=WINDOW_BARS)
    assert model.entry(bars_of(stranger, WINDOW_BARS)) is None, "no model for it"


def test_answers_lie_at_the_bars_of_their_market() -> None:
    markets, (long, _) = asked()
    first, second = by_bar(markets, long)
    assert (len(first), len(second)) == (BARS, BARS)
    tested = long.answers.tested
    assert np.isfinite(first).sum() + np.isfinite(second).sum() == len(tested)
    row = tested[np.argmax(long.question.market[tested] == 1)]
    assert second[long.question.start[row] - LATER] == long.answers.probability[row]


@pytest.mark.parametrize(
    ("every", "said"),
    [
        ([], "no candles are given"),
        ([BTC, replace(ETH, symbol="BTCUSDT")], "BTCUSDT is given twice"),
        ([BTC, replace(ETH, interval_ms=300_000)], "more than one interval: 300000, 900000"),
        ([BTC, replace(ETH, environment="production")], "more than one environment: generated, production"),
        ([BTC, replace(ETH, open_ms=ETH.open_ms + 1)], "more than one grid"),
    ],
    ids=["none", "twice", "interval", "environment", "grid"],
)
def test_markets_that_cannot_be_taught_together_are_refused(every: list[Candles], said: str) -> None:
    with pytest.raises(TrainingRefused, match=said) as refused:
        markets_of(every, BARRIERS, USUAL)
    assert refused.value.check == "markets"
