"""What `jackline alerts list` shows: routes, what waits, what was sent, what was held back. No secret is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jackline.cli.page import WIDTH
from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.book import Book
from jackline.notify.channel import names_for
from jackline.notify.message import clipped, utc
from jackline.notify.settings import NotifySettings

Channels = Sequence[tuple[str, frozenset[str]]]


def facts(settings: NotifySettings, channels: Channels, book: Book, *, running: bool) -> dict[str, object]:
    """For programs; the same as the page has."""
    return {
        "running": running,
        "routes": {level.value: names_for(level, channels, settings.tags) for level in Level},
        "waiting": [
            {"channels": one.waiting, "code": one.message.code, "subject": one.message.subject}
            for one in book.outbox
        ],
        "held_back": {lane: {"codes": one.codes, "reasons": one.reasons} for lane, one in book.held.items()},
        "repeating": [
            {"code": one.event.code, "times": one.times, "text": one.event.text}
            for one in book.repeats.values()
            if one.times
        ],
        "sent": [
            {"at_ms": one.at_ms, "channel": one.channel, "level": one.level, "subject": one.subject}
            for one in book.sent
        ],
        "delivered": book.delivered,
        "suppressed": book.suppressed,
    }


def lines(settings: NotifySettings, channels: Channels, book: Book, *, running: bool) -> list[str]:
    """The page, line by line."""
    page = ["Alerts are sent." if running else "No process sends alerts. Fix: jackline alerts run"]
    for level in Level:
        names = names_for(level, channels, settings.tags)
        page.append(f"  {level.value:<9} to {', '.join(names) or 'nobody'}")
    page += _block("Waiting", (f"{one.message.subject} ({', '.join(one.waiting)})" for one in book.outbox))
    page += _block("Held back", (f"{lane}: {_counts(one.codes)}" for lane, one in book.held.items()))
    repeating = (one for one in book.repeats.values() if one.times)
    page += _block("Repeating", (f"{one.times} x {one.event.code} {one.event.text}" for one in repeating))
    page += _block(
        "Sent last", (f"{utc(WireMs(one.at_ms))} {one.channel}: {one.subject}" for one in book.sent)
    )
    page += _block("Delivered", (f"{name}: {_counts(row)}" for name, row in book.delivered.items()))
    page += _block("Not sent singly", (f"{name}: {_counts(row)}" for name, row in book.suppressed.items()))
    return page


def _block(title: str, rows: Iterable[str]) -> list[str]:
    found = [f"  {clipped(row, WIDTH - 2)}" for row in rows]
    return [f"{title}:", *found] if found else []


def _counts(row: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(row.items()))
