"""The sieve: which events become messages, and when. Pure but for the book it keeps; time is an argument.

An event that came lately is counted and told again with its count. What goes beyond a level's rate, or falls into
quiet hours, is held back and told in one summary. P1 and K events, and whatever is critical, pass quiet hours; P1 and K
have a rate to themselves, so that nothing else can use it up.
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.book import Book, Bucket, HeldBack, Repeat
from jackline.notify.event import Event, is_loud_code
from jackline.notify.message import Message, Repeated, Writer, clipped
from jackline.notify.settings import NotifySettings

HOUR_MS = 3_600_000
REPEATS_MAX = 1_000
"""Kinds of events remembered. More at once is a flood, which the rates bound."""
LINES_MAX = 10
"""Of a summary; the rest is counted."""
LINE_CHARS_MAX = 200
PROMISE_LANE = "promise"
"""P1 and K events of every level."""


class Sieve:
    """One account's. What it lets pass goes into `on_message`."""

    def __init__(self, *, book: Book, settings: NotifySettings, writer: Writer) -> None:
        self._book = book
        self._settings = settings
        self._writer = writer

    def take(self, event: Event, now_ms: WireMs) -> list[Message]:
        """The messages that an event becomes: one, or none for now. Only redacted words reach the book (S1)."""
        event = replace(event, text=self._writer.redact(event.text))
        known = self._book.repeats.get(event.identity)
        if known is not None and self._is_fresh(known, now_ms):
            known.first_ms = known.first_ms or event.wire_ms
            known.times += 1
            known.event = event
            self._book.count_suppressed("repeat", event.level.value)
            return []
        passed = [] if known is None or not known.times else self._tell_again(known, now_ms)
        self._remember(event, now_ms)
        return [*passed, *self._offer(event, None, now_ms)]

    def tick(self, now_ms: WireMs) -> list[Message]:
        """What is due by itself: repeats that were counted, and summaries of what was held back."""
        passed: list[Message] = []
        for identity, known in list(self._book.repeats.items()):
            if self._is_fresh(known, now_ms):
                continue
            if known.times:
                passed += self._tell_again(known, now_ms)
            else:
                del self._book.repeats[identity]
        for lane in list(self._book.held):
            passed += self._summarise(lane, now_ms)
        return passed

    # -- repeats -------------------------------------------------------------------------------------------

    def _is_fresh(self, known: Repeat, now_ms: WireMs) -> bool:
        """A clock that was set back makes nothing fresh for longer than it would have been."""
        return abs(now_ms - known.told_ms) < self._settings.repeat_after_ms

    def _tell_again(self, known: Repeat, now_ms: WireMs) -> list[Message]:
        repeated = Repeated(times=known.times, first_ms=WireMs(known.first_ms), last_ms=known.event.wire_ms)
        known.told_ms, known.times, known.first_ms = now_ms, 0, 0
        return self._offer(known.event, repeated, now_ms)

    def _remember(self, event: Event, now_ms: WireMs) -> None:
        """Bounded: the one told longest ago is forgotten first, and what was counted of it goes into a summary."""
        repeats = self._book.repeats
        repeats.pop(event.identity, None)
        if len(repeats) >= REPEATS_MAX:
            oldest = min(repeats, key=lambda identity: repeats[identity].told_ms)
            forgotten = repeats.pop(oldest)
            if forgotten.times:
                self._hold(forgotten.event, "rate", now_ms, times=forgotten.times)
        repeats[event.identity] = Repeat(event=event, told_ms=now_ms)

    # -- rates and quiet hours -----------------------------------------------------------------------------

    def _offer(self, event: Event, repeated: Repeated | None, now_ms: WireMs) -> list[Message]:
        times = 1 if repeated is None else repeated.times
        if not event.is_loud and self._is_quiet(now_ms):
            self._hold(event, "quiet", now_ms, times=times)
            return []
        if not self._spend(lane_of(event), now_ms):
            self._hold(event, "rate", now_ms, times=times)
            return []
        return [self._writer.of_event(self._book.next_number(), event, repeated)]

    def _is_quiet(self, now_ms: WireMs) -> bool:
        return self._settings.quiet is not None and self._settings.quiet.covers(now_ms)

    def _spend(self, lane: str, now_ms: WireMs) -> bool:
        """Half of an hour's number may go at once and the rest comes back over the hour: never more in any hour."""
        per_hour = self._settings.max_per_hour[_level_of_lane(lane)]
        burst = per_hour / 2
        bucket = self._book.buckets.setdefault(lane, Bucket(tokens=burst, at_ms=now_ms))
        passed_ms = max(0, now_ms - bucket.at_ms)
        bucket.tokens = min(burst, bucket.tokens + passed_ms * (per_hour - burst) / HOUR_MS)
        bucket.at_ms = now_ms
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def _hold(self, event: Event, reason: str, now_ms: WireMs, *, times: int) -> None:
        held = self._book.held.setdefault(lane_of(event), HeldBack(first_ms=now_ms))
        held.codes[event.code] = held.codes.get(event.code, 0) + times
        held.reasons[reason] = held.reasons.get(reason, 0) + times
        if len(held.lines) < LINES_MAX:
            held.lines.append(clipped(f"{event.code}: {event.text}", LINE_CHARS_MAX))
        self._book.count_suppressed(reason, event.level.value)

    def _summarise(self, lane: str, now_ms: WireMs) -> list[Message]:
        """One message for all that a lane held back, as soon as the lane may speak."""
        level = _level_of_lane(lane)
        loud = lane == PROMISE_LANE or level is Level.CRITICAL
        if (not loud and self._is_quiet(now_ms)) or not self._spend(lane, now_ms):
            return []
        held = self._book.held.pop(lane)
        codes = ", ".join(f"{code} x{count}" for code, count in sorted(held.codes.items()))
        why = " and ".join(
            {"rate": "rate limit", "quiet": "quiet hours"}[name] for name in sorted(held.reasons)
        )
        more = held.total - len(held.lines)
        lines = [*held.lines, f"and {more} more"] if more > 0 else held.lines
        what = f"{held.total} held back ({why}): {codes}"
        first = min(held.codes)
        number = self._book.next_number()
        code = first if len(held.codes) == 1 else "several"
        return [self._writer.of_summary(number, level, code, what=what, lines=lines, wire_ms=now_ms)]


def lane_of(event: Event) -> str:
    """What an event shares its rate with."""
    return PROMISE_LANE if is_loud_code(event.code) else event.level.value


def _level_of_lane(lane: str) -> Level:
    return Level.CRITICAL if lane == PROMISE_LANE else Level(lane)
