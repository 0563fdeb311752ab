"""The built-in strategies by their name in configuration and journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal

from jackline.core.ports import Strategy
from jackline.strategies.parameters import ParameterProblem, ParametersRefused
from jackline.strategies.rsi_trend import RsiTrend

STRATEGIES: dict[str, type[RsiTrend]] = {"rsi_trend": RsiTrend}
"""Each is a dataclass whose fields, all `int` or `float` with a default, are its parameters."""


def parameter_names(name: str) -> tuple[str, ...]:
    """The parameters of a strategy. Raises KeyError for an unknown one."""
    return tuple(field.name for field in fields(STRATEGIES[name]))


def build_strategy(name: str, parameters: Mapping[str, object]) -> Strategy:
    """Build a strategy by name. Numbers may come as int, float or Decimal.

    Raises:
        KeyError: no such strategy.
        ParametersRefused: unknown, mistyped or out-of-range parameters, all of them at once.
    """
    kind = STRATEGIES[name]
    types = {field.name: field.type for field in fields(kind)}
    problems: list[ParameterProblem] = []
    values: dict[str, int | float] = {}
    for key, value in parameters.items():
        if key not in types:
            allowed = f"not a parameter of {name}; it takes {', '.join(types)}"
            problems.append(ParameterProblem(key=key, value=value, allowed=allowed))
            continue
        number = _number(value, whole=types[key] == "int")
        if number is None:
            allowed = "a whole number" if types[key] == "int" else "a number"
            problems.append(ParameterProblem(key=key, value=value, allowed=allowed))
        else:
            values[key] = number
    try:
        strategy = kind(**values)  # type: ignore[arg-type] # whole where the field is int, by `_number`
    except ParametersRefused as refused:
        raise ParametersRefused([*problems, *refused.problems]) from None
    if problems:
        raise ParametersRefused(problems)
    return strategy


def _number(value: object, *, whole: bool) -> int | float | None:
    """The value as int or as finite float; None when it is neither (a bool is not a number here)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if whole else float(value)
    if whole or not isinstance(value, float | Decimal) or not Decimal(value).is_finite():
        return None
    return float(value)
