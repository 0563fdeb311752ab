"""Distributions of a few measurements, without interpolation: every figure shown is one that happened."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Milliseconds; all None when nothing was measured."""

    p50: float | None
    p99: float | None
    max: float | None


def nearest_rank(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed. `values` is not empty."""
    ordered = sorted(values)
    rank = max(1, math.ceil(percent / 100 * len(ordered)))
    return ordered[rank - 1]


def distribution(values: Sequence[float]) -> Distribution:
    """Median, 99th percentile and maximum by nearest rank, to a thousandth of a millisecond."""
    if not values:
        return Distribution(p50=None, p99=None, max=None)
    return Distribution(
        p50=round(nearest_rank(values, 50), 3),
        p99=round(nearest_rank(values, 99), 3),
        max=round(max(values), 3),
    )
