"""Candles for tests: a market that wanders, and files of every kind with whatever is wrong in them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray

from jackline.data.candles import Candles

Rows = NDArray[np.intp]

START_MS = 1_750_000_500_000
"""A whole multiple of 1, 5 and 15 minutes."""
NOW_MS = START_MS + 10**10
MINUTE_MS = 60_000


def wandering(
    bars: int = 200,
    *,
    interval_ms: int = 5 * MINUTE_MS,
    seed: int = 1,
    start_ms: int = START_MS,
    symbol: str = "BTCUSDT",
    environment: str | None = "production",
    venue: str | None = "binance",
) -> Candles:
    """A market of no particular direction, priced in tenths."""
    chance = np.random.default_rng(seed)
    close = np.round(60_000 * np.cumprod(1 + chance.normal(0, 0.001, bars)), 1)
    opened = np.concatenate(([60_000.0], close[:-1]))
    return Candles(
        symbol=symbol,
        interval_ms=interval_ms,
        venue=venue,
        environment=environment,
        open_ms=start_ms + interval_ms * np.arange(bars, dtype=np.int64),
        open=opened,
        high=np.round(np.maximum(opened, close) * (1 + chance.exponential(0.0005, bars)) + 0.05, 1),
        low=np.round(np.minimum(opened, close) * (1 - chance.exponential(0.0005, bars)) - 0.05, 1),
        close=close,
        volume=np.round(chance.exponential(50, bars), 4),
    )


def frame_of(candles: Candles) -> polars.DataFrame:
    """Its columns as a file has them."""
    return polars.DataFrame(
        {
            "timestamp": candles.open_ms,
            "open": candles.open,
            "high": candles.high,
            "low": candles.low,
            "close": candles.close,
            "volume": candles.volume,
        }
    )


def write(path: Path, candles: Candles) -> Path:
    """As the ending of the name says."""
    frame = frame_of(candles)
    if path.name.endswith(".parquet"):
        frame.write_parquet(path)
    elif path.name.endswith(".feather"):
        # As freqtrade writes them: a date with its zone instead of a number.
        date = polars.col("timestamp").cast(polars.Datetime("ms", "UTC")).alias("date")
        frame.select(date, "open", "high", "low", "close", "volume").write_ipc(path, compression="lz4")
    elif path.name.endswith(".gz"):
        import gzip

        path.write_bytes(gzip.compress(frame.write_csv().encode()))
    else:
        frame.write_csv(path)
    return path


def lines_of(candles: Candles) -> list[str]:
    """A CSV as lines, the header first, to be spoilt and joined again."""
    return str(frame_of(candles).write_csv()).splitlines()


def same(one: Candles, other: Candles) -> bool:
    """To the last bit, names apart."""
    return (
        one.interval_ms == other.interval_ms
        and np.array_equal(one.open_ms, other.open_ms)
        and one.table.tobytes() == other.table.tobytes()
    )


def without(candles: Candles, begin: int, end: int) -> Candles:
    """With a hole where bars `begin` … `end` were, the last left in."""
    keep = np.r_[0:begin, end : len(candles)]
    return chosen(candles, keep)


def chosen(candles: Candles, rows: Rows) -> Candles:
    """Some of the bars."""
    return replace(
        candles,
        open_ms=candles.open_ms[rows],
        open=candles.open[rows],
        high=candles.high[rows],
        low=candles.low[rows],
        close=candles.close[rows],
        volume=candles.volume[rows],
    )


def quoted_elsewhere(
    candles: Candles, *, bps: float, venue: str = "bingx", seed: int = 7, environment: str = "production"
) -> Candles:
    """The same market at another venue: every price away from it by a normal error of so many basis points."""
    chance = np.random.default_rng(seed)
    drift = 1 + chance.normal(0, bps / 10_000, (4, len(candles)))
    moved = np.round(np.stack((candles.open, candles.high, candles.low, candles.close)) * drift, 1)
    return replace(
        candles,
        venue=venue,
        environment=environment,
        open=moved[0],
        high=moved.max(axis=0),
        low=moved.min(axis=0),
        close=moved[3],
        volume=candles.volume * chance.uniform(0.2, 0.6, len(candles)),
    )
