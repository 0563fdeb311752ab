"""How much a trade is worth: the modes, the cap, and that nothing ever grows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import ProtectedEntry, plan_trade
from jackline.core.settings import CapBasis, RiskSettings, SizeMode, StopBasis, StopSettings
from jackline.core.sizing import cap_share, signal_fraction, smallest_notional_share, wanted_notional
from jackline.core.values import Fraction, Quote, Side, fraction
from tests.core.making import RISK, context, request

D = Decimal
EQUITY = Quote(D(10_000))
FRACTIONS = st.decimals(min_value="0.001", max_value="1", places=3)
CONFIDENCES = st.decimals(min_value="0.5", max_value="1", places=4)


def sized(risk: RiskSettings, confidence: str | None = None) -> Quote | Denied:
    said = None if confidence is None else fraction(confidence)
    return wanted_notional(risk=risk, equity_quote=EQUITY, confidence=said)


@pytest.mark.parametrize(
    ("confidence", "share"),
    # f = ((p − 0.5) / 0.5)^1.5: 0 at 0.5, 0.5^1.5 = 0.3536 at 0.75, 1 at 1.
    [("0.5", "0.25"), ("0.75", "0.426776695"), ("0.9", "0.607770876"), ("1", "0.75"), ("0.2", "0.25")],
)
def test_a_signal_is_worth_a_quarter_to_three_quarters(confidence: str, share: str) -> None:
    assert round(signal_fraction(D(confidence)), 9) == D(share)


def test_an_order_of_25000_on_10000_shrinks_to_1000() -> None:
    fixed = RiskSettings(size_mode=SizeMode.FIXED, size_fixed_quote=Quote(D(25_000)))
    assert sized(fixed) == 1_000
    assert sized(replace(fixed, size_fixed_quote=Quote(D(300)))) == 300


def test_the_cap_bounds_the_notional_or_the_margin() -> None:
    assert cap_share(RiskSettings()) == D("0.10")
    assert cap_share(RiskSettings(size_cap_basis=CapBasis.MARGIN, leverage=4)) == D("0.40")


@pytest.mark.parametrize(("confidence", "what"), [(None, "no confidence"), ("0.49", "0.49"), ("1.2", "1.2")])
def test_a_size_by_signal_needs_a_confidence(confidence: str | None, what: str) -> None:
    denied = sized(RiskSettings(size_mode=SizeMode.SIGNAL), confidence)
    assert isinstance(denied, Denied)
    assert denied.reason is Reason.CONFIDENCE
    assert what in denied.detail


def test_the_least_that_a_signal_wants_is_known_beforehand() -> None:
    assert smallest_notional_share(RiskSettings(size_mode=SizeMode.SIGNAL, leverage=4)) == 1
    assert smallest_notional_share(RiskSettings()) is None


@given(confidence=CONFIDENCES, more=CONFIDENCES)
def test_more_confidence_is_never_worth_less(confidence: Decimal, more: Decimal) -> None:
    low, high = sorted((confidence, more))
    assert signal_fraction(low) <= signal_fraction(high)


@pytest.mark.owns("P8")
@given(cap=FRACTIONS, fixed=st.decimals(min_value=10, max_value=1_000_000, places=0), p=CONFIDENCES)
@pytest.mark.parametrize("mode", list(SizeMode))
def test_P8_no_mode_grows_a_trade_beyond_its_cap_or_its_budget(
    mode: SizeMode, cap: Decimal, fixed: Decimal, p: Decimal
) -> None:
    risk = replace(
        RISK, size_mode=mode, size_fixed_quote=Quote(fixed), size_cap_fraction=Fraction(cap), leverage=4
    )
    plan = plan_trade(replace(request(Side.LONG), confidence=Fraction(p)), context(risk=risk))
    if isinstance(plan, Denied):
        assert plan.reason is Reason.MINIMUM_ORDER
        return
    assert plan.quantity * plan.collar_price <= EQUITY * cap
    assert plan.risk_quote <= EQUITY * risk.risk_per_trade_fraction
    if mode is SizeMode.FIXED:
        assert plan.quantity * plan.collar_price <= fixed


@pytest.mark.owns("P8")
@pytest.mark.parametrize("side", list(Side))
def test_P8_a_stop_that_is_a_share_of_equity_costs_that_share(side: Side) -> None:
    """A notional of 4,000 on 10,000 and 0.5 % of equity: 50 quote over 4,000 is 1.25 % of the price."""
    risk = RiskSettings(
        stop=StopSettings(basis=StopBasis.EQUITY, value_fraction=fraction("0.005")),
        size_mode=SizeMode.FIXED,
        size_fixed_quote=Quote(D(4_000)),
        size_cap_fraction=fraction("0.5"),
    )
    plan = plan_trade(request(side), context(risk=risk))
    assert isinstance(plan, ProtectedEntry)
    assert plan.stop.distance_fraction == D("0.0125")
    lost = plan.quantity * abs(plan.collar_price - plan.stop.disaster_price)
    assert 49 <= lost <= 50
