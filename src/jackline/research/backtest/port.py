"""The local exchange behind the engine's port, spoken to in process: no HTTP, no JSON, no signature, the same answers.

Every request takes one hop of virtual time to arrive, so that what a bar's close decides meets the next bar's open.
That a backtest comes out the same over this port and over the real transport is a test
(tests/research/test_transports.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from jackline.core.events import BarClosed, MarkMoved, StreamChanged
from jackline.core.instrument import Instrument
from jackline.core.orders import BalanceView, Bar, IncomeView, MarginType, PositionMode, Snapshot
from jackline.core.outcomes import NotSent, OrderAnswer, Outcome, Unknown
from jackline.core.ports import Clock
from jackline.core.requests import Mutation, ReadFills, ReadIncome, ReadOrder, ReadSnapshot, SendEntry
from jackline.core.universe import Listing
from jackline.core.values import ZERO, MarketMs, Price, Quantity, Quote, Symbol
from jackline.engine.process import Permit
from jackline.engine.startup import EventSink
from jackline.exchange.account import Account
from jackline.exchange.errors import VenueError
from jackline.exchange.ports import Candle, Tick
from jackline.exchange.values import MarginType as VenueMargin
from jackline.exchange.venue import Venue
from jackline.research.backtest import port_views as views
from jackline.research.backtest.port_orders import carry_out, look_up
from jackline.venue.binance.refusals import OURS, refused
from jackline.venue.port import (
    KEY_UNTOLD,
    AccountFacts,
    Failed,
    FillPage,
    IncomePage,
    KeyFacts,
    SymbolFacts,
)
from jackline.venue.profile import BINANCE_USDM, VenueProfile

HOP_S = 0.001
"""From the engine to the exchange, and back with the answer in the same moment."""
_MARGINS = {MarginType.ISOLATED: VenueMargin.ISOLATED, MarginType.CROSS: VenueMargin.CROSSED}


class DirectPort:
    """`engine.startup.StreamingVenue` of one account of a local exchange, in the same process."""

    def __init__(self, venue: Venue, account: Account, *, clock: Clock, permit: Permit) -> None:
        self._venue, self._account = venue, account
        self._clock, self._permit = clock, permit
        self._hints = views.Hints()
        self._incomes: list[IncomeView] = []  # of the exchange's own list, which only grows
        self._user: EventSink | None = None
        self._market: EventSink | None = None

    @property
    def profile(self) -> VenueProfile:
        return BINANCE_USDM

    # -- what the exchange tells -----------------------------------------------------------------------------

    def apply(self, tick: Tick) -> None:
        """The exchange takes a step, and the engine hears of it: what it did, then the price, then the bar."""
        self._venue.on_tick(tick)
        self.deliver()
        if self._market is not None:
            mark = Price(self._venue.state.markets[tick.symbol].mark)
            symbol, market_ms = Symbol(tick.symbol), MarketMs(tick.market_ms)
            self._market(MarkMoved(symbol=symbol, mark=mark, market_ms=market_ms))
        if tick.closes is not None and self._market is not None:
            interval_ms = self._venue.state.markets[tick.symbol].interval_ms
            self._market(BarClosed(bar=_bar(Symbol(tick.symbol), tick.closes, interval_ms)))

    def deliver(self) -> None:
        """Tell the engine what has happened to its account."""
        for event in self._venue.drain():
            for hint in self._hints.of(event):
                if self._user is not None:
                    self._user(hint)

    def user_stream(self, sink: EventSink) -> _Listening:
        """Private events."""

        def begin() -> None:
            self._user = sink
            sink(StreamChanged(up=True))

        return _Listening(begin)

    def market_stream(
        self,
        *,
        symbols: tuple[Symbol, ...],
        interval_ms: int,
        after: dict[Symbol, MarketMs],
        sink: EventSink,
    ) -> _Listening:
        """Completed bars and marks, from the one that stands now on."""

        def begin() -> None:
            self._market = sink
            for symbol in symbols:
                market = self._venue.state.markets[symbol]
                mark, market_ms = Price(market.mark), MarketMs(market.market_ms)
                sink(MarkMoved(symbol=symbol, mark=mark, market_ms=market_ms))

        return _Listening(begin)

    async def keep_clock(self) -> None:
        """There is one clock."""
        await asyncio.get_running_loop().create_future()

    # -- mutations and queries -------------------------------------------------------------------------------

    async def send(self, request: Mutation) -> Outcome:
        if isinstance(request, SendEntry):
            why = self._permit(request)
            if why is not None or self._clock.now().wire_ms > request.entry.entry_latest_ms:
                return NotSent(why=why or "the entry is late")
        await asyncio.sleep(HOP_S)
        outcome = carry_out(self._venue, self._account, request)
        self.deliver()
        return outcome

    async def read_order(self, request: ReadOrder) -> OrderAnswer:
        await asyncio.sleep(HOP_S)
        return look_up(self._account, request)

    async def read_snapshot(self, request: ReadSnapshot) -> Snapshot | Unknown:
        asked_ms = self._clock.now().wire_ms
        await asyncio.sleep(HOP_S)
        state, account = self._venue.state, self._account
        positions = tuple(views.position_view(state, account, one) for one in account.open_positions())
        listed = None
        if request.symbols is not None:
            listed = frozenset((*request.symbols, *(one.symbol for one in positions)))
        orders = (
            *(views.order_view(one) for one in account.open_orders.values()),
            *(views.algo_view(one) for one in account.open_algos.values()),
        )
        balance = self._balance() if request.money else None
        return Snapshot(
            asked=request.asked,
            symbols=listed,
            asked_ms=asked_ms,
            received_ms=self._clock.now().wire_ms,
            positions=positions,
            orders=tuple(one for one in orders if listed is None or one.key.symbol in listed),
            equity_quote=None if balance is None else balance.equity_quote,
            balance=balance,
        )

    def _balance(self) -> BalanceView:
        marks, account = self._venue.state.markets, self._account
        profit = sum((one.unrealised(marks[one.symbol].mark) for one in account.open_positions()), ZERO)
        return BalanceView(
            wallet_quote=Quote(account.wallet),
            equity_quote=Quote(account.wallet + profit),
            asked_ms=self._clock.now().wire_ms,
        )

    async def read_fills(self, request: ReadFills) -> FillPage | Unknown:
        await asyncio.sleep(HOP_S)
        fills = []
        for fill in reversed(self._account.fills):
            if fill.trade_id <= request.after_fill_id:
                break
            if fill.symbol == request.symbol:
                fills.append(views.fill_view(fill))
        return FillPage(fills=tuple(reversed(fills)), complete=True)

    async def read_income(self, request: ReadIncome) -> IncomePage | Unknown:
        await asyncio.sleep(HOP_S)
        listed, known = self._account.incomes, self._incomes
        known += [views.income_view(income) for income in listed[len(known) :]]
        begin = len(known)
        while begin and known[begin - 1].wire_ms >= request.after_ms:
            begin -= 1
        return IncomePage(rows=tuple(known[begin:]), complete=True)

    # -- facts -----------------------------------------------------------------------------------------------

    async def read_bars(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        bars = self._venue.state.markets[symbol].bars(interval_ms, limit)
        return tuple(_bar(symbol, bar, interval_ms) for bar in bars)

    async def read_instruments(self, symbols: Sequence[Symbol] | None) -> dict[Symbol, Instrument] | Failed:
        markets = self._venue.state.markets
        names = [name for name in markets if symbols is None or name in symbols]
        return {Symbol(name): views.instrument(markets[name].symbol) for name in names}

    async def read_listings(self) -> tuple[Listing, ...] | Failed:
        return Unknown(cause="a backtest lists no markets: it trades those it has bars of")

    async def read_account(self) -> AccountFacts | Failed:
        balance = self._balance()
        return AccountFacts(
            mode=PositionMode.HEDGE if self._account.hedge else PositionMode.NETTING,
            asked_ms=balance.asked_ms,
            equity_quote=balance.equity_quote,
            wallet_quote=balance.wallet_quote,
            available_quote=balance.wallet_quote,
        )

    async def read_key(self) -> KeyFacts | Failed:
        return KEY_UNTOLD

    async def prepare_symbol(
        self, symbol: Symbol, leverage: int, margin_type: MarginType
    ) -> SymbolFacts | Failed:
        await asyncio.sleep(HOP_S)
        setting = self._account.setting(symbol)
        try:
            if setting.margin_type is not _MARGINS[margin_type]:
                self._venue.set_margin_type(self._account, symbol, _MARGINS[margin_type])
            if setting.leverage != leverage:
                self._venue.set_leverage(self._account, symbol, leverage)
        except VenueError as refusal:
            return refused(refusal.code, refusal.text)
        self.deliver()
        if setting.leverage != leverage or setting.margin_type is not _MARGINS[margin_type]:
            return refused(OURS, f"{symbol}: {setting.leverage}x {setting.margin_type} after setting it")
        return SymbolFacts(symbol=symbol, leverage=leverage, margin_type=margin_type)

    async def read_clock_offset_ms(self) -> int | Unknown:
        return 0

    def on_key_doubt(self, tell: Callable[[], None]) -> None:
        """There is no key that could be refused."""

    def key_is_doubted(self) -> bool:
        return False

    def pace_refusal(self) -> str | None:
        return None

    def share(self, *, with_engine: bool) -> None:
        """Nobody else asks."""

    async def close(self) -> None:
        """Nothing to hang up."""


class _Listening:
    """A stream: it begins once, and says what it says by being called."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin

    async def run(self) -> None:
        """Until cancelled."""
        self._begin()
        await asyncio.get_running_loop().create_future()


def _bar(symbol: Symbol, candle: Candle, interval_ms: int) -> Bar:
    return Bar(
        symbol=symbol,
        open_ms=MarketMs(candle.open_ms),
        interval_ms=interval_ms,
        open=Price(candle.open),
        high=Price(candle.high),
        low=Price(candle.low),
        close=Price(candle.close),
        volume=Quantity(candle.volume),
    )
