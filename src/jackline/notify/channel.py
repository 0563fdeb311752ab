"""A channel: one address that takes messages. And the file that names them, one a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from jackline.core.effects import Level
from jackline.notify.message import Message

CHANNELS_MAX = 16
TAG = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_LINE = re.compile(
    r"(?:(?P<tags>[^=:/\s]+(?:\s*,\s*[^=:/\s]+)*)\s*=\s*)?(?P<url>[A-Za-z][A-Za-z0-9+.-]*://\S+)"
)


class Channel(Protocol):
    """What delivers. Its name goes into logs and figures and holds nothing of its address."""

    @property
    def name(self) -> str:
        """E.g. ``mailto-1``."""
        ...

    @property
    def tags(self) -> frozenset[str]:
        """By which levels choose it."""
        ...

    async def send(self, message: Message) -> bool:
        """Deliver; False where it was refused or failed. The deadline is the caller's."""
        ...


class UrlsRefused(Exception):
    """What is wrong with a file of addresses: line and reason, never the address (S1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A line of the file. The address is a secret: most hold a token."""

    name: str
    tags: frozenset[str]
    url: str = field(repr=False)


def read_addresses(text: str) -> tuple[Address, ...]:
    """The addresses of a file: ``URL`` or ``tag,tag=URL`` a line, empty lines and those behind ``#`` apart.

    A channel's name is its scheme and how many of that scheme came before it. Raises UrlsRefused.
    """
    found: list[Address] = []
    schemes: Counter[str] = Counter()
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise UrlsRefused(
                f"line {number}: not an address. Fix: URL, or tag,tag=URL, e.g. phone=ntfys://..."
            )
        tags = [tag.strip() for tag in (parts["tags"] or "").split(",") if tag.strip()]
        wrong = [tag for tag in tags if not TAG.fullmatch(tag)]
        if wrong:
            raise UrlsRefused(f"line {number}: a tag is a to z, 0 to 9, _ and -, at most 32 characters")
        scheme = parts["url"].partition("://")[0].lower()
        schemes[scheme] += 1
        found.append(Address(name=f"{scheme}-{schemes[scheme]}", tags=frozenset(tags), url=parts["url"]))
    if not found:
        raise UrlsRefused("no address in it. Fix: one a line, e.g. ntfys://ntfy.example/topic")
    if len(found) > CHANNELS_MAX:
        raise UrlsRefused(f"{len(found)} addresses; at most {CHANNELS_MAX}")
    return tuple(found)


def names_for(
    level: Level, channels: Iterable[tuple[str, frozenset[str]]], tags: dict[Level, frozenset[str] | None]
) -> list[str]:
    """The names of the channels that get a level, in their order."""
    wanted = tags[level]
    return [name for name, own in channels if wanted is None or own & wanted]
