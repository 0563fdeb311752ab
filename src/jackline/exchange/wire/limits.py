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


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A limit as the venue names it."""

    kind: str
    interval: str
    interval_count: int
    limit: int


WEIGHT: Final = (
    "X-MBX-USED-WEIGHT-1M",
    Published(kind="REQUEST_WEIGHT", interval="MINUTE", interval_count=1, limit=WEIGHT_PER_MINUTE),
)
SHORT_ORDERS: Final = (
    "X-MBX-ORDER-COUNT-10S",
    Published(kind="ORDERS", interval="SECOND", interval_count=10, limit=ORDERS_PER_TEN_SECONDS),
)
MINUTE_ORDERS: Final = (
    "X-MBX-ORDER-COUNT-1M",
    Published(kind="ORDERS", interval="MINUTE", interval_count=1, limit=ORDERS_PER_MINUTE),
)
"""Each with the header that says how much of it is used."""


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

    def take_orders(self, account: str, wire_ms: int, count: int) -> None:
        """Raises VenueError -1015 over one of the limits."""
        windows = self._orders[account]
        short, long = windows.short.take(wire_ms, count), windows.long.take(wire_ms, count)
        if not short:
            raise VenueError(-1015, limit=ORDERS_PER_TEN_SECONDS, window="10 SECONDS")
        if not long:
            raise VenueError(-1015, limit=ORDERS_PER_MINUTE, window="1 MINUTE")

    def weight_header(self, wire_ms: int) -> dict[str, str]:
        return {WEIGHT[0]: str(self._weight.used(wire_ms))}

    def order_headers(self, account: str, wire_ms: int) -> dict[str, str]:
        windows = self._orders[account]
        return {
            SHORT_ORDERS[0]: str(windows.short.used(wire_ms)),
            MINUTE_ORDERS[0]: str(windows.long.used(wire_ms)),
        }
