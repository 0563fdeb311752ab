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


def staged_levels(
    entry: Number,
    best: Number,
    *,
    costs_fraction: Number,
    break_even: Number,
    lock: tuple[Number, Number],
    peak: tuple[Number, Number],
    sign: int,
) -> list[Number]:
    """Unrounded stops of the stages that the best price has reached: entry plus costs, a gain kept, a distance to it.

    `break_even` is the gain from which the first stands; `lock` and `peak` are that gain and where theirs stands then.
    The tightest of them holds. From 50,000 with costs of 0.3 %: 50,750 → 50,150; 51,500 → 50,750; 52,500 → 51,975.
    """
    gain: Number = (best - entry) * sign
    levels: list[Number] = []
    if gain >= entry * break_even:
        levels.append(entry * (1 + sign * costs_fraction))
    if gain >= entry * lock[0]:
        levels.append(entry * (1 + sign * lock[1]))
    if gain >= entry * peak[0]:
        levels.append(best * (1 - sign * peak[1]))
    return levels


def round_trip_costs(taker_fraction: Number, slippage_fraction: Number) -> Number:
    """Fees both ways and the stressed slippage of the stop, as a fraction of the entry price."""
    return 2 * taker_fraction + slippage_fraction


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
