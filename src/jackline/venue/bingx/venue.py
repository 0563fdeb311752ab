"""BingX perpetual swap v2 behind the port: the rooms of this package put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from jackline.core.events import Event
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar, MarginType, Snapshot
from jackline.core.outcomes import OrderAnswer, Outcome, Unknown
from jackline.core.ports import Clock
from jackline.core.requests import Mutation, ReadFills, ReadIncome, ReadOrder, ReadSnapshot
from jackline.core.universe import Listing
from jackline.core.values import MarketMs, Symbol
from jackline.venue.bingx.connection import BingxSettings, Connection, Section
from jackline.venue.bingx.facts import FactReader
from jackline.venue.bingx.history import FillHistory
from jackline.venue.bingx.listings import read_listings
from jackline.venue.bingx.market_stream import MarketStream
from jackline.venue.bingx.orders import OrderDesk
from jackline.venue.bingx.rows import ListenKeyRow
from jackline.venue.bingx.snapshot import SnapshotReader
from jackline.venue.bingx.user_stream import UserStream
from jackline.venue.bingx.wire import read_failure
from jackline.venue.net import TalkingNet
from jackline.venue.port import (
    KEY_UNTOLD,
    AccountFacts,
    Failed,
    FillPage,
    IncomePage,
    KeyFacts,
    SymbolFacts,
)
from jackline.venue.profile import BINGX_SWAP, VenueProfile
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.gate import EntryPermit
from jackline.venue.transport.lanes import Lane

LISTEN_KEY_DEADLINE_S = 2.0
"""Asking for the key of the user stream."""
LISTEN_KEY = "userDataStream"


class BingxVenue:
    """One account. Fulfils `Venue`; adds the streams, which belong to whoever runs the inbox."""

    def __init__(
        self, *, settings: BingxSettings, clock: Clock, permit: EntryPermit, net: TalkingNet
    ) -> None:
        self._net = net
        self._connection = Connection(settings=settings, clock=clock, permit=permit, net=net)
        self._desk = OrderDesk(self._connection)
        self._snapshots = SnapshotReader(self._connection)
        self._facts = FactReader(self._connection)
        self._history = FillHistory(self._connection)

    @property
    def profile(self) -> VenueProfile:
        return BINGX_SWAP

    async def send(self, request: Mutation) -> Outcome:
        return await self._desk.send(request)

    async def read_order(self, request: ReadOrder) -> OrderAnswer:
        return await self._desk.ask(request)

    async def read_snapshot(self, request: ReadSnapshot) -> Snapshot | Unknown:
        return await self._snapshots.read(request)

    async def read_fills(self, request: ReadFills) -> FillPage | Unknown:
        return await self._history.read(request)

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
        """This venue's route for it is not served anywhere we could have tried it. After a refusal the key must be
        taken again."""
        doubt = self._connection.key
        if doubt.stands:
            before = doubt.refusals
            account = await self._facts.account()
            if not isinstance(account, AccountFacts):
                return account
            doubt.settle(before)
        return KEY_UNTOLD

    async def prepare_symbol(
        self, symbol: Symbol, leverage: int, margin_type: MarginType
    ) -> SymbolFacts | Failed:
        return await self._facts.prepare(symbol, leverage, margin_type)

    async def read_symbol(self, symbol: Symbol) -> SymbolFacts | Failed:
        """Leverage and margin type as they are set; nothing is changed."""
        return await self._facts.symbol(symbol)

    def weight_used(self) -> int | None:
        """None: ceilings here are a second's, and nothing is counted over a minute."""
        return None

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
        """Ceilings are a second's, and every question waits for its turn: nothing to run out of."""
        return None

    def share(self, *, with_engine: bool) -> None:
        self._connection.is_guest, self._connection.is_alone = with_engine, not with_engine

    async def close(self) -> None:
        await self._connection.shut()

    async def warm(self) -> None:
        """Open connections ahead of the first stop."""
        await self._connection.warm()

    async def keep_clock(self) -> None:
        """Refresh the clock offset until cancelled."""
        await self._connection.keep_clock()

    def user_stream(self, sink: Callable[[Event], None]) -> UserStream:
        """The pump of private events; `run` it."""
        return UserStream(
            net=self._net,
            root=self._connection.settings.endpoint.socket,
            make_key=self._make_key,
            extend_key=self._extend_key,
            sink=sink,
            hide=self._connection.settings.credentials.hidden_in,
        )

    def market_stream(
        self,
        *,
        symbols: Sequence[Symbol],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        sink: Callable[[Event], None],
    ) -> MarketStream:
        """The pump of bars and marks; bars up to and including the open time in `after` are already known."""
        return MarketStream(
            net=self._net,
            root=self._connection.settings.endpoint.socket,
            symbols=tuple(symbols),
            interval_ms=interval_ms,
            after=after,
            read_bars=self.read_bars,
            sink=sink,
            hide=self._connection.settings.credentials.hidden_in,
        )

    async def _make_key(self) -> str | Failed:
        """Another key each time; each lives for an hour."""
        try:
            row = await self._connection.call(
                Lane.GUARD,
                "POST",
                LISTEN_KEY,
                {},
                row=ListenKeyRow,
                deadline_s=LISTEN_KEY_DEADLINE_S,
                section=Section.USER,
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)
        return row.listenKey

    async def _extend_key(self, key: str) -> Failed | None:
        """None when it lives for another hour."""
        try:
            await self._connection.call(
                Lane.GUARD,
                "PUT",
                LISTEN_KEY,
                {"listenKey": key},
                row=dict[str, Any],
                deadline_s=LISTEN_KEY_DEADLINE_S,
                section=Section.USER,
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)
        return None


async def open_bingx(
    *, settings: BingxSettings, clock: Clock, permit: EntryPermit, net: TalkingNet
) -> BingxVenue:
    """A venue with its clock measured and its connections warm, as far as the venue answers."""
    venue = BingxVenue(settings=settings, clock=clock, permit=permit, net=net)
    await asyncio.gather(venue.read_clock_offset_ms(), venue.warm())
    return venue
