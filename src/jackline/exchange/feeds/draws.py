"""Random draws that are the same in every process, hash seed and Python version.

Only `random.Random(text).random()` is used: Python keeps its seeding from text and its
output stable between versions, and promises neither for `gauss`, `choice` or `shuffle`.
"""

import math
import random


class Draws:
    """One independent stream, named by a text such as "seed|symbol|purpose"."""

    __slots__ = ("_uniform",)

    def __init__(self, name: str) -> None:
        self._uniform = random.Random(name).random

    def uniform(self) -> float:
        """In [0, 1)."""
        return self._uniform()

    def normal(self) -> float:
        """Standard normal by Box-Muller; the second value of the pair is dropped so that a draw costs a
        fixed two.
        """
        radius = math.sqrt(-2.0 * math.log(1.0 - self._uniform()))
        return radius * math.cos(math.tau * self._uniform())

    def between(self, low: int, high: int) -> int:
        """An integer in [low, high]."""
        return low + int(self._uniform() * (high - low + 1))
