"""Rate windows as the venue publishes them: request weight per address, orders per account."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from jackline.exchange.errors import VenueError

MINUTE_MS: Final = 60_000
TEN_SECONDS_MS: Final = 10_000
WEIGHT_PER_MINUTE: Final = 2_400
ORDERS_PER_TEN_SECONDS: Final = 300
ORDERS_PER_MINUTE: Final = 1_200


@dataclass(slots=True, kw_only=True)
class Window:
    """A counter that starts again at each multiple of its length."""

    length_ms: int
    limit: int
    _number: int = -1
    _count: int = 0

    def used(self, wire_ms: int) -> int:
        if wire_ms // self.length_ms != self._number:
            self._number, self._count = wire_ms // self.length_ms, 0
        return self._count

    def take(self, wire_ms: int, amount: int) -> bool:
        """False when the window is full; what is refused still counts, as at the venue."""
        self._count = self.used(wire_ms) + amount
        return self._count <= self.limit


@dataclass(slots=True, kw_only=True)
class OrderWindows:
    short: Window = field(
        default_factory=lambda: Window(length_ms=TEN_SECONDS_MS, limit=ORDERS_PER_TEN_SECONDS)
    )
    long: Window = field(default_factory=lambda: Window(length_ms=MINUTE_MS, limit=ORDERS_PER_MINUTE))


class Limits:
    """All windows of one server. Everybody on loopback shares one address, hence one weight window."""

    def __init__(self) -> None:
        self._weight = Window(length_ms=MINUTE_MS, limit=WEIGHT_PER_MINUTE)
        self._orders: defaultdict[str, OrderWindows] = defaultdict(OrderWindows)

    def take_weight(self, wire_ms: int, weight: int) -> None:
        """Raises VenueError -1003 over the limit."""
        if not self._weight.take(wire_ms, weight):
            raise VenueError(-1003, limit=WEIGHT_PER_MINUTE)

    def take_order(self, account: str, wire_ms: int) -> None:
        """Raises VenueError -1015 over one of the limits."""
        windows = self._orders[account]
        short, long = windows.short.take(wire_ms, 1), windows.long.take(wire_ms, 1)
        if not short:
            raise VenueError(-1015, limit=ORDERS_PER_TEN_SECONDS, window="10 SECONDS")
        if not long:
            raise VenueError(-1015, limit=ORDERS_PER_MINUTE, window="1 MINUTE")

    def weight_header(self, wire_ms: int) -> dict[str, str]:
        return {"X-MBX-USED-WEIGHT-1M": str(self._weight.used(wire_ms))}

    def order_headers(self, account: str, wire_ms: int) -> dict[str, str]:
        windows = self._orders[account]
        return {
            "X-MBX-ORDER-COUNT-10S": str(windows.short.used(wire_ms)),
            "X-MBX-ORDER-COUNT-1M": str(windows.long.used(wire_ms)),
        }
