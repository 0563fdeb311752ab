"""Limits and the kill switch: headroom, where each value comes from, and what must hold before a reset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from fastapi import Request, Response

from jackline.core.picture import LimitPicture
from jackline.core.state import KillLevel
from jackline.web.access import Reader
from jackline.web.account import Seen
from jackline.web.pages.bar import Tone, level_tone, limit_tone, used_percent
from jackline.web.pages.now import preview
from jackline.web.pages.rendering import View
from jackline.web.pages.route import router, show
from jackline.web.pages.sight import Sight
from jackline.web.pages.words import age, figure, money, share, spaced

pages = router()

SOURCES: Final = {
    "daily_loss": "risk.daily_loss_max_fraction",
    "drawdown": "risk.drawdown_max_fraction",
    "losing_streak": "risk.losing_streak_max",
    "heat_loss": "risk.heat_loss_max_fraction",
    "heat_notional": "risk.heat_notional_max_fraction",
}
LOOK_MS_MAX: Final = 10_000
MEANINGS: Final = {
    KillLevel.NORMAL: "Entries may leave.",
    KillLevel.NO_NEW_RISK: "Nothing new opens. What is open stays open, with its stops.",
    KillLevel.FLATTEN: "Every position is closed, and any that appears. Stops stay until flat.",
    KillLevel.LOCKED: "As flatten; and it stays so.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """A limit with what is left of it. `source`: the key of the configuration, and its value there."""

    name: str
    used: str
    limit: str
    headroom: str
    percent: int
    tone: Tone
    source: str
    configured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something that must hold before a reset."""

    text: str
    passed: bool


def checklist(sight: Sight) -> list[Item]:
    """What must hold before entries are allowed again, each with what was found."""
    seen, account = sight.seen, sight.seen.account
    looked = None if account is None or account.looked_ms is None else max(0, seen.now_ms - account.looked_ms)
    is_looked = looked is not None and looked <= LOOK_MS_MAX
    return [
        Item(
            text="the engine shows itself"
            + ("" if seen.is_live else f" (its last word is {age(seen.age_ms)} old)"),
            passed=seen.is_live,
        ),
        Item(
            text="every open position has a confirmed stop"
            + (f" ({sight.naked_count} without)" if sight.naked_count else ""),
            passed=sight.naked_count == 0,
        ),
        Item(
            text="the venue was asked what rests within 10 s"
            + ("" if is_looked else f" (last: {age(looked)})"),
            passed=is_looked,
        ),
        Item(text="the journal can be written", passed=account is not None and account.journal_ok),
    ]


def limit_rows(seen: Seen, configured: Mapping[str, str]) -> list[LimitRow]:
    """Every limit of the account."""
    account = seen.account
    return [_limit(one, configured) for one in (() if account is None else account.limits)]


async def limits_view(sight: Sight, query: Mapping[str, str]) -> View:
    """Limits and kill switch."""
    del query
    seen, account, switched = sight.seen, sight.seen.account, sight.past.switched
    level = "unknown" if account is None else account.kill_level
    is_raised = level not in {"normal", "unknown"}
    facts: dict[str, object] = {
        "level": level,
        "level_tone": "old" if account is None else level_tone(level),
        "meaning": MEANINGS.get(KillLevel(level), "") if account is not None else "",
        "switched": switched if is_raised else None,
        "reset": sight.past.reset,
        "is_live": seen.is_live,
        "rows": limit_rows(seen, sight.options.configured),
        "checklist": checklist(sight),
        "preview": preview(sight),
        "denied": "" if account is None else account.denied,
        "frozen": () if account is None else account.frozen,
    }
    return View(
        name="limits",
        title="Limits and kill switch",
        facts=facts,
        live=("switch", "limits", "checklist", "preview"),
    )


async def flatten_view(sight: Sight, query: Mapping[str, str]) -> View:
    """What flattening would do, before it is done."""
    del query
    facts: dict[str, object] = {"preview": preview(sight), "voice": sight.voice}
    return View(name="flatten", title="Flatten all", facts=facts, live=("preview",))


@pages.get("/limits")
async def limits_page(request: Request, grant: Reader) -> Response:
    """Limits and kill switch."""
    return await show(request, grant, limits_view)


def _limit(one: LimitPicture, configured: Mapping[str, str]) -> LimitRow:
    source = SOURCES.get(one.name, "")
    left = None if one.limit is None else max(Decimal(0), one.limit - one.used)
    return LimitRow(
        name=spaced(one.name),
        used=_in_unit(one.used, one.unit),
        limit="none" if one.limit is None else _in_unit(one.limit, one.unit),
        headroom="–" if left is None else _in_unit(left, one.unit),
        percent=used_percent(one),
        tone=limit_tone(one),
        source=source,
        configured=configured.get(source, "its default"),
    )


def _in_unit(value: Decimal, unit: str) -> str:
    return share(value) if unit == "fraction" else money(value) if unit == "quote" else figure(value)
