"""Reading a store: at boot, and from other processes while an engine writes. Read-only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from jackline.core.ids import TradeId
from jackline.core.machine import Phase
from jackline.core.trade import Trade
from jackline.core.values import MarketMs, Symbol, WireMs
from jackline.store.batch import ACCOUNT, LEDGER, CommandAnswer, entry_from
from jackline.store.db import Db, Row, open_reader
from jackline.store.disk import Disk
from jackline.store.encode import decode
from jackline.store.journal import Head, read_head
from jackline.store.ledger import LedgerEntry

_LAST_ENDS = (
    "SELECT trades.symbol, max(journal.market_ms) FROM journal "
    "JOIN trades USING (trade_id) WHERE journal.kind = 'ended' GROUP BY trades.symbol"
)
_ROWS = "SELECT seq, kind, trade_id, wire_ms, market_ms, body FROM journal "


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A journal row as written; `body` is read with `decode`."""

    seq: int
    kind: str
    trade_id: TradeId | None
    wire_ms: WireMs
    market_ms: MarketMs
    body: str


class StoreReader:
    """Queries over an engine's or a watchdog's store.

    Methods raise DbTrouble when the file is busy or gone and BodyUnreadable for a row of another version.
    """

    def __init__(self, disk: Disk, path: Path) -> None:
        self._db: Db = open_reader(disk, path)

    def head(self) -> Head:
        """Number and hash of the last journal row."""
        return read_head(self._db)

    def load_trades(self) -> tuple[Trade, ...]:
        """The live trades (not done), oldest id first."""
        rows = self._db.run("SELECT body FROM trades WHERE phase <> ? ORDER BY trade_id", (Phase.DONE.value,))
        return tuple(decode(body, Trade) for (body,) in rows)

    def every_trade(self) -> tuple[Trade, ...]:
        """All trades on record, done ones too, oldest id first."""
        rows = self._db.run("SELECT body FROM trades ORDER BY trade_id")
        return tuple(decode(body, Trade) for (body,) in rows)

    def find_trade(self, trade_id: TradeId) -> Trade | None:
        """One trade as it was last written; None where there is none of that id."""
        rows = self._db.run("SELECT body FROM trades WHERE trade_id = ?", (trade_id,))
        return decode(rows[0][0], Trade) if rows else None

    def journal_of(self, kinds: Sequence[str], *, after_seq: int) -> tuple[JournalEntry, ...]:
        """Every row of these kinds after row `after_seq`, oldest first."""
        marks = ", ".join("?" * len(kinds))
        rows = self._db.run(_ROWS + f"WHERE seq > ? AND kind IN ({marks}) ORDER BY seq", (after_seq, *kinds))
        return tuple(_entry(row) for row in rows)

    def last_ends(self) -> dict[Symbol, MarketMs]:
        """When, in market time, the last trade of each symbol ended."""
        rows = self._db.run(_LAST_ENDS)
        return {Symbol(symbol): MarketMs(market_ms) for symbol, market_ms in rows}

    def load_account(self) -> dict[str, str]:
        """The account's facts by `AccountKey`."""
        return dict(self._db.run(ACCOUNT.select))

    def ledger_entries(self, trade_id: TradeId | None = None) -> tuple[LedgerEntry, ...]:
        """All entries, or those of one trade; oldest first by wire time."""
        which, values = ("", ()) if trade_id is None else ("WHERE trade_id = ? ", (trade_id,))
        rows = self._db.run(f"{LEDGER.select} {which}ORDER BY wire_ms, entry_id", values)
        return tuple(entry_from(row) for row in rows)

    def journal_tail(self, count: int) -> tuple[JournalEntry, ...]:
        """The last `count` rows, oldest first."""
        rows = self._db.run(
            _ROWS + "ORDER BY seq DESC LIMIT ?",
            (count,),
        )
        return tuple(_entry(row) for row in reversed(rows))

    def journal_after(self, seq: int, limit: int) -> tuple[JournalEntry, ...]:
        """At most `limit` rows after row `seq`, oldest first: how a watcher follows."""
        rows = self._db.run(
            _ROWS + "WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return tuple(_entry(row) for row in rows)

    def answer(self, command_id: str) -> CommandAnswer | None:
        """The engine's answer to a command; None while there is none."""
        rows = self._db.run("SELECT id, wire_ms, result FROM command_answers WHERE id = ?", (command_id,))
        return CommandAnswer(command_id=rows[0][0], wire_ms=rows[0][1], result=rows[0][2]) if rows else None

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _entry(row: Row) -> JournalEntry:
    seq, kind, trade_id, wire_ms, market_ms, body = row
    return JournalEntry(
        seq=seq, kind=kind, trade_id=trade_id, wire_ms=wire_ms, market_ms=market_ms, body=body
    )
