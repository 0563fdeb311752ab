"""`/api/orders`, `/api/trades`, `/api/equity`, `/api/journal`: what is on record, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, Response
from pydantic import BaseModel

from jackline.core.trade import Trade
from jackline.store.encode import open_body
from jackline.store.reader import JournalEntry, StoreReader
from jackline.store.statements import DayStatement, TradeStatement
from jackline.web.access import Reader
from jackline.web.paging import ALL, Cursor, Limit, after, link_next, newest_first
from jackline.web.parts import Now, TheAccount
from jackline.web.words import moment, told

router = APIRouter(prefix="/api", tags=["records"])

DAY_S = 86_400


class RestingOrder(BaseModel):
    """An order of ours that rests, or is on its way."""

    client_id: str
    venue_id: int | None
    symbol: str
    side: str
    role: str
    state: str
    trigger_price: str
    quantity: str | None
    confirmed_at: str | None


class Orders(BaseModel):
    """Stops and targets of every open position."""

    count: int
    orders: list[RestingOrder]


class TradeRow(BaseModel):
    """What one trade did, from the venue's fills. Money in quote currency; `net_quote` is profit less fees and funding.

    A price that no fill tells is null: none is invented (A1).
    """

    id: str
    symbol: str
    side: str
    bot: str
    opened_at: str | None
    closed_at: str | None
    entry_quantity: str
    entry_price: str | None
    exit_quantity: str
    exit_price: str | None
    open_quantity: str
    exit_reason: str | None
    realised_quote: str
    fees_quote: str
    funding_quote: str
    net_quote: str
    confirm_ms: int | None


class Trades(BaseModel):
    """Newest first."""

    count: int
    trades: list[TradeRow]
    next_cursor: str | None


class DayRow(BaseModel):
    """One UTC day of market time. `wallet_quote`: what the ledger explains at its end."""

    day: str
    fills: int
    trades_closed: int
    net_quote: str
    wallet_quote: str


class Equity(BaseModel):
    """Equity now, and the wallet at the end of each day."""

    equity_quote: str | None
    wallet_quote: str | None
    day_start_quote: str | None
    day_result_quote: str | None
    at: str | None
    days: list[DayRow]


class JournalLine(BaseModel):
    """A row of the journal, its body as it is stored."""

    seq: int
    at: str | None
    kind: str
    trade_id: str | None
    body: Any


class Journal(BaseModel):
    """Oldest first, after the cursor."""

    count: int
    rows: list[JournalLine]
    next_cursor: str | None


@router.get("/orders")
async def orders(seen: Now, _: Reader) -> Orders:
    """What of ours rests at the venue, as the engine knows it."""
    rows = [
        RestingOrder(
            client_id=stop.client_id,
            venue_id=stop.venue_id,
            symbol=one.symbol,
            side=one.side,
            role=stop.role,
            state=stop.state,
            trigger_price=f"{stop.trigger_price:f}",
            quantity=told(stop.quantity),
            confirmed_at=moment(stop.confirmed_ms),
        )
        for one in seen.positions
        for stop in one.stops
    ]
    return Orders(count=len(rows), orders=rows)


@router.get("/trades")
async def trades(
    account: TheAccount, _: Reader, response: Response, limit: Limit = 100, cursor: Cursor = None
) -> Trades:
    """Every trade on record, newest first."""
    stated = await account.stated()
    page, more = newest_first(stated.statement.trades, before=after(cursor, first=ALL), limit=limit)
    return Trades(
        count=len(page),
        trades=[_trade(one, stated.trades.get(one.trade_id)) for one in page],
        next_cursor=link_next(response, "/api/trades", more, limit),
    )


@router.get("/equity")
async def equity(account: TheAccount, seen: Now, _: Reader) -> Equity:
    """Equity that the ledger explains, and what each day earned."""
    stated = await account.stated()
    now = seen.account
    return Equity(
        equity_quote=None if now is None else told(now.equity_quote),
        wallet_quote=None if now is None else told(now.wallet_quote),
        day_start_quote=None if now is None else told(now.day_start_quote),
        day_result_quote=None if now is None else told(now.day_result_quote),
        at=moment(seen.said_ms),
        days=[_day(one) for one in stated.statement.days],
    )


@router.get("/journal")
async def journal(
    account: TheAccount, _: Reader, response: Response, limit: Limit = 100, cursor: Cursor = None
) -> Journal:
    """The journal, oldest first; without a cursor its last page."""

    def read(store: StoreReader) -> tuple[JournalEntry, ...]:
        if cursor is None:
            return store.journal_tail(limit)
        return store.journal_after(after(cursor, first=0), limit)

    rows = await account.ask(read)
    more = rows[-1].seq if len(rows) == limit or (rows and cursor is None) else None
    return Journal(
        count=len(rows),
        rows=[line(row) for row in rows],
        next_cursor=link_next(response, "/api/journal", more, limit),
    )


def line(row: JournalEntry) -> JournalLine:
    """A row as it is answered."""
    return JournalLine(
        seq=row.seq,
        at=moment(row.wire_ms),
        kind=row.kind,
        trade_id=row.trade_id,
        body=msgspec.json.decode(open_body(row.body)),
    )


def _trade(one: TradeStatement, trade: Trade | None) -> TradeRow:
    confirm = None
    if trade is not None and trade.first_exposed_ms is not None and trade.first_protected_ms is not None:
        confirm = max(0, trade.first_protected_ms - trade.first_exposed_ms)
    return TradeRow(
        id=one.trade_id,
        symbol=one.symbol,
        side=one.side.value,
        bot="" if trade is None else trade.bot,
        opened_at=moment(one.opened_ms),
        closed_at=moment(one.closed_ms),
        entry_quantity=f"{one.entry_quantity:f}",
        entry_price=told(one.entry_price),
        exit_quantity=f"{one.exit_quantity:f}",
        exit_price=told(one.exit_price),
        open_quantity=f"{one.open_quantity:f}",
        exit_reason=None if trade is None else trade.exit_words or None,
        realised_quote=f"{one.sums.realised_quote:f}",
        fees_quote=f"{one.sums.fees_quote:f}",
        funding_quote=f"{one.sums.funding_quote:f}",
        net_quote=f"{one.sums.net_quote:f}",
        confirm_ms=confirm,
    )


def _day(one: DayStatement) -> DayRow:
    day = datetime.fromtimestamp(one.number * DAY_S, UTC)
    return DayRow(
        day=f"{day:%Y-%m-%d}",
        fills=one.fills,
        trades_closed=one.trades_closed,
        net_quote=f"{one.sums.net_quote:f}",
        wallet_quote=f"{one.wallet_quote:f}",
    )
