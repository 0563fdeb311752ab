"""The guard: venue truth against the plans, one finding for each way they can differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.guard import (
    Covered,
    Finding,
    Flat,
    Flattening,
    Foreign,
    Leftover,
    Naked,
    Protection,
    Reached,
    Stuck,
    Unplanned,
    adopted_stop,
    guard,
)
from jackline.core.ids import Role, client_id
from jackline.core.orders import OrderKind, OrderState, OrderView, PositionView, PriceSource, Snapshot
from jackline.core.values import Side, Symbol, WireMs, fraction, price
from tests.core.making import RISK, START_MS, TAG, TRADE, instrument, position, snapshot, stop
from tests.core.small_venue import BTC

OURS = client_id(TRADE, Role.DISASTER, 1)
PLAN = Protection(stop_price=price(49_500), price_source=PriceSource.MARK)
PLANS = {(BTC, Side.LONG): PLAN}


def findings(seen: Snapshot, *, planned: bool = True, later_ms: int = 0) -> list[Finding]:
    now_ms = WireMs(START_MS + later_ms)
    return list(guard(seen, PLANS if planned else {}, now_ms=now_ms, tag=TAG, triggering_ms_max=2_000))


def open_with(*orders: OrderView, held: PositionView | None = None) -> Snapshot:
    return snapshot(positions=(held or position(),), orders=orders)


def test_covered() -> None:
    (found,) = findings(open_with(stop(OURS)))
    assert isinstance(found, Covered)
    assert found.coverage.working == {OURS}


@pytest.mark.owns("P1")
def test_P1_naked_and_under_covered_say_what_is_missing() -> None:
    (bare,) = findings(open_with())
    assert isinstance(bare, Naked)
    assert bare.missing == position().quantity
    (part,) = findings(open_with(stop(OURS, size="0.04")))
    assert isinstance(part, Naked)
    assert str(part.missing) == "0.06"


@pytest.mark.owns("P4")
def test_P4_beyond_the_stop_without_cover_is_reached() -> None:
    (found,) = findings(open_with(held=position(mark="49400")))
    assert isinstance(found, Reached)
    covered_elsewhere = open_with(stop(OURS, trigger="49300"), held=position(mark="49400"))
    assert isinstance(findings(covered_elsewhere)[0], Covered), "a looser stop that works still protects"


@pytest.mark.parametrize(("age_ms", "kind"), [(0, Flattening), (2_000, Flattening), (2_001, Stuck)])
def test_P1_a_trigger_counts_as_flattening_for_two_seconds(age_ms: int, kind: type[Finding]) -> None:
    firing = replace(stop(OURS), state=OrderState.TRIGGERING)
    (found,) = findings(open_with(firing), later_ms=age_ms)
    assert isinstance(found, kind)


def test_a_position_without_a_plan_is_unplanned_even_when_covered() -> None:
    found = findings(open_with(stop("by-hand")), planned=False)
    assert [type(finding) for finding in found] == [Unplanned, Foreign]
    other_side = snapshot(positions=(position(Side.SHORT),))
    assert {type(finding) for finding in findings(other_side)} == {Unplanned, Flat}


def test_a_plan_without_a_position_is_flat_and_its_order_no_leftover_yet() -> None:
    (found,) = findings(snapshot(orders=(stop(OURS),)))
    assert isinstance(found, Flat)


@pytest.mark.owns("P6")
def test_P6_ours_without_plan_or_position_is_a_leftover_and_a_strangers_is_foreign() -> None:
    found = findings(snapshot(orders=(stop(OURS), stop("by-hand"))), planned=False)
    assert [type(finding) for finding in found] == [Leftover, Foreign]


def test_a_position_whose_orders_were_not_listed_is_not_judged() -> None:
    unlisted = replace(open_with(), symbols=frozenset({Symbol("ETHUSDT")}))
    assert findings(unlisted) == []


# -- the stop of a position nobody planned -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "trigger"),
    [
        (position(), "49500"),
        (position(Side.SHORT), "50500"),
        (position(mark="60000"), "49500"),
        (position(mark="45000"), "44550"),
        (position(Side.SHORT, mark="55000"), "55550"),
    ],
)
def test_an_adopted_stop_counts_from_the_entry_or_from_mark_where_that_is_passed(
    held: PositionView, trigger: str
) -> None:
    assert adopted_stop(held, instrument(), RISK).disaster_price == price(trigger)


@pytest.mark.owns("P7")
def test_P7_an_adopted_stop_stays_inside_liquidation() -> None:
    held = replace(position(), liquidation_price=price(49_600))
    assert adopted_stop(held, instrument(), RISK).disaster_price == price(49_760)


@pytest.mark.owns("P7")
def test_a_liquidation_price_on_the_winning_side_bounds_nothing() -> None:
    """The legs of a hedge on cross margin share one liquidation price: for one of them it lies in the profit."""
    held = replace(position(), liquidation_price=price(90_000_000))
    (found,) = findings(open_with(stop(OURS), held=held))
    assert isinstance(found, Covered)
    assert adopted_stop(held, instrument(), RISK).disaster_price == price(49_500)


def following(size: str = "0.1", *, side: Side = Side.LONG, state: OrderState = OrderState.NEW) -> OrderView:
    """An order that follows the price for a position of `side`."""
    order = replace(stop(OURS, side=side, size=size), kind=OrderKind.TRAILING, trigger_price=None)
    return replace(order, callback_fraction=fraction("0.01"), state=state)


@pytest.mark.owns("P1")
def test_P1_what_follows_the_price_covers_nothing() -> None:
    (found,) = findings(open_with(following()))
    assert isinstance(found, Naked)
    assert found.missing == position().quantity


@pytest.mark.owns("P1")
@pytest.mark.parametrize(("age_ms", "kind"), [(0, Flattening), (2_000, Flattening), (2_001, Stuck)])
def test_P1_one_that_follows_and_fires_is_flattening_for_two_seconds(
    age_ms: int, kind: type[Finding]
) -> None:
    (found,) = findings(open_with(following(state=OrderState.TRIGGERING)), later_ms=age_ms)
    assert isinstance(found, kind)


@pytest.mark.owns("P1")
@pytest.mark.parametrize(
    "firing",
    [
        following("0.09", state=OrderState.TRIGGERING),
        following(side=Side.SHORT, state=OrderState.TRIGGERING),
        replace(following(state=OrderState.TRIGGERING), reduce_only=False),
        replace(following(state=OrderState.TRIGGERING), kind=OrderKind.TARGET_MARKET),
    ],
    ids=["a part", "the other side", "could open", "a target"],
)
def test_P1_what_fires_and_does_not_close_it_whole_is_no_flattening(firing: OrderView) -> None:
    assert isinstance(findings(open_with(firing))[0], Naked)
