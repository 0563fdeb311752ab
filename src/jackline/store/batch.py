"""A batch: journal rows and the state they explain, as SQL values, written in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from jackline.core.errors import invariant
from jackline.core.ids import TradeId
from jackline.core.trade import Trade
from jackline.core.values import MarketMs, WireMs
from jackline.store.db import SqlValue
from jackline.store.encode import encode
from jackline.store.ledger import LedgerEntry


class JournalKind(StrEnum):
    """What a journal row is about; the body's type follows from it."""

    LEASE = "lease"
    INTENT = "intent"
    TRADE = "trade"
    REQUEST = "request"
    OUTCOME = "outcome"
    FILLS = "fills"
    INCOME = "income"
    CAPITAL = "capital"
    DENIED = "denied"
    ALERT = "alert"
    KILL = "kill"
    BOT = "bot"
    LIMITS = "limits"
    DAY = "day"
    COMMAND = "command"
    CANARY = "canary"
    ENDED = "ended"
    WATCH_SNAPSHOT = "watch_snapshot"
    WATCH_ACTION = "watch_action"
    WATCH_ACTING = "watch_acting"
    WATCH_FLOORS = "watch_floors"
    UNIVERSE = "universe"
    """Which symbols are traded from now on."""
    STOPS_CLAIMED = "stops_claimed"
    """Stops that carry no id of ours, placed by a process that does not own the account."""
    PHASE = "phase"
    WATCHED = "watched"
    DRILL = "drill"
    VALIDATION = "validation"
    PARITY = "parity"
    GAP = "gap"
    """Rows were lost while the disk refused and memory was bounded; the body counts them."""


class AccountKey(StrEnum):
    """Facts about the account that outlive a process."""

    ACCOUNT = "account"
    KILL_LEVEL = "kill_level"
    DAY = "day"
    FENCE = "fence"
    COMMANDS_READ = "commands_read"
    WATCHDOG_ACTING = "watchdog_acting"
    WATCHDOG_FLOORS = "watchdog_floors"
    CLAIMS = "claims"
    UNIVERSE = "universe"
    BOTS_STOPPED = "bots_stopped"
    LIMITS = "limits"
    PHASE = "phase"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """A row to append. `body` comes from `encode`."""

    kind: JournalKind
    trade_id: TradeId | None
    wire_ms: WireMs
    market_ms: MarketMs
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswer:
    """The engine's answer to a command. `result` comes from `encode`."""

    command_id: str
    wire_ms: WireMs
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Rows (at least one) and the state that changes with them. The last row dates the trades saved."""

    rows: tuple[JournalRow, ...]
    trades: tuple[Trade, ...] = ()
    ledger: tuple[LedgerEntry, ...] = ()
    account: tuple[tuple[AccountKey, str], ...] = ()
    answers: tuple[CommandAnswer, ...] = ()

    def __post_init__(self) -> None:
        invariant(len(self.rows) > 0, "O4", state_without_a_journal_row=len(self.trades))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table whose rows the journal seals.

    Attributes:
        key: its first column.
        keeps_first: the first row of a key stays (append-only); else the last one does.
    """

    name: str
    key: str
    keeps_first: bool
    insert: str
    select: str


TRADES = Table(
    name="trades",
    key="trade_id",
    keeps_first=False,
    insert="INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trade_id) DO UPDATE SET "
    "phase = excluded.phase, symbol = excluded.symbol, side = excluded.side, body = excluded.body, "
    "wire_ms = excluded.wire_ms, market_ms = excluded.market_ms",
    select="SELECT trade_id, phase, symbol, side, body, wire_ms, market_ms FROM trades",
)
LEDGER = Table(
    name="ledger",
    key="entry_id",
    keeps_first=True,
    insert="INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (entry_id) DO NOTHING",
    select="SELECT entry_id, kind, symbol, trade_id, side, position_side, quantity, price, amount_quote,"
    " order_id, wire_ms, market_ms FROM ledger",
)
ACCOUNT = Table(
    name="account",
    key="key",
    keeps_first=False,
    insert="INSERT INTO account VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    select="SELECT key, value FROM account",
)
ANSWERS = Table(
    name="command_answers",
    key="id",
    keeps_first=True,
    insert="INSERT INTO command_answers VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
    select="SELECT id, wire_ms, result FROM command_answers",
)
SEALED_TABLES = (TRADES, LEDGER, ACCOUNT, ANSWERS)

Values = tuple[SqlValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of state to write."""

    table: Table
    values: Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A batch as SQL values: rows are (wire_ms, market_ms, kind, trade_id, body)."""

    rows: tuple[Values, ...]
    changes: tuple[Change, ...]


def prepare(batch: Batch) -> Prepared:
    """Encode a batch, in the caller: a value that cannot be stored fails where it was made."""
    last = batch.rows[-1]
    changes = [Change(table=TRADES, values=_trade_values(trade, last)) for trade in batch.trades]
    changes += [Change(table=LEDGER, values=_entry_values(entry)) for entry in batch.ledger]
    changes += [Change(table=ACCOUNT, values=(key.value, value)) for key, value in batch.account]
    changes += [
        Change(table=ANSWERS, values=(answer.command_id, answer.wire_ms, answer.result))
        for answer in batch.answers
    ]
    rows = tuple((row.wire_ms, row.market_ms, row.kind.value, row.trade_id, row.body) for row in batch.rows)
    return Prepared(rows=rows, changes=tuple(changes))


def _trade_values(trade: Trade, row: JournalRow) -> Values:
    return (
        trade.trade_id,
        trade.phase.value,
        trade.symbol,
        trade.side.value,
        encode(trade),
        row.wire_ms,
        row.market_ms,
    )


def _entry_values(entry: LedgerEntry) -> Values:
    return (
        entry.entry_id,
        entry.kind.value,
        entry.symbol,
        entry.trade_id,
        entry.side.value if entry.side else None,
        entry.position_side.value if entry.position_side else None,
        None if entry.quantity is None else str(entry.quantity),
        None if entry.price is None else str(entry.price),
        str(entry.amount_quote),
        entry.order_id,
        entry.wire_ms,
        entry.market_ms,
    )


def entry_from(values: Values) -> LedgerEntry:
    """The ledger entry of a stored row; the inverse of `prepare`."""
    names = LedgerEntry.__dataclass_fields__
    return msgspec.convert(dict(zip(names, values, strict=True)), LedgerEntry)
