"""What the venue knows besides orders: account, symbol settings, instruments, income, bars."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import structlog

from jackline.core.errors import InvariantBroken
from jackline.core.instrument import Instrument
from jackline.core.orders import Bar, MarginType, PositionMode
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadIncome
from jackline.core.values import Quote, Symbol, WireMs
from jackline.venue.bingx.connection import Connection, Section, spending
from jackline.venue.bingx.parse import QUOTE_ASSET, completed_bars, income_view, instrument
from jackline.venue.bingx.refusals import OURS, refused
from jackline.venue.bingx.requests import LEVERAGE, MARGIN_TYPE, STOP_WINDOW_MS
from jackline.venue.bingx.rows import (
    BalanceRow,
    ContractRow,
    IncomeRow,
    KlineRow,
    LeverageRow,
    MarginTypeRow,
    ModeRow,
    PremiumRow,
    TierRow,
)
from jackline.venue.bingx.snapshot import read_balance
from jackline.venue.bingx.wire import read_failure
from jackline.venue.port import AccountFacts, Failed, IncomePage, SymbolFacts
from jackline.venue.transport.failures import WIRE_TROUBLE, Garbled
from jackline.venue.transport.hedge import hedged
from jackline.venue.transport.lanes import Lane

T = TypeVar("T")

log = structlog.get_logger("facts")

READ_DEADLINE_S = 2.0
"""Facts are read at start-up and in recovery; slower than this is a venue in trouble."""
INSTRUMENTS_DEADLINE_S = 5.0
"""The contracts are half a megabyte."""
BULK_DEADLINE_S = 10.0
"""History waits in a queue of its own."""
AGAIN_S = 0.8
"""A start asks again after this: three times within P1's deadline after it is able."""
INCOME_PER_PAGE = 1_000
BARS_MAX = 1_439
"""The venue's largest page of candles, less the forming one."""

