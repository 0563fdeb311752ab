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


STREAKS = st.integers(0, 9)


@given(
    p=st.decimals("0.5", 1, places=3),
    ratio=st.none() | st.decimals(0, 5, places=2),
    regime=st.sampled_from(Regime),
    wins=STREAKS,
    losses=STREAKS,
)
def test_no_result_ever_makes_a_trade_larger(
    p: Decimal, ratio: Decimal | None, regime: Regime, wins: int, losses: int
) -> None:
    """E30: Kelly's formula of win rate and profit factor, with the wrong b. Here results can only shrink a size."""
    fresh = Conditions(volatility_ratio=ratio, regime=regime)
    wins = 0 if losses else wins
    found = signal_fraction(p, Conditions(volatility_ratio=ratio, regime=regime, wins=wins, losses=losses))
    assert found <= signal_fraction(p, fresh)


@pytest.mark.parametrize(
    ("p", "ratio", "regime", "losses", "share"),
    # f = 0.4·((p − 0.5)/0.5)^1.5 + 0.3·volatility + 0.2·regime + 0.1·streak, and half of 0.5 + f, worked by hand.
    [
        ("0.68", "1", Regime.UP, 0, "0.518200000"),  # 0.36^1.5 = 0.216: f = 0.0864 + 0.15 + 0.2 + 0.1
        ("0.82", "2", Regime.DOWN, 1, "0.427400000"),  # 0.64^1.5 = 0.512: f = 0.2048 + 0 + 0.06 + 0.09
        (
            "0.58",
            "1.5",
            Regime.SIDEWAYS,
            2,
            "0.390300000",
        ),  # 0.16^1.5 = 0.064: f = 0.0256 + 0.075 + 0.12 + 0.06
    ],
)
def test_a_size_by_weights_beside_figures_worked_by_hand(
    p: str, ratio: str, regime: Regime, losses: int, share: str
) -> None:
    found = signal_fraction(D(p), Conditions(volatility_ratio=D(ratio), regime=regime, losses=losses))
    assert round(found, 9) == D(share)
