"""What is kept of batches that no longer fit the queue: the latest state, and the count of rows lost."""

from __future__ import annotations

from jackline.core.errors import invariant
from jackline.store.batch import Change, JournalKind, Prepared, Values
from jackline.store.encode import encode

LEDGER_ROWS_MAX = 20_000
"""Fills owed beyond this are left to the venue's trade list, from which they are booked again."""


class Overflow:
    """Batches folded into one. Only the last state of each trade is kept: memory is bounded."""

    def __init__(self, *, since_s: float) -> None:
        self.since_s = since_s
        self.batches = 0
        self._rows_lost = 0
        self._changes_lost = 0
        self._last: Values = ()
        self._changes: dict[tuple[str, object], Change] = {}

    def fold(self, prepared: Prepared) -> None:
        """Keep the batch's state, count its rows."""
        self.batches += 1
        self._rows_lost += len(prepared.rows)
        self._last = prepared.rows[-1]
        for change in prepared.changes:
            key = (change.table.name, change.values[0])
            if not change.table.keeps_first:
                self._changes[key] = change
            elif key not in self._changes:
                if len(self._changes) < LEDGER_ROWS_MAX:
                    self._changes[key] = change
                else:
                    self._changes_lost += 1

    def prepared(self) -> Prepared:
        """One batch: a row that owns up to the gap, and the state as it is now."""
        invariant(self.batches > 0, "O4", empty_overflow=True)
        wire_ms, market_ms, *_ = self._last
        body = encode({"rows_lost": self._rows_lost, "ledger_rows_lost": self._changes_lost})
        row: Values = (wire_ms, market_ms, JournalKind.GAP.value, None, body)
        return Prepared(rows=(row,), changes=tuple(self._changes.values()))
