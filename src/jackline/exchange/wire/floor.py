"""The venue with everything that stands around it on the wire: listeners, keys, and the way events reach
them."""

from dataclasses import dataclass, field

from jackline.exchange.ports import Tick
from jackline.exchange.venue import Venue
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.listen_keys import ListenKeys
from jackline.exchange.wire.market_streams import MarketStreams
from jackline.exchange.wire.streams import Hub
from jackline.exchange.wire.user_events import user_messages


@dataclass(slots=True, kw_only=True)
class Floor:
    """Shared by the REST surface, the control surface and the runner; all on one loop, so nothing
    interleaves."""

    venue: Venue
    hub: Hub = field(default_factory=Hub)
    listen_keys: ListenKeys = field(default_factory=ListenKeys)
    streams: MarketStreams = field(init=False)

    def __post_init__(self) -> None:
        self.streams = MarketStreams(self.hub)

    def apply(self, tick: Tick) -> None:
        """Lets the venue take one step and tells everyone concerned."""
        self.venue.on_tick(tick)
        state = self.venue.state
        self.streams.on_tick(tick, state.markets[tick.symbol], wire_ms=state.clock.wire_ms())
        self.deliver()

    def deliver(self) -> None:
        """Sends the venue's events to the accounts they belong to; an account without a live key misses
        them."""
        for event in self.venue.drain():
            key = self.listen_keys.current(event.account)
            if key is not None:
                for message in user_messages(event):
                    self.hub.publish(key, message)

    def flush(self, *, force: bool = False) -> None:
        """Sends due prices, and the farewell of listen keys whose hour is over."""
        clock = self.venue.state.clock
        wire_ms = clock.wire_ms()
        markets = list(self.venue.state.markets.values())
        self.streams.flush(markets, exact_ms=clock.exact_ms(), wire_ms=wire_ms, force=force)
        for key in self.listen_keys.expired(wire_ms):
            farewell: Json = {"e": "listenKeyExpired", "E": wire_ms, "listenKey": key}
            self.hub.publish(key, farewell)
