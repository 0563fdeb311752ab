"""The book of alerts: all that must outlive the process that sends them, as one document.

How far each source was read and what follows from it are written together, so that a crash may repeat a message and
never lose one. Other processes read the document for their figures.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from jackline.notify.event import Event
from jackline.notify.message import Message

VERSION = 1
SENT_KEPT = 20
"""Messages that `alerts list` can show after they were sent."""


@dataclass(slots=True, kw_only=True)
class Cursor:
    """How far a journal was read. Rows before `from_ms` count as read whatever their number."""

    seq: int = 0
    wire_ms: int = 0
    from_ms: int = 0


@dataclass(slots=True, kw_only=True)
class Repeat:
    """When an event was told, and how often it came since."""

    event: Event
    told_ms: int
    times: int = 0
    first_ms: int = 0


@dataclass(slots=True, kw_only=True)
class Bucket:
    """What a level may still send; `at_ms` is when that was so."""

    tokens: float
    at_ms: int


@dataclass(slots=True, kw_only=True)
class HeldBack:
    """What was not sent and waits for a summary: how often each code came, and the first few lines."""

    codes: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    first_ms: int = 0

    @property
    def total(self) -> int:
        """How many."""
        return sum(self.codes.values())


@dataclass(slots=True, kw_only=True)
class Parcel:
    """A message and the channels that have not taken it yet."""

    message: Message
    waiting: list[str]
    since_ms: int


@dataclass(slots=True, kw_only=True)
class Sent:
    """A message that a channel has taken."""

    channel: str
    at_ms: int
    level: str
    code: str
    subject: str


@dataclass(slots=True, kw_only=True)
class Book:
    """The document.

    Attributes:
        cursors: by the name of the source.
        repeats: by the identity of the event.
        delivered: ``alerts_total``: by channel, then by result (`ok`, `failed`, `expired`, `gone`).
        suppressed: by reason (`repeat`, `rate`, `quiet`, `unrouted`), then by level.
        silent_since_ms: when the engine was told of as silent; None while it is not.
    """

    version: int = VERSION
    numbers: int = 0
    cursors: dict[str, Cursor] = field(default_factory=dict)
    repeats: dict[str, Repeat] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    held: dict[str, HeldBack] = field(default_factory=dict)
    outbox: list[Parcel] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    delivered: dict[str, dict[str, int]] = field(default_factory=dict)
    suppressed: dict[str, dict[str, int]] = field(default_factory=dict)
    silent_since_ms: int | None = None

    def next_number(self) -> int:
        """The number of the next message."""
        self.numbers += 1
        return self.numbers

    def count_delivery(self, channel: str, result: str) -> None:
        """One more outcome of a channel."""
        row = self.delivered.setdefault(channel, {})
        row[result] = row.get(result, 0) + 1

    def count_suppressed(self, reason: str, level: str) -> None:
        """One more event that became no message of its own."""
        row = self.suppressed.setdefault(reason, {})
        row[level] = row.get(level, 0) + 1

    def note_sent(self, sent: Sent) -> None:
        """Keep what was sent last."""
        self.sent = [*self.sent, sent][-SENT_KEPT:]


def encode_book(book: Book) -> bytes:
    """The document as it is written."""
    return msgspec.json.encode(book)


def decode_book(data: bytes) -> Book:
    """Raises ValueError for what is no book of this version."""
    try:
        found = msgspec.json.decode(data, type=Book)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ValueError(f"not a book of alerts: {error}") from None
    if found.version != VERSION:
        raise ValueError(f"version {found.version}; this program reads {VERSION}")
    return found
