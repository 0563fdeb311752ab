"""Markets without memory of direction, as rough as real ones: fat tails, volatility in clusters, wicks.

Nothing can earn on them but by chance, unless an edge is planted: `planted_signal` knows the future as well as an
information coefficient says.
"""

from __future__ import annotations

import numpy as np

from jackline.data.candles import Candles
from jackline.research.validation.sharpe import Floats

BAR_MS = 900_000
BARS_A_DAY = 96
DAY_VOLATILITY = 0.025
"""Standard deviation of a day's return, as BTC perpetuals had it in 2025."""
TAIL_FREEDOM = 4.0
"""Degrees of freedom of the t-distribution of the shocks: kurtosis is infinite, as returns of minutes suggest."""
SHOCK_WEIGHT, MEMORY = 0.05, 0.94
"""GARCH(1,1): what a shock adds to the variance, and what is left of it a bar later."""
FIRST_PRICE = 100_000.0
TICK = 0.5
"""Of prices: exact as a float."""
FIRST_OPEN_MS = 1_735_689_600_000
"""2025-01-01 UTC: a whole day begins there."""


def generated_market(*, days: int, seed: int) -> Candles:
    """Bars of 15 minutes from the first of January 2025 on. The same seed gives the same market."""
    draws = np.random.default_rng(seed)
    count = days * BARS_A_DAY
    deviation = _deviations(draws, count)
    shocks = draws.standard_t(TAIL_FREEDOM, count) * np.sqrt((TAIL_FREEDOM - 2) / TAIL_FREEDOM)
    moves = deviation * shocks
    closes = np.cumsum(moves)
    opens = np.concatenate(([0.0], closes[:-1]))
    # Extremes of a Brownian path between two known ends (its bridge), by inverting their distribution.
    room = np.abs(moves)
    above = (room + np.sqrt(room**2 - 2 * deviation**2 * np.log(draws.random(count)))) / 2
    below = (room + np.sqrt(room**2 - 2 * deviation**2 * np.log(draws.random(count)))) / 2
    low_end, high_end = np.minimum(opens, closes), np.maximum(opens, closes)
    logs = (opens, low_end + above, high_end - below, closes)
    opened, high, low, close = (np.rint(FIRST_PRICE * np.exp(one) / TICK) * TICK for one in logs)
    return Candles(
        symbol="GENERATED",
        interval_ms=BAR_MS,
        environment="generated",
        open_ms=FIRST_OPEN_MS + BAR_MS * np.arange(count, dtype=np.int64),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=np.ones(count),
    )


def _deviations(draws: np.random.Generator, count: int) -> Floats:
    """Conditional deviation of each bar's move, from shocks of their own so that it says nothing of direction."""
    usual = DAY_VOLATILITY**2 / BARS_A_DAY
    base = usual * (1 - SHOCK_WEIGHT - MEMORY)
    shocks = (draws.standard_normal(count) ** 2).tolist()
    variance, found = usual, np.empty(count)
    for bar, squared in enumerate(shocks):
        found[bar] = variance
        variance = base + variance * (SHOCK_WEIGHT * squared + MEMORY)
    return np.sqrt(found)


def drawn_signal(bars: int, horizon_bars: int, draws: np.random.Generator) -> Floats:
    """Chance with the persistence of a forecast over so many bars: mean 0, deviation 1. Shape (bars,)."""
    steps = draws.standard_normal(bars + horizon_bars)
    sums = np.cumsum(steps)
    return _standardised(sums[horizon_bars:] - sums[:-horizon_bars])


def planted_signal(
    candles: Candles, horizon_bars: int, coefficient: float, draws: np.random.Generator
) -> Floats:
    """A forecast whose correlation with the return over the next bars is `coefficient`.

    The return is that from the open of the next bar on, which is the first price that could be had. The last bars,
    whose future is not known, have chance alone.
    """
    ahead = np.zeros(len(candles))
    last = len(candles) - horizon_bars - 1
    ahead[:last] = np.log(candles.open[horizon_bars + 1 :] / candles.open[1 : last + 1])
    ahead[:last] = _standardised(ahead[:last])
    noise = drawn_signal(len(candles), horizon_bars, draws)
    # Chance that happens to know the future would add to the coefficient: what it knows is taken out.
    noise = noise - ahead * float(noise @ ahead) / float(ahead @ ahead)
    found: Floats = coefficient * ahead + np.sqrt(1 - coefficient**2) * _standardised(noise)
    return found


def _standardised(values: Floats) -> Floats:
    found: Floats = (values - values.mean()) / values.std()
    return found
