"""What one turn writes, as one batch: the journal keeps all of it or nothing.

A trade that is done and the losing streak that counts it are rows of one turn. Written one after the other, a kill
between them would leave the trade ended and its loss forgotten (K5).
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from jackline.store.batch import Batch
from jackline.store.journal import Journal


class OneBatch:
    """Stands before the journal: what is appended within `turn` reaches it together, in the order it came."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._parts: list[tuple[Batch, asyncio.Future[int]]] | None = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold back what is appended until the turn is over. A turn that fails leaves what it wrote before."""
        if self._parts is not None:  # within a turn already: a part of it
            yield
            return
        self._parts = []
        try:
            yield
        finally:
            parts, self._parts = self._parts, None
            self._hand_on(parts)

    def append(self, batch: Batch) -> asyncio.Future[int]:
        """Owe a batch; within a turn, a part of one. See `Journal.append`."""
        if self._parts is None:
            return self._journal.append(batch)
        written: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._parts.append((batch, written))
        return written

    def _hand_on(self, parts: list[tuple[Batch, asyncio.Future[int]]]) -> None:
        if parts:
            whole = self._journal.append(merged([batch for batch, _ in parts]))
            whole.add_done_callback(partial(_tell, [future for _, future in parts]))


def merged(batches: list[Batch]) -> Batch:
    """One batch of several, oldest first; of two states of one thing the later is written last and stays."""
    return Batch(
        rows=tuple(row for batch in batches for row in batch.rows),
        trades=tuple(trade for batch in batches for trade in batch.trades),
        ledger=tuple(entry for batch in batches for entry in batch.ledger),
        account=tuple(fact for batch in batches for fact in batch.account),
        answers=tuple(answer for batch in batches for answer in batch.answers),
    )


def _tell(parts: list[asyncio.Future[int]], whole: asyncio.Future[int]) -> None:
    error = None if whole.cancelled() else whole.exception()
    for future in parts:
        if future.done():
            continue
        if whole.cancelled():
            future.cancel()
        elif error is not None:
            future.set_exception(error)
            future.exception()  # mark it seen: a part nobody awaits is no unhandled error
        else:
            future.set_result(whole.result())
