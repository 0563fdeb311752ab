"""RSI with a trend filter: with momentum, in the direction of the slow average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.indicators import EMA_MEMORY, WILDER_MEMORY, ema, rsi
from jackline.strategies.parameters import check_parameters, parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class RsiTrend:
    """Long when RSI crosses above `rsi_long` over the EMA, short when it crosses below `rsi_short` under it.

    It looks at the last `warmup_bars` bars and at no other, so that the same bars give the same wish whatever
    history an engine was started with (D2, D4).

    Raises:
        ParametersRefused: with every parameter that is out of its range.
    """

    rsi_period: int = parameter(14, low=2, high=100, unit="bars", meaning="how far RSI looks back")
    rsi_long: float = parameter(
        60.0, low=50, below=100, meaning="long when RSI crosses above it, over the average"
    )
    rsi_short: float = parameter(
        40.0, above=0, high=50, meaning="short when RSI crosses below it, under the average"
    )
    ema_period: int = parameter(100, low=2, high=180, unit="bars", meaning="of the slow average")

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        return "rsi_trend"

    @property
    def warmup_bars(self) -> int:
        """300 with the defaults."""
        return max(EMA_MEMORY * self.ema_period, WILDER_MEMORY * self.rsi_period)

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """A wish on the bar where RSI crosses; None on every other bar and while there are too few bars."""
        if len(bars) < self.warmup_bars:
            return None
        closes = [float(bar.close) for bar in bars[-self.warmup_bars :]]
        before, now = rsi(closes, self.rsi_period)[-2:]
        trend = ema(closes, self.ema_period)[-1]
        if before is None or now is None or trend is None:
            return None
        close = closes[-1]
        if before <= self.rsi_long < now and close > trend:
            return Signal(side=Side.LONG, reason=self._reason(now, "above", self.rsi_long, close, trend))
        if before >= self.rsi_short > now and close < trend:
            return Signal(side=Side.SHORT, reason=self._reason(now, "below", self.rsi_short, close, trend))
        return None

    def _reason(self, strength: float, where: str, level: float, close: float, trend: float) -> str:
        return (
            f"rsi{self.rsi_period} {strength:.1f} crossed {where} {level:g}, "
            f"close {close:g} {where} ema{self.ema_period} {trend:.6g}"
        )
