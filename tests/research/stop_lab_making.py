"""Candles and ticks made by hand, so that every loss can be worked out on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from jackline.data.candles import Candles
from jackline.research.stop_lab.kinds import Assumed, Kind, Measured, Row

MINUTE_MS = 60_000
START_MS = 1_700_006_400_000
"""A whole day: the minutes after it end at whole five minutes when they should."""

Bar = tuple[float, float, float, float]
"""Open, high, low, close."""

FLAT: Bar = (100.0, 100.1, 99.9, 100.0)

SHORT = Assumed(hold_ms=10 * MINUTE_MS, wait_ms=10 * MINUTE_MS)
"""Ten minutes of hold and ten of waiting: a window is 21 bars."""


def candles(bars: Sequence[Bar], *, missing_before: int | None = None) -> Candles:
    """One-minute bars; one minute is missing before bar `missing_before`."""
    rows = np.array(bars, dtype=np.float64)
    open_ms = START_MS + MINUTE_MS * np.arange(len(rows), dtype=np.int64)
    if missing_before is not None:
        open_ms[missing_before:] += MINUTE_MS
    return Candles(
        symbol="MADE",
        interval_ms=MINUTE_MS,
        open_ms=open_ms,
        open=rows[:, 0],
        high=rows[:, 1],
        low=rows[:, 2],
        close=rows[:, 3],
        volume=np.ones(len(rows)),
    )


def row(measured: Measured, kind: Kind) -> Row:
    (found,) = [one for one in measured.rows if one.kind is kind]
    return found
