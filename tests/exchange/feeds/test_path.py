"""The way through a bar."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.exchange.feeds.path import (
    LEG_POINTS_MAX,
    PathPoint,
    adversarial_path,
    seeded_path,
    split_volume,
)
from jackline.exchange.ports import Candle
from tests.exchange.feeds.support import FIRST_MS, INTERVAL_MS, candle

TICK = Decimal("0.1")


@st.composite
def candles(draw: st.DrawFn) -> Candle:
    """Any bar, also flat ones, ones of a single tick, and ones with prices off the tick grid."""
    places = draw(st.sampled_from([1, 1, 1, 3]))
    low, *inner, high = sorted(
        Decimal(draw(st.integers(1, 200_000) | st.integers(1_000, 1_003))).scaleb(-places) for _ in range(4)
    )
    open_, close = draw(st.permutations(inner))
    volume = Decimal(draw(st.integers(0, 10**9))).scaleb(-draw(st.integers(0, 11)))
    return Candle(open_ms=FIRST_MS, open=open_, high=high, low=low, close=close, volume=volume)


@st.composite
def walked(draw: st.DrawFn) -> tuple[Candle, tuple[PathPoint, ...]]:
    bar = draw(candles())
    seed = draw(st.none() | st.integers(0, 9))
    if seed is None:
        side = draw(st.sampled_from([-1, 0, 1]))
        return bar, adversarial_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, net_side=side)
    return bar, seeded_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, seed=seed, symbol="BTCUSDT")


@given(walked())
def test_path_visits_open_both_extremes_and_close_and_nothing_outside(
    walk: tuple[Candle, tuple[PathPoint, ...]],
) -> None:
    bar, path = walk
    prices = [point.price for point in path]
    assert prices[0] == bar.open
    assert prices[-1] == bar.close
    assert min(prices) == bar.low
    assert max(prices) == bar.high
    assert 4 <= len(path) <= 1 + 3 * LEG_POINTS_MAX


@given(walked())
def test_points_between_lie_on_the_grid(walk: tuple[Candle, tuple[PathPoint, ...]]) -> None:
    bar, path = walk
    own = {bar.open, bar.high, bar.low, bar.close}
    assert all(point.price % TICK == 0 for point in path if point.price not in own)


@given(walked())
def test_volume_is_split_to_the_last_unit(walk: tuple[Candle, tuple[PathPoint, ...]]) -> None:
    bar, path = walk
    assert sum((point.volume for point in path), Decimal(0)) == bar.volume
    assert all(point.volume >= 0 for point in path)


@given(walked())
def test_time_runs_from_the_first_to_the_last_millisecond_of_the_bar(
    walk: tuple[Candle, tuple[PathPoint, ...]],
) -> None:
    bar, path = walk
    times = [point.market_ms for point in path]
    assert times[0] == bar.open_ms
    assert times[-1] == bar.open_ms + INTERVAL_MS - 1
    assert all(earlier < later for earlier, later in pairwise(times))


@given(candles(), st.sampled_from([-1, 1]))
def test_adversarial_path_hurts_the_open_position_first(bar: Candle, net_side: int) -> None:
    path = adversarial_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, net_side=net_side)
    prices = [point.price for point in path]
    bad, good = (bar.low, bar.high) if net_side > 0 else (bar.high, bar.low)
    # An open that is the good extreme itself has been there before anything can be done about it.
    later = prices[1:] if bar.open == good else prices
    assert later.index(bad) <= later.index(good)


@pytest.mark.parametrize(("low", "first"), [("98", "low"), ("90", "high")])
def test_without_a_position_the_nearer_extreme_comes_first(low: str, first: str) -> None:
    bar = candle(FIRST_MS, open="100", high="105", low=low, close="101")
    path = adversarial_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, net_side=0)
    prices = [point.price for point in path]
    came_first = "low" if prices.index(bar.low) < prices.index(bar.high) else "high"
    assert came_first == first


def test_a_crash_bar_is_walked_in_jumps_that_pass_a_stop() -> None:
    bar = candle(FIRST_MS, open="112123.1", high="112495.0", low="103162.2", close="103502.5")
    path = adversarial_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, net_side=1)
    stop = Decimal("111000")
    touched = next(point.price for point in path if point.price <= stop)
    assert (stop - touched) / stop > Decimal("0.005")  # filled far beyond the trigger: a gap fill


def test_seeded_path_is_the_same_for_the_same_seed_and_differs_between_seeds_symbols_and_bars() -> None:
    def walk(seed: int, symbol: str, open_ms: int) -> list[Decimal]:
        bar = candle(open_ms, open="100", high="140", low="60", close="110")
        path = seeded_path(bar, interval_ms=INTERVAL_MS, tick_size=TICK, seed=seed, symbol=symbol)
        return [point.price for point in path]

    one = walk(1, "BTCUSDT", FIRST_MS)
    assert one == walk(1, "BTCUSDT", FIRST_MS)
    others = [
        walk(2, "BTCUSDT", FIRST_MS),
        walk(1, "ETHUSDT", FIRST_MS),
        walk(1, "BTCUSDT", FIRST_MS + INTERVAL_MS),
    ]
    assert one not in others


@given(st.integers(0, 10**12), st.integers(-11, 2), st.integers(1, 25))
def test_split_volume_sums_exactly(units: int, exponent: int, parts: int) -> None:
    volume = Decimal(units).scaleb(exponent)
    shares = split_volume(volume, parts)
    assert len(shares) == parts
    assert sum(shares, Decimal(0)) == volume
