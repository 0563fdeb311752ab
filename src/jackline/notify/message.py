"""A message: what an event becomes for people. One line of subject, a short body, UTC, no secrets, no emoji."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.advice import advice
from jackline.notify.event import Event
from jackline.notify.redact import Redactor

SUBJECT_CHARS_MAX = 160
"""A phone shows about this much without being touched."""
TEXT_CHARS_MAX = 900
"""Of one event's text: the shortest channel, SMS apart, takes a thousand characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent. `number` grows by one a message, so that a reader sees what was repeated by a restart."""

    number: int
    level: Level
    code: str
    subject: str
    body: str
    wire_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """So often did it come again since it was told, from the first to the last time."""

    times: int
    first_ms: WireMs
    last_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes messages of one account."""

    account: str
    redact: Redactor

    def of_event(self, number: int, event: Event, repeated: Repeated | None = None) -> Message:
        """The message of one event. `repeated`: how often it came since the last one."""
        text = clipped(self.redact(event.text), TEXT_CHARS_MAX)
        again = "" if repeated is None else f" (repeated {repeated.times} times)"
        lines = [text]
        if repeated is not None:
            span = f"{utc(repeated.first_ms)} to {utc(repeated.last_ms)}"
            lines.append(f"Repeated {repeated.times} times, {span}.")
        lines += [f"What to do: {advice(event.code)}", f"When: {utc(event.wire_ms)}"]
        return self._message(
            number, event.level, event.code, _named(event.symbol, text), again, lines, event.wire_ms
        )

    def of_test(self, level: Level, text: str, wire_ms: WireMs) -> Message:
        """What is sent to try a channel out."""
        return self._message(0, level, "TEST", f": {text}", "", [text, f"When: {utc(wire_ms)}"], wire_ms)

    def of_summary(
        self, number: int, level: Level, code: str, *, what: str, lines: list[str], wire_ms: WireMs
    ) -> Message:
        """The message that stands for those that were held back."""
        redacted = [clipped(self.redact(line), TEXT_CHARS_MAX) for line in lines]
        body = [*redacted, "What to do: jackline alerts list", f"When: {utc(wire_ms)}"]
        return self._message(number, level, code, f": {self.redact(what)}", "", body, wire_ms)

    def _message(
        self, number: int, level: Level, code: str, what: str, again: str, lines: list[str], wire_ms: WireMs
    ) -> Message:
        head = f"[{level.value}] {self.account} {code}"
        subject = clipped(f"{head}{what}", SUBJECT_CHARS_MAX - len(again)) + again
        return Message(
            number=number, level=level, code=code, subject=subject, body="\n".join(lines), wire_ms=wire_ms
        )


def _named(symbol: str, text: str) -> str:
    """The text behind its symbol, which a text may begin with already."""
    if not symbol:
        return f": {text}"
    return f" {text}" if text.startswith(symbol) else f" {symbol}: {text}"


def clipped(text: str, chars_max: int) -> str:
    """One line of at most so many characters; what was cut off is told by three dots."""
    line = " ".join(text.split())
    return line if len(line) <= chars_max else f"{line[: chars_max - 3]}..."


def utc(wire_ms: WireMs) -> str:
    """``2026-01-31 12:00:00 UTC``."""
    return f"{datetime.fromtimestamp(wire_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S} UTC"
