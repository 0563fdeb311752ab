"""How often BingX may be asked: per route and second. Everybody on loopback shares one address."""

from collections import defaultdict, deque
from typing import Final

from jackline.exchange.bingx.call import Route
from jackline.exchange.bingx.errors import refusal

SECOND_MS: Final = 1_000


class RouteLimits:
    """Requests of the last second by route. What is refused does not count; the temporary ban that follows repeated
    excess is a rule on the board, put up by whoever wants it."""

    def __init__(self) -> None:
        self._taken: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)

    def take(self, route: Route, wire_ms: int) -> None:
        """Raises BingxError 100410 over the limit."""
        if route.per_second is None:
            return
        taken = self._taken[route.method, route.path]
        while taken and taken[0] <= wire_ms - SECOND_MS:
            taken.popleft()
        if len(taken) >= route.per_second:
            raise refusal(100410)
        taken.append(wire_ms)
