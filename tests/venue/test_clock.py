"""The venue's clock offset."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jackline.venue.transport.clock import SAMPLES, ClockOffset


def test_one_slow_answer_does_not_move_the_offset() -> None:
    clock = ClockOffset()
    assert (clock.known, clock.jitter_ms) == (False, 0)
    for _ in range(4):
        clock.add(asked_ms=1_000, answered_ms=1_010, venue_ms=1_505)
    clock.add(asked_ms=1_000, answered_ms=3_000, venue_ms=1_505)
    assert clock.venue_ms(7_000) == 7_500
    assert clock.jitter_ms == 995


@given(st.integers(-100_000, 100_000), st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_the_error_is_at_most_half_a_round_trip_of_the_last_samples(offset: int, trips: list[int]) -> None:
    clock = ClockOffset()
    for number, trip in enumerate(trips):
        asked = 1_000_000 + number * 1_000
        clock.add(asked_ms=asked, answered_ms=asked + trip, venue_ms=asked + offset)
    assert abs(clock.venue_ms(0) - offset) <= max(trips[-SAMPLES:]) // 2 + 1
