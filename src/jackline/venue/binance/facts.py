"""What the venue knows besides orders: account, symbol settings, instruments, fills, income, bars."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TypeVar

import structlog

from jackline.core.errors import InvariantBroken
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar, PositionMode
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadFills, ReadIncome
from jackline.core.values import Quote, Symbol, WireMs
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.parse import (
    QUOTE_ASSET,
    KlineRow,
    completed_bars,
    fill_view,
    income_view,
    instrument,
)
from jackline.venue.binance.refusals import refused
from jackline.venue.binance.rows import (
    AccountRow,
    BracketsRow,
    ExchangeInfoRow,
    IncomeRow,
    KeyRow,
    ModeRow,
    PremiumRow,
    TradeRow,
)
from jackline.venue.binance.wire import NOT_OFFERED, read_failure
from jackline.venue.port import (
    KEY_UNTOLD,
    AccountFacts,
    Failed,
    FillPage,
    IncomePage,
    KeyFacts,
)
from jackline.venue.transport.budget import Need
from jackline.venue.transport.failures import WIRE_TROUBLE, Garbled, VenueSaid
from jackline.venue.transport.hedge import hedged
from jackline.venue.transport.lanes import Lane

T = TypeVar("T")

log = structlog.get_logger("facts")

READ_DEADLINE_S = 2.0
"""Facts are read at start-up and in recovery; slower than this is a venue in trouble."""
KEY_DEADLINE_S = 1.0
"""A start waits for this after everything that is open has its stop; nothing may enter before it was answered."""
INSTRUMENTS_DEADLINE_S = 5.0
"""Exchange information is megabytes."""
BULK_DEADLINE_S = 10.0
"""History waits in a queue of its own."""
AGAIN_S = 0.8
"""A start asks again after this: longer than megabytes take, and three times within P1's deadline after it is able."""
FILLS_PER_PAGE = 1_000
"""The venue's largest page of trades."""
INCOME_PER_PAGE = 1_000
BARS_MAX = 1_499
"""The venue's largest page of candles, less the forming one."""
BULK_LATER = 429
"""Code of our own refusal to read history when the request weight runs short."""

_INTERVALS = {
    60_000: "1m",
    180_000: "3m",
    300_000: "5m",
    900_000: "15m",
    1_800_000: "30m",
    3_600_000: "1h",
    7_200_000: "2h",
    14_400_000: "4h",
    21_600_000: "6h",
    28_800_000: "8h",
    43_200_000: "12h",
    86_400_000: "1d",
}


def interval_name(interval_ms: int) -> str:
    """The venue's word for a bar length. Raises ValueError for one it does not have."""
    name = _INTERVALS.get(interval_ms)
    if name is None:
        raise ValueError(f"interval {interval_ms} ms is not one of {sorted(_INTERVALS)}")
    return name


