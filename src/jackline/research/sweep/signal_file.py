"""Wishes of a file: what somebody else's strategy said at the close of each bar."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import polars as pl

from jackline.data.candles import Candles
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep.signals import Signals, signals_of_sides

COLUMNS = ("timestamp", "side")


def read_signals(path: Path, candles: Candles) -> Signals:
    """Sides of a CSV or Parquet file: `timestamp` (epoch ms of the bar's open, decided at its close) and `side`.

    1 is long, -1 short, 0 none. A bar that is not in the file has no wish.

    Raises:
        ResearchRefused: unreadable, another column, a time that is no bar's, a bar twice, a side that is none.
    """
    frame = _table(path)
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise ResearchRefused(
            f"{path}: no column {', '.join(missing)}; it has {', '.join(frame.columns) or 'none'}. Fix: name"
            f" the columns {' and '.join(COLUMNS)}"
        )
    try:
        times = frame["timestamp"].cast(pl.Int64).to_numpy()
        sides = frame["side"].cast(pl.Float64).to_numpy()
    except pl.exceptions.PolarsError as error:
        raise ResearchRefused(f"{path}: {error}. Fix: numbers alone in timestamp and side") from None
    if len(times) == 0:
        raise ResearchRefused(f"{path}: no rows. Fix: give at least one wish")
    places = np.searchsorted(candles.open_ms, times)
    known = candles.open_ms[np.minimum(places, len(candles) - 1)] == times
    inside = (times >= candles.open_ms[0]) & (times <= candles.open_ms[-1])
    if (inside & ~known).any():
        raise ResearchRefused(
            f"{path}: {int(times[inside & ~known][0])} is no bar's open. Fix: epoch ms of the open of that bar"
        )
    if len(np.unique(times)) < len(times):
        raise ResearchRefused(f"{path}: a bar stands there twice. Fix: one row for each bar")
    if not np.isin(sides, (-1.0, 0.0, 1.0)).all():
        raise ResearchRefused(
            f"{path}: a side is 1 for long, -1 for short, 0 for none. Fix: write one of them"
        )
    if not known.any():
        raise ResearchRefused(
            f"{path}: no row is of these bars. Fix: give signals and candles of the same time"
        )
    found = np.zeros(len(candles), np.int8)
    found[places[known]] = sides[known].astype(np.int8)
    # Another file of the same name is another strategy.
    return signals_of_sides(f"{path.name}@{hashlib.sha256(found.tobytes()).hexdigest()[:8]}", found)


def _table(path: Path) -> pl.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ResearchRefused(
            f"{path}: cannot be read: {error}. Fix: a CSV or Parquet file with timestamp and side"
        ) from None
