"""Order windows and bans of the venue. Pure and synchronous: the time is an argument.

When the budget is short, entries starve first: the last fifth of every window belongs to stops and closes
(K2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from jackline.venue.profile import OrderWindow

RESERVE_FRACTION_INVERSE = 5
"""One fifth of each window is kept for requests that only reduce (K2)."""
MINUTE_MS = 60_000
BULK_AT_ONCE = 120
"""Weight that a minute may begin with, whatever else it will need."""
BULK_MAX = 1_800
"""Where history ends in any minute: what was asked for at the same moment still fits below the reserve of a fifth."""
WEIGHT_MAX = 2_400
"""Request weight per minute and address, by the venue's exchangeInfo."""


class OrderBudget:
    """Counts our own placements in the venue's sliding windows, and remembers a ban's end."""

    def __init__(self, windows: Sequence[OrderWindow]) -> None:
        self._windows = tuple(windows)
        self._sent = deque[int](maxlen=max(window.orders for window in windows))
        self._banned_until_ms = 0
        self._weight = 0
        self._weight_ms = 0

    def entry_refusal(self, now_ms: int) -> str | None:
        """Why an entry may not be sent now; None when it may. Does not count it."""
        if now_ms < self._banned_until_ms:
            return f"banned by the venue for {self._banned_until_ms - now_ms} ms more"
        for window in self._windows:
            allowed = window.orders - window.orders // RESERVE_FRACTION_INVERSE
            used = self._used(window, now_ms)
            if used >= allowed:
                return f"{used} orders in {window.window_ms} ms; {window.orders - allowed} are kept for stops"
        kept = WEIGHT_MAX // RESERVE_FRACTION_INVERSE
        if self._is_fresh(now_ms) and self._weight > WEIGHT_MAX - kept:
            return f"request weight {self._weight} of {WEIGHT_MAX} is used; {kept} are kept for what protects"
        return None

    def reduction_wait_ms(self, now_ms: int) -> int:
        """How long a stop or close must wait: the venue's ceiling or a ban's end, and nothing else (K2)."""
        wait = max(0, self._banned_until_ms - now_ms)
        for window in self._windows:
            if self._used(window, now_ms) >= window.orders:
                oldest = self._sent[-window.orders]
                wait = max(wait, oldest + window.window_ms - now_ms)
        return wait

    def count(self, now_ms: int) -> None:
        """One placement leaves now."""
        self._sent.append(now_ms)

    def ban(self, until_ms: int) -> None:
        """The venue answers nobody before `until_ms`."""
        self._banned_until_ms = max(self._banned_until_ms, until_ms)

    def note_weight(self, used: int, now_ms: int) -> None:
        """The venue's own count of this minute's request weight."""
        self._weight, self._weight_ms = used, now_ms

    def is_half_used(self, now_ms: int) -> bool:
        """More than half of this minute's request weight is gone: nothing is asked twice from here on."""
        return self._is_fresh(now_ms) and self._weight > WEIGHT_MAX // 2

    def _is_fresh(self, now_ms: int) -> bool:
        """What the venue counted last is of this minute."""
        return now_ms // MINUTE_MS == self._weight_ms // MINUTE_MS

    def bulk_refusal(self, now_ms: int) -> str | None:
        """Why history must wait; reads of orders and positions never ask this."""
        if now_ms < self._banned_until_ms:
            return f"banned by the venue for {self._banned_until_ms - now_ms} ms more"
        line = self.bulk_line(now_ms)
        if self._is_fresh(now_ms) and self._weight > line:
            return (
                f"request weight {self._weight} of {WEIGHT_MAX} is used, {line} so early in the minute may be"
            )
        return None

    @staticmethod
    def bulk_line(now_ms: int) -> int:
        """How much may be used by now for history to go on: what protection needs until the minute's end stays."""
        return BULK_AT_ONCE + (BULK_MAX - BULK_AT_ONCE) * (now_ms % MINUTE_MS) // MINUTE_MS

    def _used(self, window: OrderWindow, now_ms: int) -> int:
        since = now_ms - window.window_ms
        return sum(1 for sent in self._sent if sent > since)
