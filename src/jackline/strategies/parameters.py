"""A strategy's parameters: what each may be and what it means, and what is wrong with them, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import Field, dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterProblem:
    """One parameter that cannot be used. `allowed` says what could."""

    key: str
    value: object
    allowed: str


class ParametersRefused(ValueError):
    """A strategy cannot be built from these parameters."""

    def __init__(self, problems: Iterable[ParameterProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{bad.key} = {bad.value!r}: {bad.allowed}" for bad in self.problems))


def parameter(default: T, *, allowed: str, meaning: str) -> T:
    """A field of a strategy: its default, and in words what it may be and what it means."""
    return field(default=default, metadata={"allowed": allowed, "meaning": meaning})


def allowed(declared: Field[Any]) -> str:
    """What a parameter may be."""
    return str(declared.metadata["allowed"])


def meaning(declared: Field[Any]) -> str:
    """What a parameter means."""
    return str(declared.metadata["meaning"])
