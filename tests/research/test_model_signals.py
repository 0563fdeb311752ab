"""What a model says to a sweep, beside what it says to an engine: bar by bar, the same to the last digit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.core.gate_settings import OpportunityForm, OpportunitySettings
from jackline.core.opportunity import shortcoming
from jackline.core.orders import Bar
from jackline.core.settings import RiskSettings
from jackline.core.values import Fraction, Side
from jackline.data.candles import Candles
from jackline.models.features import WINDOW_BARS
from jackline.models.inference import DAY_MS, Inference
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.market import parts, prepare
from jackline.research.sweep.model_signals import model_signals
from jackline.research.sweep.points import base_of, grid_of, read_axis
from jackline.research.sweep.runs import run_points, tables
from jackline.research.sweep.signals import NO_OPINION, bars_of
from jackline.strategies.model import ModelDriven
from tests.models.making import INTERVAL_MS, after_training, written
from tests.research.kernel_making import risk_of

BARS = 260
TAKER_BOTH_WAYS = Decimal("0.001")
GATE = OpportunitySettings(
    form=OpportunityForm.THRESHOLDS,
    long_probability_min=Fraction(Decimal("0.7")),
    short_probability_min=Fraction(Decimal("0.6")),
)


def market() -> Candles:
    """Bars that the model has not learnt from, as columns."""
    bars = after_training(BARS)
    open_, high, low, close, volume = (
        np.array([float(getattr(bar, name)) for bar in bars])
        for name in ("open", "high", "low", "close", "volume")
    )
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        open_ms=np.array([bar.open_ms for bar in bars], np.int64),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
    )


@pytest.fixture(scope="module")
def strategy(tmp_path_factory: pytest.TempPathFactory) -> ModelDriven:
    bundle = written(tmp_path_factory.mktemp("models") / "btc")
    model = Inference(bundle=bundle, age_ms_max=30 * DAY_MS, range_margin_fraction=0.25, tell=lambda *_: None)
    return ModelDriven(model=model)


@pytest.mark.parametrize("form", list(OpportunityForm))
def test_a_model_says_to_a_sweep_what_it_says_to_an_engine(
    strategy: ModelDriven, form: OpportunityForm
) -> None:
    """Wishes after strategy and gate, and ends: of every bar, asked as the engine asks."""
    candles, gate = market(), replace(GATE, form=form)
    risk = replace(risk_of(stop="0.01"), opportunity=gate)
    signals = model_signals(strategy, candles)
    base = base_of(risk, stop=Decimal("0.01"))
    base |= {"long": parts(Decimal("0.65")), "short": parts(Decimal("0.7"))}
    rows, _ = tables(prepare(candles, risk=risk), signals, grid_of([], base), risk)
    wishes, ends = [], []
    for end, window in _windows(candles):
        wish = strategy.signal(window)
        passes = (
            wish is not None
            and wish.probabilities is not None
            and shortcoming(wish.probabilities, wish.side, gate, TAKER_BOTH_WAYS) is None
        )
        wishes.append(wish.side.sign if passes and wish is not None else 0)
        least = {
            Side.LONG: risk.exits.model_exit_long_fraction,
            Side.SHORT: risk.exits.model_exit_short_fraction,
        }
        sure = {side: strategy.exit_confidence(window, side) for side in Side}
        ends.append([int((sure[side] or -1) >= least[side]) for side in Side])
        assert end == WINDOW_BARS - 1 + len(wishes)
    assert rows.wish[0, WINDOW_BARS - 1 :].tolist() == wishes
    assert rows.ends[0, :, WINDOW_BARS - 1 :].T.tolist() == ends
    assert set(wishes) == {1, -1, 0} or form is not OpportunityForm.OFF
    assert rows.wish[0, : WINDOW_BARS - 1].tolist() == [0] * (WINDOW_BARS - 1)


def _windows(candles: Candles) -> list[tuple[int, tuple[Bar, ...]]]:
    bars = bars_of(candles)
    return [(end, tuple(bars[end - WINDOW_BARS : end])) for end in range(WINDOW_BARS, len(bars) + 1)]


def test_thresholds_are_swept_one_row_each(strategy: ModelDriven) -> None:
    candles, risk = market(), RiskSettings()
    axes = [read_axis("long=0.5:0.9:0.1"), read_axis("exit_long=0.6,0.9")]
    points = grid_of(axes, base_of(risk, stop=Decimal("0.01")))
    found = run_points(prepare(candles), model_signals(strategy, candles), points, risk, parallel=False)
    trades = found.tallies[:, 0].reshape(5, 2)
    assert trades[0, 0] > trades[-1, 0] > 0


def test_a_model_without_an_opinion_is_refused_with_the_reason(strategy: ModelDriven) -> None:
    candles = market()
    early = Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        open_ms=candles.open_ms - 40 * DAY_MS,
        open=candles.open,
        high=candles.high,
        low=candles.low,
        close=candles.close,
        volume=candles.volume,
    )
    with pytest.raises(ResearchRefused, match="in its training"):
        model_signals(strategy, early)
    with pytest.raises(ResearchRefused, match="it has no model"):
        model_signals(ModelDriven(), candles)


def test_a_side_without_a_model_is_never_wished_for(tmp_path: Path) -> None:
    bundle = written(tmp_path / "half", "entry_long")
    model = Inference(bundle=bundle, age_ms_max=30 * DAY_MS, range_margin_fraction=1e9, tell=lambda *_: None)
    signals = model_signals(ModelDriven(model=model), market())
    assert signals.p_short is not None
    assert set(signals.p_short.tolist()) == {NO_OPINION, 0}
    points = grid_of([], base_of(risk_of(stop="0.01"), stop=Decimal("0.01")))
    risk = replace(risk_of(stop="0.01"), opportunity=replace(GATE, form=OpportunityForm.OFF))
    rows, _ = tables(prepare(market()), signals, points, risk)
    assert set(rows.wish[0].tolist()) <= {0, 1}
