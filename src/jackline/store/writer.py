"""The journal's writer: what waits for the disk and when, while the loop that sends stops goes on.

It is work in steps (`Work`): a thread carries it in production, a simulated process in a simulation.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jackline.store.anchor import note_anchor
from jackline.store.batch import Batch, Prepared, prepare
from jackline.store.db import Db, OpenDb, open_writer
from jackline.store.disk import Disk, OnDisk, Until, Work
from jackline.store.errors import JournalClosed, JournalOverflow, StoreDamaged, StoreError
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
    """`Journal` over a disk. Make it, append and close on one running loop; callbacks run on that loop.

    `on_broken(detail)` is called once when a write fails or the queue is full, and once more where it turns out that
    the store cannot be believed, which no waiting mends; `on_mended()` once when everything owed is on disk again.
    `open_db` is for tests that need a connection of their own kind.
    """

    def __init__(
        self,
        *,
        disk: Disk,
        path: Path,
        head: Head,
        on_broken: Callable[[str], None],
        on_mended: Callable[[], None],
        queue_max: int = QUEUE_BATCHES_MAX,
        open_db: OpenDb | None = None,
    ) -> None:
        self._disk, self._path, self._head = disk, path, head
        self._open_db = open_db or partial(open_writer, disk, path)
        self._on_broken, self._on_mended = on_broken, on_mended
        self._queue_max = queue_max
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        # Under the guard from here on; the database belongs to the work alone.
        self._queue: deque[_Owed] = deque()
        self._group: list[_Owed] = []
        self._linked: Linked | None = None
        self._overflow: Overflow | None = None
        self._broken = self._damaged = self._closing = self._abandoned = False
        self._batches = self._commits = self._failures = 0
        self._db: Db | None = None
        self._carrier = disk.carrier("journal")
        self._carrier.start(self._work())

    def append(self, batch: Batch) -> asyncio.Future[int]:
        """Owe a batch; see `Journal.append`."""
        prepared = prepare(batch)
        future: asyncio.Future[int] = self._loop.create_future()
        with self._carrier.guard():
            if self._closing:
                _fail(future, JournalClosed("the journal is closed"))
            elif self._overflow is not None or len(self._queue) >= self._queue_max:
                self._overflow = self._overflow or Overflow(since_s=self._loop.time())
                self._overflow.fold(prepared)
                _fail(future, JournalOverflow(f"{len(self._queue)} batches are waiting for the disk"))
                self._declare_broken(f"queue full: {len(self._queue)} batches are waiting for the disk")
            else:
                self._queue.append(_Owed(prepared=prepared, future=future, since_s=self._loop.time()))
            self._carrier.wake()
        return future

    @property
    def health(self) -> JournalHealth:
        """Progress figures."""
        with self._carrier.guard():
            since_s = self._oldest_s()
            return JournalHealth(
                lag_ms=0 if since_s is None else int((self._loop.time() - since_s) * 1_000),
                owed=self._owed(),
                broken=self._broken,
                batches=self._batches,
                commits=self._commits,
                failures=self._failures,
            )

    async def close(self, *, deadline_ms: int) -> int:
        """Write what is owed, at most until the deadline; the number of batches that could not be written."""
        with self._carrier.guard():
            self._closing = True
            self._carrier.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_ms / 1_000):
                await asyncio.shield(self._ended)
        with self._carrier.guard():
            self._abandoned = True
            lost = [*self._group, *self._queue]
            self._carrier.wake()
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

    # ---- the work

    def _work(self) -> Work:
        try:
            while (yield from self._take()):
                if not (yield from self._write_until_durable()):
                    break
                yield OnDisk(do=self._note, syncs=False)
                self._settle()
            yield OnDisk(do=self._close_db, syncs=True)
        finally:
            self._close_db()
            if not self._closing:  # a bug of ours; without this line the engine would wait for it in silence
                self._declare_broken("the journal's writer ended")
            self._carrier.post(partial(_end, self._ended))

    def _take(self) -> Generator[Until, None, bool]:
        """Take the next group, oldest first; False when the writer is to end."""
        yield Until(ready=lambda: bool(self._queue or self._overflow or self._closing), at_most_ms=None)
        while self._queue and len(self._group) < GROUP_BATCHES_MAX:
            self._group.append(self._queue.popleft())
        if not self._group and self._overflow is not None:
            rest, self._overflow = self._overflow, None
            self._group.append(_Owed(prepared=rest.prepared(), future=None, since_s=rest.since_s))
        self._linked = None
        return bool(self._group)

    def _write_until_durable(self) -> Generator[Until | OnDisk, None, bool]:
        """Write, again and again if need be. False when told to abandon it."""
        pause_ms = RETRY_MS_FIRST
        while True:
            try:
                yield OnDisk(do=self._write, syncs=True)
            except StoreError as error:
                self._failures += 1
                self._declare_broken(str(error), damaged=isinstance(error, StoreDamaged))
                yield Until(ready=lambda: self._abandoned, at_most_ms=pause_ms)
                if self._abandoned:
                    return False
                pause_ms = min(2 * pause_ms, RETRY_MS_MAX)
            else:
                return True

    def _write(self) -> None:
        """One attempt. The group does not change while it is under way: only the work itself takes and settles."""
        if self._linked is None:
            self._linked = link(self._head, [owed.prepared for owed in self._group])
        try:
            if self._db is None:
                self._db = self._open()
            write(self._db, self._linked)
        except StoreError:
            self._close_db()
            raise
        self._head = self._linked.after

    def _note(self) -> None:
        note_anchor(self._disk, self._path, self._head)

    def _open(self) -> Db:
        """A new connection after every failure: a file handle whose sync has failed once proves nothing ever
        after.

        The kernel may call pages clean that never reached the disk, so the log is first copied into the
        database, which is a new write and a new sync; only then is its word taken for what is already there.
        """
        db = self._open_db()
        if self._failures:
            try:
                db.dialect.fold_log(db)
            except StoreError:
                with contextlib.suppress(StoreError):
                    db.close()
                raise
        return db

    def _settle(self) -> None:
        last_seqs = self._linked.last_seqs if self._linked else ()
        done = [(owed.future, seq) for owed, seq in zip(self._group, last_seqs, strict=True) if owed.future]
        self._batches += len(self._group)
        self._commits += 1
        self._group.clear()
        mended = self._broken and not self._queue and self._overflow is None
        self._carrier.post(partial(_resolve, done))
        if mended:
            self._broken = self._damaged = False
            self._carrier.post(self._on_mended)

    def _close_db(self) -> None:
        if self._db is not None:
            with contextlib.suppress(StoreError):
                self._db.close()
            self._db = None

    def _declare_broken(self, detail: str, *, damaged: bool = False) -> None:
        if not self._broken or (damaged and not self._damaged):
            self._broken, self._damaged = True, damaged
            self._carrier.post(partial(self._on_broken, detail))


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
