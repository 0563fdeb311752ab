"""How many commits a second the place of an account's stores makes durable, by the code that trades."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jackline.cli.config import Config
from jackline.cli.disks import server_of
from jackline.core.values import MarketMs, WireMs
from jackline.store.batch import Batch, JournalKind, JournalRow, Prepared, prepare
from jackline.store.db import Db, beside, create, open_writer
from jackline.store.disk import Disk
from jackline.store.encode import encode
from jackline.store.errors import StoreError
from jackline.store.journal import EMPTY, Head, link, write
from jackline.store.schema import ENGINE

SCRATCH = "measure.db"
GROUP = 64
BODY = "x" * 600
"""As long as the body of a request or a trade in a journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Durable commits of one writer. `grouped_per_s`: batches a second where `group` of them share a commit."""

    where: str
    commits: int
    per_s: float
    p50_ms: float
    p99_ms: float
    group: int
    grouped_per_s: float


def measured(config: Config, disk: Disk, *, commits: int) -> Measured:
    """Write to a scratch store until so many commits are durable. Raises StoreError."""
    one = prepare(_batch())
    with _scratch(config, disk) as (db, where):
        head, spans_s = EMPTY, list[float]()
        for _ in range(commits):
            span_s, head = _timed(db, head, [one])
            spans_s.append(span_s)
        groups = max(commits // GROUP, 3)
        grouped_s = 0.0
        for _ in range(groups):
            span_s, head = _timed(db, head, [one] * GROUP)
            grouped_s += span_s
    ordered = sorted(spans_s)
    return Measured(
        where=where,
        commits=commits,
        per_s=commits / sum(spans_s),
        p50_ms=1_000 * ordered[len(ordered) // 2],
        p99_ms=1_000 * ordered[len(ordered) * 99 // 100],
        group=GROUP,
        grouped_per_s=groups * GROUP / grouped_s,
    )


def _timed(db: Db, head: Head, group: list[Prepared]) -> tuple[float, Head]:
    begun_s = time.perf_counter()
    linked = link(head, group)
    write(db, linked)
    return time.perf_counter() - begun_s, linked.after


def _batch() -> Batch:
    now_ms = time.time_ns() // 1_000_000
    row = JournalRow(
        kind=JournalKind.TRADE,
        trade_id=None,
        wire_ms=WireMs(now_ms),
        market_ms=MarketMs(now_ms),
        body=encode(BODY),
    )
    return Batch(rows=(row, row))


@contextmanager
def _scratch(config: Config, disk: Disk) -> Iterator[tuple[Db, str]]:
    """A store of its own beside those of the account, gone afterwards."""
    path = config.state_dir / SCRATCH
    if config.store.url is None:
        disk.make_directory(path.parent)
        _remove(disk, path)
        create(disk, path, ENGINE)
        try:
            with closing(open_writer(disk, path)) as db:
                yield db, str(path)
        finally:
            _remove(disk, path)
        return
    from jackline.store.postgres_origin import PostgresOrigin, make_store

    origin = PostgresOrigin(server_of(config), config.account.name, path, fence=None)
    with closing(origin.connect(read_only=False)) as db:
        drop = partial(db.run, f"DROP SCHEMA IF EXISTS {origin.schema} CASCADE")
        drop()
        try:
            make_store(db, origin.schema, ENGINE)
            db.dialect.make_durable(db, origin.where)
            yield db, origin.where
        finally:
            with suppress(StoreError):
                drop()


def _remove(disk: Disk, path: Path) -> None:
    for file in beside(path):
        disk.remove(file)
