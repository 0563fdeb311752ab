"""The keys of `[alerts]`: who is told what, how often, and when not. See docs/alerts.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from jackline.cli.checks import Found
from jackline.cli.problems import Problem
from jackline.cli.section import Section
from jackline.cli.section_types import Allowed, Whole
from jackline.core.effects import Level
from jackline.notify.channel import TAG
from jackline.notify.settings import NotifySettings, parse_quiet_hours

TAGS_MAX = 8
SECOND_MS = 1_000


def _listed(value: object) -> object:
    """A list from a comma-separated text, as an environment variable gives it."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _zone(name: str) -> str:
    find_zone(name)
    return name


def find_zone(name: str) -> tzinfo:
    """A time zone by its name. Raises ValueError for one that this host does not know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('no such time zone on this host; write one as "Europe/Berlin", or "UTC"') from None


def _span(text: str) -> str:
    parse_quiet_hours(text, UTC)
    return text


Tag = Annotated[str, StringConstraints(pattern=rf"^{TAG.pattern}$")]
Tags = Annotated[tuple[Tag, ...], BeforeValidator(_listed), Allowed(text='tags, e.g. ["phone", "mail"]')]
Span = Annotated[str, AfterValidator(_span), Allowed(text='two times of day, e.g. "22:00-07:00"')]
Zone = Annotated[str, AfterValidator(_zone), Allowed(text='"UTC", or a name as "Europe/Berlin"')]
UrlFile = Annotated[Path, Allowed(text='a file, e.g. "deadman.url"')]
UrlsFile = Annotated[Path, Allowed(text='a file, e.g. "alerts.urls"')]


class AlertsSection(Section):
    """`[alerts]`. Both files are relative to the configuration file."""

    urls_file: UrlsFile | None = Field(None, description="addresses for Apprise, one a line, chmod 600")
    info_tags: Tags | None = Field(
        None, max_length=TAGS_MAX, description="addresses that get this level; unset: all, []: none"
    )
    warning_tags: Tags | None = Field(
        None, max_length=TAGS_MAX, description="addresses that get this level; unset: all, []: none"
    )
    critical_tags: Tags | None = Field(
        None, min_length=1, max_length=TAGS_MAX, description="addresses that get this level; unset: all"
    )
    quiet_hours: Span | None = Field(None, description="what can wait comes after; P1, K, critical do not")
    time_zone: Zone = Field("UTC", description="of quiet_hours; messages themselves are in UTC")
    repeat_after_s: Whole = Field(
        900, ge=60, le=86_400, description="so long a repeated event is counted, then told"
    )
    info_max_per_hour: Whole = Field(
        20, ge=2, le=600, description="messages; what is more is summed up in one"
    )
    warning_max_per_hour: Whole = Field(
        30, ge=2, le=600, description="messages; what is more is summed up in one"
    )
    critical_max_per_hour: Whole = Field(
        60, ge=10, le=600, description="messages; P1 and K events have as many to themselves"
    )
    deadman_url_file: UrlFile | None = Field(None, description="one line, chmod 600: what the watchdog pings")
    deadman_period_s: Whole = Field(60, ge=10, le=3_600, description="between two pings while all is well")

    def settings(self) -> NotifySettings:
        """As the sieve takes them."""
        zone = find_zone(self.time_zone)
        return NotifySettings(
            tags={
                Level.INFO: _tags(self.info_tags),
                Level.WARNING: _tags(self.warning_tags),
                Level.CRITICAL: _tags(self.critical_tags),
            },
            max_per_hour={
                Level.INFO: self.info_max_per_hour,
                Level.WARNING: self.warning_max_per_hour,
                Level.CRITICAL: self.critical_max_per_hour,
            },
            repeat_after_ms=self.repeat_after_s * SECOND_MS,
            quiet=None if self.quiet_hours is None else parse_quiet_hours(self.quiet_hours, zone),
        )


def _tags(given: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if given is None else frozenset(given)


def alerts_problems(section: AlertsSection, found: Found) -> Iterator[Problem]:
    """A route without an address, and a time zone of no hours, decide nothing: they are not left standing there."""
    fix = 'name one, e.g. urls_file = "alerts.urls", or remove this key'
    if section.urls_file is None:
        for name in ("info_tags", "warning_tags", "critical_tags", "quiet_hours"):
            value = getattr(section, name)
            if value is not None:
                yield found.problem(
                    f"alerts.{name}", value, "there is no alerts.urls_file: it decides nothing", fix
                )
    if section.quiet_hours is None and section.time_zone != "UTC":
        what = "there are no quiet hours: it decides nothing"
        yield found.problem(
            "alerts.time_zone", section.time_zone, what, "set alerts.quiet_hours, or remove it"
        )
