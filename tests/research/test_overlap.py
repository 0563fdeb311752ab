"""E3: a model is not judged on the bars it has learnt from, unless somebody says so, and then every figure says so."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from jackline.core.orders import Bar
from jackline.core.values import Fraction
from jackline.data.candles import Candles
from jackline.models.bundle import Bundle
from jackline.models.features import WINDOW_BARS
from jackline.models.inference import Inference
from jackline.research.backtest.document import document
from jackline.research.backtest.figures import figures
from jackline.research.backtest.run import run_backtest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.warnings import warnings
from jackline.research.refusal import BacktestRefused
from jackline.strategies.model import ModelDriven
from tests.models.making import ENTRIES, INTERVAL_MS, TRAINED_TO_MS, after_training, bars_of, written
from tests.research.bars_played import options, risk

BARS = WINDOW_BARS + 60
FAR = 10.0
"""Features of so few generated bars wander out of their training's range."""


def columns(bars: list[Bar]) -> Candles:
    table = np.array(
        [[float(v) for v in (one.open, one.high, one.low, one.close, one.volume)] for one in bars]
    )
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        environment="generated",
        open_ms=np.array([one.open_ms for one in bars], dtype=np.int64),
        open=table[:, 0],
        high=table[:, 1],
        low=table[:, 2],
        close=table[:, 3],
        volume=table[:, 4],
    )


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return written(tmp_path_factory.mktemp("bundle") / "b", *ENTRIES)


def driven(bundle: Bundle) -> ModelDriven:
    model = Inference(bundle=bundle, age_ms_max=10**12, range_margin_fraction=FAR, tell=lambda *_: None)
    return ModelDriven(long_probability_min=0.5, short_probability_min=0.5, model=model)


def asked(bundle: Bundle) -> object:
    settings = risk(
        hold_max_ms=5 * INTERVAL_MS,
        opportunity=replace(risk().opportunity, gain_fraction=Fraction(Decimal("0.05"))),
    )
    return replace(options(driven(bundle), settings), interval_ms=INTERVAL_MS)


def test_bars_of_the_training_are_refused_with_where_to_begin(bundle: Bundle) -> None:
    seen = columns(bars_of(BARS))
    with pytest.raises(BacktestRefused) as error:
        run_backtest(asked(bundle), [seen])  # type: ignore[arg-type] # options
    assert "has learnt from these bars" in str(error.value)
    assert "--allow-training-overlap" in error.value.fix


def test_where_it_is_allowed_the_model_speaks_and_every_output_says_in_sample(bundle: Bundle) -> None:
    seen = columns(bars_of(BARS))
    settings = BacktestSettings(allows_training_overlap=True)
    result = run_backtest(asked(bundle), [seen], settings=settings)  # type: ignore[arg-type] # options
    assert result.signals > 0
    assert result.is_in_sample
    found = figures(result)
    assert document(result, found)["sample"] == "in sample"
    assert warnings(result, found)[0].startswith("In sample")


def test_bars_behind_the_training_are_played(bundle: Bundle) -> None:
    unseen = columns(after_training(BARS))
    assert int(unseen.open_ms[0]) >= TRAINED_TO_MS
    settings = BacktestSettings(allows_training_overlap=True)
    result = run_backtest(asked(bundle), [unseen], settings=settings)  # type: ignore[arg-type] # options
    assert result.signals > 0
    assert not result.is_in_sample
    assert result.strategy.startswith("model@")
    assert result.ledger_gap_quote == 0
