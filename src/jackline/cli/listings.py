"""The venue's own listings since a ledger began, read to their ends and never written to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from jackline.cli.config import Config
from jackline.cli.direct import connected
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.orders import FillView, IncomeView
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadFills, ReadIncome
from jackline.core.values import Symbol, WireMs
from jackline.store.reconcile import Listings
from jackline.venue.port import FillPage, IncomePage, Venue

PAGES_MAX = 2_000
"""Pages of a listing: millions of rows. A listing that is longer does not end."""
READS_MAX = 3
"""A page that fails is asked again; a venue that fails three times is down."""


def read_listings(config: Config, symbols: Iterable[Symbol], *, from_ms: int) -> Listings:
    """Every trade of the symbols and every income row of the account at or after `from_ms`, wire time.

    Raises CommandFailed when the venue does not answer, or a listing does not end.
    """
    return asyncio.run(_read(config, tuple(symbols), WireMs(from_ms)))


async def _read(config: Config, symbols: tuple[Symbol, ...], from_ms: WireMs) -> Listings:
    async with connected(config) as venue:
        income = await _income(config, venue, from_ms)
        fills = [fill for symbol in symbols for fill in await _fills(config, venue, symbol)]
    return Listings(fills=tuple(fills), income=income)


async def _fills(config: Config, venue: Venue, symbol: Symbol) -> list[FillView]:
    found: list[FillView] = []
    for _ in range(PAGES_MAX):
        last = max((fill.fill_id for fill in found), default=0)
        page = await _fill_page(config, venue, ReadFills(symbol=symbol, after_fill_id=last))
        found += [fill for fill in page.fills if fill.fill_id > last]
        if page.complete or not page.fills:
            return found
    raise _endless(f"the trade list of {symbol}")


async def _income(config: Config, venue: Venue, from_ms: WireMs) -> tuple[IncomeView, ...]:
    """Page by page. Ids of what trades earned repeat, so pages are joined by time and not by id."""
    found: list[IncomeView] = []
    for _ in range(PAGES_MAX):
        page = await _income_page(config, venue, ReadIncome(after_ms=from_ms))
        found = [row for row in found if row.wire_ms < from_ms] + list(page.rows)
        if page.complete:
            return tuple(found)
        last_ms = max((row.wire_ms for row in page.rows), default=from_ms)
        if last_ms == from_ms:
            raise _endless(f"the income listing, a page of which is all of {from_ms} ms")
        from_ms = last_ms
    raise _endless("the income listing")


async def _fill_page(config: Config, venue: Venue, request: ReadFills) -> FillPage:
    cause = ""
    for _ in range(READS_MAX):
        page = await venue.read_fills(request)
        if not isinstance(page, Unknown):
            return page
        cause = page.cause
    raise _unanswered(config, f"trade list of {request.symbol}: {cause}")


async def _income_page(config: Config, venue: Venue, request: ReadIncome) -> IncomePage:
    cause = ""
    for _ in range(READS_MAX):
        page = await venue.read_income(request)
        if not isinstance(page, Unknown):
            return page
        cause = page.cause
    raise _unanswered(config, f"income listing: {cause}")


def _unanswered(config: Config, cause: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.UNANSWERED, f"{config.venue.url}: the venue does not answer: {cause}\nFix: try again"
    )


def _endless(what: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.UNANSWERED, f"{what} does not end, so nothing can be compared.\nFix: try again later"
    )
