"""Binance USDⓈ-M behind the port: the rooms of this package put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from jackline.core.events import Event
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar, MarginType, Snapshot
from jackline.core.outcomes import OrderAnswer, Outcome, Unknown
from jackline.core.ports import Clock
from jackline.core.requests import Mutation, ReadFills, ReadIncome, ReadOrder, ReadSnapshot
from jackline.core.universe import Listing
from jackline.core.values import MarketMs, Symbol
from jackline.venue.binance.connection import BinanceSettings, Connection
from jackline.venue.binance.facts import FactReader
from jackline.venue.binance.listings import read_listings
from jackline.venue.binance.market_stream import SYMBOLS_PER_SOCKET, MarketStream, MarketStreams
from jackline.venue.binance.orders import OrderDesk
from jackline.venue.binance.rows import ListenKeyRow
from jackline.venue.binance.snapshot import SnapshotReader
from jackline.venue.binance.symbol_settings import SymbolSettings
from jackline.venue.binance.user_stream import UserStream
from jackline.venue.binance.wire import read_failure
from jackline.venue.net import Net
from jackline.venue.port import AccountFacts, Failed, FillPage, IncomePage, KeyFacts, SymbolFacts
from jackline.venue.profile import BINANCE_USDM, VenueProfile
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.gate import EntryPermit
from jackline.venue.transport.lanes import Lane

LISTEN_KEY_DEADLINE_S = 2.0
"""Asking for the key of the user stream."""
ALONE_S = 0.15
"""Several round trips; on a slower line a start does not wait for the answer."""


class BinanceVenue:
    """One account. Fulfils `Venue`; adds the streams, which belong to whoever runs the inbox."""

    def __init__(self, *, settings: BinanceSettings, clock: Clock, permit: EntryPermit, net: Net) -> None:
        self._net = net
        self._connection = Connection(settings=settings, clock=clock, permit=permit, net=net)
        self._desk = OrderDesk(self._connection)
        self._snapshots = SnapshotReader(self._connection)
        self._facts = FactReader(self._connection)
        self._settings = SymbolSettings(self._connection)

    @property
    def profile(self) -> VenueProfile:
        return BINANCE_USDM

    async def send(self, request: Mutation) -> Outcome:
        return await self._desk.send(request)

    async def read_order(self, request: ReadOrder) -> OrderAnswer:
        return await self._desk.ask(request)

    async def read_snapshot(self, request: ReadSnapshot) -> Snapshot | Unknown:
        return await self._snapshots.read(request)

    async def read_fills(self, request: ReadFills) -> FillPage | Unknown:
        return await self._facts.fills(request)

    async def read_income(self, request: ReadIncome) -> IncomePage | Unknown:
        return await self._facts.income(request)

    async def read_bars(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        return await self._facts.bars(symbol, interval_ms, limit)

    async def read_instruments(self, symbols: Sequence[Symbol] | None) -> dict[Symbol, Instrument] | Failed:
        return await self._facts.instruments(symbols)

    async def read_listings(self) -> tuple[Listing, ...] | Failed:
        return await read_listings(self._connection)

    async def read_account(self) -> AccountFacts | Failed:
        return await self._facts.account()

    async def read_key(self) -> KeyFacts | Failed:
        return await self._facts.key()

    async def prepare_symbol(
        self, symbol: Symbol, leverage: int, margin_type: MarginType
    ) -> SymbolFacts | Failed:
        return await self._settings.prepare(symbol, leverage, margin_type)

    async def read_symbol(self, symbol: Symbol) -> SymbolFacts | Failed:
        """Leverage and margin type as they are set; nothing is changed."""
        return await self._settings.symbol(symbol)

    def weight_used(self) -> int | None:
        """What the venue counted last of this minute's request weight; None before it has said so."""
        return self._connection.budget.weight_used(self._connection.wire_ms())

    @property
    def clock_jitter_ms(self) -> int:
        """How far the samples of the venue's clock lie apart."""
        return self._connection.offset.jitter_ms

    async def read_clock_offset_ms(self) -> int | Unknown:
        try:
            await self._connection.sample_clock()
        except WIRE_TROUBLE as error:
            return Unknown(cause=f"clock: {error}")
        return self._connection.behind_ms

    def on_key_doubt(self, tell: Callable[[], None]) -> None:
        self._connection.key.tell = tell

    def key_is_doubted(self) -> bool:
        return self._connection.key.stands

    def pace_refusal(self) -> str | None:
        return self._connection.budget.pace_refusal(self._connection.wire_ms())

    def share(self, *, with_engine: bool) -> None:
        """The venue counts weight by the minute, and tells everybody how much is used: nothing to divide."""

    async def close(self) -> None:
        await self._connection.shut()

    async def warm(self) -> None:
        """Open connections ahead of the first stop."""
        await self._connection.warm()

    async def keep_clock(self) -> None:
        """Refresh the clock offset, and keep the second way for stops open, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._connection.keep_clock())
            group.create_task(self._connection.keep_second_path())

    def user_stream(self, sink: Callable[[Event], None]) -> UserStream:
        """The pump of private events; `run` it."""
        settings = self._connection.settings

        def hear(event: Event) -> None:
            self._settings.hear(event)
            sink(event)

        return UserStream(
            net=self._net,
            root=settings.endpoint.socket,
            listen_key=self._listen_key,
            sink=hear,
            hide=settings.credentials.hidden_in,
        )

    def market_stream(
        self,
        *,
        symbols: Sequence[Symbol],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        sink: Callable[[Event], None],
    ) -> MarketStreams:
        """The pump of bars and marks; bars up to and including the open time in `after` are already known."""
        shares = (
            tuple(symbols[first : first + SYMBOLS_PER_SOCKET])
            for first in range(0, len(symbols), SYMBOLS_PER_SOCKET)
        )
        return MarketStreams(
            [
                MarketStream(
                    net=self._net,
                    root=self._connection.settings.endpoint.socket,
                    symbols=share,
                    interval_ms=interval_ms,
                    after={symbol: after[symbol] for symbol in share if symbol in after},
                    read_bars=self.read_bars,
                    sink=sink,
                    hide=self._connection.settings.credentials.hidden_in,
                )
                for share in shares
            ]
        )

    async def _listen_key(self) -> str | Failed:
        """Create the key or extend it: the venue returns the same one. It is shared, so it is never
        deleted."""
        try:
            row = await self._connection.call(
                Lane.GUARD, "POST", "listenKey", {}, row=ListenKeyRow, deadline_s=LISTEN_KEY_DEADLINE_S
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)
        return row.listenKey


async def open_binance(
    *, settings: BinanceSettings, clock: Clock, permit: EntryPermit, net: Net
) -> BinanceVenue:
    """A venue with its clock measured and its connections warm, as far as the venue answers."""
    venue = BinanceVenue(settings=settings, clock=clock, permit=permit, net=net)
    # Its first answer says how much of the minute's weight is left: a start that will fail for it asks no dozen more.
    async with asyncio.TaskGroup() as group:
        clock_read = group.create_task(venue.read_clock_offset_ms())
        await asyncio.wait({clock_read}, timeout=ALONE_S)
        group.create_task(venue.warm())
    return venue
