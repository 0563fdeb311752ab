"""One read of the whole account: positions and the one order listing, whole or not at all; and money, as far as known.

Both listings of the core are one here, and one request lists every symbol: a snapshot always tells of all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from jackline.core.orders import BalanceView, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadSnapshot
from jackline.core.values import Quote, WireMs
from jackline.venue.bingx.connection import Connection, Section, patiently, spending
from jackline.venue.bingx.parse import QUOTE_ASSET, listed_order, position_view
from jackline.venue.bingx.rows import BalanceRow, OpenOrders, PositionRow
from jackline.venue.bingx.wire import read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.failures import WIRE_TROUBLE, Garbled
from jackline.venue.transport.hedge import hedged
from jackline.venue.transport.lanes import Lane
from jackline.venue.transport.money import BalanceMemory
from jackline.venue.transport.part import Part
from jackline.venue.transport.shared import SharedQuestion
from jackline.venue.transport.turns import Turn

T = TypeVar("T")

SNAPSHOT_DEADLINE_S = 3.8
"""Longer than whoever asks waits before asking again (1.5 s): a venue that takes two seconds is late, not silent."""
READ_DEADLINE_S = 1.5
"""Each part of it, once its turn has come."""
ASKS = 2
"""Of each part: a third would take the turn of somebody else's first."""
AGAIN_S = 0.6
"""The first asking's turn may take half a second."""


class SnapshotReader:
    """Reads snapshots."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._positions_part = Part[list[PositionRow], Failed]()
        self._positions_asked = self._question("user/positions", list[PositionRow], self._positions_part)
        self._orders_part = Part[OpenOrders, Failed]()
        self._orders_asked = self._question("trade/openOrders", OpenOrders, self._orders_part)
        self._money = BalanceMemory(wire_ms=connection.wire_ms, read=self._read_balance)

    async def read(self, request: ReadSnapshot) -> Snapshot | Unknown:
        """Ask both parts at once. One part that fails makes the whole unknown: half a snapshot is poison."""
        asked_ms = self._connection.wire_ms()
        if request.money:
            self._money.ask()
        try:
            async with asyncio.timeout(SNAPSHOT_DEADLINE_S):
                positions, orders = await asyncio.gather(self._positions(), self._orders())
        except TimeoutError:
            return Unknown(cause="snapshot: no whole answer within the deadline")
        if not isinstance(positions, tuple):
            return Unknown(cause=f"snapshot: positions: {positions}")
        if not isinstance(orders, tuple):
            return Unknown(cause=f"snapshot: orders: {orders}")
        balance = await self._money.in_time() if request.money else None
        self._money.forget_if_moved(positions)
        return Snapshot(
            asked=request.asked,
            symbols=None,
            asked_ms=asked_ms,
            received_ms=self._connection.wire_ms(),
            positions=positions,
            orders=orders,
            equity_quote=None if balance is None else balance.equity_quote,
            balance=balance,
        )

    def _question(self, path: str, row: type[T], part: Part[T, Failed]) -> SharedQuestion[Sequence[Turn], T]:
        """Looks that wait for the same turn are one: two a second are few for guard, canaries and second askings."""
        connection = self._connection

        async def ask(turns: Sequence[Turn]) -> T:
            with spending(turns):
                return await part.asking(
                    lambda: connection.call(Lane.GUARD, "GET", path, {}, row=row, deadline_s=READ_DEADLINE_S)
                )

        return SharedQuestion(turn=lambda: connection.take_turn("GET", path), ask=ask)

    async def _positions(self) -> tuple[PositionView, ...] | Failed:
        rows = await self._positions_part.first(lambda: _again(self._positions_asked.answer))
        try:
            return rows if isinstance(rows, Failed) else _views(rows)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _orders(self) -> tuple[OrderView, ...] | Failed:
        listed = await self._orders_part.first(lambda: _again(self._orders_asked.answer))
        try:
            return listed if isinstance(listed, Failed) else tuple(map(listed_order, listed.orders))
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _read_balance(self, asked_ms: WireMs) -> BalanceView:
        row = await read_balance(self._connection, deadline_s=READ_DEADLINE_S)
        return BalanceView(wallet_quote=Quote(row.balance), equity_quote=Quote(row.equity), asked_ms=asked_ms)


async def read_balance(connection: Connection, *, deadline_s: float) -> BalanceRow:
    """The quote coin's row. Raises `Garbled` where there is none."""
    rows = await connection.read(
        "user/balance", {}, row=list[BalanceRow], deadline_s=deadline_s, section=Section.SIGNED_V3
    )
    for row in rows:
        if row.asset == QUOTE_ASSET:
            return row
    raise Garbled(f"no balance in {QUOTE_ASSET}")


def _views(rows: Sequence[PositionRow]) -> tuple[PositionView, ...]:
    return tuple(view for row in rows if (view := position_view(row)) is not None)


async def _again(answer: Callable[[], Awaitable[T]]) -> T | Failed:
    async def ask() -> T | Failed:
        try:
            return await patiently(answer)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    return await hedged(ask, every_s=AGAIN_S, asks=ASKS)
