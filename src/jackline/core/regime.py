"""The market's regime: where a close stands against a slow average of closes, and which sides that forbids."""

from __future__ import annotations

from enum import StrEnum

from jackline.core.rules import Number
from jackline.core.values import Side


class Regime(StrEnum):
    """What the slow average says of a market."""

    UP = "up"
    DOWN = "down"
    SIDEWAYS = "sideways"
    UNKNOWN = "unknown"
    """No average yet: too few bars, or none at all."""


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
