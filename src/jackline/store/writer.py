"""The writer thread: it owns the connection, so a slow disk never holds up the loop that sends stops."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jackline.store.anchor import Anchor
from jackline.store.batch import Batch, Prepared, prepare
from jackline.store.db import Db, OpenDb
from jackline.store.errors import DbTrouble, JournalClosed, JournalOverflow, StoreError, TroubleKind
from jackline.store.journal import Head, JournalHealth, Linked, link, write
from jackline.store.overflow import Overflow

QUEUE_BATCHES_MAX = 4_096
"""Minutes of the busiest account; beyond it memory, not the disk, would be what fails."""
GROUP_BATCHES_MAX = 256
"""Batches under one COMMIT: enough to share a sync, few enough that an intent waits briefly."""
RETRY_MS_FIRST = 50
RETRY_MS_MAX = 2_000
"""Pause between attempts on a refusing disk: it doubles from the first to the last, until written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owed:
    prepared: Prepared
    future: asyncio.Future[int] | None
    since_s: float


class JournalWriter:
    """`Journal` over a thread. Make it, append and close on one running loop; callbacks run on that loop.

    `on_broken(detail)` is called once when a write fails or the queue is full, `on_mended()` once when
    everything owed is on disk again.
    """

    def __init__(
        self,
        *,
        path: Path,
        open_db: OpenDb,
        head: Head,
        on_broken: Callable[[str], None],
        on_mended: Callable[[], None],
        queue_max: int = QUEUE_BATCHES_MAX,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path, self._open_db, self._head = path, open_db, head
        self._on_broken, self._on_mended = on_broken, on_mended
        self._queue_max, self._monotonic = queue_max, monotonic
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        self._wake = threading.Condition()
        # Guarded by _wake from here on; the database and the head belong to the thread alone.
        self._queue: deque[_Owed] = deque()
        self._group: list[_Owed] = []
        self._overflow: Overflow | None = None
        self._broken = self._closing = self._abandoned = False
        self._batches = self._commits = self._failures = 0
        self._db: Db | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def append(self, batch: Batch) -> asyncio.Future[int]:
        """Owe a batch; see `Journal.append`."""
        prepared = prepare(batch)
        future: asyncio.Future[int] = self._loop.create_future()
        with self._wake:
            if self._closing:
                _fail(future, JournalClosed("the journal is closed"))
            elif self._overflow is not None or len(self._queue) >= self._queue_max:
                self._overflow = self._overflow or Overflow(since_s=self._monotonic())
                self._overflow.fold(prepared)
                _fail(future, JournalOverflow(f"{len(self._queue)} batches are waiting for the disk"))
                self._declare_broken(f"queue full: {len(self._queue)} batches are waiting for the disk")
            else:
                self._queue.append(_Owed(prepared=prepared, future=future, since_s=self._monotonic()))
            self._wake.notify()
        return future

    @property
    def health(self) -> JournalHealth:
        """Progress figures."""
        with self._wake:
            since_s = self._oldest_s()
            return JournalHealth(
                lag_ms=0 if since_s is None else int((self._monotonic() - since_s) * 1_000),
                owed=self._owed(),
                broken=self._broken,
                batches=self._batches,
                commits=self._commits,
                failures=self._failures,
            )

    async def close(self, *, deadline_ms: int) -> int:
        """Write what is owed, at most until the deadline; the number of batches that could not be written."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._ended), deadline_ms / 1_000)
        with self._wake:
            self._abandoned = True
            lost = [*self._group, *self._queue]
            self._wake.notify()
            for owed in lost:
                if owed.future is not None:
                    _fail(owed.future, JournalClosed("the journal closed before this was durable"))
            return self._owed()

    def _oldest_s(self) -> float | None:
        for waiting in (self._group, self._queue):
            if waiting:
                return waiting[0].since_s
        return None if self._overflow is None else self._overflow.since_s

    def _owed(self) -> int:
        return len(self._group) + len(self._queue) + (self._overflow.batches if self._overflow else 0)

    # ---- everything below runs in the thread

    def _run(self) -> None:
        anchor = Anchor(self._path)
        try:
            while group := self._take():
                linked = link(self._head, [owed.prepared for owed in group])
                if not self._write_until_durable(linked):
                    break
                self._head = linked.after
                anchor.note(linked.after)
                self._settle(group, linked)
        finally:
            self._close_db()
            anchor.close()
            with self._wake:
                if (
                    not self._closing
                ):  # a bug of ours; without this line the engine would wait for it in silence
                    self._declare_broken("the writer thread ended")
            self._call(partial(_end, self._ended))

    def _take(self) -> list[_Owed]:
        """The next group, oldest first; empty when the writer is to end."""
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._overflow or self._closing)
            while self._queue and len(self._group) < GROUP_BATCHES_MAX:
                self._group.append(self._queue.popleft())
            if not self._group and self._overflow is not None:
                rest, self._overflow = self._overflow, None
                self._group.append(_Owed(prepared=rest.prepared(), future=None, since_s=rest.since_s))
            return list(self._group)

    def _write_until_durable(self, linked: Linked) -> bool:
        """Write, again and again if need be. False when told to abandon it."""
        pause_ms = RETRY_MS_FIRST
        while True:
            try:
                if self._db is None:
                    self._db = self._open()
                write(self._db, linked)
            except StoreError as error:
                self._close_db()
                with self._wake:
                    self._failures += 1
                    self._declare_broken(str(error))
                    if self._wake.wait_for(lambda: self._abandoned, pause_ms / 1_000):
                        return False
                pause_ms = min(2 * pause_ms, RETRY_MS_MAX)
            else:
                return True

    def _open(self) -> Db:
        """A new connection after every failure: a file handle whose sync has failed once proves nothing ever
        after.

        The kernel may call pages clean that never reached the disk, so the log is first copied into the
        database, which is a new write and a new sync; only then is its word taken for what is already there.
        """
        db = self._open_db()
        if self._failures:
            try:
                busy = db.run("PRAGMA wal_checkpoint(TRUNCATE)")[0][0]
                if busy:
                    raise DbTrouble(TroubleKind.BUSY, "a reader holds the log")
            except StoreError:
                with contextlib.suppress(StoreError):
                    db.close()
                raise
        return db

    def _settle(self, group: list[_Owed], linked: Linked) -> None:
        with self._wake:
            self._group.clear()
            self._batches += len(group)
            self._commits += 1
            mended = self._broken and not self._queue and self._overflow is None
            if mended:
                self._broken = False
        done = [(owed.future, seq) for owed, seq in zip(group, linked.last_seqs, strict=True) if owed.future]
        self._call(lambda: _resolve(done))
        if mended:
            self._call(self._on_mended)

    def _close_db(self) -> None:
        if self._db is not None:
            with contextlib.suppress(StoreError):
                self._db.close()
            self._db = None

    def _declare_broken(self, detail: str) -> None:
        if not self._broken:
            self._broken = True
            self._call(lambda: self._on_broken(detail))

    def _call(self, what: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(what)


def _end(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


def _resolve(done: list[tuple[asyncio.Future[int], int]]) -> None:
    for future, seq in done:
        if not future.done():  # its waiter may have given up
            future.set_result(seq)


def _fail(future: asyncio.Future[int], error: StoreError) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # mark it seen: a batch nobody awaits is no unhandled error
