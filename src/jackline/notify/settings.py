"""What alerts are sifted and routed by. Built by the composition root from `[alerts]`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from jackline.core.effects import Level
from jackline.core.values import WireMs

_SPAN = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
ALL = None
"""In place of tags: every channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """A span of the day in one time zone, in minutes since its midnight; it may pass midnight."""

    begin_minute: int
    end_minute: int
    zone: tzinfo = UTC

    def covers(self, now_ms: WireMs) -> bool:
        """Whether it is quiet now. The begin is in it, the end is not."""
        local = datetime.fromtimestamp(now_ms / 1_000, self.zone)
        minute = 60 * local.hour + local.minute
        if self.begin_minute < self.end_minute:
            return self.begin_minute <= minute < self.end_minute
        return minute >= self.begin_minute or minute < self.end_minute


def parse_quiet_hours(text: str, zone: tzinfo) -> QuietHours:
    """``22:00-07:00``. Raises ValueError for anything else, and for a span of no length."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise ValueError('must be two times of day, e.g. "22:00-07:00"')
    begin, end = 60 * int(found[1]) + int(found[2]), 60 * int(found[3]) + int(found[4])
    if begin == end:
        raise ValueError("begins when it ends: leave it out for none")
    return QuietHours(begin_minute=begin, end_minute=end, zone=zone)


def _everywhere() -> dict[Level, frozenset[str] | None]:
    return dict.fromkeys(Level, ALL)


def _rates() -> dict[Level, int]:
    return {Level.INFO: 20, Level.WARNING: 30, Level.CRITICAL: 60}


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifySettings:
    """How alerts are sifted.

    Attributes:
        tags: the channels of a level: those that have one of these tags; None is all of them, an empty set none.
        max_per_hour: messages of a level; P1 and K events have the critical number to themselves.
        repeat_after_ms: the same event again is told so long after it was told last, with how often it came.
    """

    tags: dict[Level, frozenset[str] | None] = field(default_factory=_everywhere)
    max_per_hour: dict[Level, int] = field(default_factory=_rates)
    repeat_after_ms: int = 900_000
    quiet: QuietHours | None = None
