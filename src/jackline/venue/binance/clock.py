"""The venue's clock: its offset from ours, from a handful of timed reads. Pure; times are arguments."""

from __future__ import annotations

from collections import deque
from statistics import median_low

SAMPLES = 5
"""Enough that one slow answer cannot move the median."""
REFRESH_S = 60.0
"""Crystals drift by milliseconds a minute; ``-1021`` begins at a second."""


class ClockOffset:
    """Median offset of the last few samples."""

    def __init__(self) -> None:
        self._offsets: deque[int] = deque(maxlen=SAMPLES)

    def add(self, *, asked_ms: int, answered_ms: int, venue_ms: int) -> None:
        """One read of the venue's clock: the answer is taken as true halfway between asking and hearing."""
        self._offsets.append(venue_ms - (asked_ms + answered_ms) // 2)

    @property
    def known(self) -> bool:
        """At least one sample has been taken."""
        return bool(self._offsets)

    @property
    def offset_ms(self) -> int:
        """Venue clock minus ours; 0 before the first sample."""
        return median_low(self._offsets) if self._offsets else 0

    @property
    def jitter_ms(self) -> int:
        """Spread of the samples; large means that the offset is a guess."""
        return max(self._offsets) - min(self._offsets) if self._offsets else 0
