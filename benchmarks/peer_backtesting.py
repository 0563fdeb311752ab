"""The rule by backtesting.py."""

from __future__ import annotations

import sys
import warnings

import backtesting
import pandas as pd
from backtesting import Backtest, Strategy
from rule import FEE, levels, measured, read, tell

warnings.simplefilter("ignore")
backtesting.backtesting._tqdm = lambda one, **_: one  # a progress bar is not what is measured
BARS, SIDES = read(sys.argv[1])
FRAME = pd.DataFrame(
    {"Open": BARS[:, 1], "High": BARS[:, 2], "Low": BARS[:, 3], "Close": BARS[:, 4]},
    index=pd.to_datetime(BARS[:, 0], unit="ms"),
)


class Rule(Strategy):
    """Wishes as given."""

    def init(self) -> None:
        self.at = 0

    def next(self) -> None:
        at = len(self.data) - 1
        side = int(SIDES[at])
        if side and not self.position:
            stop, target = levels(BARS[at, 4], side)
            (self.buy if side > 0 else self.sell)(size=1, sl=stop, tp=target)


def run() -> pd.Series:
    return Backtest(FRAME, Rule, cash=1e9, commission=FEE).run()


FOUND, TIME = measured(run, 2)
TRADES = [
    [int(one.EntryBar), int(one.ExitBar), 1 if one.Size > 0 else -1, one.EntryPrice, one.ExitPrice]
    for one in FOUND["_trades"].itertuples()
]
tell(version=backtesting.__version__, trades=TRADES, **TIME)
