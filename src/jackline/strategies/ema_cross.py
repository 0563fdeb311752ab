"""The crossing of two averages: in the direction of the fast one, on the bar where it crosses the slow one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.indicators import EMA_MEMORY, ema
from jackline.strategies.parameters import check_parameters, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class EmaCross:
    """Long when the fast EMA of closes crosses above the slow one, short when it crosses below it.

    It looks at the last `warmup_bars` bars and at no other, so that the same bars give the same wish whatever
    history an engine was started with (D2, D4).

    Raises:
        ParametersRefused: with every parameter that is out of its range.
    """

    fast_period: int = parameter(
        20, low=2, high=100, unit="bars, below slow_period", meaning="of the fast average"
    )
    slow_period: int = parameter(60, low=3, high=200, unit="bars", meaning="of the slow average")

    def __post_init__(self) -> None:
        in_order = self.fast_period < self.slow_period
        check_parameters(self, ("fast_period", in_order, f"below slow_period = {self.slow_period}"))

    @property
    def name(self) -> str:
        return "ema_cross"

    @property
    def warmup_bars(self) -> int:
        """180 with the defaults, 600 at most: as many as an engine keeps."""
        return EMA_MEMORY * self.slow_period

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """A wish on the bar where the averages cross; None on every other bar and while there are too few bars."""
        if len(bars) < self.warmup_bars:
            return None
        closes = [float(bar.close) for bar in bars[-self.warmup_bars :]]
        fast_before, fast = ema(closes, self.fast_period)[-2:]
        slow_before, slow = ema(closes, self.slow_period)[-2:]
        if fast_before is None or fast is None or slow_before is None or slow is None:
            return None
        if fast_before <= slow_before and fast > slow:
            return Signal(side=Side.LONG, reason=self._reason("above", fast, slow))
        if fast_before >= slow_before and fast < slow:
            return Signal(side=Side.SHORT, reason=self._reason("below", fast, slow))
        return None

    def _reason(self, where: str, fast: float, slow: float) -> str:
        return f"ema{self.fast_period} {fast:.6g} crossed {where} ema{self.slow_period} {slow:.6g}"
