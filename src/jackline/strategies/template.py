"""A strategy of my own: a breakout. Long above the highest high of the bars before, short below their lowest low.

Name this file in the configuration, beside which it lies, and the engine runs it:

    [strategy]
    file = "my_strategy.py"

    [strategy.parameters]
    lookback_bars = 48

One file, one strategy. It says which side it would open at the close of a bar, and why. How large a position is, where
its stop stands and whether it is opened at all is decided elsewhere; the stop never depends on this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.parameters import check_parameters, parameter

# Averages and ranges: jackline.strategies.indicators (ema, rsi, wilder), jackline.strategies.ranges (atr, supertrend).


@dataclass(frozen=True, slots=True, kw_only=True)  # frozen: it remembers nothing from one bar to the next
class MyStrategy:
    """Long when a close breaks above the highest high of the bars before it, short when it breaks below their low."""

    # Each field is a parameter under [strategy.parameters]: an int or a float, with a default and a range.
    lookback_bars: int = parameter(48, low=2, high=500, unit="bars", meaning="whose extreme is to be broken")
    margin_fraction: float = parameter(0.001, low=0, below=0.1, meaning="share of the price beyond it")

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        """In journal and logs, with a short hash of this file behind it."""
        return "my_strategy"

    @property
    def warmup_bars(self) -> int:
        """How many bars `signal` is shown, the last one included; 600 at most."""
        return self.lookback_bars + 1

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """The wish at the close of the last bar: a side and why, or None for nothing, as on most bars.

        `bars` are complete, oldest first, without a gap: symbol, open_ms, open, high, low, close and volume, the prices
        as Decimal. The same bars must give the same answer: no clock, no chance, no file, no network, no memory. While
        it computes, the engine waits; what it raises is logged and opens nothing.
        """
        *before, last = bars
        close = float(last.close)
        highest = float(max(bar.high for bar in before))
        lowest = float(min(bar.low for bar in before))
        if close > highest * (1 + self.margin_fraction):
            return Signal(side=Side.LONG, reason=f"close {close:g} above {highest:g} of {len(before)} bars")
        if close < lowest * (1 - self.margin_fraction):
            return Signal(side=Side.SHORT, reason=f"close {close:g} below {lowest:g} of {len(before)} bars")
        return None
