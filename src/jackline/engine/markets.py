"""What an engine hears of its markets, and whom it asks about them: bars, regimes, the strategy, the universe.

Nothing that protects a position waits for anything in here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from jackline.core.effects import NoteDenied
from jackline.core.events import BarClosed, Event
from jackline.core.orders import Bar
from jackline.core.state import State
from jackline.core.values import MarketMs, Price, Symbol
from jackline.engine.bars import BarBook
from jackline.engine.clock import TwoClocks
from jackline.engine.exit_wishes import exit_wishes
from jackline.engine.feeds import Feeds, in_shares
from jackline.engine.inbox import Inbox
from jackline.engine.opening import Opener
from jackline.engine.options import EngineOptions
from jackline.engine.recorder import Recorder
from jackline.engine.regime import RegimeBook
from jackline.engine.scan import Scan
from jackline.engine.startup import Pump, StreamingVenue
from jackline.engine.universe import UniverseKeeper, recorded_in
from jackline.store.boot import Store

log = structlog.get_logger("markets")


class Markets:
    """One account's markets. `take` hands an event to the core at once, `note` journals what strategies did wrong."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        venue: StreamingVenue,
        clock: TwoClocks,
        store: Store,
        recorder: Recorder,
        inbox: Inbox,
        opener: Opener,
        take: Callable[[Event], object],
        note: Callable[[NoteDenied], None],
        view: Callable[[], State],
    ) -> None:
        self._options = options
        self._venue = venue
        self._store = store
        self._inbox = inbox
        self._opener = opener
        self._take = take
        self._note = note
        self._view = view
        self._book = BarBook(options.strategy, options.interval_ms, options.every_bot)
        self._regime = RegimeBook(options.risk, self._is_traded)
        self.scan = Scan(self._ask, now_s=asyncio.get_running_loop().time)
        self._keeper: UniverseKeeper | None = None
        if options.universe is not None:
            feeds = Feeds(
                venue=venue,
                interval_ms=options.interval_ms,
                known=self._book.last_open_ms,
                sink=self._regime.between(inbox.put),
            )
            self._keeper = UniverseKeeper(
                options=options,
                rules=options.universe,
                venue=venue,
                clock=clock,
                recorder=recorder,
                inbox=inbox,
                opener=opener,
                feeds=feeds,
                load=self._load,
                only_read=lambda: self._regime.only_read,
                view=view,
            )

    @property
    def members(self) -> tuple[Symbol, ...]:
        """What may be opened now."""
        return self._options.symbols if self._keeper is None else self._keeper.members

    def _is_traded(self, symbol: Symbol) -> bool:
        """It may be opened, or something is open there."""
        return symbol in self.members or any(trade.symbol == symbol for trade in self._view().trades.values())

    def newest(self, symbol: Symbol) -> tuple[MarketMs, Price] | None:
        """When the newest bar of a symbol closed, and at what; None without one."""
        return self._book.newest(symbol)

    # -- bars ------------------------------------------------------------------------------------------------

    def on_bar(self, event: BarClosed) -> None:
        """Keep the bar after it has moved its regime; strategies are asked in the scan (D1)."""
        symbol = event.bar.symbol
        moved = self._regime.add(event.bar)
        if moved is not None:
            self._inbox.put(moved)
        self.scan.settle(symbol)
        if not self._book.add(event.bar):
            log.warning("bars_gap", symbol=symbol, open_ms=event.bar.open_ms)
            return
        self.scan.add(symbol)

    def _load(self, symbol: Symbol, bars: Iterable[Bar]) -> None:
        """Take a history, oldest first."""
        history = tuple(bars)
        if self._is_traded(symbol):
            self._book.load(symbol, history)
        moved = self._regime.load(symbol, history)
        if moved is not None:
            self._inbox.put(moved)

    def _ask(self, symbol: Symbol) -> None:
        """What each bot thinks of its open trade, and what it wants, at the close of the newest bar.

        On a symbol that has left the universe what is open may be closed, and nothing is opened.
        """
        bars = self._book.bars(symbol)
        for one in self._options.every_bot:
            for opinion in exit_wishes(one, bars, self._options.interval_ms, self._view()):
                if isinstance(opinion, NoteDenied):
                    self._note(opinion)
                else:
                    self._take(opinion)
        if symbol not in self.members:
            return
        for wish in self._book.wishes(symbol, self._view().bots_stopped):
            if isinstance(wish, NoteDenied):
                self._note(wish)
            else:
                log.info("signal", symbol=wish.symbol, side=wish.side, reason=wish.reason, bot=wish.bot)
                self._inbox.put(wish)

    # -- bring-up --------------------------------------------------------------------------------------------

    async def bring_up(self) -> None:
        """History, streams, canaries; protection is already running."""
        if self._keeper is not None:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keeper.run(recorded_in(self._store)))
                group.create_task(self._opener.run())
            return
        streamed = (*self._regime.only_read, *self._options.symbols)
        held = {trade.symbol for trade in self._view().trades.values()}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._opener.run())
            # The history of hundreds takes minutes: those that have theirs are traded meanwhile.
            for share in in_shares(streamed, first=held):
                market = await self._stream_of(share)
                group.create_task(market.run())
                for symbol in share:
                    self._opener.want(symbol)

    async def _stream_of(self, share: tuple[Symbol, ...]) -> Pump:
        """Their history is read first: a stream that opens after it has little to read again."""
        after = {}
        for symbol in share:
            bars = await self._opener.history(symbol)
            self._load(symbol, bars)
            if bars:
                after[symbol] = bars[-1].open_ms
        return self._venue.market_stream(
            symbols=share,
            interval_ms=self._options.interval_ms,
            after=after,
            sink=self._regime.between(self._inbox.put),
        )
