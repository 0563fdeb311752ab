"""The factors of a size by weights, and the table they come from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.regime import Regime
from jackline.core.sizing import (
    Conditions,
    signal_fraction,
    signal_strength,
    volatility_factor,
    weighted_strength,
)

D = Decimal
BEST = Conditions(volatility_ratio=D("0.5"), regime=Regime.UP)
WORST = Conditions(volatility_ratio=D(2), regime=Regime.DOWN, losses=3)


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [("0", "1"), ("0.5", "1"), ("0.75", "0.75"), ("1", "0.5"), ("1.5", "0.25"), ("2", "0"), ("9", "0")],
)
def test_the_volatility_factor(ratio: str, factor: str) -> None:
    assert volatility_factor(D(ratio)) == D(factor)


@pytest.mark.parametrize(
    ("conditions", "strength"),
    [
        (BEST, "1"),
        (WORST, "0.49"),
        (Conditions(), "0.75"),
        (Conditions(volatility_ratio=D(1), regime=Regime.SIDEWAYS, losses=1), "0.76"),
        (Conditions(volatility_ratio=D(1), regime=Regime.SIDEWAYS, losses=2), "0.73"),
        (Conditions(volatility_ratio=D(1), regime=Regime.SIDEWAYS, wins=3), "0.75"),
        (Conditions(volatility_ratio=D(1), regime=Regime.SIDEWAYS, wins=2), "0.77"),
    ],
)
def test_a_certain_signal_under_conditions(conditions: Conditions, strength: str) -> None:
    assert weighted_strength(D(1), conditions) == D(strength)


def test_without_conditions_the_signal_decides_alone() -> None:
    assert signal_fraction(D(1)) == D("0.75")
    assert signal_fraction(D(1), WORST) == D("0.495")
    assert signal_strength(D("0.5")) == 0


@given(
    p=st.decimals("0.5", 1, places=3),
    ratio=st.none() | st.decimals(0, 5, places=2),
    regime=st.sampled_from(Regime),
    wins=st.integers(0, 9),
    losses=st.integers(0, 9),
)
def test_the_share_stays_in_the_reachable_range(
    p: Decimal, ratio: Decimal | None, regime: Regime, wins: int, losses: int
) -> None:
    one = Conditions(volatility_ratio=ratio, regime=regime, wins=wins, losses=losses)
    assert D("0.25") <= signal_fraction(p, one) <= D("0.75")
    worse = Conditions(volatility_ratio=ratio, regime=Regime.DOWN, wins=wins, losses=losses)
    assert signal_fraction(p, worse) <= signal_fraction(p, one)
