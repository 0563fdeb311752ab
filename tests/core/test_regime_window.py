"""The slow average and the range of a window of bars: by their definitions, and whatever stood before the window."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jackline.core.orders import Bar
from jackline.core.regime import VOLATILITY_BARS, WARMUP_PERIODS, Average
from jackline.core.regime_window import RegimeWindow
from jackline.core.values import MarketMs, Price, Quantity, Symbol

D = Decimal
Row = tuple[Decimal, Decimal]
"""Close and range of a bar."""

closes = st.decimals(D("0.00000001"), 1_000_000, places=8)
ranges = st.decimals(0, 1_000, places=8)
rows = st.lists(st.tuples(closes, ranges), min_size=1, max_size=60)


def told(rows: Sequence[Row], *, period: int, length: int) -> Average:
    """What a window says after these bars."""
    window = RegimeWindow(period=period, length=length)
    for number, (close, reach) in enumerate(rows):
        window.add(
            Bar(
                symbol=Symbol("BTCUSDT"),
                open_ms=MarketMs(number * 60_000),
                interval_ms=60_000,
                open=Price(close),
                high=Price(close + reach),
                low=Price(close),
                close=Price(close),
                volume=Quantity(D(1)),
            )
        )
    found = window.average()
    assert found is not None
    return found


def flat(values: Sequence[Decimal]) -> list[Row]:
    return [(value, D(0)) for value in values]


def test_nothing_is_said_before_the_first_bar() -> None:
    assert RegimeWindow(period=2, length=6).average() is None


def test_the_average_by_hand() -> None:
    values = [D(1), D(3), D(5), D(7)]
    early = told(flat(values[:3]), period=2, length=6)
    assert (early.value, early.bars, early.bars_needed) == (None, 3, 2 * WARMUP_PERIODS)
    # 2, then 2 + 2/3 · (5 − 2) = 4, then 4 + 2/3 · (7 − 4) = 6
    assert told(flat(values), period=2, length=6).value == 6


@given(rows=rows, period=st.integers(1, 9))
def test_it_is_the_average_of_the_definition(rows: list[Row], period: int) -> None:
    length = 3 * period
    seen = [Fraction(close) for close, _ in rows][-length:]
    value = told(rows, period=period, length=length).value
    if len(seen) < WARMUP_PERIODS * period:
        assert value is None
        return
    average = sum(seen[:period], Fraction(0)) / period
    for one in seen[period:]:
        average += Fraction(2, period + 1) * (one - average)
    assert value is not None
    assert abs(Fraction(value) - average) <= average * Fraction(1, 10**15)


@given(before=rows, rows=rows, period=st.integers(1, 9))
def test_what_stood_before_the_window_leaves_no_trace(
    before: list[Row], rows: list[Row], period: int
) -> None:
    length = 3 * period
    whole = told([*before, *rows], period=period, length=length)
    late = told([*before, *rows][-length:], period=period, length=length)
    assert (whole.value, whole.volatility_ratio) == (late.value, late.volatility_ratio)


def test_the_volatility_ratio_by_hand() -> None:
    quiet, loud = [(D(100), D(1))] * VOLATILITY_BARS, [(D(100), D(3))] * VOLATILITY_BARS
    assert told(quiet + loud, period=5, length=2 * VOLATILITY_BARS).volatility_ratio == D("1.5")
    assert told(flat([D(100)] * 20), period=5, length=15).volatility_ratio is None
