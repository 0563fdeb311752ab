"""Market time against a wall clock that the test moves by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.exchange.feeds.clock import RATIO_MAX, MarketClock
from tests.exchange.feeds.support import FIRST_MS


class Wall:
    """A wire clock in milliseconds."""

    def __init__(self) -> None:
        self.now = 5_000.25

    def __call__(self) -> float:
        return self.now


def started(ratio: float = 100.0) -> tuple[Wall, MarketClock]:
    wall = Wall()
    return wall, MarketClock(FIRST_MS, ratio, wall)


def test_market_time_runs_at_the_published_ratio() -> None:
    wall, clock = started(ratio=1_500.0)
    assert clock.market_ms() == FIRST_MS
    wall.now += 10.0
    assert clock.market_ms() == FIRST_MS + 15_000
    assert (clock.ratio, clock.held) == (1_500.0, False)


def test_hold_stops_and_resume_goes_on_without_a_jump() -> None:
    wall, clock = started()
    wall.now += 10.0
    clock.hold()
    wall.now += 1_000.0
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 1_000, True)
    clock.resume()
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 1_000, False)
    wall.now += 1.0
    assert clock.market_ms() == FIRST_MS + 1_100


def test_resume_can_change_the_ratio() -> None:
    wall, clock = started()
    clock.hold()
    clock.resume(2.0)
    wall.now += 50.0
    assert (clock.market_ms(), clock.ratio) == (FIRST_MS + 100, 2.0)


@pytest.mark.parametrize("waited_ms", [777.0, 778.0, 10_000.0])
def test_hold_at_is_exact_however_late_it_is_noticed(waited_ms: float) -> None:
    wall, clock = started(ratio=1.0)
    clock.hold_at(FIRST_MS + 777)
    wall.now += 776.0
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 776, False)
    wall.now += waited_ms - 776.0
    assert clock.held
    wall.now += 5_000.0
    assert clock.market_ms() == FIRST_MS + 777
    clock.resume()
    wall.now += 1.0
    assert clock.market_ms() == FIRST_MS + 778


def test_hold_at_a_time_already_passed_holds_at_once() -> None:
    wall, clock = started()
    wall.now += 10.0
    clock.hold_at(FIRST_MS + 1)
    assert (clock.held, clock.market_ms()) == (True, FIRST_MS + 1_000)


def test_hold_at_survives_a_change_of_ratio_but_not_a_hold() -> None:
    wall, clock = started()
    clock.hold_at(FIRST_MS + 500)
    clock.resume(1.0)
    wall.now += 600.0
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 500, True)
    wall, clock = started()
    clock.hold_at(FIRST_MS + 500)
    clock.hold()
    clock.resume()
    wall.now += 600.0
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 60_000, False)


def test_slip_gives_time_up_and_counts_it() -> None:
    wall, clock = started()
    wall.now += 10.0
    clock.slip(FIRST_MS + 300)
    assert (clock.market_ms(), clock.slipped_ms) == (FIRST_MS + 300, 700)
    wall.now += 1.0
    assert clock.market_ms() == FIRST_MS + 400
    with pytest.raises(ValueError, match="cannot slip to"):
        clock.slip(FIRST_MS + 401)


def test_slip_does_not_move_a_held_clock_nor_its_hold() -> None:
    wall, clock = started()
    clock.hold_at(FIRST_MS + 500)
    wall.now += 4.0
    clock.slip(FIRST_MS + 100)
    wall.now += 10.0
    assert (clock.market_ms(), clock.held) == (FIRST_MS + 500, True)
    clock.slip(FIRST_MS + 200)
    assert (clock.market_ms(), clock.slipped_ms) == (FIRST_MS + 500, 300)


def test_a_wall_clock_that_steps_back_does_not_take_the_market_with_it() -> None:
    wall, clock = started()
    wall.now -= 100.0
    assert clock.market_ms() == FIRST_MS


@pytest.mark.parametrize("ratio", [0.0, -1.0, RATIO_MAX + 1, math.nan, math.inf])
def test_ratios_outside_the_range_are_refused_and_change_nothing(ratio: float) -> None:
    with pytest.raises(ValueError, match="ratio"):
        started(ratio=ratio)
    _, clock = started()
    clock.hold()
    with pytest.raises(ValueError, match="ratio"):
        clock.resume(ratio)
    assert (clock.ratio, clock.held) == (100.0, True)


@given(
    st.lists(st.tuples(st.sampled_from(["wait", "hold", "resume", "faster"]), st.floats(0, 1_000))), st.data()
)
def test_market_time_never_runs_back_or_past_a_pending_hold(
    moves: list[tuple[str, float]], data: st.DataObject
) -> None:
    wall, clock = started(ratio=data.draw(st.floats(0.001, RATIO_MAX)))
    stop_ms = FIRST_MS + data.draw(st.integers(1, 10**7))
    clock.hold_at(stop_ms)
    armed, seen = True, [clock.market_ms()]
    for move, amount in moves:
        match move:
            case "wait":
                wall.now += amount
            case "hold":
                clock.hold()
                armed = False
            case "resume":
                armed = armed and not clock.held
                clock.resume()
            case _:
                armed = armed and not clock.held
                clock.resume(min(RATIO_MAX, clock.ratio * 2))
        seen.append(clock.market_ms())
        assert not armed or seen[-1] <= stop_ms
    assert seen == sorted(seen)
