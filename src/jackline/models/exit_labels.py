"""Labels of exits: the bars of trades that a model would really have entered, and whether leaving there was better.

An exit model that is taught on trades begun at random bars learns a market that no trade of ours is ever in, and then
ends one bar in ten (E15). Here every row belongs to a trade that the entry models opened out of fold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.features import Floats
from jackline.models.gated import Trades
from jackline.models.labels import Costs, Labels, Places, funding_times, net_fraction
from jackline.models.trainers import Classes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExitLabels:
    """One row for each bar at whose close a trade could still be left; arrays of shape (rows,), in the order of time.

    Attributes:
        bar: at whose close it is decided; the exit fills at the open of the next.
        end: the last bar of the trade, which the label has looked at.
        classes: 1 where leaving earns more than staying did.
    """

    bar: Places
    end: Places
    classes: Classes
    trades: int


def exit_labels(candles: Candles, side: Side, trades: Trades, labels: Labels, costs: Costs) -> ExitLabels:
    """The rows of the trades of one side. `labels`: of entries of that side, with the prices of their fills."""
    mine = trades.sign == side.sign
    first, end = trades.bar[mine], trades.end[mine]
    length = np.maximum(end - first - 1, 0)
    of = np.repeat(np.arange(len(first)), length)
    begun = np.concatenate(([0], np.cumsum(length)))[:-1]
    bar = first[of] + 1 + np.arange(len(of)) - begun[of]
    entry: Floats = labels.entry[first[of]]
    leave = candles.open[bar + 1] * (1 - side.sign * costs.slippage_fraction)
    times = funding_times(candles.open_ms[first[of] + 1], candles.open_ms[bar + 1])
    left = net_fraction(entry, leave, side.sign, costs, times)
    classes = (left > labels.net_fraction[first[of]]).astype(np.int8)
    return ExitLabels(bar=bar, end=end[of], classes=classes, trades=len(first))
