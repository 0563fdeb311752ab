"""What the venue lists, for the universe: its contracts, and one table with volume, bid and ask of each."""

from __future__ import annotations

from decimal import Decimal

from jackline.core.universe import Listing
from jackline.core.values import Price, Quote, Symbol, WireMs
from jackline.venue.bingx.connection import Connection, Section
from jackline.venue.bingx.wire import read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.lanes import Lane
from jackline.venue.transport.rows import Row

DEADLINE_S = 10.0
"""Two lists of every symbol; nothing waits for them."""
ONLINE = 1


class ListedRow(Row, frozen=True):
    """A contract of ``quote/contracts``, as far as a universe asks. `launchTime` is 0 where the venue keeps none."""

    symbol: str
    currency: str
    status: int
    apiStateOpen: str
    launchTime: int = 0


class TickerRow(Row, frozen=True):
    """A row of ``quote/ticker``. An empty text stands for a side of the book that is empty."""

    symbol: str
    quoteVolume: Decimal
    bidPrice: str = ""
    askPrice: str = ""


async def read_listings(connection: Connection) -> tuple[Listing, ...] | Failed:
    """Every contract, whatever its state."""
    try:
        contracts = await connection.read(
            "quote/contracts",
            {},
            row=list[ListedRow],
            deadline_s=DEADLINE_S,
            lane=Lane.DATA,
            section=Section.PUBLIC_V2,
        )
        tickers = await connection.read(
            "quote/ticker",
            {},
            row=list[TickerRow],
            deadline_s=DEADLINE_S,
            lane=Lane.DATA,
            section=Section.PUBLIC_V2,
        )
    except WIRE_TROUBLE as error:
        return read_failure(error)
    days = {row.symbol: row for row in tickers}
    return tuple(_listing(row, days.get(row.symbol)) for row in contracts)


def _listing(row: ListedRow, day: TickerRow | None) -> Listing:
    return Listing(
        symbol=Symbol(row.symbol),
        quote_asset=row.currency,
        is_trading=row.status == ONLINE and row.apiStateOpen == "true",
        listed_ms=WireMs(row.launchTime) if row.launchTime > 0 else None,
        volume_24h_quote=None if day is None else Quote(day.quoteVolume),
        bid=None if day is None else _price(day.bidPrice),
        ask=None if day is None else _price(day.askPrice),
    )


def _price(text: str) -> Price | None:
    """None where the venue has no such price."""
    try:
        found = Decimal(text)
    except ArithmeticError:
        return None
    return Price(found) if found.is_finite() else None
