"""A whole BingX exchange without a server, a pace or a clock of its own."""

from dataclasses import dataclass

from jackline.exchange.bingx.floor import BingxFloor
from jackline.exchange.bingx.gate import Gate
from jackline.exchange.bingx.rest import BingxRest
from jackline.exchange.values import WireClock
from jackline.exchange.venue import Venue
from jackline.exchange.wire.auth import Gatekeeper
from jackline.exchange.wire.exchange import ExchangeConfig, open_venue


@dataclass(frozen=True, slots=True, kw_only=True)
class BingxExchange:
    """Requests go to `rest.respond`, sockets to `floor.hub`, ticks to `floor.apply`; prices leave on `floor.flush`."""

    venue: Venue
    floor: BingxFloor
    rest: BingxRest


def open_bingx(config: ExchangeConfig, clock: WireClock) -> BingxExchange:
    """Raises ValueError for a symbol that cannot be served."""
    venue = open_venue(config, clock)
    floor = BingxFloor(venue=venue, draw=config.draw)
    gate = Gate(Gatekeeper(config.accounts, venue.state.accounts))
    return BingxExchange(venue=venue, floor=floor, rest=BingxRest(floor, gate, config.options))
