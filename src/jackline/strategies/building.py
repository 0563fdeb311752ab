"""Building a strategy from numbers of a configuration: what its class declares, and what fits that."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from jackline.core.ports import Strategy
from jackline.strategies.parameters import (
    ParameterProblem,
    ParametersRefused,
    is_injected,
    meaning_of,
    ranges,
)

_KINDS: dict[object, bool] = {"int": True, "float": False, int: True, float: False}
"""How a field may be annotated, as text or as the type itself, and whether that means whole numbers."""


class Declaring(Strategy, Protocol):
    """A strategy that is a dataclass: its fields, all `int` or `float` with a default, are its parameters. What is
    injected is none."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One parameter as a strategy declares it. `allowed` says its range, or the kind of number where it has none."""

    name: str
    whole: bool
    default: int | float
    allowed: str
    meaning: str


def declared(kind: type[Declaring]) -> tuple[Declared, ...]:
    """The parameters of a strategy, in its own order.

    Raises:
        TypeError: a field is not a number with a default; the text names it.
    """
    spans = ranges(kind)
    found: list[Declared] = []
    for one in fields(kind):
        if is_injected(one):
            continue
        whole = _KINDS.get(one.type)
        if whole is None:
            raise TypeError(f"{one.name} is declared as {one.type}; a parameter is an int or a float")
        if one.default is MISSING:
            raise TypeError(f"{one.name} has no default; every parameter needs one")
        allowed = str(spans[one.name]) if one.name in spans else _kind(whole)
        found.append(
            Declared(
                name=one.name,
                whole=whole,
                default=one.default,
                allowed=allowed,
                meaning=meaning_of(one),
            )
        )
    return tuple(found)


def summary(kind: type[object]) -> str:
    """What a strategy does, in the first sentence that its class says of itself."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def build(kind: type[Declaring], name: str, parameters: Mapping[str, object]) -> Strategy:
    """Build a strategy. Numbers may come as int, float or Decimal.

    Raises:
        ParametersRefused: unknown, mistyped or out-of-range parameters, all of them at once.
        TypeError: the class declares something that is not a parameter.
    """
    known = {one.name: one for one in declared(kind)}
    problems: list[ParameterProblem] = []
    values: dict[str, int | float] = {}
    for key, value in parameters.items():
        if key not in known:
            allowed = f"not a parameter of {name}; it takes {', '.join(known) or 'none'}"
            problems.append(ParameterProblem(key=key, value=value, allowed=allowed, known=tuple(known)))
            continue
        number = _number(value, whole=known[key].whole)
        if number is None:
            problems.append(ParameterProblem(key=key, value=value, allowed=_kind(known[key].whole)))
        else:
            values[key] = number
    try:
        strategy = kind(**values)
    except ParametersRefused as refused:
        raise ParametersRefused([*problems, *refused.problems]) from None
    if problems:
        raise ParametersRefused(problems)
    return strategy


def _kind(whole: bool) -> str:
    return "a whole number" if whole else "a number"


def _number(value: object, *, whole: bool) -> int | float | None:
    """The value as int or as finite float; None when it is neither (a bool is not a number here)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if whole else float(value)
    if whole or not isinstance(value, float | Decimal) or not Decimal(value).is_finite():
        return None
    return float(value)