class FactReader:
    """Questions whose answers change slowly."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def account(self) -> AccountFacts | Failed:
        """Mode and balances, asked side by side: a start waits for both."""
        mode, balances = await asyncio.gather(
            # Where the mode alone is asked for, the venue counts six times as much.
            self._at_once("accountConfig", row=ModeRow, deadline_s=READ_DEADLINE_S),
            hedged(self._balances, every_s=AGAIN_S),
        )
        if not isinstance(mode, ModeRow):
            return mode
        if not isinstance(balances, tuple):
            return balances
        asked_ms, account = balances
        return AccountFacts(
            mode=PositionMode.HEDGE if mode.dualSidePosition else PositionMode.NETTING,
            asked_ms=asked_ms,
            equity_quote=Quote(account.totalMarginBalance),
            wallet_quote=Quote(account.totalWalletBalance),
            available_quote=Quote(account.availableBalance),
        )

    async def _balances(self) -> tuple[WireMs, AccountRow] | Failed:
        """With the venue's clock, as far as we know it, when they were asked for."""
        asked_ms = self._connection.venue_ms()
        try:
            row = await self._signed(
                "account", {}, row=AccountRow, section=Section.SIGNED_V3, need=Need.BEGINS
            )
            return asked_ms, row
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def key(self) -> KeyFacts | Failed:
        """What the key may do. Asked once, with a short deadline: no protection depends on it."""
        doubt = self._connection.key
        before = doubt.refusals
        try:
            row = await self._connection.read(
                "account/apiRestrictions",
                {},
                row=KeyRow,
                deadline_s=KEY_DEADLINE_S,
                section=Section.WALLET,
            )
        except WIRE_TROUBLE as error:
            if isinstance(error, VenueSaid) and error.status == NOT_OFFERED:
                doubt.settle(before)
                return KEY_UNTOLD
            return read_failure(error)
        doubt.settle(before)
        return KeyFacts(
            may_withdraw=row.enableWithdrawals,
            may_transfer=row.enableInternalTransfer or row.permitsUniversalTransfer,
            is_bound_to_addresses=row.ipRestrict,
            may_trade=row.enableFutures,
        )

    async def instruments(self, symbols: Sequence[Symbol] | None) -> dict[Symbol, Instrument] | Failed:
        """Filters and tiers of perpetuals, halted ones too, for a position in one of them wants its stop as any other.

        None asks for all of them, at the same cost.
        """
        info, tables = await asyncio.gather(
            self._at_once(
                "exchangeInfo",
                row=ExchangeInfoRow,
                deadline_s=INSTRUMENTS_DEADLINE_S,
                lane=Lane.DATA,
                section=Section.PUBLIC,
            ),
            self._at_once(
                "leverageBracket", row=list[BracketsRow], deadline_s=INSTRUMENTS_DEADLINE_S, lane=Lane.DATA
            ),
        )
        if not isinstance(info, ExchangeInfoRow):
            return info
        if not isinstance(tables, list):
            return tables
        brackets = {table.symbol: table for table in tables}
        found: dict[Symbol, Instrument] = {}
        for row in info.symbols:
            wanted = symbols is None or row.symbol in symbols
            if not (wanted and row.symbol in brackets and row.contractType == "PERPETUAL"):
                continue
            try:
                found[Symbol(row.symbol)] = instrument(row, brackets[row.symbol])
            except (Garbled, InvariantBroken) as error:
                # One symbol that is on its way in or out must not keep the others unprotected (P1).
                log.warning("symbol_unreadable", symbol=row.symbol, detail=str(error))
        return found

    async def fills(self, request: ReadFills) -> FillPage | Unknown:
        """One page of the trade list by id: time windows would lose what happened while we were away."""
        params = {
            "symbol": request.symbol,
            "fromId": str(request.after_fill_id + 1),
            "limit": str(FILLS_PER_PAGE),
        }
        try:
            rows = await self._signed("userTrades", params, row=list[TradeRow])
            fills = tuple(fill_view(row) for row in sorted(rows, key=lambda row: row.id))
        except WIRE_TROUBLE as error:
            return Unknown(cause=f"fills of {request.symbol}: {error}")
        return FillPage(fills=fills, complete=len(rows) < FILLS_PER_PAGE)

    async def income(self, request: ReadIncome) -> IncomePage | Unknown:
        """One page of every kind of income. Rows in another coin move no quote: the wallet check sees to them."""
        params = {"startTime": str(request.after_ms), "limit": str(INCOME_PER_PAGE)}
        try:
            rows = await self._signed("income", params, row=list[IncomeRow])
        except WIRE_TROUBLE as error:
            return Unknown(cause=f"income: {error}")
        views = [income_view(row) for row in rows if row.asset == QUOTE_ASSET]
        views.sort(key=lambda view: (view.wire_ms, view.income_id))
        return IncomePage(rows=tuple(views), complete=len(rows) < INCOME_PER_PAGE)

    async def bars(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        """The last completed bars. The venue's time is read before the bars, so none of them can be
        forming."""
        name = interval_name(interval_ms)
        later = self._connection.budget.bulk_refusal(self._connection.wire_ms())
        if later is not None:
            return refused(BULK_LATER, later)
        wanted = min(limit, BARS_MAX)
        try:
            premium = await self._public("premiumIndex", {"symbol": symbol}, row=PremiumRow)
            rows = await self._public(
                "klines", {"symbol": symbol, "interval": name, "limit": str(wanted + 1)}, row=list[KlineRow]
            )
            venue_market_ms = premium.time if premium.mt is None else premium.mt
            bars = completed_bars(
                rows, symbol=symbol, interval_ms=interval_ms, venue_market_ms=venue_market_ms
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)
        return bars[-wanted:]

    async def _at_once(
        self,
        path: str,
        *,
        row: type[T],
        deadline_s: float,
        lane: Lane = Lane.GUARD,
        section: Section = Section.SIGNED,
    ) -> T | Failed:
        """A start waits for these, and there may be a position without a stop: a lost message must not hold it up."""

        async def ask() -> T | Failed:
            try:
                return await self._connection.read(
                    path, {}, row=row, deadline_s=deadline_s, lane=lane, section=section, need=Need.BEGINS
                )
            except WIRE_TROUBLE as error:
                return read_failure(error)

        return await hedged(ask, every_s=AGAIN_S)

    async def _signed(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        row: type[T],
        section: Section = Section.SIGNED,
        need: Need = Need.OTHER,
    ) -> T:
        return await self._connection.read(
            path, params, row=row, deadline_s=READ_DEADLINE_S, section=section, need=need
        )

    async def _public(self, path: str, params: Mapping[str, str], *, row: type[T]) -> T:
        return await self._connection.read(
            path, params, row=row, deadline_s=BULK_DEADLINE_S, lane=Lane.DATA, section=Section.PUBLIC
        )
