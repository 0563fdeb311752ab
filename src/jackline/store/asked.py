"""Asked stops and targets as a reader of the store sees them: what was asked, what rests, what became of it.

For the web process and the command line. Nothing here decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.asked_order import AskedOrder, AskedStatus, AskedTerms
from jackline.core.ids import ClientId, TradeId
from jackline.core.machine import Phase
from jackline.core.trade import Trade
from jackline.core.values import Price, Quantity, WireMs
from jackline.store.reader import StoreReader


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRow:
    """One asked order.

    Attributes:
        terms: as told by whoever asked.
        status: `pending` until the venue was read back.
        trigger_price: of the order that rests, or rested last; of a trailing one it moves. None before it is placed.
        quantity: of that order, base units.
        client_id, venue_id: of that order.
        read_back_ms: when it was first read back; wire time.
        over_ms: when it ended.
        detail: why it ended; of a refused one the whole answer, `refused: WORD: text`.
        is_live: its trade has not ended.
    """

    terms: AskedTerms
    trade_id: TradeId
    status: AskedStatus
    trigger_price: Price | None
    quantity: Quantity | None
    client_id: ClientId | None
    venue_id: int | None
    read_back_ms: WireMs | None
    over_ms: WireMs | None
    detail: str
    is_live: bool


def asked_rows(trades: tuple[Trade, ...]) -> tuple[AskedRow, ...]:
    """Every asked order that these trades remember, the oldest wish first."""
    rows = [_row(trade, order) for trade in trades for order in trade.asked]
    return tuple(sorted(rows, key=lambda row: (row.terms.created_ms, row.terms.order_id)))


def live_asked(store: StoreReader) -> tuple[AskedRow, ...]:
    """The asked orders of trades that have not ended: pending and active ones, and what became of the others."""
    return asked_rows(store.load_trades())


def every_asked(store: StoreReader) -> tuple[AskedRow, ...]:
    """Those of ended trades too, as they ended."""
    return asked_rows(store.every_trade())


def find_asked(store: StoreReader, order_id: str) -> AskedRow | None:
    """The latest order of this id; None where nobody has asked for it."""
    found = [row for row in every_asked(store) if row.terms.order_id == order_id]
    return found[-1] if found else None


class Said(StrEnum):
    """First word of an answer to a wish."""

    ACTIVE = "active"
    TRIGGERED = "triggered"
    CANCELLED = "cancelled"
    CLOSING = "closing"
    KEPT = "kept"
    """At a venue with one stop a side: the stop stays, and the engine closes at the price."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class WishAnswer:
    """An answer taken apart. `word`: why it was refused, one of `asked_order.Word`; empty where it was not."""

    said: Said
    text: str
    word: str = ""
    trigger_price: Price | None = None
    client_id: str = ""
    venue_id: int | None = None
    read_back_ms: WireMs | None = None


def read_answer(result: str) -> WishAnswer:
    """The parts of an answer to a wish. Raises ValueError for the answer of another kind of command."""
    said_text, _, text = result.partition(": ")
    said = Said(said_text)
    if said is Said.REFUSED:
        word, _, why = text.partition(": ")
        return WishAnswer(said=said, text=why or word, word=word if why else "")
    if said is not Said.ACTIVE:
        return WishAnswer(said=said, text=text)
    told = dict(part.split("=", 1) for part in text.split(" "))
    venue_id = told["venue_id"]
    return WishAnswer(
        said=said,
        text=text,
        trigger_price=Price(Decimal(told["trigger_price"])),
        client_id=told["client_id"],
        venue_id=None if venue_id == "None" else int(venue_id),
        read_back_ms=WireMs(int(told["read_back_ms"])),
    )


def _row(trade: Trade, order: AskedOrder) -> AskedRow:
    slot = trade.slot(order.client_id) if order.client_id is not None else None
    return AskedRow(
        terms=order.terms,
        trade_id=trade.trade_id,
        status=order.status,
        trigger_price=order.level_price if slot is None else slot.trigger_price,
        quantity=None if slot is None else slot.quantity,
        client_id=order.client_id,
        venue_id=None if slot is None else slot.venue_id,
        read_back_ms=order.read_back_ms,
        over_ms=order.over_ms,
        detail=order.detail,
        is_live=trade.phase is not Phase.DONE,
    )
