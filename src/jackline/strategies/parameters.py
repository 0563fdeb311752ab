"""A strategy's parameters: what each may be and what it means, and what is wrong with them, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Number = TypeVar("Number", int, float)
_RANGE, _MEANING, _INJECTED = "range", "meaning", "injected"
"""Under which a field's metadata holds its `Range`, in words what it means, and that it is no parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterProblem:
    """One parameter that cannot be used. `allowed` says what could; `known` names all where the key is none of them."""

    key: str
    value: object
    allowed: str
    known: tuple[str, ...] = ()


class ParametersRefused(ValueError):
    """A strategy cannot be built from these parameters."""

    def __init__(self, problems: Iterable[ParameterProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{bad.key} = {bad.value!r}: {bad.allowed}" for bad in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """From `low` to `high`; each belongs to it unless `above` or `below` is set. Shown as ``2 … 100 bars``."""

    low: float
    high: float
    above: bool
    below: bool
    unit: str

    def holds(self, value: float) -> bool:
        """Whether the value lies inside. A NaN lies nowhere."""
        over = value > self.low if self.above else value >= self.low
        under = value < self.high if self.below else value <= self.high
        return over and under

    def __str__(self) -> str:
        low = f"{'above ' if self.above else ''}{self.low:g}"
        high = f"{'below ' if self.below else ''}{self.high:g}"
        return f"{low} … {high} {self.unit}".rstrip()


def parameter(
    default: Number,
    *,
    low: float | None = None,
    above: float | None = None,
    high: float | None = None,
    below: float | None = None,
    unit: str = "",
    meaning: str = "",
) -> Number:
    """A field of a strategy, with its default, its range and its meaning.

    Args:
        default: used where the configuration names none.
        low: the smallest value; or
        above: what every value is above.
        high: the largest value; or
        below: what every value is below.
        unit: what is counted, said after the range.
        meaning: one line, for the lists of parameters.

    Raises:
        ValueError: not exactly one bound on each side.
    """
    bottom, top = above if low is None else low, below if high is None else high
    if bottom is None or top is None or None not in (low, above) or None not in (high, below):
        raise ValueError("a parameter needs one of low and above, and one of high and below")
    span = Range(low=bottom, high=top, above=low is None, below=high is None, unit=unit)
    return field(default=default, metadata={_RANGE: span, _MEANING: meaning})


def injected() -> Any:
    """A field that no configuration sets: whoever composes a process puts something there. It is told nowhere."""
    return field(default=None, repr=False, metadata={_INJECTED: True})


def is_injected(declared: Field[Any]) -> bool:
    """Whether a field is one of those."""
    return _INJECTED in declared.metadata


def ranges(strategy: DataclassInstance | type[DataclassInstance]) -> dict[str, Range]:
    """The ranges that its fields declare, by name."""
    return {one.name: one.metadata[_RANGE] for one in fields(strategy) if _RANGE in one.metadata}


def meaning_of(declared: Field[Any]) -> str:
    """What a parameter means; empty where its strategy does not say."""
    return str(declared.metadata.get(_MEANING, ""))


def check_parameters(strategy: DataclassInstance, *rules: tuple[str, bool, str]) -> None:
    """Refuse what lies outside its declared range, and what breaks a rule between parameters.

    Args:
        strategy: to be called from its ``__post_init__``.
        rules: (name of the parameter, whether the rule holds, what is allowed), e.g.
            ``("fast_period", self.fast_period < self.slow_period, "below slow_period")``.

    Raises:
        ParametersRefused: with every parameter that is wrong, once each.
    """
    wrong: dict[str, str] = {}
    for key, span in ranges(strategy).items():
        if not span.holds(getattr(strategy, key)):
            wrong[key] = str(span)
    for key, holds, allowed in rules:
        if not holds:
            wrong.setdefault(key, allowed)
    if wrong:
        raise ParametersRefused(
            ParameterProblem(key=key, value=getattr(strategy, key), allowed=allowed)
            for key, allowed in wrong.items()
        )
