"""A further entry of an open trade: how it leaves, and what it changes (gate 9)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.cli.views import positions_in_store
from jackline.core.events import CloseAsked
from jackline.core.ids import FIRST_ENTRY, Role, parse_client_id
from jackline.core.machine import Phase
from jackline.core.requests import SendEntry, SendTarget, StopShape
from jackline.core.trade import ExitReason
from jackline.core.values import Side, fraction
from tests.core.driver import Driver, cancelled
from tests.core.growing import BAR_MS, TWO, added, entries, grown, opened
from tests.core.making import with_trailing


@pytest.mark.owns("P2", "O1", "P1")
@pytest.mark.parametrize("side", list(Side))
def test_O1_a_further_entry_leaves_once_under_the_stop_of_the_first(side: Side) -> None:
    driver = grown(Driver(risk=TWO), side)
    first, further = entries(driver)
    assert further.entry.trade_id == first.entry.trade_id
    names = [parse_client_id(request.client_id) for request in (first, further)]
    assert [name and name.role for name in names] == [Role.ENTRY, Role.ENTRY]
    assert [name is not None and name.attempt == FIRST_ENTRY for name in names] == [True, False]
    assert abs(driver.venue.position) == first.entry.quantity + further.entry.quantity
    assert driver.trade.quantity == abs(driver.venue.position)
    assert driver.venue.naked_ms == 0
    whole = [one for one in driver.venue.live_stops if one.close_position]
    assert [one.trigger_price for one in whole] == [first.entry.stop.disaster_price], (
        "D is neither moved nor doubled"
    )


@pytest.mark.owns("P1")
def test_P1_the_stop_is_read_back_again_after_the_further_entry() -> None:
    """Rule 10: it may have fired or gone while the entry was on its way."""
    driver = added(opened(Driver(risk=TWO)))
    assert driver.phase is Phase.PROTECTED
    driver.reach(Phase.EXPOSED, within_ms=100)
    assert driver.trade.exposed_ms is not None
    driver.reach(Phase.PROTECTED, within_ms=500)


@pytest.mark.owns("P1")
def test_P1_a_stop_that_went_while_the_further_entry_was_out_is_replaced() -> None:
    driver = opened(Driver(risk=TWO))
    driver.latency[SendEntry] = (100, 5)
    added(driver)
    driver.venue.drop(next(one.key.client_id for one in driver.venue.live_stops))
    driver.run(3_000)
    assert driver.phase is Phase.PROTECTED
    assert not driver.venue.is_naked
    assert driver.venue.naked_ms < 1_500


@pytest.mark.owns("P1", "P6")
def test_P1_a_further_entry_that_fills_after_the_stop_fired_is_closed_or_covered() -> None:
    driver = opened(Driver(risk=TWO))
    driver.latency[SendEntry] = (300, 5)
    added(driver)
    driver.run(100)
    driver.move("45000")
    driver.run(200)
    naked_ms = driver.venue.naked_ms
    driver.run(30_000)
    assert driver.venue.naked_ms - naked_ms < 1_500
    assert driver.phase is Phase.DONE
    assert driver.venue.is_clean()


@pytest.mark.owns("P4", "P5")
def test_P5_the_working_stop_follows_the_larger_position_placed_before_the_old_one_goes() -> None:
    risk = replace(with_trailing("0.005"), trades_per_symbol_max=2, cooldown_ms=BAR_MS)
    driver = opened(Driver(risk=risk))
    driver.run(3_000)
    (old,) = driver.trade.working
    assert old.quantity == driver.trade.quantity
    added(driver, at="50010").run(8_000)
    (new,) = driver.trade.working
    assert new.quantity == abs(driver.venue.position) > (old.quantity or Decimal(0))
    assert new.trigger_price >= max(old.trigger_price, entries(driver)[1].entry.stop.disaster_price)
    placed = driver.verbs().index("stop working", driver.verbs().index("stop working") + 1)
    assert driver.verbs().index("cancel working") > placed
    assert old.client_id in cancelled(driver)


@pytest.mark.owns("P4")
def test_P4_without_a_trail_the_plan_of_the_addition_becomes_the_working_stop_of_all() -> None:
    driver = grown(Driver(risk=TWO))
    driver.run(4_000)
    (working,) = driver.trade.working
    further = entries(driver)[1].entry
    assert working.shape is StopShape.QUANTITY
    assert working.quantity == abs(driver.venue.position)
    assert working.trigger_price >= further.stop.disaster_price > driver.trade.stop.disaster_price


def test_the_target_comes_back_as_large_as_the_position() -> None:
    risk = replace(TWO, target_fraction=fraction("0.05"))
    driver = grown(Driver(risk=risk))
    driver.run(8_000)
    targets = [request for _, request in driver.sent if isinstance(request, SendTarget)]
    assert [one.quantity for one in targets] == [
        entries(driver)[0].entry.quantity,
        abs(driver.venue.position),
    ]
    assert len({one.trigger_price for one in targets}) == 1
    assert driver.verbs().count("cancel target") == 1
    driver.move(targets[0].trigger_price)
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.TARGET
    assert driver.venue.is_clean()


@pytest.mark.owns("P6")
def test_P6_one_close_ends_the_whole_trade() -> None:
    driver = grown(Driver(risk=TWO))
    driver.feed(CloseAsked(symbol=None, side=None, reason=ExitReason.OPERATOR))
    driver.reach(Phase.DONE)
    (ended,) = driver.ended
    assert len(ended.trade.entries) == 2
    assert ended.trade.balance == 0
    assert driver.venue.is_clean()


def test_the_longest_hold_counts_from_the_first_fill() -> None:
    risk = replace(TWO, hold_max_ms=2 * BAR_MS)
    driver = grown(Driver(risk=risk))
    first_ms = driver.trade.opened_market_ms
    assert first_ms is not None
    driver.run(BAR_MS)
    assert driver.ended == [] or driver.now_ms >= first_ms + 2 * BAR_MS
    driver.reach(Phase.DONE)
    assert driver.ended[0].reason is ExitReason.MAX_HOLD
    assert driver.now_ms < first_ms + 2 * BAR_MS + 10_000


def test_a_position_and_a_statement_tell_of_how_many_entries_it_is() -> None:
    driver = Driver(risk=TWO)
    opened(driver)
    assert [row.state for row in positions_in_store((driver.trade,))] == ["protected"]
    added(driver).run(3_000)
    assert [row.state for row in positions_in_store((driver.trade,))] == ["protected, 2 entries"]
    assert driver.trade.entries_filled == 2
