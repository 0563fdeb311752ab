"""The front page: am I protected, what is at risk, what just happened, and stop it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fastapi import Request, Response

from jackline.core.picture import PositionPicture
from jackline.core.summary import result_at_stops, sentence
from jackline.core.values import ZERO
from jackline.web.access import Reader
from jackline.web.account import Seen, Source
from jackline.web.measures import liquidation_ratio, naked_ms, open_ones, stop_distance
from jackline.web.pages.bar import Tone, limit_tone, used_percent
from jackline.web.pages.chart import chosen, position_id
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.pages.words import plural, span

pages = router()
TIMELINE = 12
RATIO_MAX = Decimal("0.6")
"""Distance to the stop over distance to liquidation: beyond it a gap could reach liquidation first (P7)."""
UNDER_WAY = frozenset({"arming", "entering", "doubtful"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A position as tables show it. `word` and `tone` say its state."""

    id: str
    one: PositionPicture
    word: str
    tone: Tone
    naked_ms: int
    distance: Decimal | None
    ratio: Decimal | None
    is_near_liquidation: bool
    is_looser: bool


def row_of(one: PositionPicture, seen: Seen, deadline_ms: int) -> Row:
    """A position in words."""
    length_ms, ratio = naked_ms(one, seen), liquidation_ratio(one)
    word, tone = _state(one, length_ms, deadline_ms)
    looser = (
        one.confirmed_price is not None
        and bool(one.intended_price)
        and (
            one.confirmed_price < one.intended_price
            if one.side == "long"
            else one.confirmed_price > one.intended_price
        )
    )
    return Row(
        id=position_id(one),
        one=one,
        word=word,
        tone=tone,
        naked_ms=length_ms,
        distance=stop_distance(one),
        ratio=ratio,
        is_near_liquidation=ratio is not None and ratio > RATIO_MAX,
        is_looser=looser,
    )


def preview(sight: Sight) -> str:
    """``cancels 2 entries, keeps 5 stops, closes 5 positions``: what flattening would do now."""
    opened = open_ones(sight.seen)
    entries = sum(one.phase in UNDER_WAY for one in sight.seen.positions)
    stops = sum(stop.role != "target" for one in opened for stop in one.stops)
    return (
        f"cancels {plural(entries, 'entry', 'entries')}, keeps {plural(stops, 'stop')} until flat, "
        f"closes {plural(len(opened), 'position')}"
    )


async def view(sight: Sight, query: Mapping[str, str]) -> View:
    """The page."""
    seen, account = sight.seen, sight.seen.account
    rows = [row_of(one, seen, sight.deadline_ms) for one in seen.positions]
    rows.sort(key=lambda row: (row.tone != "bad", row.id))
    told = [one for one in reversed(sight.past.alerts) if one.level != "info"]
    at_stops = result_at_stops(seen.positions)
    lacks_stop = any(one.quantity > ZERO and one.confirmed_price is None for one in seen.positions)
    equity = None if account is None else account.equity_quote
    daily = next(
        (one for one in (() if account is None else account.limits) if one.name == "daily_loss"), None
    )
    shown = chosen(sight, "/", query)
    facts: dict[str, object] = {
        "sentence": sentence(seen.positions, seen.now_ms)
        if seen.said_ms is not None
        else "Nobody says what is open.",
        "sentence_tone": "bad" if sight.naked_count else "old" if not seen.is_live else "ok",
        "voice": sight.voice,
        "is_live": seen.is_live,
        "now_ms": seen.now_ms,
        "at_stops": at_stops,
        "at_stops_tone": "bad" if lacks_stop else "old",
        "at_stops_lacks": "a position has no confirmed stop" if lacks_stop else "no price has come yet",
        "at_stops_is_old": not seen.is_live and seen.source is not Source.WATCHDOG,
        "at_stops_fraction": at_stops / equity if at_stops is not None and equity and seen.is_live else None,
        "account": account,
        "daily": daily,
        "daily_tone": "ok" if daily is None else limit_tone(daily),
        "daily_used": 0 if daily is None else used_percent(daily),
        "last": told[0] if told else None,
        "timeline": told[:TIMELINE],
        "rows": rows,
        "preview": preview(sight),
        "chosen": "" if shown is None else position_id(shown),
        "denied": "" if account is None else account.denied,
    }
    return View(
        name="now", title="Now", facts=facts, live=("headline", "figures", "positions", "timeline", "preview")
    )


@pages.get("/")
async def now_page(request: Request, grant: Reader) -> Response:
    """The front page."""
    return await show(request, grant, view)


def _state(one: PositionPicture, length_ms: int, deadline_ms: int) -> tuple[str, Tone]:
    if not one.quantity:
        return ("entry under way" if one.phase in UNDER_WAY else one.phase), "ok"
    if one.is_protected:
        return ("closing, covered" if one.phase == "closing" else "covered"), "ok"
    clock = f" {span(length_ms)}" if length_ms else ""
    if one.phase == "closing":
        return f"closing, naked{clock}", "bad"
    return f"naked{clock}", "bad" if length_ms > deadline_ms or not length_ms else "warn"
