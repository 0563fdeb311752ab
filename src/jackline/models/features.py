"""The features of completed bars: one function for a whole history and for the last bar.

A row looks at the `WINDOW_BARS` bars that end with its own and at no other. So a later bar never changes an earlier
row, and a bar has the same row in a history of years and in what an engine keeps, to the last bit (D2, D4): windows are
summed one by one, and there is no arithmetic here but plus, minus, times, division, roots and comparisons, which
floats define exactly. A change of this file is another hash, and every bundle made before it is refused (M1).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from jackline.core.orders import Bar

Floats = NDArray[np.float64]

WINDOW_BARS = 145
"""How many bars a row looks at: three periods of the slowest average, and one close before them."""
ROWS_AT_ONCE = 4_096
"""Rows that are computed together: a window of each, 145 numbers of 8 bytes, is 5 MB."""
EMA_MEMORY = 3
"""Bars per period of an average: what lies further back would weigh e⁻⁶."""
OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)
"""Rows of a table of candles."""
RETURN_BARS = (1, 3, 6, 12, 24, 48)
PLACE_BARS = (24, 96)
EMA_PERIODS = (12, 48)
WILDER_BARS = 14
VOLATILITY_BARS = (12, 24, 96)
VOLUME_BARS = 48

COLUMNS = (
    "return_1",
    "return_3",
    "return_6",
    "return_12",
    "return_24",
    "return_48",
    "range_1",
    "upper_wick_1",
    "lower_wick_1",
    "place_24",
    "place_96",
    "ema_distance_12",
    "ema_distance_48",
    "rsi_14",
    "atr_fraction_14",
    "volatility_24",
    "volatility_ratio_12_96",
    "volume_z_48",
)
"""Columns of a row, in order. All are shares of price or ratios, so that one model can know markets of any price."""
DTYPE = "float64"
"""Of every column."""


def candles_of(bars: Sequence[Bar]) -> Floats:
    """Bars as a table of five rows, `OPEN` … `VOLUME`, one column a bar, oldest first. Shape (5, bars)."""
    rows = [
        (float(bar.open), float(bar.high), float(bar.low), float(bar.close), float(bar.volume))
        for bar in bars
    ]
    return np.ascontiguousarray(np.array(rows, dtype=np.float64).reshape(-1, 5).T)


def features(candles: Floats) -> Floats:
    """Rows of `COLUMNS`, one for each bar that has a whole window, beginning with bar ``WINDOW_BARS − 1``.

    Args:
        candles: as `candles_of` gives them: completed, without a gap, oldest first.

    Returns:
        Shape (bars − `WINDOW_BARS` + 1, columns); (0, columns) with too few bars.
    """
    count = candles.shape[1] - WINDOW_BARS + 1
    if count < 1:
        return np.empty((0, len(COLUMNS)))
    parts = [
        _rows(candles[:, first : min(first + ROWS_AT_ONCE, count) + WINDOW_BARS - 1])
        for first in range(0, count, ROWS_AT_ONCE)
    ]
    return np.concatenate(parts)


def _rows(candles: Floats) -> Floats:
    """The same for as many rows as fit at once."""
    high, low, close = candles[HIGH], candles[LOW], candles[CLOSE]
    last, opened = close[WINDOW_BARS - 1 :], candles[OPEN][WINDOW_BARS - 1 :]
    top, bottom = high[WINDOW_BARS - 1 :], low[WINDOW_BARS - 1 :]
    change = np.diff(close, prepend=close[:1]) / np.concatenate((close[:1], close[:-1]))
    spread = {bars: _deviation(_windows(change, bars)) for bars in VOLATILITY_BARS}
    short, middle, long = (spread[bars] for bars in VOLATILITY_BARS)
    columns = [
        *(last / close[WINDOW_BARS - 1 - bars : len(close) - bars] - 1 for bars in RETURN_BARS),
        (top - bottom) / last,
        (top - np.maximum(opened, last)) / last,
        (np.minimum(opened, last) - bottom) / last,
        *(_place(last, _windows(high, bars), _windows(low, bars)) for bars in PLACE_BARS),
        *(last / _ema(close, period) - 1 for period in EMA_PERIODS),
        _strength(_windows(np.diff(close, prepend=close[:1]), WILDER_BARS)),
        _mean(_windows(_true_range(high, low, close), WILDER_BARS)) / last,
        middle,
        _ratio(short, long, 1.0),
        _standing(_windows(candles[VOLUME], VOLUME_BARS)),
    ]
    return np.column_stack(columns)


def _windows(values: Floats, bars: int) -> Floats:
    """For each row the `bars` values that end with its own: shape (rows, bars), each in one piece."""
    return np.ascontiguousarray(sliding_window_view(values, bars)[WINDOW_BARS - bars :])


def _mean(windows: Floats) -> Floats:
    found: Floats = windows.sum(axis=-1) / windows.shape[1]
    return found


def _deviation(windows: Floats) -> Floats:
    """Standard deviation of each window, of the whole of it and not of a sample."""
    apart = windows - _mean(windows)[:, None]
    return np.sqrt(_mean(apart * apart))


def _ratio(above: Floats, below: Floats, otherwise: float) -> Floats:
    """A quotient, and `otherwise` where there is nothing to divide by: a market that stood still."""
    found = np.full_like(above, otherwise)
    return np.divide(above, below, out=found, where=below > 0)


def _place(last: Floats, high: Floats, low: Floats) -> Floats:
    """Where the close stands between the lowest low and the highest high of the window, 0 … 1; one half if equal."""
    lowest = low.min(axis=-1)
    return _ratio(last - lowest, high.max(axis=-1) - lowest, 0.5)


def _ema(values: Floats, period: int) -> Floats:
    """Exponential average with ``w = 2 / (period + 1)``, of `EMA_MEMORY` periods: older values weigh nothing.

    The weights ``(1 − w)^age`` are divided by their sum, so that no seed is needed.
    """
    kept = np.cumprod(np.full(EMA_MEMORY * period, 1 - 2 / (period + 1)))[::-1]
    weights = kept / kept.sum()
    found: Floats = (_windows(values, EMA_MEMORY * period) * weights).sum(axis=-1)
    return found


def _strength(changes: Floats) -> Floats:
    """Relative strength 0 … 1: ``gains / (gains + losses)``, one half where nothing moved.

    Cutler's form of Wilder's index, with plain sums in place of his smoothing, which never forgets.
    """
    gains, losses = np.maximum(changes, 0).sum(axis=-1), np.maximum(-changes, 0).sum(axis=-1)
    return _ratio(gains, gains + losses, 0.5)


def _true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """``max(h, c[i-1]) − min(l, c[i-1])`` (Wilder 1978, section 3). No row's window holds the first, which has no c."""
    before = np.concatenate((close[:1], close[:-1]))
    return np.maximum(high, before) - np.minimum(low, before)


def _standing(windows: Floats) -> Floats:
    """How many standard deviations the last value stands above the window's mean; 0 where all are the same."""
    return _ratio(windows[:, -1] - _mean(windows), _deviation(windows), 0.0)
