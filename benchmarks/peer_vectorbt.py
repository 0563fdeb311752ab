"""The rule by vectorbt: entries at the next open, stops as shares of the entry."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import vectorbt as vbt
from rule import FEE, levels, measured, read, tell

BARS, SIDES = read(sys.argv[1])
WIDE = int(sys.argv[2]) if len(sys.argv) > 2 else 1
INDEX = pd.RangeIndex(len(BARS))
OPEN, HIGH, LOW, CLOSE = (pd.Series(BARS[:, at], INDEX) for at in range(1, 5))
SHIFTED = np.concatenate(([0], SIDES[:-1]))
STOPS, TARGETS = np.full(len(BARS), np.nan), np.full(len(BARS), np.nan)
for at in np.flatnonzero(SHIFTED):
    price, side = BARS[at, 1], int(SHIFTED[at])
    stop, target = levels(price, side)
    STOPS[at], TARGETS[at] = abs(1 - stop / price), abs(target / price - 1)


def run(stops: np.ndarray, targets: np.ndarray) -> vbt.Portfolio:
    return vbt.Portfolio.from_signals(
        CLOSE,
        entries=pd.Series(SHIFTED > 0, INDEX),
        short_entries=pd.Series(SHIFTED < 0, INDEX),
        price=OPEN,
        open=OPEN,
        high=HIGH,
        low=LOW,
        sl_stop=stops,
        tp_stop=targets,
        stop_entry_price="fillprice",
        upon_opposite_entry="ignore",
        size=1.0,
        fees=FEE,
        init_cash=1e9,
    )


if WIDE == 1:
    FOUND, TIME = measured(lambda: run(STOPS, TARGETS).order_records)
    RECORDS = run(STOPS, TARGETS).trades.records
    CLOSED = RECORDS[RECORDS["status"] == 1]
    TRADES = [
        [int(one.entry_idx), int(one.exit_idx), 1 - 2 * int(one.direction), one.entry_price, one.exit_price]
        for one in CLOSED.itertuples()
    ]
    tell(version=vbt.__version__, trades=TRADES, **TIME)
else:
    SCALES = np.linspace(0.6, 3.0, WIDE)
    _, TIME = measured(lambda: run(STOPS[:, None] * SCALES, TARGETS[:, None] * SCALES).total_return(), 1)
    tell(version=vbt.__version__, settings=WIDE, **TIME)
