"""What the venue lists, for the universe: three questions, of which two are about every symbol at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TypeVar

from jackline.core.universe import Listing
from jackline.core.values import Price, Quote, Symbol, WireMs
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.refusals import refused
from jackline.venue.binance.wire import read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.lanes import Lane
from jackline.venue.transport.rows import Row

T = TypeVar("T")

DEADLINE_S = 10.0
"""Three lists of every symbol, of which one is megabytes; nothing waits for them."""
LISTINGS_WEIGHT = 1 + 40 + 5
"""By the venue's table: exchangeInfo, ticker/24hr and ticker/bookTicker of all symbols."""
LATER = 429
"""Code of our own refusal to ask when the request weight runs short."""


class ListedRow(Row, frozen=True):
    """A symbol of ``/fapi/v1/exchangeInfo``, as far as a universe asks."""

    symbol: str
    contractType: str
    quoteAsset: str
    status: str
    onboardDate: int


class ListedInfoRow(Row, frozen=True):
    """``/fapi/v1/exchangeInfo``."""

    symbols: list[ListedRow]


class DayRow(Row, frozen=True):
    """A row of ``/fapi/v1/ticker/24hr``."""

    symbol: str
    quoteVolume: Decimal


class BookRow(Row, frozen=True):
    """A row of ``/fapi/v1/ticker/bookTicker``."""

    symbol: str
    bidPrice: Decimal
    askPrice: Decimal


async def read_listings(connection: Connection) -> tuple[Listing, ...] | Failed:
    """Every perpetual, whatever its state. Waits, by a refusal, while history would have to wait as well (K2)."""
    later = connection.budget.bulk_refusal(connection.wire_ms())
    if later is not None:
        return refused(LATER, later)

    async def ask(path: str, row: type[T]) -> T:
        return await connection.read(
            path, {}, row=row, deadline_s=DEADLINE_S, lane=Lane.DATA, section=Section.PUBLIC
        )

    try:
        info = await ask("exchangeInfo", ListedInfoRow)
        days, books = await asyncio.gather(
            ask("ticker/24hr", list[DayRow]), ask("ticker/bookTicker", list[BookRow])
        )
    except WIRE_TROUBLE as error:
        return read_failure(error)
    volumes = {row.symbol: row.quoteVolume for row in days}
    quotes = {row.symbol: row for row in books}
    return tuple(
        _listing(row, volumes.get(row.symbol), quotes.get(row.symbol))
        for row in info.symbols
        if row.contractType == "PERPETUAL"
    )


def _listing(row: ListedRow, volume: Decimal | None, book: BookRow | None) -> Listing:
    return Listing(
        symbol=Symbol(row.symbol),
        quote_asset=row.quoteAsset,
        is_trading=row.status == "TRADING",
        listed_ms=WireMs(row.onboardDate) if row.onboardDate > 0 else None,
        volume_24h_quote=None if volume is None else Quote(volume),
        bid=None if book is None else Price(book.bidPrice),
        ask=None if book is None else Price(book.askPrice),
    )
