"""Follows an engine's journal from outside, read-only: what it planned and did, as it becomes durable."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackline.core.ids import TradeId
from jackline.core.machine import IN_POSITION, Phase
from jackline.core.trade import Trade
from jackline.core.values import WireMs
from jackline.store.batch import JournalKind
from jackline.store.encode import decode
from jackline.store.errors import StoreError
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import LedgerEntry
from jackline.store.reader import JournalEntry, StoreReader

ROWS_MAX: Final = 500
"""Rows taken in one look; the rest come with the next one."""

_TRADE_ROWS = frozenset({JournalKind.INTENT.value, JournalKind.TRADE.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A trade as last written, and when (wire time)."""

    trade: Trade
    wire_ms: WireMs
    seq: int


class Follower:
    """The journal at `path`, which may not exist yet."""

    def __init__(self, path: Path) -> None:
        self.trades: dict[TradeId, Saved] = {}
        self.seq = 0
        self._path = path
        self._reader: StoreReader | None = None

    def poll(self) -> tuple[JournalEntry, ...]:
        """Rows written since the last poll; none while the file is not there or busy."""
        try:
            rows = self._read().journal_after(self.seq, ROWS_MAX)
        except StoreError:
            self.close()
            return ()
        for row in rows:
            self.seq = row.seq
            if row.kind in _TRADE_ROWS:
                trade = decode(row.body, Trade)
                self.trades[trade.trade_id] = Saved(trade=trade, wire_ms=row.wire_ms, seq=row.seq)
        return rows

    def catch_up(self) -> None:
        """Polls until nothing new is there."""
        while self.poll():
            continue

    @property
    def live(self) -> tuple[Saved, ...]:
        """Trades that are not flat and swept."""
        return tuple(saved for saved in self.trades.values() if saved.trade.phase is not Phase.DONE)

    @property
    def in_position(self) -> tuple[Trade, ...]:
        """Trades that hold something."""
        return tuple(one.trade for one in self.trades.values() if one.trade.phase in IN_POSITION)

    def recovered_ms(self, awaited: frozenset[TradeId], *, after: int) -> int | None:
        """Wire time at which the last of `awaited` was written as read back protected, or as flat and swept, by
        whoever writes after row `after`; None while one of them is not.
        """
        done: list[int] = []
        for trade_id in awaited:
            saved = self.trades[trade_id]
            if saved.seq <= after or saved.trade.phase not in {Phase.PROTECTED, Phase.DONE}:
                return None
            done.append(saved.wire_ms)
        return max(done, default=None)

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """All ledger rows. Raises StoreError."""
        return self._read().ledger_entries()

    def is_answered(self, command_id: str) -> bool:
        """Whether the engine has taken a command."""
        try:
            return self._read().answer(command_id) is not None
        except StoreError:
            self.close()
            return False

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _read(self) -> StoreReader:
        if self._reader is None:
            self._reader = StoreReader(HostDisk(), self._path)
        return self._reader
