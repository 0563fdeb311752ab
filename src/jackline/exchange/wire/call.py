"""One REST request on its way through the venue, and the table entry that says who answers it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.venue import Venue
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.limits import Limits
from jackline.exchange.wire.listen_keys import ListenKeys
from jackline.exchange.wire.params import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOptions:
    """`strict`: refuse parameters nobody reads. `fill_prices`: answer placements and cancels with avgPrice
    and cumQuote, which newer schemas of the real venue omit. `rate_limits` False takes away the limits per route and
    second of the BingX wire, which are so tight that most sessions would have to wait; Binance's always hold.
    `wire_speed` is how many times faster than at the venue listen keys, sockets and bans of the Binance wire end."""

    strict: bool = True
    fill_prices: bool = True
    rate_limits: bool = True
    wire_speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request with its parameters. Handlers read what they need, call `finish`, and only then change
    anything."""

    venue: Venue
    params: Params
    options: WireOptions
    listen_keys: ListenKeys
    caller: Account | None
    limits: Limits

    @property
    def account(self) -> Account:
        if self.caller is None:
            raise VenueError(-2014)
        return self.caller

    @property
    def wire_ms(self) -> int:
        """What the venue's own clock shows its clients."""
        state = self.venue.state
        return state.clock.wire_ms() + state.whims.clock_ahead_ms

    def finish(self) -> None:
        """Raises VenueError -1104 for parameters that were sent and not read."""
        self.params.finish(strict=self.options.strict)


def one_order(_: Params) -> int:
    """Counts once."""
    return 1


class Access(StrEnum):
    PUBLIC = "public"
    KEY = "key"
    SIGNED = "signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`weight_all` replaces `weight` where no symbol is named, `weigh` where the weight hangs on something else.
    `orders`: how many requests like this one count against the order windows."""

    method: str
    path: str
    handler: Callable[[Call], Json]
    access: Access = Access.SIGNED
    weight: int = 1
    weight_all: int | None = None
    weigh: Callable[[Params], int] | None = None
    orders: Callable[[Params], int] | None = None

    survives_maintenance: bool = False

    @property
    def trades(self) -> bool:
        """Everything signed that is no mere reading (a guess: the venue names the right, not its routes)."""
        return self.access is Access.SIGNED and self.method != "GET"

    def weight_of(self, params: Params) -> int:
        """What a request counts against its address."""
        if self.weigh is not None:
            return self.weigh(params)
        everything = self.weight_all is not None and params.symbol() is None
        return self.weight_all if everything and self.weight_all is not None else self.weight
