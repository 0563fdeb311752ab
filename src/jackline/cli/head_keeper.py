"""Keeps heads of the audit while the web runs, which writes most of it: at a start, at each UTC day, at the stop."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import structlog

from jackline.core.values import WireMs
from jackline.store.access import AccessStore
from jackline.store.audit_heads import Why, export, until_next_day_ms
from jackline.store.errors import StoreError

LOOK_S_MAX = 3_600.0
"""A host that slept, or whose clock was set, is not a day late."""

HELD = (signal.SIGTERM, signal.SIGINT)

log = structlog.get_logger("audit")


@asynccontextmanager
async def heads_kept(store: AccessStore) -> AsyncIterator[None]:
    """While the block runs. That a head cannot be kept is told, and stops nobody."""
    await _keep(store, Why.START)
    daily = asyncio.ensure_future(_every_day(store))
    try:
        yield
    finally:
        daily.cancel()
        with suppress(asyncio.CancelledError):
            await daily
        await _keep(store, Why.STOP)


@contextmanager
def signals_held() -> Iterator[list[int]]:
    """What ends this process ends it behind the block: a server that was told to stop tells the process once more, and
    nothing would be kept. Gives those that have come."""
    caught: list[int] = []
    before = {one: signal.signal(one, lambda number, _: caught.append(number)) for one in HELD}
    try:
        yield caught
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        for number in caught:
            signal.raise_signal(number)


async def _every_day(store: AccessStore) -> None:
    day_ends_ms = _now_ms() + until_next_day_ms(_now_ms())
    while True:
        left_s = (day_ends_ms - _now_ms()) / 1_000
        if left_s > 0:
            await asyncio.sleep(min(left_s, LOOK_S_MAX))
            continue
        await _keep(store, Why.DAY)
        day_ends_ms = _now_ms() + until_next_day_ms(_now_ms())


async def _keep(store: AccessStore, why: Why) -> None:
    try:
        head = await asyncio.to_thread(export, store, wire_ms=_now_ms(), why=why)
        log.info("audit_head", code="S2", seq=head.seq, hash=head.hash, why=why)
    except (StoreError, OSError) as error:
        log.warning("audit_head_not_kept", code="S2", why=why, detail=str(error))


def _now_ms() -> WireMs:
    return WireMs(time.time_ns() // 1_000_000)
