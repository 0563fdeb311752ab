"""The tables, as written SQL. STRICT keeps types; WITHOUT ROWID leaves no index to disagree with it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """What one kind of store holds, in SQLite's words; other databases translate them.

    Attributes:
        application_id: marks a store as ours.
        version: of the tables; `migrations` leads from one to the next.
        tables: what makes them.
        append_only: the tables whose rows neither change nor go.
        rows: what stands in them from the beginning.
    """

    name: str
    application_id: int
    version: int
    tables: tuple[str, ...]
    append_only: tuple[str, ...]
    rows: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[str, ...]:
        """All of it for SQLite, in order."""
        triggers = tuple(text for table in self.append_only for text in _append_only(table))
        return (*self.tables, *triggers, *self.rows)


def _append_only(table: str) -> tuple[str, ...]:
    return tuple(
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    )


_JOURNAL = """CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, wire_ms INTEGER NOT NULL, market_ms INTEGER NOT NULL, kind TEXT NOT NULL,
    trade_id TEXT, body TEXT NOT NULL, seals TEXT NOT NULL, prev_hash TEXT NOT NULL, hash TEXT NOT NULL)
    STRICT"""
_HEAD = """CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL) STRICT"""
_TRADES = """CREATE TABLE trades (
    trade_id TEXT PRIMARY KEY, phase TEXT NOT NULL, symbol TEXT NOT NULL, side TEXT NOT NULL,
    body TEXT NOT NULL, wire_ms INTEGER NOT NULL, market_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID"""
_LEDGER = """CREATE TABLE ledger (
    entry_id TEXT PRIMARY KEY, kind TEXT NOT NULL, symbol TEXT, trade_id TEXT, side TEXT, position_side TEXT,
    quantity TEXT, price TEXT, amount_quote TEXT NOT NULL, order_id INTEGER, wire_ms INTEGER NOT NULL,
    market_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID"""
_ACCOUNT = "CREATE TABLE account (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
_ANSWERS = """CREATE TABLE command_answers (
    id TEXT PRIMARY KEY, wire_ms INTEGER NOT NULL, result TEXT NOT NULL) STRICT, WITHOUT ROWID"""
_COMMANDS = """CREATE TABLE commands (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_ms INTEGER NOT NULL,
    actor TEXT NOT NULL, kind TEXT NOT NULL, args TEXT NOT NULL, reason TEXT NOT NULL) STRICT"""

GENESIS = "0" * 64
"""The `prev_hash` of the first row."""

_SEALED = (_JOURNAL, _HEAD, _TRADES, _LEDGER, _ACCOUNT, _ANSWERS)
_SEALED_APPEND_ONLY = ("journal", "ledger", "command_answers")
_SEALED_ROWS = (f"INSERT INTO head VALUES (1, 0, '{GENESIS}')",)  # noqa: S608  no input reaches this text

ENGINE = Schema(
    name="engine store",
    application_id=0x6A6B6531,
    version=1,
    tables=_SEALED,
    append_only=_SEALED_APPEND_ONLY,
    rows=_SEALED_ROWS,
)
WATCHDOG = Schema(
    name="watchdog store",
    application_id=0x6A6B7731,
    version=1,
    tables=_SEALED,
    append_only=_SEALED_APPEND_ONLY,
    rows=_SEALED_ROWS,
)
COMMANDS = Schema(
    name="command desk",
    application_id=0x6A6B6331,
    version=1,
    tables=(_COMMANDS,),
    append_only=("commands",),
)
