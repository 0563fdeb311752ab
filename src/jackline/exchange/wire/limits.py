"""Rate windows as the venue publishes them: request weight per address, orders per account; and the bans that
follow."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from jackline.exchange.errors import VenueError
from jackline.exchange.wire.bans import Bans
from jackline.exchange.wire.lives import Lives

MINUTE_MS: Final = 60_000
TEN_SECONDS_MS: Final = 10_000
WEIGHT_PER_MINUTE: Final = 2_400
ORDERS_PER_TEN_SECONDS: Final = 300
ORDERS_PER_MINUTE: Final = 1_200
BANNED: Final = -1003
HERE: Final = "127.0.0.1"
"""Where clients are taken to be that did not come over a socket of their own."""


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
    """All windows of one server. `spares_sockets` is asked whether a ban leaves those alone who are on an open socket
    already."""

    def __init__(
        self, lives: Lives | None = None, *, spares_sockets: Callable[[], bool] = lambda: False
    ) -> None:
        self._weights: defaultdict[str, Window] = defaultdict(_weight_window)
        self._orders: defaultdict[str, OrderWindows] = defaultdict(OrderWindows)
        self._bans = Bans(lives or Lives())
        self._spares_sockets = spares_sockets

    def take_weight(self, wire_ms: int, weight: int, *, address: str = HERE, on_socket: bool = False) -> None:
        """Raises VenueError -1003: 429 over the limit, 418 for an address that is banned."""
        banned_ms = self._bans.until_ms(address, wire_ms)
        if banned_ms is not None and not (on_socket and self._spares_sockets()):
            raise _banned(address, wire_ms, banned_ms)
        if self._weights[address].take(wire_ms, weight):
            return
        minute = wire_ms // MINUTE_MS
        banned_ms = self._bans.refuse(address, wire_ms, minute=minute)
        if banned_ms is not None:
            raise _banned(address, wire_ms, banned_ms)
        left_s = _seconds((minute + 1) * MINUTE_MS - wire_ms)
        raise VenueError(BANNED, retry_after_s=left_s, limit=WEIGHT_PER_MINUTE)

    def take_orders(self, account: str, wire_ms: int, count: int) -> None:
        """Raises VenueError -1015 over one of the limits."""
        windows = self._orders[account]
        short, long = windows.short.take(wire_ms, count), windows.long.take(wire_ms, count)
        if not short:
            raise VenueError(-1015, limit=ORDERS_PER_TEN_SECONDS, window="10 SECONDS")
        if not long:
            raise VenueError(-1015, limit=ORDERS_PER_MINUTE, window="1 MINUTE")

    def weight_used(self, wire_ms: int, *, address: str = HERE) -> int:
        """What an address has spent of this minute, refusals included."""
        return self._weights[address].used(wire_ms)

    def weight_header(self, wire_ms: int, *, address: str = HERE) -> dict[str, str]:
        return {WEIGHT[0]: str(self.weight_used(wire_ms, address=address))}

    def order_headers(self, account: str, wire_ms: int) -> dict[str, str]:
        windows = self._orders[account]
        return {
            SHORT_ORDERS[0]: str(windows.short.used(wire_ms)),
            MINUTE_ORDERS[0]: str(windows.long.used(wire_ms)),
        }


def _weight_window() -> Window:
    return Window(length_ms=MINUTE_MS, limit=WEIGHT_PER_MINUTE)


def _banned(address: str, wire_ms: int, until_ms: int) -> VenueError:
    return VenueError(
        BANNED,
        http=418,
        text=ban_text(until_ms, address=address),
        retry_after_s=_seconds(until_ms - wire_ms),
    )


def ban_text(until_ms: int, *, address: str = HERE) -> str:
    """What a banned address is told: the wire time at which the ban ends."""
    return (
        f"Way too many requests; IP({address}) banned until {until_ms}."
        " Please use the websocket for live updates to avoid bans."
    )


def _seconds(span_ms: int) -> int:
    return (span_ms + 999) // 1_000
