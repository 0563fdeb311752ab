"""The bar on every page: level, coverage, naked time, the day, phase, connection; always in this order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from jackline.core.picture import LimitPicture
from jackline.core.state import KillLevel
from jackline.web.account import Seen, Source
from jackline.web.pages.sight import Sight
from jackline.web.pages.words import NONE, age, change, plural, spaced, span

Tone = Literal["ok", "warn", "bad", "old"]
ICONS: dict[Tone, str] = {"ok": "\u2713", "warn": "\u25b2", "bad": "\u2715", "old": "\u25cc"}
"""A shape for each: colour alone says nothing to one man in twelve."""
WARN_FRACTION = Decimal("0.8")
"""Of a limit: amber from here, red when it is reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One fact of the bar. `is_old`: it is of an engine that does not show itself, and struck through."""

    name: str
    label: str
    word: str
    tone: Tone
    href: str
    is_old: bool = False

    @property
    def icon(self) -> str:
        """Says by shape what the tone says by colour."""
        return ICONS[self.tone]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """All of it. `tone`: of the whole account, for title and icon; `used`: of the daily loss limit, 0 to 100; `heard`:
    the engine shows itself."""

    tone: Tone
    level: Chip
    coverage: Chip
    naked: Chip
    day: Chip
    used: int
    phase: Chip
    connection: Chip
    heard: Literal["yes", "no"]
    title: str
    spoken: str


def bar_of(sight: Sight) -> Bar:
    """As it stands now."""
    seen, account = sight.seen, sight.seen.account
    old = not seen.is_live
    level, coverage, naked = _level(seen), _coverage(sight), _naked(sight)
    connection = _connection(seen)
    result = None if account is None else account.day_result_quote
    used, day_tone = _day(() if account is None else account.limits)
    tones = (level.tone, coverage.tone, naked.tone, connection.tone)
    tone: Tone = "bad" if "bad" in tones else "old" if old else "warn" if "warn" in tones else "ok"
    if tone == "ok" and day_tone != "ok":
        tone = day_tone
    return Bar(
        tone=tone,
        level=level,
        coverage=coverage,
        naked=naked,
        day=Chip(name="day", label="Day", word=change(result), tone=day_tone, href="/limits", is_old=old),
        used=used,
        phase=Chip(name="phase", label="Phase", word=spaced(sight.stage) or NONE, tone="ok", href="/phases"),
        connection=connection,
        heard="no" if old else "yes",
        title=_title(sight, level, connection),
        spoken=_spoken(sight, level),
    )


def level_tone(level: str) -> Tone:
    """Of a kill level."""
    return {"normal": "ok", "no_new_risk": "warn"}.get(level, "bad")  # type: ignore[return-value]  # the words of Tone, by a table


def limit_tone(limit: LimitPicture) -> Tone:
    """Amber above four fifths, red when it is reached."""
    if not limit.limit:
        return "ok"
    used = limit.used / limit.limit
    return "bad" if used >= 1 else "warn" if used > WARN_FRACTION else "ok"


def used_percent(limit: LimitPicture) -> int:
    """For the length of a bar: 0 to 100."""
    return 0 if not limit.limit else int(max(Decimal(0), min(Decimal(100), 100 * limit.used / limit.limit)))


def _level(seen: Seen) -> Chip:
    if seen.account is None:
        return Chip(name="level", label="Level", word="UNKNOWN", tone="old", href="/limits")
    level = seen.account.kill_level
    denied = bool(seen.account.denied) and level == KillLevel.NORMAL
    tone: Tone = "warn" if denied else level_tone(level)
    word = "NO ENTRIES" if denied else spaced(level).upper()
    return Chip(name="level", label="Level", word=word, tone=tone, href="/limits", is_old=not seen.is_live)


def _coverage(sight: Sight) -> Chip:
    is_told = sight.seen.said_ms is not None
    word = f"{sight.protected_count}/{sight.open_count}" if is_told else NONE
    tone: Tone = "bad" if sight.naked_count else "ok"
    is_old = sight.seen.source is Source.NOBODY
    return Chip(
        name="coverage",
        label="Stops",
        word=word,
        tone="old" if is_old and tone == "ok" else tone,
        href="/protection",
        is_old=is_old,
    )


def _naked(sight: Sight) -> Chip:
    longest = sight.naked_longest_ms
    is_over = longest > sight.deadline_ms
    tone: Tone = "bad" if is_over or (sight.naked_count and not longest) else "warn" if longest else "ok"
    word = "YES" if sight.naked_count and not longest else span(longest)
    is_old = sight.seen.source is Source.NOBODY
    return Chip(
        name="naked",
        label="Naked",
        word=word if sight.seen.said_ms is not None else NONE,
        tone="old" if is_old and tone == "ok" else tone,
        href="/protection",
        is_old=is_old,
    )


def _day(limits: tuple[LimitPicture, ...]) -> tuple[int, Tone]:
    for limit in limits:
        if limit.name == "daily_loss":
            return used_percent(limit), limit_tone(limit)
    return 0, "ok"


def _connection(seen: Seen) -> Chip:
    word, tone = "LIVE", "ok"
    if not seen.is_live:
        tone = "bad" if seen.positions else "old"
        if seen.source is Source.WATCHDOG:
            word = f"VENUE {age(seen.age_ms)}"
        elif seen.said_ms is None:
            word = "NO ENGINE"
        else:
            word = f"{'GONE' if seen.engine is None else 'STALE'} {age(seen.age_ms)}"
    found: Tone = "ok" if tone == "ok" else "bad" if tone == "bad" else "old"
    return Chip(name="connection", label="Engine", word=word, tone=found, href="/reconcile")


def _title(sight: Sight, level: Chip, connection: Chip) -> str:
    """The worst first: a tab shows few letters."""
    if sight.naked_count:
        return f"{ICONS['bad']} NAKED {sight.naked_count}"
    if not sight.seen.is_live:
        return f"{ICONS['old']} {connection.word}"
    covered = f"{sight.protected_count}/{sight.open_count}"
    if level.tone != "ok":
        return f"{level.icon} {level.word} {covered}"
    return f"{ICONS['ok']} {covered}"


def _spoken(sight: Sight, level: Chip) -> str:
    """For a screen reader: only what it must interrupt for, so no clocks run in it."""
    if sight.seen.said_ms is None:
        return "Nobody says what is open."
    parts = [
        f"{plural(sight.naked_count, 'position')} without a stop."
        if sight.naked_count
        else f"{sight.protected_count} of {sight.open_count} positions have a confirmed stop."
    ]
    if level.tone != "ok":
        parts.append(f"Level {level.word.lower()}.")
    if not sight.seen.is_live:
        parts.append("The engine does not show itself.")
    return " ".join(parts)
