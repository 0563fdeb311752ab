"""The venue's clock: how far it is from our steady one, from a handful of timed reads. Pure; times are arguments.

The steady clock never steps. Signed by the wall, every request would be refused after a step, and a ledger that
begins just then would date its opening balance wrongly.
"""

from __future__ import annotations

from collections import deque
from statistics import median_low

SAMPLES = 5
"""Enough that one slow answer cannot move the median."""
REFRESH_S = 60.0
"""Crystals drift by milliseconds a minute; ``-1021`` begins at a second."""


class ClockOffset:
    """Median offset of the last few samples. All times are milliseconds; `asked_ms` and `answered_ms` are steady."""

    def __init__(self) -> None:
        self._offsets: deque[int] = deque(maxlen=SAMPLES)

    def add(self, *, asked_ms: int, answered_ms: int, venue_ms: int) -> None:
        """One read of the venue's clock: the answer is taken as true halfway between asking and hearing."""
        self._offsets.append(venue_ms - (asked_ms + answered_ms) // 2)

    @property
    def known(self) -> bool:
        """At least one sample has been taken."""
        return bool(self._offsets)

    def venue_ms(self, steady_ms: int) -> int:
        """The venue's clock at this moment of ours. Not before the first sample."""
        return steady_ms + median_low(self._offsets)

    @property
    def jitter_ms(self) -> int:
        """Spread of the samples; large means that the offset is a guess."""
        return max(self._offsets) - min(self._offsets) if self._offsets else 0
