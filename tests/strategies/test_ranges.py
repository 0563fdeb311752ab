"""True range, ATR and SuperTrend: by hand, against slow definitions written anew, and against their own prefixes."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.strategies.ranges import Candle, Trend, atr, candles_of, supertrend, true_range
from tests.strategies.making import bar_of


@st.composite
def _candles(draw: st.DrawFn) -> Candle:
    low, middle, high = sorted(draw(st.lists(st.floats(1, 1_000), min_size=3, max_size=3)))
    return Candle(high, low, middle)


CANDLES = st.lists(_candles(), min_size=1, max_size=60)
PERIODS = st.integers(min_value=1, max_value=12)
MULTIPLIERS = st.floats(min_value=0.1, max_value=5)


def flat(*closes: float, reach: float = 1.0) -> list[Candle]:
    """Bars that reach as far above their close as below it."""
    return [Candle(close + reach, close - reach, close) for close in closes]


def test_the_prices_of_bars() -> None:
    bar = bar_of(open_ms=0, high="101.5", low="99", close="100.25")
    assert candles_of([bar]) == [Candle(101.5, 99.0, 100.25)]
    assert bar.open == Decimal("100.25")


def test_true_range_by_hand() -> None:
    # First high - low = 2. Then inside the bar (12 - 9 = 3), a gap up (20 - 10), a gap down (19 - 5).
    candles = [Candle(11, 9, 10), Candle(12, 9, 10), Candle(20, 18, 19), Candle(7, 5, 6)]
    assert true_range(candles) == [2, 3, 10, 14]
    assert true_range([]) == []


def test_atr_by_hand() -> None:
    # Ranges 2, 3, 10, 14, period 2: seed 2.5, then 2.5 + 7.5/2 = 6.25, then 6.25 + 7.75/2 = 10.125.
    candles = [Candle(11, 9, 10), Candle(12, 9, 10), Candle(20, 18, 19), Candle(7, 5, 6)]
    assert atr(candles, 2) == [None, 2.5, 6.25, 10.125]


def test_supertrend_by_hand() -> None:
    # Period 1: each ATR is the bar's own range. Multiplier 1.
    # 100: range 2, bands 102 and 98. 101: range 2, bands 103 → stays 102, and 99.
    # 104: range max(105, 101) - min(103, 101) = 4, bands 108 → stays 102, and 100: 104 > 102 turns it up.
    # 103: range 2; the close before was above the upper band, which starts anew at 105; lower 101.
    # 99: range 103 - 98 = 5; bands 104 and 94 → stays 101: 99 < 101 turns it down, the line is 104.
    assert supertrend(flat(100, 101, 104, 103, 99), 1, 1.0) == [
        None,
        None,
        Trend(True, 100),
        Trend(True, 101),
        Trend(False, 104),
    ]


def test_a_market_that_stays_between_its_bands_has_no_trend_yet() -> None:
    assert supertrend(flat(*[100.0, 100.5] * 20), 5, 3.0) == [None] * 40


@settings(deadline=None)
@given(candles=CANDLES)
def test_true_range_is_the_largest_of_three(candles: list[Candle]) -> None:
    ranges = true_range(candles)
    assert ranges[0] == candles[0].high - candles[0].low
    for (before, candle), found in zip(pairwise(candles), ranges[1:], strict=True):
        three = (
            candle.high - candle.low,
            abs(candle.high - before.close),
            abs(candle.low - before.close),
        )
        assert found == max(three)


@settings(deadline=None)
@given(candles=CANDLES, period=PERIODS)
def test_atr_is_the_closed_form_and_lies_between_the_ranges(candles: list[Candle], period: int) -> None:
    """The seed weighs (1-1/n)^k, the range j bars ago (1-1/n)^j / n."""
    ranges = true_range(candles)
    found = atr(candles, period)[-1]
    if found is None:
        assert len(candles) < period
        return
    keep, later = 1 - 1 / period, ranges[period:]
    expected = keep ** len(later) * sum(ranges[:period]) / period
    expected += sum(keep**ago * value / period for ago, value in enumerate(reversed(later)))
    assert found == pytest.approx(expected, abs=1e-9)
    assert min(ranges) - 1e-9 <= found <= max(ranges) + 1e-9


def slow_bands(candles: Sequence[Candle], period: int, multiplier: float) -> tuple[float, float] | None:
    """(upper, lower) at the last bar, from the definition: each band looks at itself one bar ago."""
    spread = atr(candles, period)[-1]
    if spread is None:
        return None
    middle = (candles[-1].high + candles[-1].low) / 2
    upper, lower = middle + multiplier * spread, middle - multiplier * spread
    before = slow_bands(candles[:-1], period, multiplier) if len(candles) > 1 else None
    if before is None:
        return upper, lower
    close = candles[-2].close
    return (
        upper if close > before[0] else min(upper, before[0]),
        lower if close < before[1] else max(lower, before[1]),
    )


def slow_supertrend(candles: Sequence[Candle], period: int, multiplier: float) -> Trend | None:
    """The trend at the last bar, by walking back to the bar that made it."""
    bands = slow_bands(candles, period, multiplier)
    if bands is None:
        return None
    before = slow_supertrend(candles[:-1], period, multiplier) if len(candles) > 1 else None
    close, (upper, lower) = candles[-1].close, bands
    if before is None:
        rising = True if close > upper else False if close < lower else None
    else:
        rising = close >= lower if before.rising else close > upper
    return None if rising is None else Trend(rising, lower if rising else upper)


@settings(deadline=None)
@given(candles=st.lists(_candles(), min_size=1, max_size=14), period=PERIODS, multiplier=MULTIPLIERS)
def test_supertrend_is_its_slow_definition(candles: list[Candle], period: int, multiplier: float) -> None:
    assert supertrend(candles, period, multiplier)[-1] == slow_supertrend(candles, period, multiplier)


@settings(deadline=None)
@given(candles=CANDLES, period=PERIODS, multiplier=MULTIPLIERS)
def test_while_a_trend_lasts_its_line_only_follows_and_no_close_is_beyond_it(
    candles: list[Candle], period: int, multiplier: float
) -> None:
    trends = supertrend(candles, period, multiplier)
    for (before, trend), (earlier, candle) in zip(pairwise(trends), pairwise(candles), strict=True):
        assert before is None or trend is not None, "a trend never becomes unknown again"
        if before is None or trend is None or before.rising is not trend.rising:
            continue
        sign = 1 if trend.rising else -1
        assert (candle.close - trend.line) * sign >= 0
        # Bands so narrow that they cross can turn a trend with the close beyond both.
        assert (trend.line - before.line) * sign >= 0 or (earlier.close - before.line) * sign < 0


@settings(deadline=None)
@given(candles=CANDLES, later=CANDLES, period=PERIODS, multiplier=MULTIPLIERS)
def test_a_later_bar_never_changes_an_earlier_value(
    candles: list[Candle], later: list[Candle], period: int, multiplier: float
) -> None:
    count, both = len(candles), candles + later
    assert true_range(both)[:count] == true_range(candles)
    assert atr(both, period)[:count] == atr(candles, period)
    assert supertrend(both, period, multiplier)[:count] == supertrend(candles, period, multiplier)
    assert len(supertrend(both, period, multiplier)) == len(both)
