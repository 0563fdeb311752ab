"""One read of the whole account: positions, both order listings, equity. Whole or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jackline.core.orders import BalanceView, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Quantity, Quote, Side, Symbol
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.hedge import hedged
from jackline.venue.binance.parse import listed_algo, listed_order, position_view
from jackline.venue.binance.rows import AccountRow, PositionRow
from jackline.venue.binance.wire import WIRE_TROUBLE

SNAPSHOT_DEADLINE_S = 1.8
"""Below the core's own patience with a snapshot (2 s), so that the answer is ours and not a guess."""
BALANCE_AGE_MS_MAX = 4_900
"""A balance older than this is read again; just below the idle guard's period, so that each of its passes has one."""
READ_DEADLINE_S = 1.5
"""Each part of it."""
FIRST_LOOK = 1
"""Number of the first snapshot that a process asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    positions: tuple[PositionView, ...]
    orders: tuple[OrderView, ...]
    symbols: frozenset[Symbol] | None
    balance: BalanceView


class SnapshotReader:
    """Reads snapshots. Orders are listed for the symbols asked for and wherever else a position is."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._balance: BalanceView | None = None
        self._seen: frozenset[tuple[Symbol, Side, Quantity]] = frozenset()

    async def read(self, request: ReadSnapshot) -> Snapshot | Unknown:
        """Ask all parts at once. One part that fails makes the whole unknown: half a snapshot is poison.

        A process's first look is asked twice: until it is answered nothing is known, and nothing protected (P1).
        """
        if request.asked == FIRST_LOOK:
            return await hedged(lambda: self._read_once(request))
        return await self._read_once(request)

    async def _read_once(self, request: ReadSnapshot) -> Snapshot | Unknown:
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
            equity_quote=parts.balance.equity_quote,
            balance=parts.balance,
        )

    async def _read_parts(self, symbols: tuple[Symbol, ...] | None) -> _Parts:
        async with asyncio.TaskGroup() as group:
            positions_task = group.create_task(self._positions())
            balance_task = group.create_task(self._read_balance())
            listing_task = group.create_task(self._orders((None,) if symbols is None else symbols))
        positions, orders = positions_task.result(), listing_task.result()
        balance = balance_task.result()
        self._forget_balance_if_moved(positions)
        listed = None
        if symbols is not None:
            elsewhere = {position.symbol for position in positions}.difference(symbols)
            orders += await self._orders(sorted(elsewhere))
            listed = elsewhere.union(symbols)
        return _Parts(
            positions=positions,
            orders=orders,
            symbols=None if listed is None else frozenset(listed),
            balance=balance,
        )

    async def _positions(self) -> tuple[PositionView, ...]:
        rows = await self._connection.read(
            "positionRisk", {}, row=list[PositionRow], deadline_s=READ_DEADLINE_S, section=Section.SIGNED_V3
        )
        return tuple(view for row in rows if (view := position_view(row)) is not None)

    async def _read_balance(self) -> BalanceView:
        """Money may be seconds old, for no stop depends on it, and a read costs as much as the positions."""
        now_ms = self._connection.wire_ms()
        if self._balance is None or now_ms - self._balance.asked_ms > BALANCE_AGE_MS_MAX:
            row = await self._connection.read(
                "account", {}, row=AccountRow, deadline_s=READ_DEADLINE_S, section=Section.SIGNED_V3
            )
            self._balance = BalanceView(
                wallet_quote=Quote(row.totalWalletBalance),
                equity_quote=Quote(row.totalMarginBalance),
                asked_ms=now_ms,
            )
        return self._balance

    def _forget_balance_if_moved(self, positions: tuple[PositionView, ...]) -> None:
        """A fill moved money: the next snapshot reads it anew. This one does not wait for it."""
        seen = frozenset((one.symbol, one.side, one.quantity) for one in positions)
        if seen != self._seen:
            self._seen, self._balance = seen, None

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
