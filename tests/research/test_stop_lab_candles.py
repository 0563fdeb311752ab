"""The stop lab on candles: losses worked out by hand, and the real crash where the data is at hand."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from jackline.data.files import read_candles
from jackline.research.stop_lab.candles import measure_candles
from jackline.research.stop_lab.kinds import Assumed, Kind, NothingTouched, spread
from jackline.research.stop_lab.path import drawn_times, paths_of
from jackline.research.stop_lab.words import of_margin_percent, plainly
from tests.research.stop_lab_making import FLAT, SHORT, START_MS, candles, row

_DEFAULT_FOLDER = Path(__file__).parents[2] / ".." / "shared" / "data"
CRASH_FILE = (
    Path(os.environ.get("JACKLINE_DATA", _DEFAULT_FOLDER)) / "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
)
CRASH_MS = 1_760_130_900_000
"""2025-10-10 21:15 UTC."""

ENTRY_1 = 3
"""Bars before the one that matters; entries at bars 0 … 3 see it."""


def market(*bars: tuple[float, float, float, float]) -> list[tuple[float, float, float, float]]:
    """Quiet bars, then these, then quiet ones at the last close, so that a whole window follows the first entry."""
    last = bars[-1][3]
    quiet = (last, last, last, last)
    return [FLAT] * ENTRY_1 + list(bars) + [quiet] * (22 - ENTRY_1 - len(bars))


def test_a_stop_passed_at_the_open_is_filled_at_the_open() -> None:
    measured = measure_candles(candles(market((97.0, 97.0, 97.0, 97.0))), SHORT, name="gap")
    beyond = row(measured, Kind.VENUE).beyond
    assert beyond is not None
    assert beyond.max == pytest.approx(200)
    assert beyond.p50 == pytest.approx(200)


def test_a_stop_inside_a_jump_is_filled_at_the_first_step_beyond_it() -> None:
    # a leg of 8 %: steps at 98, 96, 94, 92. A stop at 99 is filled at 98, never at 99
    measured = measure_candles(candles(market((100.0, 100.0, 92.0, 92.0))), SHORT, name="jump")
    beyond = row(measured, Kind.VENUE).beyond
    assert beyond is not None
    assert beyond.p50 == pytest.approx(100)
    assert beyond.max == pytest.approx(100)


def test_a_stop_on_an_ordinary_way_is_filled_at_its_price_and_what_the_latency_costs() -> None:
    measured = measure_candles(
        candles(market((100.0, 100.0, 98.9, 98.9))), replace(SHORT, jump_leg_fraction=0.02), name="way"
    )
    beyond = row(measured, Kind.VENUE).beyond
    assert beyond is not None
    assert 0 < beyond.max <= 11  # to the low it is 10 bps of 100, and no fill is beyond it
    instant = measure_candles(
        candles(market((100.0, 100.0, 98.9, 98.9))),
        replace(SHORT, jump_leg_fraction=0.02, latency_ms=(0.0, 0.0)),
        name="way",
    )
    at_once = row(instant, Kind.VENUE).beyond
    assert at_once is not None
    assert at_once.max == pytest.approx(0, abs=1e-6)


def test_a_slow_poll_fires_at_the_close_it_sees() -> None:
    # bars 3 and 4 fall through the stop; the bar that ends at a whole five minutes closes at 95
    measured = measure_candles(
        candles(market((100.0, 100.0, 97.0, 97.0), (97.0, 97.0, 95.0, 95.0))), SHORT, name="fall"
    )
    found = row(measured, Kind.SLOW_POLL)
    assert found.beyond is not None
    assert found.beyond.max == pytest.approx(400)
    assert found.never_fraction == 0


def test_a_price_that_is_back_leaves_the_slow_poll_open_and_that_is_said() -> None:
    measured = measure_candles(
        candles(market((100.0, 100.0, 98.0, 100.0), (100.0, 100.0, 100.0, 100.0))), SHORT, name="back"
    )
    found = row(measured, Kind.SLOW_POLL)
    assert found.beyond is None
    assert found.never_fraction == found.came_back_fraction == 1
    assert found.all_mean == pytest.approx(-100)
    assert any("none ever fired" in text for text in plainly(measured, SHORT))


def test_a_stop_limit_is_left_behind_by_a_gap_and_the_one_further_out_too() -> None:
    measured = measure_candles(candles(market((97.0, 97.0, 96.0, 96.5))), SHORT, name="gap")
    for kind in (Kind.LIMIT, Kind.LIMIT_THROUGH):
        found = row(measured, kind)
        assert found.never_fraction == 1
        assert found.stranded_mean == pytest.approx(250)


def test_a_stop_limit_is_filled_when_the_price_is_back() -> None:
    measured = measure_candles(
        candles(market((97.0, 97.0, 96.0, 96.5), (96.5, 99.5, 96.0, 99.0))), SHORT, name="back"
    )
    found = row(measured, Kind.LIMIT)
    assert found.never_fraction == 0
    assert found.beyond is not None
    assert found.beyond.max == pytest.approx(0)


def test_no_window_spans_a_missing_bar() -> None:
    bars = market((97.0, 97.0, 97.0, 97.0))
    with pytest.raises(NothingTouched, match="none of 0 stops"):
        measure_candles(candles(bars, missing_before=10), SHORT, name="hole")


def test_what_is_too_short_or_too_quiet_is_refused_with_the_fix() -> None:
    with pytest.raises(NothingTouched, match="more candles, or a shorter --hold"):
        measure_candles(candles([FLAT] * 20), SHORT, name="short")
    with pytest.raises(NothingTouched, match="a nearer --stop"):
        measure_candles(candles([FLAT] * 40), SHORT, name="quiet")


def test_shorts_mirror_longs() -> None:
    falls = candles(market((100.0, 100.0, 92.0, 92.0)))
    mirrored = candles(market((100.0, 108.0, 100.0, 108.0)))
    down, up = (measure_candles(one, SHORT, name="mirror") for one in (falls, mirrored))
    for kind in (Kind.VENUE, Kind.SLOW_POLL):
        one, other = row(down, kind).beyond, row(up, kind).beyond
        assert one is not None
        assert other is not None
        assert one.p50 == pytest.approx(other.p50)


def walk(seed: int) -> list[tuple[float, float, float, float]]:
    """A random walk of 600 bars that join."""
    rng = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.003, 600)))
    opens = np.concatenate(([100.0], closes[:-1]))
    reach = np.abs(rng.normal(0, 0.001, (2, 600)))
    return [
        (o, max(o, c) * (1 + up), min(o, c) * (1 - down), c)
        for o, c, up, down in zip(opens, closes, *reach, strict=True)
    ]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_same_seed_gives_the_same_figures_and_another_does_not(seed: int) -> None:
    data = candles(walk(seed))
    first, again, other = (
        measure_candles(data, replace(SHORT, seed=one), name="walk") for one in (seed, seed, seed + 1)
    )
    assert (first.rows, first.worst) == (again.rows, again.worst)
    assert first.rows != other.rows


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_look_never_fires_before_the_touch_nor_at_a_better_price_than_the_stop(seed: int) -> None:
    measured = measure_candles(candles(walk(seed)), SHORT, name="walk")
    for kind in (Kind.POLL, Kind.SLOW_POLL):
        assert (measured.losses[kind] >= 0).all()
    polls, venue = row(measured, Kind.POLL), row(measured, Kind.VENUE)
    assert venue.never_fraction == 0
    assert polls.beyond is not None
    assert venue.beyond is not None
    assert polls.beyond.mean > venue.beyond.mean


@pytest.mark.parametrize("side", [1, -1])
def test_a_path_visits_the_prices_of_its_bar_and_none_outside(side: int) -> None:
    data = candles(walk(5))
    paths = paths_of(data, side=side, times=drawn_times(len(data), seed=3), jump_leg_fraction=0.01)
    bars = np.arange(len(data))
    for knot in range(4):
        into = paths.times[knot] * data.interval_ms
        assert paths.price(bars, into) == pytest.approx(paths.prices[knot])
    for share in (0.1, 0.35, 0.6, 0.95):
        seen = paths.price(bars, np.full(len(data), share * data.interval_ms))
        assert ((seen >= data.low - 1e-9) & (seen <= data.high + 1e-9)).all()


def test_an_interval_resamples_days_not_stops() -> None:
    # ten days of a hundred equal losses each: the mean is as sure as ten figures, not as a thousand
    days = np.repeat(np.arange(10), 100)
    found = spread(np.repeat(np.arange(10.0), 100), days, seed=1)
    assert found is not None
    assert found.mean == 4.5
    assert found.mean_low is not None
    assert found.mean_high is not None
    assert found.mean_high - found.mean_low > 3
    few = spread(np.ones(300), np.zeros(300, dtype=np.int64), seed=1)
    assert few is not None
    assert few.mean_low is None


def test_the_crash_of_10_october_2025() -> None:
    """A poll of five minutes loses 7.7 % of price and 31 % of margin at 4×; the stop at the venue the gap alone."""
    if not CRASH_FILE.is_file():
        pytest.skip(f"{CRASH_FILE.name} is not here: set JACKLINE_DATA to the folder of the market data")
    data = read_candles(CRASH_FILE, now_ms=START_MS * 2)
    measured = measure_candles(data, Assumed(), name="crash")
    worst = measured.worst
    assert worst is not None
    assert (worst.entry_ms, worst.side) == (CRASH_MS, 1)
    lost = worst.lost_fraction[Kind.SLOW_POLL]
    at_venue = worst.lost_fraction[Kind.VENUE]
    assert lost is not None
    assert at_venue is not None
    assert lost == pytest.approx(0.0769, abs=0.0005)
    assert of_margin_percent(lost * 10_000, 4) == pytest.approx(31, abs=0.5)
    assert 0.015 < at_venue < 0.025  # the first step of the jump beyond the stop, and never the trigger
