"""The plan: about two minutes, whatever the market; the kill just before the largest bar."""

from dataclasses import replace
from pathlib import Path

import pytest

from jackline.cli.demo.plan import KILL_FROM_FRACTION, MARKET_WALL_S, Wishes, largest_bar_ms, make_plan
from jackline.cli.demo.setting import interval_name

START_MS = 1_760_000_100_000
BAR_MS = 300_000
WISHES = Wishes(
    data=None,
    start=None,
    end=None,
    seed=7,
    speed=None,
    kill=True,
    headless=True,
    rung=None,
    symbols=("BTCUSDT",),
    hedge=False,
    keep=None,
)


@pytest.mark.parametrize("bars", [300, 576, 4_000])
def test_a_run_takes_the_same_wall_time_whatever_it_replays(bars: int) -> None:
    plan = make_plan(
        WISHES, start_ms=START_MS, end_ms=START_MS + bars * BAR_MS, interval_ms=BAR_MS, crash_ms=None
    )
    assert bars * BAR_MS / 1_000 / plan.ratio == pytest.approx(MARKET_WALL_S)
    assert plan.slow_ratio <= plan.ratio


def test_a_wish_for_speed_is_granted() -> None:
    wishes = replace(WISHES, speed=100.0)
    plan = make_plan(
        wishes, start_ms=START_MS, end_ms=START_MS + 576 * BAR_MS, interval_ms=BAR_MS, crash_ms=None
    )
    assert (plan.ratio, plan.slow_ratio) == (100.0, 100.0)


def test_a_market_is_never_slower_than_time() -> None:
    plan = make_plan(WISHES, start_ms=START_MS, end_ms=START_MS + 1_000, interval_ms=BAR_MS, crash_ms=None)
    assert plan.ratio == 1.0


def test_a_generated_market_is_bent_and_left_alone_at_first() -> None:
    end_ms = START_MS + 576 * BAR_MS
    plan = make_plan(WISHES, start_ms=START_MS, end_ms=end_ms, interval_ms=BAR_MS, crash_ms=None)
    assert (plan.bend, plan.kill_at_ms) == (True, None)
    assert plan.kill_from_ms == START_MS + int(576 * BAR_MS * KILL_FROM_FRACTION)


def test_a_record_is_not_bent_and_the_kill_falls_a_moment_before_its_largest_bar() -> None:
    crash_ms = START_MS + 288 * BAR_MS
    end_ms = START_MS + 576 * BAR_MS
    plan = make_plan(WISHES, start_ms=START_MS, end_ms=end_ms, interval_ms=BAR_MS, crash_ms=crash_ms)
    assert (plan.bend, plan.kill_at_ms, plan.kill_from_ms) == (False, crash_ms - 1, crash_ms)


def test_only_bars_inside_the_window_count_as_largest(tmp_path: Path) -> None:
    rows = ["timestamp,open,high,low,close,volume"]
    for number in range(10):
        low = {3: 40, 6: 90}.get(number, 99)
        rows.append(f"{START_MS + number * BAR_MS},100,101,{low},100,1")
    path = tmp_path / "BTCUSDT-5m.csv"
    path.write_text("\n".join(rows) + "\n")
    whole = largest_bar_ms(path, symbol="BTCUSDT", start_ms=START_MS, end_ms=START_MS + 10 * BAR_MS)
    later = largest_bar_ms(
        path, symbol="BTCUSDT", start_ms=START_MS + 4 * BAR_MS, end_ms=START_MS + 10 * BAR_MS
    )
    assert (whole, later) == ((START_MS + 3 * BAR_MS, BAR_MS), (START_MS + 6 * BAR_MS, BAR_MS))


def test_intervals_have_the_venues_names() -> None:
    assert [interval_name(ms) for ms in (60_000, 300_000, 900_000)] == ["1m", "5m", "15m"]
    with pytest.raises(ValueError, match="7000 ms"):
        interval_name(7_000)
