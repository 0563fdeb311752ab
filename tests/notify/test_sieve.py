"""The sieve: repeats are counted, floods and quiet hours are held back and summed up, P1 and K events pass."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.effects import Level
from jackline.core.values import WireMs
from jackline.notify.book import Book
from jackline.notify.message import Message
from jackline.notify.settings import NotifySettings, QuietHours, parse_quiet_hours
from jackline.notify.sieve import HOUR_MS, REPEATS_MAX, Sieve
from tests.notify.making import MINUTE_MS, NOON, event, sieve

NIGHT = parse_quiet_hours("22:00-07:00", UTC)
MIDNIGHT = NOON + 12 * HOUR_MS


def few(per_hour: int) -> NotifySettings:
    return NotifySettings(max_per_hour=dict.fromkeys(Level, per_hour))


def at(minutes: float) -> WireMs:
    return WireMs(NOON + int(minutes * MINUTE_MS))


def subjects(messages: list[Message]) -> list[str]:
    return [one.subject for one in messages]


# -- what a message says -------------------------------------------------------------------------------------


def test_a_message_has_one_line_of_subject_what_to_do_and_utc() -> None:
    (told,) = sieve().take(event("P1", "t3 BTCUSDT: no stop\nis left", Level.CRITICAL), NOON)
    assert told.subject == "[critical] main P1 BTCUSDT: t3 BTCUSDT: no stop is left"
    assert "What to do: " in told.body
    assert "jackline close-all" in told.body
    assert told.body.endswith("When: 2026-01-31 12:00:00 UTC")


def test_a_long_text_is_cut_and_says_so() -> None:
    (told,) = sieve().take(event(text="word " * 2_000), NOON)
    assert len(told.subject) <= 160
    assert told.subject.endswith("...")
    assert len(told.body) < 1_200


@pytest.mark.owns("S1")
def test_S1_a_planted_secret_is_neither_in_a_message_nor_in_the_book() -> None:
    book = Book()
    one = sieve(few(2), book, "hunter2-hunter2")
    told = [one.take(event(text=f"{word}: hunter2-hunter2 token=abc123"), NOON) for word in ("a", "b", "c")]
    told += [one.tick(at(61))]
    assert len([message for messages in told for message in messages]) == 2
    assert "hunter2" not in f"{told}{book}"
    assert "abc123" not in f"{told}{book}"


# -- repeats -------------------------------------------------------------------------------------------------


def test_the_same_event_again_is_counted_and_told_with_its_count() -> None:
    book = Book()
    one = sieve(book=book)
    assert len(one.take(event(), NOON)) == 1
    for minute in range(1, 15):
        assert one.take(event(at_ms=at(minute)), at(minute)) == []
        assert one.tick(at(minute)) == []
    (told,) = one.tick(at(15))
    assert told.subject.endswith("(repeated 14 times)")
    assert "Repeated 14 times, 2026-01-31 12:01:00 UTC to 2026-01-31 12:14:00 UTC." in told.body
    assert book.suppressed == {"repeat": {"warning": 14}}


def test_what_stopped_is_told_once_and_then_forgotten() -> None:
    book = Book()
    one = sieve(book=book)
    one.take(event(), NOON)
    assert one.tick(at(15)) == []
    assert book.repeats == {}
    assert len(one.take(event(at_ms=at(16)), at(16))) == 1


def test_a_count_that_no_tick_told_is_told_before_the_next_one() -> None:
    one = sieve()
    one.take(event(), NOON)
    one.take(event(), at(1))
    told = one.take(event(at_ms=at(20)), at(20))
    assert [text.endswith("(repeated 1 times)") for text in subjects(told)] == [True, False]


def test_a_clock_set_back_an_hour_does_not_silence_for_an_hour() -> None:
    one = sieve()
    one.take(event(), NOON)
    assert len(one.take(event(at_ms=at(-60)), at(-60))) == 1


def test_the_memory_of_repeats_is_bounded_and_forgets_no_count() -> None:
    book = Book()
    one = sieve(few(2), book)
    one.take(event(text="first"), NOON)
    one.take(event(text="first"), at(0.1))
    for number in range(REPEATS_MAX):
        one.take(event(text="x", key=f"{number}"), at(0.2))
    assert len(book.repeats) == REPEATS_MAX
    assert sum(held.total for held in book.held.values()) == REPEATS_MAX + 1


# -- rates ---------------------------------------------------------------------------------------------------


def test_a_flood_is_bounded_and_summed_up() -> None:
    book = Book()
    one = sieve(few(10), book)
    told = [m for n in range(50) for m in one.take(event("C4", "x", key=f"{n}"), at(n / 100))]
    assert len(told) == 5
    assert one.tick(at(5)) == []
    (summary,) = one.tick(at(13))
    assert summary.subject == "[warning] main C4: 45 held back (rate limit): C4 x45"
    assert "C4: x" in summary.body
    assert "and 35 more" in summary.body
    assert book.held == {}


@given(st.lists(st.integers(0, 3 * HOUR_MS), max_size=120), st.integers(2, 12))
def test_no_hour_has_more_messages_than_its_number(times: list[int], per_hour: int) -> None:
    one, told = sieve(few(per_hour)), []
    for number, offset in enumerate(sorted(times)):
        now = WireMs(NOON + offset)
        passed = [*one.take(event("C4", "x", key=f"{number}"), now), *one.tick(now)]
        told += [now] * len(passed)
    for begin in told:
        assert len([at for at in told if begin <= at < begin + HOUR_MS]) <= per_hour


@pytest.mark.owns("P1", "K3")
def test_P1_K3_other_alerts_cannot_use_up_what_P1_and_K_events_may_send() -> None:
    one = sieve(few(2))
    for number in range(20):
        one.take(event("O4", "x", Level.CRITICAL, key=f"{number}"), NOON)
    assert one.take(event("O4", "y", Level.CRITICAL), NOON) == []
    assert len(one.take(event("P1", "BTCUSDT: naked", Level.CRITICAL), NOON)) == 1


# -- quiet hours ---------------------------------------------------------------------------------------------


@pytest.mark.owns("P1", "K3")
@pytest.mark.parametrize(
    "loud",
    [
        event("P1", level=Level.INFO),
        event("K2", level=Level.INFO),
        event("K4", level=Level.WARNING),
        event("O4", level=Level.CRITICAL),
    ],
    ids=lambda one: f"{one.code}-{one.level}",
)
def test_P1_K3_quiet_hours_never_silence_these(loud: object) -> None:
    one = sieve(NotifySettings(quiet=NIGHT))
    assert len(one.take(loud, WireMs(MIDNIGHT))) == 1  # type: ignore[arg-type]  # a bare event stands for any


def test_what_can_wait_is_told_in_one_message_after_the_quiet_hours() -> None:
    one = sieve(NotifySettings(quiet=NIGHT))
    for minute, code in enumerate(("C4", "P6", "C4")):
        assert one.take(event(code, f"x{minute}", key=f"{minute}"), WireMs(MIDNIGHT + minute)) == []
    assert one.tick(WireMs(MIDNIGHT + 7 * HOUR_MS - 1)) == []
    (told,) = one.tick(WireMs(MIDNIGHT + 7 * HOUR_MS))
    assert told.subject == "[warning] main several: 3 held back (quiet hours): C4 x2, P6 x1"


@pytest.mark.parametrize(
    ("text", "hour", "quiet"),
    [
        ("22:00-07:00", 21, False),
        ("22:00-07:00", 22, True),
        ("22:00-07:00", 6, True),
        ("22:00-07:00", 7, False),
        ("12:00-13:00", 12, True),
        ("12:00-13:00", 13, False),
    ],
)
def test_quiet_hours_may_pass_midnight(text: str, hour: int, quiet: bool) -> None:
    assert parse_quiet_hours(text, UTC).covers(WireMs(NOON + (hour - 12) * HOUR_MS)) is quiet


def test_quiet_hours_are_of_their_time_zone() -> None:
    berlin = parse_quiet_hours("12:30-13:30", ZoneInfo("Europe/Berlin"))
    assert berlin.covers(WireMs(NOON)), "13:00 in Berlin in winter"
    assert not berlin.covers(WireMs(NOON + HOUR_MS))


@pytest.mark.parametrize("text", ["", "22-07", "24:00-07:00", "22:60-07:00", "22:00-22:00", "22:00 - 07:00"])
def test_a_span_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"times of day|begins when it ends"):
        parse_quiet_hours(text, UTC)


def test_by_hand() -> None:
    assert QuietHours(begin_minute=1_320, end_minute=420) == NIGHT
    assert isinstance(sieve(), Sieve)
