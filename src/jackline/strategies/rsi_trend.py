"""RSI with a trend filter: with momentum, in the direction of the slow average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import Side
from jackline.strategies.indicators import ema, rsi
from jackline.strategies.parameters import ParameterProblem, ParametersRefused, allowed, parameter

EMA_MEMORY = 3
"""Bars per EMA period looked at: after them the seed weighs e⁻⁴, under 2 %."""
RSI_MEMORY = 5
"""The same for Wilder's slower smoothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RsiTrend:
    """Long when RSI crosses above `rsi_long` over the EMA, short when it crosses below `rsi_short` under it.

    It looks at the last `warmup_bars` bars and at no other, so that the same bars give the same wish whatever
    history an engine was started with (D2, D4).

    Raises:
        ParametersRefused: with every parameter that is out of its range.
    """

    rsi_period: int = parameter(14, allowed="2 … 100 bars", meaning="how far RSI looks back")
    rsi_long: float = parameter(
        60.0, allowed="50 … below 100", meaning="long when RSI crosses above it, over the average"
    )
    rsi_short: float = parameter(
        40.0, allowed="above 0 … 50", meaning="short when RSI crosses below it, under the average"
    )
    ema_period: int = parameter(
        100, allowed="2 … 180 bars", meaning="of the slow average; an engine keeps 600 bars"
    )

    def __post_init__(self) -> None:
        holds = {
            "rsi_period": 2 <= self.rsi_period <= 100,
            "rsi_long": 50 <= self.rsi_long < 100,
            "rsi_short": 0 < self.rsi_short <= 50,
            "ema_period": 2 <= self.ema_period <= 180,
        }
        wrong = [declared for declared in fields(self) if not holds[declared.name]]
        if wrong:
            raise ParametersRefused(
                ParameterProblem(
                    key=declared.name, value=getattr(self, declared.name), allowed=allowed(declared)
                )
                for declared in wrong
            )

    @property
    def name(self) -> str:
        return "rsi_trend"

    @property
    def warmup_bars(self) -> int:
        """300 with the defaults."""
        return max(EMA_MEMORY * self.ema_period, RSI_MEMORY * self.rsi_period)

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
