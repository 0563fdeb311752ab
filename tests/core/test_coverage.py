"""Which orders protect a position, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.coverage import StopFault, coverage, stop_fault
from jackline.core.orders import OrderKind, OrderState, OrderView, PositionMode, PositionView, PriceSource
from jackline.core.values import OrderSide, Side, Symbol, price
from tests.core.making import position, stop

LONG = position()
SHORT = position(Side.SHORT)
HEDGED = position(mode=PositionMode.HEDGE)
GOOD = stop("a", trigger="49500")
LIQUIDATABLE = replace(LONG, liquidation_price=price(49_000))


def faulty() -> Iterator[tuple[StopFault, PositionView, OrderView]]:
    yield StopFault.ELSEWHERE, LONG, replace(GOOD, key=replace(GOOD.key, symbol=Symbol("ETHUSDT")))
    yield StopFault.ELSEWHERE, HEDGED, replace(GOOD, position_side=Side.SHORT)
    yield StopFault.ELSEWHERE, LONG, replace(GOOD, position_side=Side.LONG)
    yield StopFault.ELSEWHERE, HEDGED, GOOD
    for kind in OrderKind:
        if kind is not OrderKind.STOP_MARKET:
            yield StopFault.NOT_A_STOP, LONG, replace(GOOD, kind=kind)
    yield StopFault.NOT_A_STOP, LONG, replace(GOOD, trigger_price=None)
    for state in OrderState:
        if state is not OrderState.NEW:
            yield StopFault.NOT_LIVE, LONG, replace(GOOD, state=state)
    yield StopFault.WRONG_SIDE, LONG, replace(GOOD, side=OrderSide.BUY)
    yield StopFault.WRONG_SIDE, SHORT, GOOD
    yield StopFault.CAN_INCREASE, LONG, replace(GOOD, close_position=False)
    yield StopFault.PRICE_SOURCE, LONG, replace(GOOD, price_source=PriceSource.LAST)
    yield StopFault.PRICE_SOURCE, LONG, replace(GOOD, price_source=None)
    yield StopFault.PRICE_PROTECTED, LONG, replace(GOOD, price_protect=True)
    yield StopFault.REACHED, LONG, replace(GOOD, trigger_price=price(50_000))
    yield StopFault.REACHED, LONG, replace(GOOD, trigger_price=price(50_001))
    yield StopFault.REACHED, SHORT, stop("a", side=Side.SHORT, trigger="49999")
    yield StopFault.BEYOND_LIQUIDATION, LIQUIDATABLE, replace(GOOD, trigger_price=price(49_000))
    yield StopFault.BEYOND_LIQUIDATION, LIQUIDATABLE, replace(GOOD, trigger_price=price(48_000))


def test_a_working_stop_has_no_fault() -> None:
    for held, order in (
        (LONG, GOOD),
        (LIQUIDATABLE, GOOD),
        (SHORT, stop("a", side=Side.SHORT, trigger="50500")),
        (LONG, stop("a", size="0.1")),
        (HEDGED, replace(GOOD, close_position=False, position_side=Side.LONG)),
    ):
        assert stop_fault(order, held, PriceSource.MARK) is None


@pytest.mark.owns("P3")
@pytest.mark.parametrize(("fault", "held", "order"), list(faulty()))
def test_P3_each_fault_is_named_and_does_not_count(
    fault: StopFault, held: PositionView, order: OrderView
) -> None:
    assert stop_fault(order, held, PriceSource.MARK) is fault
    covered = coverage(held, (order,), PriceSource.MARK)
    assert covered.quantity == 0
    assert covered.working == frozenset()


def test_every_fault_has_an_example() -> None:
    assert {fault for fault, _, _ in faulty()} == set(StopFault)


@pytest.mark.owns("P1")
@given(sizes=st.lists(st.decimals("0.001", "0.2", places=3), max_size=5))
def test_P1_coverage_is_the_sum_of_the_stops_at_most_the_position(sizes: list[Decimal]) -> None:
    orders = tuple(stop(f"s{place}", size=str(size)) for place, size in enumerate(sizes))
    covered = coverage(LONG, orders, PriceSource.MARK)
    assert covered.quantity == min(sum(sizes, Decimal(0)), LONG.quantity)
    assert len(covered.working) == len(sizes)


def test_a_whole_position_stop_covers_all_and_the_tightest_price_is_named() -> None:
    covered = coverage(
        LONG, (stop("d", trigger="49000"), stop("w", trigger="49800", size="0.01")), PriceSource.MARK
    )
    assert covered.quantity == LONG.quantity
    assert covered.tightest_price == price(49_800)
    assert covered.working == {"d", "w"}


def test_a_stop_that_fires_is_reported_and_not_counted() -> None:
    firing = replace(GOOD, state=OrderState.TRIGGERING)
    covered = coverage(LONG, (firing,), PriceSource.MARK)
    assert covered.triggering == (firing,)
    assert covered.quantity == 0
    assert covered.tightest_price is None


@pytest.mark.owns("P3")
def test_P3_a_stop_that_fires_and_could_open_is_not_taken_for_flattening() -> None:
    for held, order in ((LONG, replace(GOOD, close_position=False)), (HEDGED, GOOD)):
        firing = replace(order, state=OrderState.TRIGGERING)
        assert coverage(held, (firing,), PriceSource.MARK).triggering == ()
