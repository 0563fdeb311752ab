"""`/api/protection`: how well the promise is being kept; `/api/incidents`: when somebody had to be told."""

from __future__ import annotations

import time
from decimal import Decimal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from jackline.web.access import Reader
from jackline.web.history import Told, Window, notional_seconds, quantile
from jackline.web.measures import coverage, naked_ms, open_ones
from jackline.web.paging import Cursor, Limit, after, link_next
from jackline.web.parts import Now, Options, ThePast
from jackline.web.words import moment

router = APIRouter(prefix="/api", tags=["protection"])

DAY_MS = 86_400_000
WORST = 20


class Exposure(BaseModel):
    """Windows without a confirmed stop, in a span of time. Milliseconds; `notional_seconds` in quote · s."""

    windows: int
    p50_ms: int | None
    p95_ms: int | None
    p99_ms: int | None
    max_ms: int | None
    notional_seconds: str


class WorstWindow(BaseModel):
    """One of the longest."""

    trade_id: str
    symbol: str
    side: str
    started_at: str | None
    naked_ms: int
    ended_as: str


class RungProof(BaseModel):
    """What is proven at the venue for a symbol and since when, or why nothing is."""

    symbol: str
    rung: str | None
    proven_at: str | None
    detail: str


class Protection(BaseModel):
    """Coverage now, exposure today and over 30 days, and the ladder."""

    coverage: float
    open_positions: int
    protected_positions: int
    naked_now_ms: int
    deadline_ms: int | None
    last_look_at: str | None
    last_look_age_ms: int | None
    today: Exposure
    month: Exposure
    first_try_ratio: float | None
    refusals: dict[str, int]
    worst: list[WorstWindow]
    venue: str
    rungs: list[RungProof]


class Incident(BaseModel):
    """Something a person was told, warning or critical. `code` has a page."""

    id: int
    at: str | None
    level: str
    code: str
    text: str


class Incidents(BaseModel):
    """Newest first."""

    count: int
    incidents: list[Incident]
    next_cursor: str | None


@router.get("/protection")
async def protection(seen: Now, past: ThePast, options: Options, _: Reader) -> Protection:
    """Coverage, naked time and the ladder, as engine and journal have them."""
    opened, account = open_ones(seen), seen.account
    looked_ms = None if account is None else account.looked_ms
    now_ms = time.time_ns() // 1_000_000
    windows = list(past.windows)
    return Protection(
        coverage=float(coverage(opened)),
        open_positions=len(opened),
        protected_positions=sum(one.is_protected for one in opened),
        naked_now_ms=max((naked_ms(one, seen) for one in opened), default=0),
        deadline_ms=None if seen.published is None else seen.published.naked_ms_deadline,
        last_look_at=moment(looked_ms),
        last_look_age_ms=None if looked_ms is None else max(0, seen.now_ms - looked_ms),
        today=exposure([one for one in windows if one.from_ms >= now_ms - now_ms % DAY_MS]),
        month=exposure([one for one in windows if one.from_ms >= now_ms - 30 * DAY_MS]),
        first_try_ratio=past.first_try / past.protected if past.protected else None,
        refusals=dict(past.refusals),
        worst=[
            WorstWindow(
                trade_id=one.trade_id,
                symbol=one.symbol,
                side=one.side,
                started_at=moment(one.from_ms),
                naked_ms=one.length_ms,
                ended_as=one.ended_as,
            )
            for one in sorted(windows, key=lambda one: -one.length_ms)[:WORST]
        ],
        venue=options.venue,
        rungs=[
            RungProof(
                symbol=market.symbol,
                rung=market.rung,
                proven_at=moment(past.canaries.get(market.symbol)) if market.rung else None,
                detail=market.rung_detail,
            )
            for market in (() if account is None else account.markets)
        ],
    )


@router.get("/incidents")
async def incidents(
    past: ThePast, _: Reader, response: Response, limit: Limit = 50, cursor: Cursor = None
) -> Incidents:
    """Warnings and worse, newest first."""
    before = after(cursor, first=1 << 62)
    found = [one for one in reversed(past.alerts) if one.level != "info" and one.seq < before]
    page = found[:limit]
    more = page[-1].seq if len(found) > limit else None
    return Incidents(
        count=len(page),
        incidents=[_incident(one) for one in page],
        next_cursor=link_next(response, "/api/incidents", more, limit),
    )


def exposure(windows: list[Window]) -> Exposure:
    """The figures of a span."""
    lengths = [one.length_ms for one in windows]
    return Exposure(
        windows=len(lengths),
        p50_ms=quantile(lengths, Decimal("0.5")),
        p95_ms=quantile(lengths, Decimal("0.95")),
        p99_ms=quantile(lengths, Decimal("0.99")),
        max_ms=max(lengths, default=None),
        notional_seconds=f"{notional_seconds(windows):.3f}",
    )


def _incident(told: Told) -> Incident:
    return Incident(id=told.seq, at=moment(told.wire_ms), level=told.level, code=told.code, text=told.text)
