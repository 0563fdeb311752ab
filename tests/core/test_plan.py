"""`plan_trade` and `plan_stop`: worked examples, limits, and what is denied with which figures."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import PlanContext, ProtectedEntry, plan_stop, plan_trade, stop_distance
from jackline.core.settings import RiskSettings, StopBasis, StopSettings
from jackline.core.values import Quote, Side, fraction, price, quantity
from tests.core.making import RISK, START_MS, context, instrument, planned, request

D = Decimal


def risk(distance: str, *, leverage: int = 4, basis: StopBasis = StopBasis.PRICE) -> RiskSettings:
    return RiskSettings(stop=StopSettings(basis=basis, value_fraction=fraction(distance)), leverage=leverage)


def denial(of: PlanContext, side: Side = Side.LONG) -> Denied:
    plan = plan_trade(request(side), of)
    assert isinstance(plan, Denied), plan
    return plan


# -- worked examples -----------------------------------------------------------------------------------------


def test_the_bases_of_a_stop() -> None:
    tenth = D("0.1")
    assert stop_distance(stop=StopSettings(), leverage=4, notional_share=tenth) == D("0.015")
    margin = StopSettings(basis=StopBasis.MARGIN, value_fraction=fraction("0.04"))
    assert stop_distance(stop=margin, leverage=4, notional_share=tenth) == D("0.01")
    equity = StopSettings(basis=StopBasis.EQUITY, value_fraction=fraction("0.03"))
    half_at_four_times = D("0.5") * 4
    assert stop_distance(stop=equity, leverage=4, notional_share=half_at_four_times) == D("0.015")


def test_a_long_by_the_figures() -> None:
    """Mark 50,000; worst fill 0.25 % above; D 1 % under that, towards the market; cap 10 % of 10,000."""
    plan = planned()
    assert plan.collar_price == D(50_125)
    assert plan.stop.disaster_price == D("49623.8")
    assert plan.quantity == D("0.019")
    unit_loss = (
        (D(50_125) - D("49623.8")) + D("0.0005") * (D(50_125) + D("49623.8")) + D("0.002") * D("49623.8")
    )
    assert plan.risk_quote == D("0.019") * unit_loss
    assert plan.entry_latest_ms == START_MS + 1_000


def test_a_short_is_the_mirror() -> None:
    plan = planned(Side.SHORT)
    assert plan.collar_price == D(49_875)
    assert plan.stop.disaster_price == D("50373.7")


def test_a_target_counts_from_the_signal() -> None:
    both = replace(RISK, target_fraction=fraction("0.05"))
    assert planned(risk=both).target_price == D(52_500)
    assert planned(Side.SHORT, risk=both).target_price == D(47_500)
    assert planned().target_price is None


def test_size_is_the_risk_budget_where_that_is_smaller_than_the_cap() -> None:
    """0.75 % of 10,000 = 75 quote; the cap is lifted out of the way."""
    wide = replace(RISK, size_cap_fraction=fraction("100"))
    plan = planned(risk=wide)
    assert D(74) < plan.risk_quote <= D(75)


# -- P7, P8 --------------------------------------------------------------------------------------------------


@pytest.mark.owns("P7")
@pytest.mark.parametrize(("distance", "allowed"), [("0.0277", True), ("0.0278", False)])
@pytest.mark.parametrize("side", [Side.LONG])
def test_P7_a_stop_uses_at_most_sixty_per_cent_of_the_way_to_liquidation(
    side: Side, distance: str, *, allowed: bool
) -> None:
    """20x, maintenance 0.4 %: liquidation at entry · 0.95 / 0.996, 4.6185 % away; 60 % of that is 2.771 %."""
    plan = plan_trade(request(side), context(risk=risk(distance, leverage=20)))
    assert isinstance(plan, ProtectedEntry) is allowed
    if isinstance(plan, Denied):
        assert plan.reason is Reason.LIQUIDATION
        assert "20x" in plan.detail


@pytest.mark.owns("P7")
@given(
    leverage=st.integers(2, 20),
    distance=st.decimals("0.002", "0.1", places=4),
    side=st.sampled_from(list(Side)),
)
def test_P7_every_plan_keeps_its_stop_inside_liquidation(leverage: int, distance: D, side: Side) -> None:
    """By the balance equation, not the formula under test: past 1/0.6 of the way, equity still suffices."""
    plan = plan_trade(request(side), context(risk=risk(str(distance), leverage=leverage)))
    if isinstance(plan, Denied):
        return
    worst, stop = plan.collar_price, plan.stop.disaster_price
    beyond = worst - (worst - stop) / D("0.6")
    equity = worst / leverage + side.sign * (beyond - worst)
    assert equity >= beyond * D("0.004") - D("0.01")


@pytest.mark.owns("P8")
@given(
    mark=st.decimals("0.5", "200000", places=2),
    equity=st.decimals(100, 10_000_000, places=2),
    distance=st.decimals("0.001", "0.1", places=4),
    leverage=st.integers(1, 20),
    budget=st.decimals("0.001", "0.02", places=4),
    cap=st.decimals("0.01", "50", places=2),
    side=st.sampled_from(list(Side)),
)
def test_P8_no_plan_loses_more_than_its_budget_at_the_stop(
    mark: D, equity: D, distance: D, leverage: int, budget: D, cap: D, side: Side
) -> None:
    settings = replace(
        risk(str(distance), leverage=leverage),
        risk_per_trade_fraction=fraction(budget),
        size_cap_fraction=fraction(cap),
    )
    plan = plan_trade(request(side), context(mark=str(mark), equity=str(equity), risk=settings))
    if isinstance(plan, Denied):
        return
    stop = plan.stop.disaster_price
    gross = plan.quantity * abs(plan.collar_price - stop)
    fees = plan.quantity * D("0.0005") * (plan.collar_price + stop)
    slippage = plan.quantity * D("0.002") * stop
    assert gross + fees + slippage == plan.risk_quote <= equity * budget
    assert plan.quantity * plan.collar_price <= equity * cap
    assert side.sign * (plan.collar_price - stop) > 0
    assert side.sign * (mark - stop) > 0
    assert plan.quantity % D("0.001") == 0


@pytest.mark.owns("P8")
def test_P8_one_market_order_can_close_what_one_entry_opened() -> None:
    """Limit orders may be larger than market orders; a stop that fires is a market order."""
    of = replace(instrument(), quantity_max=quantity("100"), market_quantity_max=quantity("0.01"))
    plan = plan_trade(request(), context(of=of))
    assert isinstance(plan, ProtectedEntry)
    assert plan.quantity == D("0.01") < planned().quantity


# -- denials -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "reason", "figure"),
    [
        (context(risk=risk("0.0009")), Reason.STOP_DISTANCE, "0.0009"),
        (context(risk=risk("0.11")), Reason.STOP_DISTANCE, "0.10"),
        (context(risk=risk("0.0015")), Reason.STOP_DISTANCE, "0.0020"),
        (context(noise="0.005"), Reason.STOP_DISTANCE, "0.012"),
        (context(of=instrument(tick="1000")), Reason.STOP_SIDE, "50000"),
        (context(risk=risk("0.0022")), Reason.STOP_REACHED, "50000"),
        (context(risk=risk("0.05", leverage=20)), Reason.LIQUIDATION, "20x"),
        (context(equity="400"), Reason.MINIMUM_ORDER, "0.001"),
        (context(risk=risk("0.01", leverage=25)), Reason.LEVERAGE, "25"),
    ],
)
def test_a_denial_names_its_reason_and_figures(of: PlanContext, reason: Reason, figure: str) -> None:
    denied = denial(of)
    assert denied.reason is reason, denied.detail
    assert figure in denied.detail


def test_P8_a_minimum_order_above_the_budget_is_no_trade() -> None:
    of = replace(instrument(), notional_min=Quote(D(2_000)))
    assert denial(context(of=of)).reason is Reason.MINIMUM_ORDER


@pytest.mark.owns("P4")
@pytest.mark.parametrize(("side", "mark"), [(Side.LONG, "49000"), (Side.SHORT, "51000")])
def test_P4_a_stop_on_the_wrong_side_of_mark_is_denied_and_not_corrected(side: Side, mark: str) -> None:
    plan = plan_stop(
        side=side,
        distance=fraction("0.01"),
        worst_fill=price(50_000),
        mark=price(mark),
        instrument=instrument(),
        quantity=None,
        risk=RISK,
    )
    assert isinstance(plan, Denied)
    assert plan.reason is Reason.STOP_REACHED


def test_the_same_inputs_give_the_same_plan() -> None:
    assert plan_trade(request(), context()) == plan_trade(request(), context())


# -- liquidation ---------------------------------------------------------------------------------------------


@pytest.mark.owns("P7")
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("leverage", [2, 5, 20])
def test_P7_at_the_liquidation_price_equity_is_the_maintenance_margin(side: Side, leverage: int) -> None:
    entry, quantity = price(50_000), planned().quantity
    mark = instrument().liquidation_price(side=side, entry=entry, quantity=quantity, leverage=leverage)
    assert mark is not None
    equity = entry * quantity / leverage + side.sign * quantity * (mark - entry)
    assert abs(equity - mark * quantity * D("0.004")) < D("1e-15")


def test_an_unlevered_long_cannot_be_liquidated() -> None:
    assert (
        instrument().liquidation_price(
            side=Side.LONG, entry=price(50_000), quantity=planned().quantity, leverage=1
        )
        is None
    )


def test_the_margin_bracket_follows_the_notional() -> None:
    first = instrument().tiers[0]
    second = replace(first, notional_floor=Quote(D(50_000)), leverage_max=10)
    tiered = replace(instrument(), tiers=(first, second))
    assert [tiered.leverage_max(D(notional)) for notional in (0, 49_999, 50_000, 10**9)] == [20, 20, 10, 10]
