"""The market's regime: where a close stands against a slow average of closes, and which sides that forbids."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.rules import Number
from jackline.core.values import MarketMs, Price, Side, Symbol

WARMUP_PERIODS = 2
"""An average counts after so many periods of bars: its seed then weighs e⁻², an eighth."""
VOLATILITY_BARS = 14
"""Wilder's usual period of a range."""
MEMORY_PERIODS = 3
"""It is made of so many periods of bars at most: older ones weigh less than their seed."""


class Regime(StrEnum):
    """What the slow average says of a market."""

    UP = "up"
    DOWN = "down"
    SIDEWAYS = "sideways"
    UNKNOWN = "unknown"
    """No average yet: too few bars, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Average:
    """Where a symbol's last completed close stands against its slow average of closes.

    Attributes:
        value: None while too few bars have been seen: `bars` of `bars_needed`.
        close_ms: market time at which that bar completed; bars are `interval_ms` long.
        volatility_ratio: mean range of the last `VOLATILITY_BARS` bars against that of all bars seen; None as `value`.
    """

    symbol: Symbol
    close: Price
    value: Price | None
    bars: int
    bars_needed: int
    close_ms: MarketMs
    interval_ms: int
    volatility_ratio: Decimal | None = None

    def said(self) -> str:
        """For people: the ratio, or how far the warm-up is."""
        if self.value is None:
            return f"{self.symbol} has {self.bars} of {self.bars_needed} bars"
        return f"{self.symbol} closed at {self.close / self.value:.4f} of its average"


def regime_of(close: Number, average: Number | None, band_fraction: Number) -> Regime:
    """The regime by ``close / average``: up from ``1 + band`` on, down from ``1 − band`` on, else sideways.

    With the usual band of 0.02: 102 against 100 is up, 98 is down. An average of 0 or below is none.
    """
    if average is None or average <= 0:
        return Regime.UNKNOWN
    ratio = close / average
    if ratio >= 1 + band_fraction:
        return Regime.UP
    return Regime.DOWN if ratio <= 1 - band_fraction else Regime.SIDEWAYS


def forbids(regime: Regime, side: Side, *, longs_in_down: bool) -> bool:
    """Whether nothing may be opened on this side: shorts in up and in unknown, and longs in down unless allowed."""
    if side is Side.SHORT:
        return regime in {Regime.UP, Regime.UNKNOWN}
    return regime is Regime.DOWN and not longs_in_down
