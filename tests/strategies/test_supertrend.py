"""SuperTrend with the regime: its turns, and those that the slow average forbids."""

from dataclasses import replace

import pytest

from jackline.core.orders import Bar
from jackline.core.values import Side
from jackline.strategies.ranges import candles_of, supertrend
from jackline.strategies.supertrend import SuperTrend
from tests.strategies.making import INTERVAL_MS, bar_of, walk

TREND = SuperTrend(atr_period=2, atr_multiple=1.0, regime_period=10)


def bars(closes: list[float]) -> list[Bar]:
    """Bars that reach one above and one below their close."""
    return [
        bar_of(open_ms=index * INTERVAL_MS, high=close + 1, low=close - 1, close=close)
        for index, close in enumerate(closes)
    ]


def test_the_defaults_need_300_bars() -> None:
    assert SuperTrend().warmup_bars == 300


@pytest.mark.parametrize("seed", range(3))
def test_the_bars_it_looks_at_tell_the_direction_that_the_whole_history_tells(seed: int) -> None:
    """Were they too few, a turn could be the end of what the first bars of the window seemed to say."""
    strategy, candles = SuperTrend(), candles_of(walk(1_200, seed))
    period, multiple = strategy.atr_period, strategy.atr_multiple
    whole = [trend and trend.rising for trend in supertrend(candles, period, multiple)]
    for end in range(strategy.warmup_bars, len(candles), 7):
        window = supertrend(candles[end - strategy.warmup_bars : end], period, multiple)
        assert [trend and trend.rising for trend in window[-2:]] == whole[end - 2 : end]


def test_long_on_the_bar_that_turns_up_and_on_no_later_one() -> None:
    """A fall makes the trend; then it is calm, and the regime sideways."""
    history = [*[1_000.0] * 5, *[990.0] * 24]
    assert TREND.signal(bars([*history, 990.0])) is None
    turn = TREND.signal(bars([*history, 996.0]))
    assert turn is not None
    assert turn.side is Side.LONG
    assert "turned up at close 996" in turn.reason
    assert "regime of ema10 sideways" in turn.reason
    assert TREND.signal(bars([*history, 996.0, 997.0])) is None


def test_short_on_the_bar_that_turns_down() -> None:
    turn = TREND.signal(bars([*[1_000.0] * 5, *[1_010.0] * 24, 1_004.0]))
    assert turn is not None
    assert turn.side is Side.SHORT


BANDS = pytest.mark.parametrize(("band", "forbidden"), [(0.02, True), (0.2, False)])
"""The second is so wide that everything is sideways."""


@BANDS
def test_no_long_while_the_regime_is_down(band: float, forbidden: bool) -> None:
    """A bounce in a fall turns the trend up, far below the slow average."""
    fall = [1_600.0 - 20 * index for index in range(32)]
    turn = replace(TREND, regime_band_fraction=band).signal(bars([*fall, fall[-1] + 32]))
    assert turn is None if forbidden else turn is not None and turn.side is Side.LONG


@BANDS
def test_no_short_while_the_regime_is_up(band: float, forbidden: bool) -> None:
    rise = [1_000.0 + 20 * index for index in range(32)]
    turn = replace(TREND, regime_band_fraction=band).signal(bars([*rise, rise[-1] - 32]))
    assert turn is None if forbidden else turn is not None and turn.side is Side.SHORT
