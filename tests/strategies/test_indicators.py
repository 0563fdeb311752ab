"""Indicators against values worked by hand, against the closed form, and against their own prefixes."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.strategies.indicators import Series, ema, rsi, wilder

PRICES = st.lists(st.floats(min_value=0.01, max_value=1e6), min_size=1, max_size=60)
PERIODS = st.integers(min_value=1, max_value=20)


def test_ema_by_hand() -> None:
    # Seed (1+2+3)/3 = 2 and alpha 1/2: then 2 + (6-2)/2 = 4, 4 + (0-4)/2 = 2.
    assert ema([1, 2, 3, 6, 0], 3) == [None, None, 2.0, 4.0, 2.0]


def test_wilders_smoothing_by_hand() -> None:
    # Seed (2+4)/2 = 3 and weight 1/2: then 3 + (7-3)/2 = 5, 5 + (1-5)/2 = 3.
    assert wilder([2, 4, 7, 1], 2) == [None, 3.0, 5.0, 3.0]


def test_rsi_by_hand() -> None:
    # Changes +2 -1 +3 -2, period 2. Seed gain 1, loss 1/2: 100*1/1.5. Then gain (1+3)/2 = 2, loss 1/4:
    # 100*2/2.25. Then gain 1, loss (1/4+2)/2 = 9/8: 100*1/(17/8).
    assert rsi([10, 12, 11, 14, 12], 2) == pytest.approx([None, None, 200 / 3, 800 / 9, 800 / 17])


@pytest.mark.parametrize(
    ("closes", "strength"), [([1, 2, 3, 4], 100.0), ([4, 3, 2, 1], 0.0), ([5, 5, 5, 5], 50.0)]
)
def test_rsi_at_its_edges(closes: list[float], strength: float) -> None:
    assert rsi(closes, 3)[-1] == strength


@settings(deadline=None)
@given(values=PRICES, period=PERIODS)
def test_ema_is_the_closed_form(values: list[float], period: int) -> None:
    """The seed weighs (1-a)^k, the value j bars ago a(1-a)^j."""
    found = ema(values, period)[-1]
    if len(values) < period:
        assert found is None
        return
    weight, later = 2 / (period + 1), values[period:]
    expected = (1 - weight) ** len(later) * sum(values[:period]) / period
    expected += sum(weight * (1 - weight) ** ago * value for ago, value in enumerate(reversed(later)))
    assert found == pytest.approx(expected, rel=1e-9)


@settings(deadline=None)
@given(values=PRICES, period=PERIODS)
def test_rsi_is_the_closed_form(values: list[float], period: int) -> None:
    changes = [after - before for before, after in pairwise(values)]
    found = rsi(values, period)[-1]
    if len(changes) < period:
        assert found is None
        return
    keep, later = 1 - 1 / period, changes[period:]

    def smoothed(sign: int) -> float:
        moves = [max(sign * change, 0.0) for change in changes]
        seed = keep ** len(later) * sum(moves[:period]) / period
        return seed + sum(keep**ago * move / period for ago, move in enumerate(reversed(moves[period:])))

    gain, loss = smoothed(1), smoothed(-1)
    expected = 50.0 if gain + loss == 0 else 100 * gain / (gain + loss)
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("indicator", [ema, rsi, wilder], ids=["ema", "rsi", "wilder"])
@settings(deadline=None)
@given(values=PRICES, later=PRICES, period=PERIODS)
def test_a_later_bar_never_changes_an_earlier_value(
    indicator: Callable[[Sequence[float], int], Series], values: list[float], later: list[float], period: int
) -> None:
    alone = indicator(values, period)
    assert indicator(values + later, period)[: len(values)] == alone
    assert len(alone) == len(values)


def test_a_period_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="period 0"):
        ema([1.0], 0)
