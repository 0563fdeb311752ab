"""The thresholds of the source systems swept on recorded bars: every setting trades, and a map of them is drawn."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.cli.test_train import run
from tests.research.market_files import FIFTEEN_MINUTES, ROOT, recorded

TRAINED_TO = "2025-08-01"
GRIDS = ("long=0.5:0.7:0.02", "short=0.5:0.7:0.02", "edge=0:0.001:0.00025", "cooldown=15m")
TRADES_MIN = 30
"""Fewer say nothing."""


def configured(directory: Path) -> Path:
    """The example, with its bundle and its state in this directory."""
    text = (ROOT / "examples" / "source-rules-thresholds.toml").read_text()
    for old, new in (
        ("../state/source-rules-thresholds", "state"),
        ("../models/source-rules-thresholds", "bundle"),
    ):
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', f'"{directory / new}"')
    path = directory / "jackline.toml"
    path.write_text(text)
    return path


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_every_threshold_trades_and_none_earns_behind_the_training(tmp_path: Path) -> None:
    """The figures of docs/honest.md."""
    data, config = str(recorded(FIFTEEN_MINUTES)), str(configured(tmp_path))
    options = ("--environment", "production", "--target", "0.005", "--to", TRAINED_TO, "--json")
    assert run("train", config, "--data", data, *options) == 0
    grids = [word for one in GRIDS for word in ("--grid", one)]
    out = tmp_path / "maps"
    assert run("sweep", config, "--data", data, "--from", TRAINED_TO, *grids, "--out", str(out)) == 0
    found = pl.read_parquet(out / "results.parquet")
    assert len(found) == 11 * 11 * 5
    assert found["trades"].min() == 1
    many = found.filter(pl.col("trades") >= TRADES_MIN)
    assert len(many) > 400
    assert many["net_sum"].max() < 0, "none of those with trades enough earns"
    assert "heatmap" in (out / "sweep.html").read_text(encoding="utf-8")
