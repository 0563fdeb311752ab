"""Fills since one of them, at a venue that lists them by time only.

A question needs two times. The time of the last fill told is remembered; after a start the weeks before now are gone
through, newest first, until one is found that is known already.
"""

from __future__ import annotations

from jackline.core.orders import FillView
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadFills
from jackline.core.values import Symbol, WireMs
from jackline.venue.bingx.connection import Connection
from jackline.venue.bingx.parse import fill_view
from jackline.venue.bingx.rows import FillRows
from jackline.venue.bingx.wire import read_failure
from jackline.venue.port import Failed, FillPage
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.hedge import hedged

WINDOW_MS = 7 * 86_400_000
"""Of one question: the longest that the venue's other histories take."""
WINDOWS_MAX = 4
"""Four weeks. What is older than that and not booked is money that no listing explains (A3)."""
READ_DEADLINE_S = 2.0
"""One asking for one window."""
AGAIN_S = 1.2
ASKS = 3
"""The first asking may wait for its turn behind those of other symbols."""


class FillHistory:
    """The trade list of every symbol, and how far each has been told."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._told: dict[Symbol, tuple[int, WireMs]] = {}

    async def read(self, request: ReadFills) -> FillPage | Unknown:
        """Everything after that fill, in one page."""
        now_ms = self._connection.venue_ms()
        known = await self._since(request, now_ms)
        if not isinstance(known, list):
            return Unknown(cause=f"fills of {request.symbol}: {known}")
        known.sort(key=lambda fill: fill.fill_id)
        if known:
            self._told[request.symbol] = (known[-1].fill_id, known[-1].wire_ms)
        fresh = tuple(fill for fill in known if fill.fill_id > request.after_fill_id)
        return FillPage(fills=fresh, complete=True)

    async def _since(self, request: ReadFills, now_ms: WireMs) -> list[FillView] | Failed:
        told_id, told_ms = self._told.get(request.symbol, (0, WireMs(0)))
        if 0 < told_id <= request.after_fill_id and now_ms - told_ms < WINDOW_MS:
            return await self._window(request.symbol, told_ms, now_ms)
        found: list[FillView] = []
        end_ms = now_ms
        for _ in range(WINDOWS_MAX):
            start_ms = WireMs(end_ms - WINDOW_MS)
            window = await self._window(request.symbol, start_ms, end_ms)
            if not isinstance(window, list):
                return window
            found = [*window, *found]
            if any(fill.fill_id <= request.after_fill_id for fill in window):
                break
            end_ms = WireMs(start_ms - 1)
        return found

    async def _window(self, symbol: Symbol, start_ms: WireMs, end_ms: WireMs) -> list[FillView] | Failed:
        params = {"symbol": symbol, "tradingUnit": "COIN", "startTs": str(start_ms), "endTs": str(end_ms)}

        async def ask() -> list[FillView] | Failed:
            try:
                rows = await self._connection.read(
                    "trade/allFillOrders", params, row=FillRows, deadline_s=READ_DEADLINE_S
                )
                return [view for row in rows.fill_orders or [] if (view := fill_view(row)).symbol == symbol]
            except WIRE_TROUBLE as error:
                return read_failure(error)

        # A start puts a dozen of these one after the other: one lost answer must not make it begin anew.
        return await hedged(ask, every_s=AGAIN_S, asks=ASKS)
