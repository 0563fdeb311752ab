"""Rows of a venue's answers as typed structures. A missing or mistyped field fails here."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from jackline.core.values import ZERO, Price, Quantity, Side
from jackline.venue.transport.failures import Garbled

T = TypeVar("T")


class Leg(StrEnum):
    """Position side on the wire."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def side(self) -> Side | None:
        """The hedge-mode leg; None in netting mode."""
        return None if self is Leg.BOTH else Side[self.name]


class Row(Struct, frozen=True):
    """Refuses NaN and infinity, which `Decimal` would take for numbers."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Decimal) and not value.is_finite():
                raise ValueError(f"{name} is {value}")


def typed(tree: Any, row: type[T]) -> T:
    """Decoded JSON as a typed row. Raises `Garbled`, with the field that does not fit."""
    try:
        return msgspec.convert(tree, row)
    except msgspec.ValidationError as error:
        raise Garbled(f"{getattr(row, '__name__', row)}: {error}") from error


def price_or_none(number: Decimal | None) -> Price | None:
    """The venue writes "no price" as 0."""
    return Price(number) if number is not None and number > ZERO else None


def sound_quantity(number: Decimal) -> Quantity:
    """Raises `Garbled` unless finite and at least 0."""
    if not number.is_finite() or number < ZERO:
        raise Garbled(f"quantity {number} is not a finite number of at least 0")
    return Quantity(number)


def sound_price(number: Decimal) -> Price:
    """Raises `Garbled` unless finite and above 0."""
    if not number.is_finite() or number <= ZERO:
        raise Garbled(f"price {number} is not a finite number above 0")
    return Price(number)
