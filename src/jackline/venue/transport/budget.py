"""Order windows and bans of the venue. Pure and synchronous: the time is an argument.

When the budget is short, entries starve first: the last fifth of every window belongs to stops and closes
(K2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum

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


UNSEEN_WEIGHT = 200
"""What may be under way unseen when the venue's count is read: a look of the other process, and what it leads to."""
LAST_WEIGHT = 60
"""The same of what protection cannot do without, which is cheap: never asked for, so that stops and closes pass."""
FIRST_LOOKS_WEIGHT = 40
"""Of what is kept for looks, so much at once; the rest lasts to the minute's end."""
PROBE_MS, PROBE_LAST_MS = 5_000, 15_000
"""A count that is older may be of another minute than we think: one question is let through to hear it anew. Seldom
where it was above every line: each such question is weight that is not there, and two processes ask."""


class Need(StrEnum):
    """What hangs on a question that the venue counts by weight."""

    OTHER = "other"
    """It can wait for the next minute."""
    BEGINS = "begins"
    """A look, or a start that will look: a position may stand naked. As many as the rest of a minute bears."""
    COMPLETES = "completes"
    """Part of a look that has begun, or the fate of a stop or close: half of it is worth nothing."""


class OrderBudget:
    """Counts our own placements in the venue's sliding windows, and remembers a ban's end."""

    def __init__(self, windows: Sequence[OrderWindow]) -> None:
        self._windows = tuple(windows)
        self._sent = deque[int](maxlen=max(window.orders for window in windows))
        self._banned_until_ms = 0
        self._socket_banned_until_ms = 0
        self._weight = 0
        self._weight_ms = 0
        self._under_way = 0
        self._short_ms = 0

    def entry_refusal(self, now_ms: int) -> str | None:
        """Why an entry may not be sent now; None when it may. Does not count it."""
        banned_ms = max(self.ban_wait_ms(now_ms), self.ban_wait_ms(now_ms, socket=True))
        if banned_ms > 0:
            return f"banned by the venue for {banned_ms} ms more"
        for window in self._windows:
            allowed = window.orders - max(window.kept, window.orders // RESERVE_FRACTION_INVERSE)
            used = self._used(window, now_ms)
            if used >= allowed:
                return f"{used} orders in {window.window_ms} ms; {window.orders - allowed} are kept for stops"
        # An order weighs nothing; the looks that its stop needs do.
        return self._weight_refusal(now_ms)

    def reduction_wait_ms(self, now_ms: int) -> int:
        """How long a stop or close must wait: the venue's ceiling or a ban's end, and nothing else (K2)."""
        return max(self.ban_wait_ms(now_ms), self.window_wait_ms(now_ms))

    def ban_wait_ms(self, now_ms: int, *, socket: bool = False) -> int:
        """How long until the venue answers again, over REST or over the socket of orders: it bans each by itself."""
        return max(0, (self._socket_banned_until_ms if socket else self._banned_until_ms) - now_ms)

    def window_wait_ms(self, now_ms: int) -> int:
        """How long until the venue's ceiling takes one more order of the account, whichever way it comes."""
        wait = 0
        for window in self._windows:
            if self._used(window, now_ms) >= window.orders:
                oldest = self._sent[-window.orders]
                wait = max(wait, oldest + window.window_ms - now_ms)
        return wait

    def count(self, now_ms: int) -> None:
        """One placement leaves now."""
        self._sent.append(now_ms)

    def forget(self, sent_ms: int) -> None:
        """One that was counted at that time is not counted any more."""
        with suppress(ValueError):  # as many as a window holds have been counted since
            self._sent.remove(sent_ms)

    def ban(self, until_ms: int) -> None:
        """The venue answers nobody before `until_ms`."""
        self._banned_until_ms = max(self._banned_until_ms, until_ms)

    def ban_socket(self, until_ms: int) -> None:
        """Nor over the socket of orders: the same address, so nothing that adds risk is sent over REST either."""
        self._socket_banned_until_ms = max(self._socket_banned_until_ms, until_ms)

    def note_weight(self, used: int, now_ms: int) -> None:
        """The venue's own count of this minute's request weight."""
        if used > WEIGHT_MAX - UNSEEN_WEIGHT and now_ms // MINUTE_MS != self._short_ms // MINUTE_MS:
            self._short_ms = now_ms
        self._weight, self._weight_ms = used, now_ms

    @contextmanager
    def under_way(self, weight: int) -> Iterator[None]:
        """A request of this weight is out: the venue may have counted it, and has not said so."""
        self._under_way += weight
        try:
            yield
        finally:
            self._under_way -= weight

    def weight_used(self, now_ms: int) -> int | None:
        """The venue's own count, while it is of this minute; None where it has not said so yet."""
        return self._weight if self._is_fresh(now_ms) else None

    def is_scarce(self, now_ms: int) -> bool:
        """More of this minute's request weight is gone than half and its share of the rest: from here on it is spared.

        A late second of the minute may have used more than an early one: what it leaves need not last as long.
        """
        rest = WEIGHT_MAX - UNSEEN_WEIGHT - WEIGHT_MAX // 2
        line = WEIGHT_MAX // 2 + rest * (now_ms % MINUTE_MS) // MINUTE_MS
        return self._is_fresh(now_ms) and self._weight > line

    def _used_weight(self, now_ms: int) -> int:
        """What the venue has told of this minute, and what is out."""
        return self._under_way + (self._weight if self._is_fresh(now_ms) else 0)

    def _is_fresh(self, now_ms: int) -> bool:
        """What the venue counted last is of this minute."""
        return now_ms // MINUTE_MS == self._weight_ms // MINUTE_MS

    def question_refusal(self, now_ms: int, need: Need = Need.OTHER) -> str | None:
        """Why this is not asked now: the venue would refuse it, and going on lengthens the ban.

        Stops and closes weigh nothing: while no question brings the count over its limit they still pass (K2). The last
        of a minute is for looks alone, at a pace that leaves some of it to its last second (P1). What is out counts as
        used: a burst of which the venue has not told yet is what ends in a ban.
        """
        banned_ms = self.ban_wait_ms(now_ms)
        if banned_ms > 0:
            return f"banned by the venue for {banned_ms} ms more"
        used = self._used_weight(now_ms)
        pause_ms = PROBE_MS if self._weight <= WEIGHT_MAX - LAST_WEIGHT else PROBE_LAST_MS
        probes = now_ms - self._weight_ms >= pause_ms and not self._under_way
        if used > self._line(now_ms, need) and not probes:
            what = "nothing else" if need is Need.OTHER else "no look"
            return f"request weight {used} of {WEIGHT_MAX} is used: {what} is asked for now"
        return None

    def _line(self, now_ms: int, need: Need) -> int:
        """Up to which count of the venue a question of this need is asked."""
        short, last = WEIGHT_MAX - UNSEEN_WEIGHT, WEIGHT_MAX - LAST_WEIGHT
        if need is Need.COMPLETES:
            return last
        if need is Need.OTHER or not self._is_fresh(now_ms) or self._weight <= short:
            return short
        begun_ms, first = self._short_ms % MINUTE_MS, short + FIRST_LOOKS_WEIGHT
        passed_ms = now_ms % MINUTE_MS - begun_ms
        return first + (last - first) * passed_ms // (MINUTE_MS - begun_ms)

    def bulk_refusal(self, now_ms: int) -> str | None:
        """Why history must wait; reads of orders and positions never ask this."""
        banned_ms = max(self.ban_wait_ms(now_ms), self.ban_wait_ms(now_ms, socket=True))
        if banned_ms > 0:
            return f"banned by the venue for {banned_ms} ms more"
        return self._weight_refusal(now_ms)

    def pace_refusal(self, now_ms: int) -> str | None:
        """Why what takes minutes must wait: by now so much may be used, that protection's share of the rest stays."""
        line = BULK_AT_ONCE + (BULK_MAX - BULK_AT_ONCE) * (now_ms % MINUTE_MS) // MINUTE_MS
        used = self._used_weight(now_ms)
        if self._is_fresh(now_ms) and used > line:
            return f"request weight {used} of {WEIGHT_MAX} is used, by now {line} may be"
        return None

    def _weight_refusal(self, now_ms: int) -> str | None:
        """The last fifth of a minute's weight belongs to looks at what is open, and to what keeps it covered."""
        kept = WEIGHT_MAX // RESERVE_FRACTION_INVERSE
        used = self._used_weight(now_ms)
        if used > WEIGHT_MAX - kept:
            return f"request weight {used} of {WEIGHT_MAX} is used; {kept} are kept for looks"
        return None

    def _used(self, window: OrderWindow, now_ms: int) -> int:
        since = now_ms - window.window_ms
        return sum(1 for sent in self._sent if sent > since)
