"""One read of the whole account: positions and both order listings, whole or not at all; and money, as far as known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from jackline.core.orders import BalanceView, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Quote, Symbol, WireMs
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.parse import listed_algo, listed_order, position_view
from jackline.venue.binance.rows import AccountRow, PositionRow
from jackline.venue.binance.wire import read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.budget import Need
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.hedge import hedged
from jackline.venue.transport.money import BalanceMemory

R = TypeVar("R")
T = TypeVar("T")

SNAPSHOT_DEADLINE_S = 3.8
"""Longer than whoever asks waits before asking again (1.5 s): a venue that takes two seconds is late, not silent."""
READ_DEADLINE_S = 3.5
"""Each part of it."""
SPARING_ASKS_MAX = 2
SPARING_AGAIN_S = 0.8
"""Where the minute's weight is scarce: a lost part is still asked again, early enough for P1's deadline, and a
venue that takes half a second to answer costs nothing more."""


LISTED_EACH_MAX = 40
"""Symbols whose orders are listed one by one: the listing of all of them costs as much as forty of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    positions: tuple[PositionView, ...]
    orders: tuple[OrderView, ...]
    symbols: frozenset[Symbol] | None


class SnapshotReader:
    """Reads snapshots. Orders are listed for the symbols asked for and wherever else a position is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._money = BalanceMemory(wire_ms=connection.wire_ms, read=self._read_balance)

    async def read(self, request: ReadSnapshot) -> Snapshot | Unknown:
        """Ask all parts at once. One part that fails makes the whole unknown: half a snapshot is poison."""
        asked_ms = self._connection.wire_ms()
        if request.money:
            self._money.ask()
        try:
            async with asyncio.timeout(SNAPSHOT_DEADLINE_S):
                parts = await self._read_parts(request.symbols)
        except TimeoutError:
            return Unknown(cause="snapshot: no whole answer within the deadline")
        if not isinstance(parts, _Parts):
            return Unknown(cause=f"snapshot: {parts}")
        balance = await self._money.in_time() if request.money else None
        self._money.forget_if_moved(parts.positions)
        return Snapshot(
            asked=request.asked,
            symbols=parts.symbols,
            asked_ms=asked_ms,
            received_ms=self._connection.wire_ms(),
            positions=parts.positions,
            orders=parts.orders,
            equity_quote=None if balance is None else balance.equity_quote,
            balance=balance,
        )

    async def _read_parts(self, symbols: tuple[Symbol, ...] | None) -> _Parts | Failed:
        if symbols is not None and len(symbols) > LISTED_EACH_MAX:
            symbols = None
        positions, orders = await asyncio.gather(
            self._positions(), self._orders((None,) if symbols is None else symbols)
        )
        if not isinstance(positions, tuple):
            return positions
        if symbols is None or not isinstance(orders, tuple):
            return _whole(positions, orders, None)
        elsewhere = {position.symbol for position in positions}.difference(symbols)
        dear = len(elsewhere) > LISTED_EACH_MAX
        others = await self._orders((None,) if dear else sorted(elsewhere))
        if dear:
            return _whole(positions, others, None)
        orders = orders + others if isinstance(others, tuple) else others
        return _whole(positions, orders, frozenset(elsewhere.union(symbols)))

    async def _positions(self) -> tuple[PositionView, ...] | Failed:
        return await self._again(
            lambda: self._ask(
                "positionRisk",
                {},
                list[PositionRow],
                _open_ones,
                section=Section.SIGNED_V3,
                need=Need.BEGINS,
            )
        )

    async def _orders(self, symbols: Iterable[Symbol | None]) -> tuple[OrderView, ...] | Failed:
        listings = [
            self._listing(path, symbol, view)
            for symbol in symbols
            for path, view in (("openOrders", listed_order), ("openAlgoOrders", listed_algo))
        ]
        orders: tuple[OrderView, ...] = ()
        for listed in await asyncio.gather(*listings):
            if not isinstance(listed, tuple):
                return listed
            orders += listed
        return orders

    async def _listing(
        self, path: str, symbol: Symbol | None, view: Callable[[Any], OrderView]
    ) -> tuple[OrderView, ...] | Failed:
        def views(rows: list[Any]) -> tuple[OrderView, ...]:
            return tuple(map(view, rows))

        if symbol is None:  # of every symbol at forty times the cost: once will do
            return await self._ask(path, {}, list[Any], views)
        params = {"symbol": str(symbol)}
        return await self._again(lambda: self._ask(path, params, list[Any], views, need=Need.COMPLETES))

    async def _again(self, ask: Callable[[], Awaitable[T | Failed]]) -> T | Failed:
        """One lost part must not cost a deadline, nor a slow venue the minute's request weight (K2)."""
        if self._connection.budget.is_scarce(self._connection.wire_ms()):
            return await hedged(ask, asks=SPARING_ASKS_MAX, every_s=SPARING_AGAIN_S)
        return await hedged(ask)

    async def _ask(
        self,
        path: str,
        params: dict[str, str],
        rows: type[R],
        views: Callable[[R], T],
        *,
        section: Section = Section.SIGNED,
        need: Need = Need.OTHER,
    ) -> T | Failed:
        try:
            return views(
                await self._connection.read(
                    path, params, row=rows, deadline_s=READ_DEADLINE_S, section=section, need=need
                )
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _read_balance(self, asked_ms: WireMs) -> BalanceView:
        row = await self._connection.read(
            "account", {}, row=AccountRow, deadline_s=READ_DEADLINE_S, section=Section.SIGNED_V3
        )
        return BalanceView(
            wallet_quote=Quote(row.totalWalletBalance),
            equity_quote=Quote(row.totalMarginBalance),
            asked_ms=asked_ms,
        )


def _open_ones(rows: list[PositionRow]) -> tuple[PositionView, ...]:
    return tuple(view for row in rows if (view := position_view(row)) is not None)


def _whole(
    positions: tuple[PositionView, ...],
    orders: tuple[OrderView, ...] | Failed,
    symbols: frozenset[Symbol] | None,
) -> _Parts | Failed:
    """All parts, or the part that failed."""
    if not isinstance(orders, tuple):
        return orders
    return _Parts(positions=positions, orders=orders, symbols=symbols)
