"""One read of the whole account: positions, both order listings, equity. Whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jackline.core.orders import OrderView, PositionView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Quote, Symbol
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.parse import listed_algo, listed_order, position_view
from jackline.venue.binance.rows import AccountRow, PositionRow
from jackline.venue.binance.wire import WIRE_TROUBLE

SNAPSHOT_DEADLINE_S = 1.8
"""Below the core's own patience with a snapshot (2 s), so that the answer is ours and not a guess."""
EQUITY_AGE_MS_MAX = 5_000
"""Equity older than this is read again."""
READ_DEADLINE_S = 1.5
"""Each part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    positions: tuple[PositionView, ...]
    orders: tuple[OrderView, ...]
    symbols: frozenset[Symbol] | None
    equity_quote: Quote


class SnapshotReader:
    """Reads snapshots. Orders are listed for the symbols asked for and wherever else a position is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._equity_quote: Quote | None = None
        self._equity_ms = 0

    async def read(self, request: ReadSnapshot) -> Snapshot | Unknown:
        """Ask all parts at once. One part that fails makes the whole unknown: half a snapshot is poison."""
        asked_ms = self._connection.wire_ms()
        parts: _Parts | None = None
        cause = ""
        try:
            async with asyncio.timeout(SNAPSHOT_DEADLINE_S):
                parts = await self._read_parts(request.symbols)
        except* WIRE_TROUBLE as group:
            cause = repr(_first(group))
        if parts is None:
            return Unknown(cause=f"snapshot: {cause}")
        return Snapshot(
            asked=request.asked,
            symbols=parts.symbols,
            asked_ms=asked_ms,
            received_ms=self._connection.wire_ms(),
            positions=parts.positions,
            orders=parts.orders,
            equity_quote=parts.equity_quote,
        )

    async def _read_parts(self, symbols: tuple[Symbol, ...] | None) -> _Parts:
        async with asyncio.TaskGroup() as group:
            positions_task = group.create_task(self._positions())
            equity_task = group.create_task(self._equity())
            listing_task = group.create_task(self._orders((None,) if symbols is None else symbols))
        positions, orders = positions_task.result(), listing_task.result()
        listed = None
        if symbols is not None:
            elsewhere = {position.symbol for position in positions}.difference(symbols)
            orders += await self._orders(sorted(elsewhere))
            listed = elsewhere.union(symbols)
        return _Parts(
            positions=positions,
            orders=orders,
            symbols=None if listed is None else frozenset(listed),
            equity_quote=equity_task.result(),
        )

    async def _positions(self) -> tuple[PositionView, ...]:
        rows = await self._connection.read(
            "positionRisk", {}, row=list[PositionRow], deadline_s=READ_DEADLINE_S, section=Section.SIGNED_V3
        )
        return tuple(view for row in rows if (view := position_view(row)) is not None)

    async def _equity(self) -> Quote:
        """Equity sizes the next trade, nothing else: it may be seconds old, and costs as much as the positions."""
        now_ms = self._connection.wire_ms()
        if self._equity_quote is None or now_ms - self._equity_ms > EQUITY_AGE_MS_MAX:
            row = await self._connection.read(
                "account", {}, row=AccountRow, deadline_s=READ_DEADLINE_S, section=Section.SIGNED_V3
            )
            self._equity_quote, self._equity_ms = Quote(row.totalMarginBalance), now_ms
        return self._equity_quote

    async def _orders(self, symbols: Iterable[Symbol | None]) -> tuple[OrderView, ...]:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(listing(symbol))
                for symbol in symbols
                for listing in (self._plain_orders, self._conditional_orders)
            ]
        return tuple(view for task in tasks for view in task.result())

    async def _plain_orders(self, symbol: Symbol | None) -> list[OrderView]:
        rows = await self._connection.read(
            "openOrders", _only(symbol), row=list[Any], deadline_s=READ_DEADLINE_S
        )
        return [listed_order(row) for row in rows]

    async def _conditional_orders(self, symbol: Symbol | None) -> list[OrderView]:
        rows = await self._connection.read(
            "openAlgoOrders", _only(symbol), row=list[Any], deadline_s=READ_DEADLINE_S
        )
        return [listed_algo(row) for row in rows]


def _only(symbol: Symbol | None) -> dict[str, str]:
    return {} if symbol is None else {"symbol": symbol}


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
