"""The crossing of two averages: on the bar, and on no other."""

from jackline.core.values import Side
from jackline.strategies.ema_cross import EmaCross
from tests.strategies.making import bars_of

CROSS = EmaCross(fast_period=2, slow_period=5)


def test_the_defaults_need_180_bars() -> None:
    assert EmaCross().warmup_bars == 180
    assert EmaCross().signal(bars_of([100.0] * 178 + [101.0])) is None, "179 bars"
    assert EmaCross().signal(bars_of([100.0] * 179 + [101.0])) is not None, "180 bars"


def test_long_on_the_bar_that_crosses_up_and_on_no_later_one() -> None:
    calm = [100.0] * 20
    crossing = CROSS.signal(bars_of([*calm, 103.0]))
    assert crossing is not None
    assert crossing.side is Side.LONG
    # The fast one moves 2/3 of the 3 up, the slow one 1/3.
    assert crossing.reason == "ema2 102 crossed above ema5 101"
    assert CROSS.signal(bars_of([*calm, 103.0, 106.0])) is None


def test_short_on_the_bar_that_crosses_down() -> None:
    crossing = CROSS.signal(bars_of([*[100.0] * 20, 97.0]))
    assert crossing is not None
    assert crossing.side is Side.SHORT
    assert crossing.reason == "ema2 98 crossed below ema5 99"


def test_averages_that_only_touch_have_not_crossed() -> None:
    assert CROSS.signal(bars_of([100.0] * 30)) is None
