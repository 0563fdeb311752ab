"""Prices, quantities and money as distinct types.

Each is a `Decimal` at run time, so arithmetic is exact, and a type of its own for mypy, so that a fraction cannot
be passed as a price (incident A8: a stop at 120,000 because an absolute ATR stood where a fraction belonged).
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from enum import StrEnum
from typing import NewType

Price = NewType("Price", Decimal)
"""Quote currency per unit of base, > 0."""
Quantity = NewType("Quantity", Decimal)
"""Base units, ≥ 0; the direction is in the side."""
Quote = NewType("Quote", Decimal)
"""An amount of quote currency, signed."""
Fraction = NewType("Fraction", Decimal)
"""0.01 is one per cent."""
WireMs = NewType("WireMs", int)
"""Wall time, UTC epoch milliseconds: requests, deadlines, `naked_ms`."""
MarketMs = NewType("MarketMs", int)
"""Market time, UTC epoch milliseconds: bars, funding, max hold. Equal to wire time except in an accelerated demo."""
Symbol = NewType("Symbol", str)
"""The venue's own name of a market, e.g. ``BTCUSDT``."""

ZERO = Decimal(0)
ONE = Decimal(1)


class Side(StrEnum):
    """Direction of a position."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, −1 for short."""
        return 1 if self is Side.LONG else -1

    @property
    def opens_with(self) -> OrderSide:
        """Order side that increases a position of this side."""
        return OrderSide.BUY if self is Side.LONG else OrderSide.SELL

    @property
    def closes_with(self) -> OrderSide:
        """Order side that reduces a position of this side."""
        return OrderSide.SELL if self is Side.LONG else OrderSide.BUY


class OrderSide(StrEnum):
    """Direction of an order."""

    BUY = "BUY"
    SELL = "SELL"


def exact(text: str | int | Decimal) -> Decimal:
    """The number itself. Raises TypeError for a float: 0.3 * 3 is 0.8999999999999999 and one step short (P8)."""
    if isinstance(text, float):  # pyright: ignore[reportUnnecessaryIsInstance]  # the runtime check
        raise TypeError(f"{text!r} is a float; give text, a whole number or a Decimal")
    return Decimal(text)


def price(text: str | int | Decimal) -> Price:
    """Parse a price. Raises ValueError unless finite and > 0, TypeError for a float."""
    value = exact(text)
    if not value.is_finite() or value <= 0:
        raise ValueError(f"price {text} is not a finite number above 0")
    return Price(value)


def quantity(text: str | int | Decimal) -> Quantity:
    """Parse a quantity. Raises ValueError unless finite and ≥ 0, TypeError for a float."""
    value = exact(text)
    if not value.is_finite() or value < 0:
        raise ValueError(f"quantity {text} is not a finite number of at least 0")
    return Quantity(value)


def fraction(text: str | int | Decimal) -> Fraction:
    """Parse a fraction (0.01 = 1 %). Raises ValueError unless finite, TypeError for a float."""
    value = exact(text)
    if not value.is_finite():
        raise ValueError(f"fraction {text} is not finite")
    return Fraction(value)


def floor_to(value: Decimal, grid: Decimal) -> Decimal:
    """Largest multiple of `grid` that is ≤ `value`."""
    return (value / grid).to_integral_value(ROUND_FLOOR) * grid


def ceil_to(value: Decimal, grid: Decimal) -> Decimal:
    """Smallest multiple of `grid` that is ≥ `value`."""
    return (value / grid).to_integral_value(ROUND_CEILING) * grid


def truncate_to(value: Decimal, grid: Decimal) -> Decimal:
    """`value` cut towards zero to a multiple of `grid`."""
    return (value / grid).to_integral_value(ROUND_DOWN) * grid


def tighter(side: Side, one: Price, other: Price) -> bool:
    """True when stop price `one` limits the loss more than `other` does (strictly)."""
    return (one - other) * side.sign > 0


def tightest(side: Side, one: Price, other: Price) -> Price:
    """The stop price of the two that limits the loss more."""
    return one if tighter(side, one, other) else other
