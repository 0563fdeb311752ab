"""The regime: its borders, and what each forbids."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.core.regime import Regime, forbids, regime_of
from jackline.core.values import Side

BAND = Decimal("0.02")


@pytest.mark.parametrize(
    ("close", "average", "regime"),
    [
        ("102", "100", Regime.UP),
        ("101.99", "100", Regime.SIDEWAYS),
        ("100", "100", Regime.SIDEWAYS),
        ("98.01", "100", Regime.SIDEWAYS),
        ("98", "100", Regime.DOWN),
        ("100", None, Regime.UNKNOWN),
        ("100", "0", Regime.UNKNOWN),
    ],
)
def test_the_borders_belong_to_up_and_down(close: str, average: str | None, regime: Regime) -> None:
    exact = None if average is None else Decimal(average)
    assert regime_of(Decimal(close), exact, BAND) is regime
    assert regime_of(float(close), None if exact is None else float(exact), 0.02) is regime


@pytest.mark.parametrize(
    ("regime", "longs", "shorts"),
    [
        (Regime.UP, True, False),
        (Regime.SIDEWAYS, True, True),
        (Regime.DOWN, False, True),
        (Regime.UNKNOWN, True, False),
    ],
)
def test_what_each_regime_lets_through(regime: Regime, longs: bool, shorts: bool) -> None:
    assert forbids(regime, Side.LONG, longs_in_down=False) is not longs
    assert forbids(regime, Side.SHORT, longs_in_down=False) is not shorts
    assert not forbids(regime, Side.LONG, longs_in_down=True)


@settings(deadline=None)
@given(close=st.decimals(1, 1_000, places=2), average=st.decimals(1, 1_000, places=2))
def test_a_higher_close_never_lowers_the_regime(close: Decimal, average: Decimal) -> None:
    order = [Regime.DOWN, Regime.SIDEWAYS, Regime.UP]
    lower, higher = regime_of(close, average, BAND), regime_of(close + 1, average, BAND)
    assert order.index(lower) <= order.index(higher)
