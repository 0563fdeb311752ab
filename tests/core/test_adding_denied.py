"""When nothing is added to an open trade, and what an addition may cost (gate 9, P7, P8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core import heat
from jackline.core.machine import Phase
from jackline.core.requests import SendEntry, StopShape
from jackline.core.trade import SlotState
from jackline.core.values import Side, fraction
from tests.core.driver import Driver
from tests.core.growing import BAR_MS, HIGHER, LOWER, TWO, added, entries, grown, opened
from tests.core.small_venue import ATTACHING_TRAITS


@pytest.mark.owns("K2")
def test_with_one_trade_a_symbol_nothing_is_added() -> None:
    driver = added(opened(Driver(risk=replace(TWO, trades_per_symbol_max=1))))
    assert driver.denials() == ["symbol_busy"]


@pytest.mark.parametrize("most", [2, 3, 5])
def test_no_more_entries_than_configured(most: int) -> None:
    risk = replace(TWO, trades_per_symbol_max=most)
    driver = opened(Driver(risk=risk))
    for number in range(most):
        added(driver, at=str(50_500 + 200 * number)).run(BAR_MS + 100)
    assert len(entries(driver)) == most
    assert driver.denials() == ["symbol_busy"]


@pytest.mark.owns("P4")
@pytest.mark.parametrize("side", list(Side))
def test_P4_a_further_entry_whose_stop_would_lie_outside_is_denied(side: Side) -> None:
    driver = opened(Driver(risk=TWO), side)
    price = driver.trade.disaster and driver.trade.disaster.trigger_price
    added(driver, side, at=LOWER[side]).run(3_000)
    assert driver.denials() == ["stop_outside"]
    assert driver.trade.disaster is not None
    assert driver.trade.disaster.trigger_price == price


def test_the_cool_down_holds_between_entries_of_one_trade() -> None:
    driver = opened(Driver(risk=replace(TWO, cooldown_ms=10 * BAR_MS)))
    assert added(driver).denials() == ["cooldown"]


def test_O1_a_bar_is_entered_on_once() -> None:
    driver = Driver(risk=replace(TWO, cooldown_ms=0)).start()
    driver.signal()
    driver.reach(Phase.PROTECTED)
    decided_ms = entries(driver)[0].entry.signal_market_ms
    driver.run(1_000)
    driver.market_ahead_ms = decided_ms - driver.now_ms
    driver.signal()
    assert driver.denials() == ["symbol_busy"]


def test_the_other_side_is_denied_all_the_same() -> None:
    driver = added(opened(Driver(risk=TWO)), Side.SHORT)
    assert driver.denials() == ["symbol_busy"]


@pytest.mark.owns("O1")
def test_O1_one_further_entry_at_a_time() -> None:
    driver = opened(Driver(risk=replace(TWO, trades_per_symbol_max=5, cooldown_ms=1)))
    driver.latency[SendEntry] = (500, 500)
    added(driver)
    driver.run(50)
    driver.signal()
    assert driver.denials() == ["symbol_busy"]


@pytest.mark.owns("P2")
@pytest.mark.parametrize("fault", ["quantity", "acked", "gone"])
def test_P2_nothing_is_added_unless_the_whole_position_is_under_a_working_stop(fault: str) -> None:
    driver = opened(Driver(risk=TWO))
    driver.move(HIGHER[Side.LONG])
    disaster = driver.trade.disaster
    assert disaster is not None
    changed = {
        "quantity": replace(disaster, shape=StopShape.QUANTITY, quantity=driver.trade.quantity),
        "acked": replace(disaster, state=SlotState.UNKNOWN),
        "gone": replace(disaster, state=SlotState.GONE),
    }[fault]
    trade = replace(driver.trade, disaster=changed)
    driver.state = replace(driver.state, trades={trade.trade_id: trade})
    driver.signal()
    assert driver.denials() == ["symbol_busy"]


@pytest.mark.owns("P2")
def test_P2_a_venue_with_room_for_one_stop_bears_no_addition() -> None:
    driver = opened(Driver(risk=TWO))
    driver.state = replace(driver.state, traits=ATTACHING_TRAITS)
    assert added(driver).denials() == ["symbol_busy"]


@pytest.mark.owns("P8")
def test_P8_a_further_entry_costs_no_more_than_its_budget_at_the_old_stop() -> None:
    """The stop of both is D: a distant one shrinks the size."""
    risk = replace(TWO, size_cap_fraction=fraction("1"))
    driver = grown(Driver(risk=risk))
    first, further = (request.entry for request in entries(driver))
    budget = 10_000 * risk.risk_per_trade_fraction
    loss = further.quantity * (further.collar_price - first.stop.disaster_price)
    assert loss < further.risk_quote <= budget
    assert further.quantity < first.quantity


@pytest.mark.owns("P7")
def test_P7_liquidation_is_judged_for_the_whole_position() -> None:
    risk = replace(TWO, leverage=20)
    driver = opened(Driver(risk=risk))
    added(driver, at="54000").run(1_000)
    assert driver.denials() == ["liquidation"]


def test_heat_counts_a_further_entry_from_its_intent_on() -> None:
    driver = opened(Driver(risk=TWO))
    one = heat.heat_loss(driver.state.trades.values(), TWO), heat.heat_notional(driver.state.trades.values())
    driver.latency[SendEntry] = (500, 5)
    added(driver)
    two = heat.heat_loss(driver.state.trades.values(), TWO), heat.heat_notional(driver.state.trades.values())
    plan = entries(driver)[1].entry
    assert two[0] == one[0] + plan.risk_quote
    assert two[1] == one[1] + plan.quantity * plan.collar_price
