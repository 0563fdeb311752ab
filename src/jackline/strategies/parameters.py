"""What is wrong with a strategy's parameters, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


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
