"""The venue with everything that stands around it on the wire: listeners, keys, and the way events reach
them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from jackline.exchange.ports import Tick
from jackline.exchange.venue import Venue
from jackline.exchange.wire.faults import Deed, ForgetKey, GoDeaf, HangUp, Rule, Stale
from jackline.exchange.wire.json import Json
from jackline.exchange.wire.listen_keys import ListenKeys
from jackline.exchange.wire.lives import Lives
from jackline.exchange.wire.market_streams import MarketStreams
from jackline.exchange.wire.misbehaviour import Board
from jackline.exchange.wire.streams import Hub
from jackline.exchange.wire.traffic import Traffic
from jackline.exchange.wire.user_events import user_messages

SOCKET_LIFE_MS: Final = 24 * 3_600_000
"""A connection is good for a day, whatever it carries. The venue announces the end by the close frame alone (1001)."""


def _surely() -> float:
    """The draw of a board whose owner gave none: whatever may happen, happens."""
    return 0.0


@dataclass(slots=True, kw_only=True)
class Floor:
    """Shared by the REST surface, the control surface and the runner; all on one loop, so nothing
    interleaves. `draw` decides the uncertain rules of the board."""

    venue: Venue
    draw: Callable[[], float] = _surely
    lives: Lives = field(default_factory=Lives)
    traffic: Traffic = field(default_factory=Traffic)
    listen_keys: ListenKeys = field(init=False)
    board: Board = field(init=False)
    hub: Hub = field(init=False)
    streams: MarketStreams = field(init=False)

    def __post_init__(self) -> None:
        self.board = Board(self.venue.state.clock.wire_ms, self.draw)
        self.listen_keys = ListenKeys(self.lives)
        self.hub = Hub(self.board)
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
        self.hub.release()
        for event in self.venue.drain():
            key = self.listen_keys.current(event.account)
            if key is not None and self.hub.heard(key):
                for message in user_messages(event):
                    self.hub.publish(key, message, account=event.account)

    def flush(self, *, force: bool = False) -> None:
        """Sends due prices and the farewell of listen keys whose hour is over, and ends sockets whose day is."""
        self.hub.release()
        clock = self.venue.state.clock
        wire_ms = clock.wire_ms()
        self.venue.run_countdowns()
        self.deliver()
        markets = list(self.venue.state.markets.values())
        self.streams.flush(markets, exact_ms=clock.exact_ms(), wire_ms=wire_ms, force=force)
        for account, key in self.listen_keys.expired(wire_ms):
            self._say_farewell(account, key)
        self.hub.retire(self.lives.scaled(SOCKET_LIFE_MS))

    def begin_maintenance(self) -> None:
        """The venue goes away: every socket is closed, and no request is served before `end_maintenance`."""
        self.venue.whims.maintenance = True
        self.hub.shut = True
        self.hub.hang_up(None)

    def end_maintenance(self) -> None:
        self.venue.whims.maintenance = False
        self.hub.shut = False

    def put_up(self, rule: Rule) -> int:
        """Puts a rule on the board. Raises ValueError for one that makes no sense.

        The past a read lag shows is kept from the first such rule on; whoever needs it earlier has the venue
        keep it."""
        number = self.board.put_up(rule)
        if isinstance(rule, Stale) and not self.venue.keeps_history:
            self.venue.keeps_history = True
        return number

    def do(self, deed: Deed) -> None:
        """What happens at once."""
        match deed:
            case ForgetKey():
                self.forget_key(deed.account, told=deed.told)
            case HangUp():
                self.hang_up(deed.account)
            case GoDeaf():
                self.go_deaf(deed.account)

    def forget_key(self, account: str, *, told: bool = False) -> None:
        """The account's listen key is gone: its sockets stay open and hear nothing more, but for a farewell where they
        are told."""
        key = self.listen_keys.close(account)
        if told and key is not None:
            self._say_farewell(account, key)

    def _say_farewell(self, account: str, key: str) -> None:
        farewell: Json = {
            "e": "listenKeyExpired",
            "E": self.venue.state.clock.wire_ms(),
            "listenKey": key,
        }
        self.hub.publish(key, farewell, account=account)

    def hang_up(self, account: str | None) -> None:
        """Closes every socket, or those of one account; one without a live key has none to lose."""
        if account is None:
            self.hub.hang_up(None)
            return
        key = self.listen_keys.current(account)
        if key is not None:
            self.hub.hang_up(key)

    def go_deaf(self, account: str | None) -> None:
        """Every stream socket, or those of one account, is half open from here on."""
        if account is None:
            self.hub.deafen(None)
            return
        key = self.listen_keys.current(account)
        if key is not None:
            self.hub.deafen(key)
