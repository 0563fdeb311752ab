"""What an engine did, from its journal and ledger alone: read the same way of a run and of the backtest beside it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jackline.core.effects import NoteDenied
from jackline.core.trade import Trade
from jackline.store.batch import JournalKind
from jackline.store.encode import decode
from jackline.store.ledger import EntryKind, totals
from jackline.store.reader import JournalEntry, StoreReader
from jackline.store.statements import TradeStatement, statement

ENTERED = "entered"
OPEN = "open"

EARLY_MS = 1_000
"""A backtest hears a bar in its last millisecond: what is decided then is decided at its close."""

Key = tuple[str, str, int]
"""Symbol, side (`long`, `short`), and the bar: the close that was decided on is the open of the bar of the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One signal and what became of it: `entered`, or the reason of its denial. `close_ms`: of the bar decided on."""

    symbol: str
    side: str
    close_ms: int
    word: str
    detail: str = ""

    @property
    def key(self) -> Key:
        """What it is matched by."""
        return self.symbol, self.side, self.close_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """One position from its first fill on; `exit_*` are None while it is open. Prices are averages of its fills."""

    trade_id: str
    symbol: str
    side: str
    entry_bar_ms: int
    entry_price: Decimal
    quantity: Decimal
    exit_bar_ms: int | None
    exit_price: Decimal | None
    reason: str
    net_quote: Decimal

    @property
    def key(self) -> Key:
        """What it is matched by."""
        return self.symbol, self.side, self.entry_bar_ms

    @property
    def sign(self) -> int:
        """+1 for a long."""
        return 1 if self.side == "long" else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Decisions and trades of a window, in the order of their bars."""

    decisions: tuple[Decided, ...]
    trades: tuple[Traded, ...]

    def within(self, from_ms: int, to_ms: int) -> Record:
        """What was decided on bars that closed after `from_ms` and before `to_ms`."""
        return Record(
            decisions=tuple(one for one in self.decisions if from_ms < one.close_ms < to_ms),
            trades=tuple(one for one in self.trades if from_ms < one.entry_bar_ms < to_ms),
        )


def read_record(reader: StoreReader, *, interval_ms: int) -> Record:
    """All decisions and trades of a store. Raises StoreError.

    Positions that nobody planned (adopted ones) are no decision of a strategy: they are left out.
    """
    rows = reader.journal_of((JournalKind.INTENT, JournalKind.DENIED), after_seq=0)
    decisions = {one.key: one for row in rows if (one := _decided(row, interval_ms)) is not None}
    known = {trade.trade_id: trade for trade in reader.every_trade()}
    stated = statement(reader.ledger_entries(), known.values()).trades
    trades = [
        _traded(one, known[one.trade_id], interval_ms)
        for one in stated
        if one.trade_id in known and known[one.trade_id].entry is not None and one.opened_ms is not None
    ]
    return Record(
        decisions=tuple(sorted(decisions.values(), key=lambda one: (one.close_ms, one.symbol, one.side))),
        trades=tuple(sorted(trades, key=lambda one: (one.entry_bar_ms, one.symbol, one.side))),
    )


def wallet_at(reader: StoreReader, market_ms: int) -> Decimal:
    """The wallet that the ledger explains at a moment: what it opened with, and what moved until then."""
    entries = [
        one for one in reader.ledger_entries() if one.kind is EntryKind.OPENING or one.market_ms <= market_ms
    ]
    return totals(entries).wallet_quote


def capital_moves(reader: StoreReader, from_ms: int, to_ms: int) -> int:
    """How often money came, went or was accounted for in a window."""
    kinds = {EntryKind.TRANSFER, EntryKind.ADJUSTMENT}
    return sum(one.kind in kinds and from_ms < one.market_ms <= to_ms for one in reader.ledger_entries())


def _decided(row: JournalEntry, interval_ms: int) -> Decided | None:
    if row.kind == JournalKind.DENIED:
        note = decode(row.body, NoteDenied)
        return Decided(
            symbol=str(note.symbol),
            side="" if note.side is None else note.side.value,
            close_ms=_close_ms(note.market_ms, interval_ms),
            word=note.denied.reason.value,
            detail=note.denied.detail,
        )
    trade = decode(row.body, Trade)
    if trade.entry is None:
        return None
    return Decided(
        symbol=str(trade.symbol),
        side=trade.side.value,
        close_ms=_close_ms(row.market_ms, interval_ms),
        word=ENTERED,
    )


def _close_ms(market_ms: int, interval_ms: int) -> int:
    """The close that was decided on: the last one before."""
    return (market_ms + EARLY_MS) // interval_ms * interval_ms


def _traded(one: TradeStatement, trade: Trade, interval_ms: int) -> Traded:
    reason = OPEN if one.closed_ms is None or one.exit_reason is None else trade.exit_words
    return Traded(
        trade_id=str(one.trade_id),
        symbol=str(one.symbol),
        side=one.side.value,
        entry_bar_ms=(one.opened_ms or 0) // interval_ms * interval_ms,
        entry_price=Decimal(one.entry_price or 0),
        quantity=one.entry_quantity,
        exit_bar_ms=None if one.closed_ms is None else one.closed_ms // interval_ms * interval_ms,
        exit_price=None if one.closed_ms is None else one.exit_price,
        reason=reason,
        net_quote=one.sums.net_quote,
    )
