"""SuperTrend with the regime: its turns, where the slow average does not speak against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.regime import Regime, forbids, regime_of
from jackline.core.values import Side
from jackline.strategies.indicators import EMA_MEMORY, ema
from jackline.strategies.parameters import check_parameters, parameter
from jackline.strategies.ranges import Trend, candles_of, supertrend

BAND_MEMORY = 10
"""Bars per ATR period looked at: half of them settle the ATR (Wilder), the rest let closes leave the bands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperTrend:
    """Long when SuperTrend turns up unless the regime is down, short when it turns down unless the regime is up.

    The regime is that of the symbol's own closes against a slow EMA, with a band of 2 % on each side of it. The
    strategy looks at the last `warmup_bars` bars and at no other, so that the same bars give the same wish whatever
    history an engine was started with (D2, D4).

    Raises:
        ParametersRefused: with every parameter that is out of its range.
    """

    atr_period: int = parameter(10, low=2, high=60, unit="bars", meaning="of the average true range, ATR")
    atr_multiple: float = parameter(3.0, low=0.5, high=10, meaning="distance of each band in ATR")
    regime_period: int = parameter(100, low=2, high=200, unit="bars", meaning="of the regime's EMA")
    regime_band_fraction: float = parameter(
        0.02, low=0, high=0.2, meaning="share of the EMA, on each side of it, that is no regime's"
    )

    def __post_init__(self) -> None:
        check_parameters(self)

    @property
    def name(self) -> str:
        return "supertrend"

    @property
    def warmup_bars(self) -> int:
        """300 with the defaults, 600 at most: as many as an engine keeps."""
        return max(BAND_MEMORY * self.atr_period, EMA_MEMORY * self.regime_period)

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        """A wish on the bar where the trend turns; None on every other bar and while there are too few bars."""
        if len(bars) < self.warmup_bars:
            return None
        candles = candles_of(bars[-self.warmup_bars :])
        before, now = supertrend(candles, self.atr_period, self.atr_multiple)[-2:]
        if before is None or now is None or before.rising is now.rising:
            return None
        close = candles[-1].close
        average = ema([candle.close for candle in candles], self.regime_period)[-1]
        regime = regime_of(close, average, self.regime_band_fraction)
        side = Side.LONG if now.rising else Side.SHORT
        if forbids(regime, side, longs_in_down=False):
            return None
        return Signal(side=side, reason=self._reason(now, close, regime))

    def _reason(self, trend: Trend, close: float, regime: Regime) -> str:
        way = "up" if trend.rising else "down"
        return (
            f"supertrend{self.atr_period} x{self.atr_multiple:g} turned {way} at close {close:g}, line "
            f"{trend.line:.6g}, regime of ema{self.regime_period} {regime}"
        )
