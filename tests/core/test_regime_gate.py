"""Gate 7: BTC at 1.021 × EMA200 blocks shorts, with the one exception; what is not known fails closed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.gate_settings import RegimeSettings, Rule
from jackline.core.regime import Average
from jackline.core.regime_gate import AGE_BARS_MAX, regime_objection
from jackline.core.values import Fraction, MarketMs, Price, Side, Symbol

D = Decimal
BTC, ETH = Symbol("BTCUSDT"), Symbol("ETHUSDT")
ON = RegimeSettings(gate=Rule.ON)
MIRROR = RegimeSettings(gate=Rule.ON, mirror_rule=Rule.ON)
BAR_MS, NOW_MS = 300_000, MarketMs(1_790_000_000_000)


def average(symbol: Symbol, ratio: str | None, *, age_bars: int = 0) -> Average:
    """A close at this ratio of an average of 50,000; None is one that has not warmed up."""
    return Average(
        symbol=symbol,
        close=Price(50_000 * D(ratio or 1)),
        value=None if ratio is None else Price(D(50_000)),
        bars=400 if ratio else 399,
        bars_needed=400,
        close_ms=MarketMs(NOW_MS - age_bars * BAR_MS),
        interval_ms=BAR_MS,
    )


def objection(
    side: Side,
    btc: str | None,
    eth: str | None = "1",
    sure: str | None = None,
    settings: RegimeSettings = ON,
    age_bars: int = 0,
) -> str | None:
    return regime_objection(
        symbol=ETH,
        side=side,
        confidence=None if sure is None else Fraction(D(sure)),
        averages={BTC: average(BTC, btc, age_bars=age_bars), ETH: average(ETH, eth)},
        now_ms=NOW_MS,
        settings=settings,
    )


@pytest.mark.parametrize(
    ("btc", "eth", "sure", "allowed"),
    [
        ("1.021", "1", None, False),
        ("1.02", "1", "0.99", False),
        ("1.0199", "1", None, True),
        ("0.9", "1", None, True),
        ("1.021", "0.999", "0.65", True),
        ("1.021", "0.999", "0.649", False),
        ("1.021", "0.999", None, False),
        ("1.021", "1", "0.9", False),
        ("1.021", None, "0.9", False),
        ("1", "1.02", "0.549", False),
        ("1", "1.02", "0.55", True),
        ("1", "1.0199", None, True),
        ("1", None, None, False),
        ("1", None, "0.55", True),
        (None, "0.9", "0.99", False),
    ],
)
def test_shorts_by_the_values_of_policy(
    btc: str | None, eth: str | None, sure: str | None, allowed: bool
) -> None:
    told = objection(Side.SHORT, btc, eth, sure)
    assert (told is None) is allowed, told


@pytest.mark.parametrize("btc", ["0.9", "1.1", None])
def test_longs_are_judged_only_where_the_mirror_rule_is_on(btc: str | None) -> None:
    assert objection(Side.LONG, btc) is None
    assert (objection(Side.LONG, btc, settings=MIRROR) is None) is (btc == "1.1")


def test_a_rule_that_is_off_is_not_asked() -> None:
    assert objection(Side.SHORT, "1.1", settings=RegimeSettings(gate=Rule.OFF)) is None


def test_an_average_that_no_bar_has_moved_for_long_is_unknown_and_fails_closed() -> None:
    assert objection(Side.SHORT, "1", age_bars=AGE_BARS_MAX) is None
    told = objection(Side.SHORT, "1", age_bars=AGE_BARS_MAX + 1)
    assert told is not None
    assert "unknown" in told


def test_the_figures_are_told() -> None:
    told = objection(Side.SHORT, "1.021", "0.99", "0.6")
    assert told is not None
    assert "BTCUSDT closed at 1.0210 of its average" in told
    assert "confidence of 0.65, and has 0.6" in told
    cold = objection(Side.SHORT, None)
    assert cold is not None
    assert "BTCUSDT has 399 of 400 bars" in cold


ratios = st.decimals("0.9", "1.1", places=4)
sures = st.none() | st.decimals(0, 1, places=3)


@given(btc=ratios, eth=ratios, sure=sures)
def test_the_mirror_is_a_mirror(btc: Decimal, eth: Decimal, sure: Decimal | None) -> None:
    """A long in a market upside down is a short: 2 − ratio has the same distance on the other side."""
    text = None if sure is None else str(sure)
    short = objection(Side.SHORT, str(btc), str(eth), text, MIRROR)
    long = objection(Side.LONG, str(2 - btc), str(2 - eth), text, MIRROR)
    assert (short is None) is (long is None)


@given(btc=ratios, eth=ratios, sure=st.decimals(0, 1, places=3), more=st.decimals(0, 1, places=3))
def test_more_confidence_never_denies(btc: Decimal, eth: Decimal, sure: Decimal, more: Decimal) -> None:
    if objection(Side.SHORT, str(btc), str(eth), str(sure)) is None:
        assert objection(Side.SHORT, str(btc), str(eth), str(max(sure, more))) is None
