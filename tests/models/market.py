"""Candles for the tests of training: a market that wanders, and one that a column of the features foretells."""

from __future__ import annotations

import numpy as np

from jackline.data.candles import Candles
from jackline.models.labels import Costs

INTERVAL_MS = 900_000
START_MS = 1_700_000_100_000 // INTERVAL_MS * INTERVAL_MS
FREE = Costs(taker_fraction=0.0, slippage_fraction=0.0, funding_8h_fraction=0.0)
USUAL = Costs(taker_fraction=0.0005, slippage_fraction=0.0001, funding_8h_fraction=0.0001)


def candles_from(opened: list[float], high: list[float], low: list[float], close: list[float]) -> Candles:
    """Bars written out by hand."""
    count = len(opened)
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        environment="generated",
        open_ms=START_MS + INTERVAL_MS * np.arange(count, dtype=np.int64),
        open=np.array(opened, dtype=np.float64),
        high=np.array(high, dtype=np.float64),
        low=np.array(low, dtype=np.float64),
        close=np.array(close, dtype=np.float64),
        volume=np.ones(count),
    )


def market(
    bars: int, *, seed: int = 1, momentum: float = 0.0, environment: str | None = "generated"
) -> Candles:
    """A market that wanders by 0.4 % a bar; with `momentum` each move carries that share of the one before."""
    chance = np.random.default_rng(seed)
    moves = chance.normal(0, 0.004, bars)
    for bar in range(1, bars):
        moves[bar] += momentum * moves[bar - 1]
    close = np.asarray(1_000 * np.cumprod(1 + moves), dtype=np.float64)
    opened = np.concatenate(([1_000.0], close[:-1])) * (1 + chance.normal(0, 0.0002, bars))
    return Candles(
        symbol="BTCUSDT",
        interval_ms=INTERVAL_MS,
        environment=environment,
        open_ms=START_MS + INTERVAL_MS * np.arange(bars, dtype=np.int64),
        open=opened,
        high=np.maximum(opened, close) * (1 + chance.exponential(0.001, bars)),
        low=np.minimum(opened, close) * (1 - chance.exponential(0.001, bars)),
        close=close,
        volume=chance.uniform(1, 9, bars),
    )
