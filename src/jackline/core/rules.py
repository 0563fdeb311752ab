"""Scalar rules: plain functions of numbers. The engine calls them as Python; the sweep kernel compiles them.

Every price rule takes `sign` = +1 for long, −1 for short, so that each formula stands once for both sides. `one` is the
number that fractions are parts of: 1 for the engine's decimals. The kernel counts prices in ticks and fractions in
parts of `one`, and what it gets is in parts of a tick: whole numbers, as exact as a decimal.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeVar

Number = TypeVar("Number", float, Decimal)
"""What can be divided."""
Scalar = TypeVar("Scalar", int, float, Decimal)


def stop_level(entry: Scalar, distance_fraction: Scalar, sign: int, one: int = 1) -> Scalar:
    """Unrounded stop trigger: ``entry · (1 − sign · d)``."""
    return entry * (one - sign * distance_fraction)


def target_level(entry: Scalar, distance_fraction: Scalar, sign: int, one: int = 1) -> Scalar:
    """Unrounded target: ``entry · (1 + sign · d)``."""
    return entry * (one + sign * distance_fraction)


def worst_fill_level(mark: Scalar, collar_fraction: Scalar, sign: int, one: int = 1) -> Scalar:
    """Unrounded worst price that an entry may fill at: ``mark · (1 + sign · c)``."""
    return mark * (one + sign * collar_fraction)


def trailing_level(best: Scalar, trailing_fraction: Scalar, sign: int, one: int = 1) -> Scalar:
    """Unrounded trailing stop under (over, for a short) the best price since entry.

    50,000 with 3 % → 48,500; 52,000 → 50,440; 55,000 → 53,350.
    """
    return best * (one - sign * trailing_fraction)


def is_worth_moving(wanted: Scalar, live: Scalar, step_fraction: Scalar, sign: int, one: int = 1) -> bool:
    """True when `wanted` is tighter than the stop that rests by a step worth a request: a share of that stop."""
    return (wanted - live) * sign * one >= live * step_fraction


def staged_levels(
    entry: Scalar,
    best: Scalar,
    *,
    costs_fraction: Scalar,
    break_even: Scalar,
    lock: tuple[Scalar, Scalar],
    peak: tuple[Scalar, Scalar],
    sign: int,
) -> list[Scalar]:
    """Unrounded stops of the stages that the best price has reached: entry plus costs, a gain kept, a distance to it.

    `break_even` is the gain from which the first stands; `lock` and `peak` are that gain and where theirs stands then.
    The tightest of them holds. From 50,000 with costs of 0.3 %: 50,750 → 50,150; 51,500 → 50,750; 52,500 → 51,975.
    """
    gain: Scalar = (best - entry) * sign
    levels: list[Scalar] = []
    if gain >= entry * break_even:
        levels.append(entry * (1 + sign * costs_fraction))
    if gain >= entry * lock[0]:
        levels.append(entry * (1 + sign * lock[1]))
    if gain >= entry * peak[0]:
        levels.append(best * (1 - sign * peak[1]))
    return levels


def round_trip_costs(taker_fraction: Scalar, slippage_fraction: Scalar) -> Scalar:
    """Fees both ways and the stressed slippage of the stop, as a fraction of the entry price."""
    return 2 * taker_fraction + slippage_fraction


def better_price(best: Scalar, mark: Scalar, sign: int) -> Scalar:
    """The more favourable of the two for a position of this sign: monotone by construction."""
    return mark if (mark - best) * sign > 0 else best


def is_beyond(mark: Scalar, level: Scalar, sign: int) -> bool:
    """True when mark has reached a stop level: at or below it for a long, at or above it for a short."""
    return (mark - level) * sign <= 0


def loss_per_unit(
    worst_fill: Scalar, stop: Scalar, taker_fraction: Scalar, slippage_fraction: Scalar, one: int = 1
) -> Scalar:
    """Quote lost per unit of base when the stop fires: distance, fees both ways, stressed slippage (P8)."""
    distance: Scalar = max(worst_fill - stop, stop - worst_fill)
    fees: Scalar = taker_fraction * (worst_fill + stop)
    slippage: Scalar = slippage_fraction * stop
    return distance * one + fees + slippage
