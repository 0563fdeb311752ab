"""`/api/events`: the journal as server-sent events, for programs. It is resumed where `Last-Event-ID` says.

Pages use a WebSocket instead: six event streams over HTTP/1.1 are all the connections that a browser makes to a host,
and the seventh request, which may be the kill button, would wait for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from jackline.store.reader import JournalEntry, StoreReader
from jackline.web.access import Reader, grant_of
from jackline.web.account import Account
from jackline.web.parts import TheAccount
from jackline.web.problems import Problem
from jackline.web.routes.records import line

router = APIRouter(prefix="/api", tags=["events"])

FOLLOW_S: Final = 0.5
ROWS_AT_ONCE: Final = 200
RETRY_MS: Final = 2_000
STREAMS_MAX: Final = 50
"""Programs that follow at a time; each asks the store twice a second."""

log = structlog.get_logger("web")
_open = 0


async def _begin(
    account: TheAccount,
    _: Reader,
    last_event_id: Annotated[
        str | None, Header(pattern=r"^[0-9]{1,18}$", description="`id` of the last event that was received.")
    ] = None,
) -> int:
    """The row after which a stream begins. What is wrong is said here: a stream that has begun can only break off."""
    if _open >= STREAMS_MAX:
        raise Problem("too-many", f"{STREAMS_MAX} streams are open", headers={"Retry-After": "10"})
    newest = await account.ask(lambda store: store.head().seq)
    after = newest if last_event_id is None else int(last_event_id)
    if (
        after > newest
    ):  # of another journal, e.g. before a backup was restored: waiting for it would be silence
        raise Problem("bad-request", f"Last-Event-ID: {after} is beyond {newest}, the newest row")
    return after


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, account: TheAccount, _: Reader, after: Annotated[int, Depends(_begin)]
) -> AsyncIterator[ServerSentEvent]:
    """Every row of the journal from `Last-Event-ID` on, or from now on; `event` is the row's kind, `id` its number.
    It ends with the token that it was opened with."""
    global _open  # noqa: PLW0603  one process, one loop, one count
    _open += 1
    try:
        async for event in _follow(request, account, after):
            yield event
    except Problem as problem:
        log.info("stream_ended", why=problem.kind.code)
    finally:
        _open -= 1


async def _follow(request: Request, account: Account, after: int) -> AsyncIterator[ServerSentEvent]:
    """Raises Problem once its credential is no longer good, or the store cannot be read."""
    yield ServerSentEvent(retry=RETRY_MS, comment="rows of the journal")
    read_to = after
    while True:
        await grant_of(request)
        rows = await account.ask(_rows_after(read_to))
        for row in rows:
            read_to = row.seq
            yield ServerSentEvent(id=str(row.seq), event=row.kind, data=line(row))
        if len(rows) < ROWS_AT_ONCE:
            await asyncio.sleep(FOLLOW_S)


def _rows_after(read_to: int) -> Callable[[StoreReader], tuple[JournalEntry, ...]]:
    def read(store: StoreReader) -> tuple[JournalEntry, ...]:
        return store.journal_after(read_to, ROWS_AT_ONCE)

    return read
