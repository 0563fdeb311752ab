"""How often one token may ask: a bucket that fills at its rate. It keeps a program that has run wild from the others.

What only lowers risk is never asked here (`access.needs`): a hurried hand must not be turned away (K2).
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

BURST_S: Final = 2.0
"""A page that opens asks for twenty things at once: so many seconds' worth may come together."""
TOKENS_MAX: Final = 1_000
"""Buckets that are kept; who has not asked for longest gets a full one again."""


class Pace:
    """The buckets of all tokens. `per_s`: requests a second that one token may make for ever."""

    def __init__(self, per_s: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = float(per_s)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, token_id: str) -> float:
        """Count one request. 0.0 where it may be answered, else the seconds until the next one may."""
        now = self._clock()
        full = self._per_s * BURST_S
        left, at = self._left.pop(token_id, (full, now))
        left = min(full, left + (now - at) * self._per_s)
        waits_s = 0.0 if left >= 1.0 else (1.0 - left) / self._per_s
        self._left[token_id] = (left if waits_s else left - 1.0, now)
        if len(self._left) > TOKENS_MAX:
            self._left.popitem(last=False)
        return waits_s
