"""What is on record: incidents with their post-mortem, trades, audit and log."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Path, Request, Response

from jackline.core.codes import PAGES
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import read_rows
from jackline.store.errors import StoreError
from jackline.store.reader import JournalEntry, StoreReader
from jackline.web.access import Reader
from jackline.web.pages import journal
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.problems import Problem

pages = router()

TRADES_SHOWN: Final = 200
ROWS_SHOWN: Final = 200
BEFORE, AFTER = 40, 60
"""Rows of the journal around an incident."""
FIRST_CHARS_MAX: Final = 12


async def incidents_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Whatever somebody had to be told of, newest first."""
    del query
    told = [one for one in reversed(sight.past.alerts) if one.level != "info"][:ROWS_SHOWN]
    return View(name="incidents", title="Incidents", facts={"told": told}, live=("incidents",))


async def incident_view(sight: Sight, query: Mapping[str, str]) -> View:
    """One of them, with the journal around it."""
    seq = int(query.get("seq", "0"))
    rows = await sight.account.ask(journal.around(seq, BEFORE, AFTER))
    told = next((one for one in sight.past.alerts if one.seq == seq), None)
    lines = journal.lines(rows)
    here = next((line for line in lines if line.seq == seq), None)
    if here is None:
        raise Problem("not-found", f"no row {seq} in the journal")
    facts: dict[str, object] = {
        "seq": seq,
        "told": told,
        "here": here,
        "lines": lines,
        "code": None if told is None else PAGES.get(told.code),
    }
    return View(name="incident", title=f"Incident {seq}", facts=facts)


async def trades_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Every trade, and what each day earned; from the venue's fills alone (A1)."""
    del query
    try:
        stated = await sight.account.stated()
    except Problem as problem:
        facts: dict[str, object] = {"trouble": problem.detail, "rows": [], "days": [], "more": 0}
        return View(name="trades", title="Trades", facts=facts)
    ordered = list(reversed(stated.statement.trades))
    rows = [(one, stated.trades.get(one.trade_id)) for one in ordered[:TRADES_SHOWN]]
    facts = {
        "trouble": "",
        "rows": rows,
        "days": list(reversed(stated.statement.days))[:31],
        "more": max(0, len(ordered) - TRADES_SHOWN),
    }
    return View(name="trades", title="Trades", facts=facts)


async def audit_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Who changed what, from where and why."""
    del query
    store = AccessStore(sight.disk, sight.options.state_dir / ACCESS_FILE)
    try:
        rows = await asyncio.to_thread(read_rows, store, limit=ROWS_SHOWN)
    except (StoreError, OSError) as error:
        raise Problem("unavailable", f"{ACCESS_FILE}: {error}") from error
    return View(name="audit", title="Audit", facts={"rows": rows[::-1]})


async def log_view(sight: Sight, query: Mapping[str, str]) -> View:
    """The journal, newest first; `before` is the number of a row."""
    said = query.get("before", "")
    before = int(said) if said.isdecimal() and len(said) <= FIRST_CHARS_MAX else None

    def read(store: StoreReader) -> tuple[JournalEntry, ...]:
        if before is None:
            return store.journal_tail(ROWS_SHOWN)
        return store.journal_after(max(0, before - ROWS_SHOWN - 1), min(ROWS_SHOWN, max(0, before - 1)))

    rows = await sight.account.ask(read)
    lines = journal.lines(rows)[::-1]
    older = lines[-1].seq if lines and lines[-1].seq > 1 else None
    return View(name="log", title="Log", facts={"lines": lines, "older": older, "is_tail": before is None})


@pages.get("/incidents")
async def incidents_page(request: Request, grant: Reader) -> Response:
    """Incidents."""
    return await show(request, grant, incidents_view)


@pages.get("/incidents/{seq}")
async def incident_page(
    request: Request, grant: Reader, seq: Annotated[int, Path(ge=1, le=1 << 53)]
) -> Response:
    """Post-mortem."""
    return await show(request, grant, incident_view, query={"seq": str(seq)})


@pages.get("/trades")
async def trades_page(request: Request, grant: Reader) -> Response:
    """Trades."""
    return await show(request, grant, trades_view)


@pages.get("/audit")
async def audit_page(request: Request, grant: Reader) -> Response:
    """Audit."""
    return await show(request, grant, audit_view)


@pages.get("/log")
async def log_page(request: Request, grant: Reader) -> Response:
    """Log."""
    return await show(request, grant, log_view)