INTERVALS = {
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
_MARGIN_NAMES = {MarginType.ISOLATED: "ISOLATED", MarginType.CROSS: "CROSSED"}


def interval_name(interval_ms: int) -> str:
    """The venue's word for a bar length. Raises ValueError for one it does not have."""
    name = INTERVALS.get(interval_ms)
    if name is None:
        raise ValueError(f"interval {interval_ms} ms is not one of {sorted(INTERVALS)}")
    return name


class FactReader:
    """Questions whose answers change slowly."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def account(self) -> AccountFacts | Failed:
        """Mode and balances, asked side by side: a start waits for both."""
        mode, balances = await asyncio.gather(
            hedged(self._mode, every_s=AGAIN_S), hedged(self._balances, every_s=AGAIN_S)
        )
        if not isinstance(mode, PositionMode):
            return mode
        if not isinstance(balances, tuple):
            return balances
        asked_ms, balance = balances
        return AccountFacts(
            mode=mode,
            asked_ms=asked_ms,
            equity_quote=Quote(balance.equity),
            wallet_quote=Quote(balance.balance),
            available_quote=Quote(balance.availableMargin),
        )

    async def prepare(self, symbol: Symbol, leverage: int, margin_type: MarginType) -> SymbolFacts | Failed:
        """Set what differs, then read back: what was sent is not what is set (C4)."""
        wanted = SymbolFacts(symbol=symbol, leverage=leverage, margin_type=margin_type)
        try:
            found = await self._symbol(symbol)
            if found.margin_type is not margin_type:
                await self._set(MARGIN_TYPE, {"symbol": symbol, "marginType": _MARGIN_NAMES[margin_type]})
            if found.leverage != leverage:
                await self._set_leverage(symbol, leverage)
            if found != wanted:
                found = await self._symbol(symbol)
        except WIRE_TROUBLE as error:
            return read_failure(error)
        if found != wanted:
            return refused(OURS, f"{symbol}: set {wanted.leverage}x {wanted.margin_type}, read back {found}")
        return found

    async def symbol(self, symbol: Symbol) -> SymbolFacts | Failed:
        """What is set for it; nothing is changed."""
        try:
            return await self._symbol(symbol)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def instruments(self, symbols: Sequence[Symbol] | None) -> dict[Symbol, Instrument] | Failed:
        """Filters of contracts, halted ones too, for a position in one of them wants its stop as any other.

        Margin tables come one at a time and two a second: they are read of the symbols that are named here. Any other
        contract gets a tier stricter than its own.
        """
        wanted = sorted(symbols or ())
        contracts, tables = await asyncio.gather(
            hedged(self._contracts, every_s=AGAIN_S),
            asyncio.gather(*(self._tiers(symbol) for symbol in wanted)),
        )
        if not isinstance(contracts, list):
            return contracts
        tiers: dict[str, list[TierRow]] = {}
        for symbol, table in zip(wanted, tables, strict=True):
            if isinstance(table, list):
                tiers[symbol] = table
            else:
                log.warning("margin_table_unreadable", symbol=symbol, detail=str(table))
        found: dict[Symbol, Instrument] = {}
        for row in contracts:
            if row.currency != QUOTE_ASSET or not (symbols is None or row.symbol in symbols):
                continue
            try:
                found[Symbol(row.symbol)] = instrument(row, tiers.get(row.symbol, []))
            except (Garbled, InvariantBroken) as error:
                # One symbol that is on its way in or out must not keep the others unprotected (P1).
                log.warning("symbol_unreadable", symbol=row.symbol, detail=str(error))
        return found

    async def income(self, request: ReadIncome) -> IncomePage | Unknown:
        """One page of every kind of income. Rows in another coin move no quote: the wallet check sees to them."""
        params = {"startTime": str(request.after_ms), "limit": str(INCOME_PER_PAGE)}
        try:
            rows = await self._signed("user/income", params, row=list[IncomeRow])
            views = [income_view(row) for row in rows if row.asset == QUOTE_ASSET]
        except WIRE_TROUBLE as error:
            return Unknown(cause=f"income: {error}")
        views.sort(key=lambda view: (view.wire_ms, view.income_id))
        return IncomePage(rows=tuple(views), complete=len(rows) < INCOME_PER_PAGE)

    async def bars(self, symbol: Symbol, interval_ms: int, limit: int) -> tuple[Bar, ...] | Failed:
        """The last completed bars. The venue's time is read before the bars, so none of them can be
        forming."""
        name = interval_name(interval_ms)
        wanted = min(limit, BARS_MAX)
        try:
            premium = await self._public("quote/premiumIndex", {"symbol": symbol}, row=PremiumRow)
            market_ms = self._connection.venue_ms() if premium.mt is None else premium.mt
            rows = await self._public(
                "quote/klines",
                {"symbol": symbol, "interval": name, "limit": str(wanted + 1)},
                row=list[KlineRow],
                section=Section.PUBLIC_V3,
            )
            bars = completed_bars(rows, symbol=symbol, interval_ms=interval_ms, venue_market_ms=market_ms)
        except WIRE_TROUBLE as error:
            return read_failure(error)
        return bars[-wanted:]

    # -- parts -----------------------------------------------------------------------------------------------

    async def _mode(self) -> PositionMode | Failed:
        try:
            return (await self._signed("positionSide/dual", {}, row=ModeRow, section=Section.SIGNED_V1)).mode
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _balances(self) -> tuple[WireMs, BalanceRow] | Failed:
        """With the venue's clock, as far as we know it, when they were asked for."""
        asked_ms = self._connection.venue_ms()
        try:
            return asked_ms, await read_balance(self._connection, deadline_s=READ_DEADLINE_S)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _contracts(self) -> list[ContractRow] | Failed:
        try:
            return await self._connection.read(
                "quote/contracts",
                {},
                row=list[ContractRow],
                deadline_s=INSTRUMENTS_DEADLINE_S,
                lane=Lane.DATA,
                section=Section.PUBLIC_V2,
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _tiers(self, symbol: Symbol) -> list[TierRow] | Failed:
        try:
            return await self._signed(
                "maintMarginRatio", {"symbol": symbol}, row=list[TierRow], section=Section.SIGNED_V1
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _symbol(self, symbol: Symbol) -> SymbolFacts:
        """Where the two sides have different leverage, the higher one: it is not what anybody wants."""
        leverage = await self._signed(LEVERAGE, {"symbol": symbol}, row=LeverageRow)
        margin = await self._signed(MARGIN_TYPE, {"symbol": symbol}, row=MarginTypeRow)
        isolated = margin.marginType == _MARGIN_NAMES[MarginType.ISOLATED]
        return SymbolFacts(
            symbol=symbol,
            leverage=max(leverage.longLeverage, leverage.shortLeverage),
            margin_type=MarginType.ISOLATED if isolated else MarginType.CROSS,
        )

    async def _set_leverage(self, symbol: Symbol, leverage: int) -> None:
        """One call in one-way mode, one for each side in hedge mode."""
        mode = await self._signed("positionSide/dual", {}, row=ModeRow, section=Section.SIGNED_V1)
        for side in ("BOTH",) if mode.mode is PositionMode.NETTING else ("LONG", "SHORT"):
            await self._set(LEVERAGE, {"symbol": symbol, "side": side, "leverage": str(leverage)})

    async def _set(self, path: str, params: Mapping[str, str]) -> None:
        with spending(await self._connection.take_turn("POST", path)):
            await self._connection.call(
                Lane.GUARD,
                "POST",
                path,
                {**params, "recvWindow": str(STOP_WINDOW_MS)},
                row=dict[str, Any],
                deadline_s=READ_DEADLINE_S,
            )

    async def _signed(
        self, path: str, params: Mapping[str, str], *, row: type[T], section: Section = Section.SIGNED_V2
    ) -> T:
        return await self._connection.read(path, params, row=row, deadline_s=READ_DEADLINE_S, section=section)

    async def _public(
        self, path: str, params: Mapping[str, str], *, row: type[T], section: Section = Section.PUBLIC_V2
    ) -> T:
        return await self._connection.read(
            path, params, row=row, deadline_s=BULK_DEADLINE_S, lane=Lane.DATA, section=section
        )
