"""The threshold that is measured is the one that is applied, and nothing moves it while it trades (E22)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.models.bundle import Bundle, read_bundle
from jackline.models.features import WINDOW_BARS
from jackline.models.inference import DAY_MS, Inference
from jackline.models.pipeline import write
from jackline.models.report import report_of
from jackline.strategies.model import ModelDriven
from tests.models.making import after_training, written
from tests.models.teaching import WANTED, trained

ASKED = 120
"""Bars, of which some are wished for and some are not."""
MEASURED = 0.7


def driven(bundle: Bundle) -> ModelDriven:
    model = Inference(bundle=bundle, age_ms_max=30 * DAY_MS, range_margin_fraction=1e9, tell=lambda *_: None)
    return ModelDriven(long_probability_min=MEASURED, short_probability_min=MEASURED, model=model)


def wishes(strategy: ModelDriven, bars: list[Bar]) -> list[Signal | None]:
    return [strategy.signal(bars[end - WINDOW_BARS : end]) for end in range(WINDOW_BARS, len(bars) + 1)]


def test_what_a_report_counts_is_what_the_bundle_asks_for(tmp_path: Path) -> None:
    write(tmp_path / "btc", trained())
    bundle = read_bundle(tmp_path / "btc")
    reported = {one.key: one.threshold for one in report_of(bundle).models}
    assert {one.key: one.threshold for one in bundle.manifest.models} == reported
    assert reported == {key: WANTED.thresholds[key] for key in reported}


def test_a_wish_is_there_exactly_where_the_measured_threshold_is_reached(tmp_path: Path) -> None:
    strategy = driven(written(tmp_path / "btc"))
    bars = after_training(WINDOW_BARS + ASKED)
    found = wishes(strategy, bars)
    assert strategy.model is not None
    for end, wish in enumerate(found, start=WINDOW_BARS):
        said = strategy.model.entry(bars[end - WINDOW_BARS : end])
        assert said is not None
        reached = next((side for side in Side if said.of(side) >= Decimal(str(MEASURED))), None)
        assert (None if wish is None else wish.side) is reached
    assert 0 < sum(one is not None for one in found) < len(found), "else nothing was tried"


@pytest.mark.parametrize("before", ["silence", "wishes"])
def test_neither_silence_nor_a_streak_of_wishes_moves_it(tmp_path: Path, before: str) -> None:
    """The incident: a loop raised the threshold by what it saw, measured at 0.70 and applied 0.92."""
    bundle = written(tmp_path / "btc")
    bars = after_training(WINDOW_BARS + ASKED)
    fresh, seasoned = driven(bundle), driven(bundle)
    windows = [bars[end - WINDOW_BARS : end] for end in range(WINDOW_BARS, len(bars) + 1)]
    streak = next(one for one in windows if (fresh.signal(one) is None) is (before == "silence"))
    for _ in range(100):
        seasoned.signal(streak)
    assert wishes(seasoned, bars) == wishes(fresh, bars)
    assert seasoned == replace(fresh, model=seasoned.model), "its thresholds are what they were"
