"""Two ways for the same request: REST, and the socket of orders. Which one the next sending takes. Pure.

Stops go over both in turn until one answers (O2: the same id). A close goes over one at a time, over the socket only
where REST is known not to serve: the core repeats it on fresh facts. Entries never ask: they have one way (O1).
"""

from __future__ import annotations

from collections.abc import Callable

from jackline.venue.transport.budget import OrderBudget

UNANSWERED_MAX = 2
"""So many requests in a row without an answer, on whatever connection: REST is out until one is answered."""
WALLS = frozenset({403, 418, 429, -1003})
"""Refusals by whatever stands in front of the venue's REST: not taken, and not by the matching engine."""


class Paths:
    """What is known of both ways. Times are wire ms."""

    def __init__(self, budget: OrderBudget, *, socket_open: Callable[[], bool]) -> None:
        self._budget = budget
        self._socket_open = socket_open
        self._unanswered = 0
        self._walled = False

    def note(self, *, answered: bool, wall: bool = False) -> None:
        """A request over REST was answered, or not; `wall`: by what stands in front of the venue."""
        self._unanswered = 0 if answered else self._unanswered + 1
        self._walled = wall

    def rest_serves(self, now_ms: int) -> bool:
        """As far as we know."""
        banned = self._budget.ban_wait_ms(now_ms) > 0
        return not banned and not self._walled and self._unanswered < UNANSWERED_MAX

    def socket_serves(self, now_ms: int) -> bool:
        """It is open, and the venue has not banned it."""
        return self._socket_open() and self._budget.ban_wait_ms(now_ms, socket=True) == 0

    def over_socket(self, sending: int, now_ms: int) -> bool:
        """Whether the sending with this number, from 0, goes over the socket. A ban is never tried: asking lengthens
        it."""
        if not self.socket_serves(now_ms):
            return False
        if self._budget.ban_wait_ms(now_ms) > 0:
            return True
        return self.rest_serves(now_ms) is (sending % 2 == 1)

    def wait_ms(self, now_ms: int) -> int:
        """How long a reduction must wait (K2): for the venue's ceiling, and for a ban's end where no way is left."""
        if self.socket_serves(now_ms):
            return self._budget.window_wait_ms(now_ms)
        return self._budget.reduction_wait_ms(now_ms)
