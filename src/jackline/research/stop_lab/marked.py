"""Stops that the mark price triggers, on candles of both: the mark decides when, the last price at what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jackline.data.candles import Candles
from jackline.data.problems import DataRefused
from jackline.research.stop_lab.kinds import Assumed
from jackline.research.stop_lab.path import paths_of
from jackline.research.stop_lab.touched import Closed, Touched, at_end

Floats = NDArray[np.float64]


def aligned(mark: Candles, candles: Candles, *, name: str) -> Candles:
    """The bars of the mark price that lie beside `candles`, one for each.

    Raises:
        DataRefused: bars of another length, or bars that the mark has not.
    """
    fix = "give candles of the mark price, of the same market, time and interval as --data"
    if mark.interval_ms != candles.interval_ms:
        raise DataRefused(
            what="another interval",
            where=name,
            value=f"{mark.interval_ms} ms, not {candles.interval_ms}",
            fix=fix,
        )
    at = np.searchsorted(mark.open_ms, candles.open_ms)
    found = mark.open_ms[np.minimum(at, len(mark) - 1)] == candles.open_ms
    if not found.all():
        first = int(candles.open_ms[np.argmin(found)])
        value = f"{np.count_nonzero(~found):,} of {len(candles):,} bars, the first at {first}"
        raise DataRefused(what="no mark price", where=name, value=value, fix=fix)
    return Candles(
        symbol=mark.symbol,
        interval_ms=mark.interval_ms,
        open_ms=mark.open_ms[at],
        open=mark.open[at],
        high=mark.high[at],
        low=mark.low[at],
        close=mark.close[at],
        volume=mark.volume[at],
    )


def marked(touched: Touched, mark: Candles, times: Floats, latency_ms: Floats, assumed: Assumed) -> Closed:
    """The stops that the last price touched, triggered by the mark, and filled at the last price `latency_ms` later.

    `mark` as `aligned` gives it; `times` as of the last price's ways: both pass their extremes at one moment.
    """
    side, interval_ms = touched.side, mark.interval_ms
    paths = paths_of(mark, side=side, times=times, jump_leg_fraction=assumed.jump_leg_fraction)
    last = (touched.until_ms // interval_ms).astype(np.int64)
    fired = np.full(len(touched.stops), -1, dtype=np.int64)
    waiting, ahead = np.arange(len(fired)), 0
    while len(waiting):
        bars = touched.entry_bars[waiting] + ahead
        hit = side * (paths.hurting(bars) - touched.stops[waiting]) <= 0
        fired[waiting[hit]] = bars[hit]
        ahead += 1
        waiting = waiting[~hit & (bars + 1 < last[waiting])]
    losses = np.full(len(fired), np.nan)
    closes = np.flatnonzero(fired >= 0)
    bars = fired[closes]
    at_ms = bars * interval_ms + paths.touched_ms(bars, touched.stops[closes]) + latency_ms[closes]
    losses[closes] = touched.beyond_of(closes, touched.price(at_ms))
    return Closed(losses=losses, left=at_end(touched))
