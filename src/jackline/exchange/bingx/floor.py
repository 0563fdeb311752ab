"""The venue with everything that stands around it on the BingX wire."""

from typing import Final
from urllib.parse import parse_qs

from jackline.exchange.bingx.batch_routes import run_timers
from jackline.exchange.bingx.book import Book
from jackline.exchange.bingx.listen_keys import BingxListenKeys
from jackline.exchange.bingx.market_streams import BingxStreams
from jackline.exchange.bingx.user_events import config_update, user_messages
from jackline.exchange.ports import Tick
from jackline.exchange.wire.floor import Floor
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.listen_keys import ListenKeys
from jackline.exchange.wire.market_streams import MarketStreams
from jackline.exchange.wire.misbehaviour import Board
from jackline.exchange.wire.streams import Dial, Hub

SOCKET_PATH: Final = "/swap-market"
CONFIG_PERIOD_MS: Final = 5_000.0
"""BingX repeats the account's settings this often to whoever listens: silence means a dead socket."""


def read_dial(path: str, query: str) -> Dial | None:
    """One address for everything; a listen key makes it the account's stream too."""
    if path != SOCKET_PATH:
        return None
    return Dial(combined=False, streams=tuple(parse_qs(query).get("listenKey", [])[:1]))


class BingxFloor(Floor):
    """Shared by the REST surface, the control surface and the runner, like its Binance twin."""

    keys: BingxListenKeys
    book: Book
    prices: BingxStreams

    def __post_init__(self) -> None:
        self.board = Board(self.venue.state.clock.wire_ms, self.draw)
        self.listen_keys = ListenKeys(self.lives)  # of the other wire: nothing here opens one
        self.hub = Hub(self.board, read_dial)
        self.streams = MarketStreams(self.hub)
        self.keys = BingxListenKeys()
        self.book = Book()
        self.prices = BingxStreams(self.hub)
        self._config_sent_ms: dict[str, float] = {}

    def apply(self, tick: Tick) -> None:
        self.venue.on_tick(tick)
        self.prices.on_tick(tick, self.venue.state.markets[tick.symbol])
        self.deliver()

    def deliver(self) -> None:
        """Sends the venue's events under every living key of the account they belong to."""
        self.hub.release()
        for event in self.venue.drain():
            keys = [key for key in self.keys.current(event.account) if self.hub.heard(key)]
            messages = user_messages(event, self.venue, self.book) if keys else []
            for key in keys:
                for message in messages:
                    self.hub.publish(key, message, account=event.account)

    def flush(self, *, force: bool = False) -> None:
        """Sends due prices and settings, and the farewell of keys whose hour is over."""
        self.hub.release()
        clock = self.venue.state.clock
        exact_ms, wire_ms = clock.exact_ms(), clock.wire_ms()
        run_timers(self.venue, self.book)
        self.deliver()
        markets = list(self.venue.state.markets.values())
        self.prices.flush(markets, exact_ms=exact_ms, wire_ms=wire_ms, force=force)
        self._say_settings(exact_ms=exact_ms, wire_ms=wire_ms)
        for account, key in self.keys.expired(wire_ms):
            farewell: Json = {"e": "listenKeyExpired", "E": wire_ms, "listenKey": key}
            self.hub.publish(key, farewell, account=account)
            self._config_sent_ms.pop(key, None)

    def _say_settings(self, *, exact_ms: float, wire_ms: int) -> None:
        for name, key in self.keys.living():
            if not self.hub.heard(key):
                self._config_sent_ms.pop(key, None)
                continue
            # The first one a whole period after the socket was opened.
            if exact_ms - self._config_sent_ms.setdefault(key, exact_ms) < CONFIG_PERIOD_MS:
                continue
            self._config_sent_ms[key] = exact_ms
            account = self.venue.state.accounts[name]
            for market in self.venue.state.markets.values():
                self.hub.publish(key, config_update(account, market, wire_ms=wire_ms), account=name)

    def forget_key(self, account: str) -> None:
        """The account's listen keys are gone and nobody is told: its sockets stay open and hear nothing more."""
        self.keys.close(account)

    def hang_up(self, account: str | None) -> None:
        """Closes every socket, or those of one account."""
        if account is None:
            self.hub.hang_up(None)
            return
        for key in self.keys.current(account):
            self.hub.hang_up(key)
