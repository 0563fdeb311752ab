"""A model that rests on one column is told before it is believed, and again when that column goes silent (E23)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jackline.core.values import Side
from jackline.models.bundle import read_bundle
from jackline.models.drift import State, drift_report
from jackline.models.features import COLUMNS, features
from jackline.models.labels import Outcome, triple_barrier
from jackline.models.pipeline import train, write
from tests.models.market import INTERVAL_MS, USUAL, market
from tests.models.teaching import BARRIERS, BARS, ENTRIES_ALONE, SEED, silent

LONE, OTHERS = "volume_z_48", ("upper_wick_1", "lower_wick_1")
"""Columns that can be made to tell; on a market that wanders no other knows anything."""
LONG_ALONE = replace(ENTRIES_ALONE, thresholds={"entry_long": 0.65})


def tell(monkeypatch: pytest.MonkeyPatch, *columns: str, clearness: float = 0.9) -> None:
    """These columns of the training say something of what comes, each through a noise of its own.

    `clearness`: how far what they tell stands above it; 0.9 is an area near 0.75, and none is refused as too good.
    """
    labels = triple_barrier(market(BARS, seed=SEED), Side.LONG, BARRIERS, USUAL)
    won = (labels.outcome == Outcome.TARGET).astype(float)
    chance = np.random.default_rng(SEED + 100)
    said = {one: clearness / len(columns) ** 0.5 * won + chance.normal(0, 1, BARS) for one in columns}

    def told(table: np.ndarray) -> np.ndarray:
        rows = features(table)
        for name, values in said.items():
            rows[:, COLUMNS.index(name)] = values[BARS - len(rows) :]
        return rows

    monkeypatch.setattr("jackline.models.markets.features", told)


def test_a_model_that_rests_on_one_column_is_told_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, LONE)
    found = train([market(BARS, seed=SEED)], LONG_ALONE, silent).report
    (one,) = found.models
    assert one.columns[-1].column == LONE
    assert any(f"rests on {LONE} alone" in said and "E23" in said for said in found.warnings)


def test_one_that_rests_on_several_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    tell(monkeypatch, LONE, *OTHERS, clearness=1.3)
    found = train([market(BARS, seed=SEED)], LONG_ALONE, silent).report
    assert found.models[0].area > 0.65, "it does know something"
    assert not any("E23" in said for said in found.warnings)


def test_where_its_column_goes_silent_the_drift_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The incident: the feature shrank by 97 %, and one side of the model fell silent."""
    tell(monkeypatch, LONE)
    write(tmp_path / "lone", train([market(BARS, seed=SEED)], LONG_ALONE, silent))
    bundle = read_bundle(tmp_path / "lone")
    later = market(1_200, seed=SEED + 1)
    later = replace(later, open_ms=later.open_ms + INTERVAL_MS * BARS, volume=np.full(len(later), 4.0))
    found = drift_report(bundle, later)
    (column,) = [one for one in found.columns if one.name == LONE]
    (entry,) = found.models
    assert column.state is State.DRIFTED
    assert entry.state is State.DRIFTED
    assert found.state is State.DRIFTED
