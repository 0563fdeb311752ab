"""Draws from a named stream. Built on `Random.random` alone, which is promised to be the same in every version."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """One stream of one seed. Streams do not disturb each other: a draw more in one changes nothing in another."""

    def __init__(self, seed: int, stream: str) -> None:
        self.rng = Random(f"{seed}/{stream}")

    def chance(self, fraction: float) -> bool:
        """True with this probability."""
        return self.rng.random() < fraction

    def between(self, low: float, high: float) -> float:
        """Uniform in [low, high)."""
        return low + (high - low) * self.rng.random()

    def count(self, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        return low + int((high - low + 1) * self.rng.random())

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[int(len(items) * self.rng.random())]
