"""How well the promise is kept: coverage over time, naked windows, refusals, and what is proven at the venue."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from jackline.core.values import Quote
from jackline.web.access import Reader
from jackline.web.differences import diffs
from jackline.web.history import Window
from jackline.web.measures import coverage, open_ones
from jackline.web.metrics import BUCKETS_S, buckets
from jackline.web.pages.now import row_of
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.problems import Problem
from jackline.web.routes.protection import DAY_MS, WORST, exposure

pages = router()

BAND_MAX: Final = 240
"""Spans in the band: twenty minutes of five seconds."""
HEIGHT: Final = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Windows of one length. `is_over`: longer than P1 allows; `height` of HEIGHT."""

    upto: str
    count: int
    height: int
    is_over: bool


def histogram(windows: list[Window], deadline_ms: int) -> list[Bin]:
    """How long windows were. The edges are those of the metrics."""
    counted, before = [], 0.0
    for edge, upto in buckets([one.length_ms for one in windows]):
        counted.append((edge, int(upto - before)))
        before = upto
    most = max([count for _, count in counted] + [1])
    bins = []
    for index, (edge, count) in enumerate(counted):
        lower_s = float(BUCKETS_S[index - 1]) if index else 0.0
        bins.append(
            Bin(
                upto=f"{float(edge):g} s" if edge != "+Inf" else "more",
                count=count,
                height=int(HEIGHT * count / most) if count else 0,
                is_over=lower_s * 1_000 >= deadline_ms,
            )
        )
    return bins


async def view(sight: Sight, query: Mapping[str, str]) -> View:
    """The page."""
    del query
    seen, past, account = sight.seen, sight.past, sight.seen.account
    now_ms = time.time_ns() // 1_000_000
    windows = list(past.windows)
    looked_ms = None if account is None else account.looked_ms
    today = [one for one in windows if one.from_ms >= now_ms - now_ms % DAY_MS]
    facts: dict[str, object] = {
        "coverage": coverage(open_ones(seen)),
        "open_count": sight.open_count,
        "protected_count": sight.protected_count,
        "naked_ms": sight.naked_longest_ms,
        "deadline_ms": sight.deadline_ms,
        "looked_age_ms": None if looked_ms is None else max(0, seen.now_ms - looked_ms),
        "voice": sight.voice,
        "rows": [row_of(one, seen, sight.deadline_ms) for one in open_ones(seen)],
        "spans": (
            ("today", exposure(today)),
            ("30 days", exposure([one for one in windows if one.from_ms >= now_ms - 30 * DAY_MS])),
        ),
        "bins": histogram(windows, sight.deadline_ms),
        "count": len(windows),
        "band": list(sight.series.covers)[-BAND_MAX:],
        "worst": sorted(windows, key=lambda one: -one.length_ms)[:WORST],
        "protected": past.protected,
        "first_try": past.first_try,
        "refusals": past.refusals.most_common(10),
        "markets": () if account is None else account.markets,
        "proven_ms": past.canaries,
        "venue": sight.options.venue,
    }
    return View(name="protection", title="Protection", facts=facts, live=("coverage", "exposure"))


async def reconcile_view(sight: Sight, query: Mapping[str, str]) -> View:
    """What the engine holds to be so, and what the venue showed last."""
    del query
    seen, account = sight.seen, sight.seen.account
    looked_ms = None if account is None else account.looked_ms
    rows = [row for one in seen.positions for row in diffs(one)]
    facts: dict[str, object] = {
        "looked_ms": looked_ms,
        "looked_age_ms": None if looked_ms is None else max(0, seen.now_ms - looked_ms),
        "voice": sight.voice,
        "rows": sorted(rows, key=lambda row: not row.is_open),
        "open": sum(row.is_open for row in rows),
        "wallet": None if account is None else account.wallet_quote,
        "explained": await _explained(sight),
        "foreign": 0 if account is None else account.foreign_orders,
        "frozen": () if account is None else account.frozen,
        "stream_up": account is not None and account.stream_up,
    }
    return View(name="reconcile", title="Reconcile", facts=facts, live=("reconcile",))


async def _explained(sight: Sight) -> Quote | None:
    """What the ledger says the wallet holds; None where none has begun."""
    try:
        return (await sight.account.stated()).statement.whole.wallet_quote
    except Problem:
        return None


@pages.get("/protection")
async def protection_page(request: Request, grant: Reader) -> Response:
    """Protection."""
    return await show(request, grant, view)


@pages.get("/reconcile")
async def reconcile_page(request: Request, grant: Reader) -> Response:
    """Reconcile."""
    return await show(request, grant, reconcile_view)
