"""Scalar rules: plain functions of numbers. The engine calls them as Python; a sweep kernel may compile them.

Every price rule takes `sign` = +1 for long, −1 for short, so that each formula stands once for both sides.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

Number = TypeVar("Number", float, Decimal)


def stop_level(entry: Number, distance_fraction: Number, sign: int) -> Number:
    """Unrounded stop trigger: ``entry · (1 − sign · d)``."""
    return entry * (1 - sign * distance_fraction)


def target_level(entry: Number, distance_fraction: Number, sign: int) -> Number:
    """Unrounded target: ``entry · (1 + sign · d)``."""
    return entry * (1 + sign * distance_fraction)


def trailing_level(best: Number, trailing_fraction: Number, sign: int) -> Number:
    """Unrounded trailing stop under (over, for a short) the best price since entry.

    50,000 with 3 % → 48,500; 52,000 → 50,440; 55,000 → 53,350.
    """
    return best * (1 - sign * trailing_fraction)


def better_price(best: Number, mark: Number, sign: int) -> Number:
    """The more favourable of the two for a position of this sign: monotone by construction."""
    return mark if (mark - best) * sign > 0 else best


def is_beyond(mark: Number, level: Number, sign: int) -> bool:
    """True when mark has reached a stop level: at or below it for a long, at or above it for a short."""
    return (mark - level) * sign <= 0


def loss_per_unit(
    worst_fill: Number, stop: Number, taker_fraction: Number, slippage_fraction: Number
) -> Number:
    """Quote lost per unit of base when the stop fires: distance, fees both ways, stressed slippage (P8)."""
    distance: Number = max(worst_fill - stop, stop - worst_fill)
    fees: Number = taker_fraction * (worst_fill + stop)
    slippage: Number = slippage_fraction * stop
    return distance + fees + slippage
