"""A whole exchange without a server, a pace or a clock of its own: what a server and a simulation both open."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from jackline.exchange.account import AccountSpec
from jackline.exchange.ports import Candle
from jackline.exchange.state import Rules
from jackline.exchange.values import WireClock
from jackline.exchange.venue import Venue, VenueSpec
from jackline.exchange.wire.auth import Gatekeeper
from jackline.exchange.wire.call import WireOptions
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.lives import Lives
from jackline.exchange.wire.rest import Rest


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeConfig:
    """`history` holds complete base bars before the start, per symbol, oldest first. `draw` gives numbers in
    [0, 1) for rules of misbehaviour that are uncertain."""

    accounts: tuple[AccountSpec, ...]
    symbols: tuple[str, ...]
    interval_ms: int
    draw: Callable[[], float]
    history: Mapping[str, Sequence[Candle]] = field(default_factory=dict)
    rules: Rules = field(default_factory=Rules)
    options: WireOptions = field(default_factory=WireOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Requests go to `rest.respond`, sockets to `floor.hub`, ticks to `floor.apply`; prices leave on
    `floor.flush`, and misbehaviour hangs on `floor.board`."""

    venue: Venue
    floor: Floor
    rest: Rest


def open_venue(config: ExchangeConfig, clock: WireClock) -> Venue:
    """The venue behind whatever wire. Raises ValueError for a symbol that cannot be served."""
    spec = VenueSpec(
        accounts=config.accounts,
        symbols=config.symbols,
        interval_ms=config.interval_ms,
        history=config.history,
        rules=config.rules,
    )
    return Venue(spec, clock)


def open_exchange(config: ExchangeConfig, clock: WireClock) -> Exchange:
    """Raises ValueError for a symbol or a speed that cannot be served."""
    venue = open_venue(config, clock)
    lives = Lives()
    lives.turn(config.options.wire_speed)
    floor = Floor(venue=venue, draw=config.draw, lives=lives)
    gatekeeper = Gatekeeper(config.accounts, venue.state.accounts)
    return Exchange(venue=venue, floor=floor, rest=Rest(floor, gatekeeper, config.options, past=venue))
