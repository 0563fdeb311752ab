"""Conditional orders: what triggers, what a trigger does, and what it must never do."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.exchange.errors import VenueError
from jackline.exchange.events import AlgoEvent
from jackline.exchange.state import Rules
from jackline.exchange.values import OrderType, StopWhileFlat, TimeInForce, WorkingType
from tests.exchange.worlds import BOTH, BUY, LONG, SELL, SHORT, World


def refused(code: int) -> pytest.RaisesExc[VenueError]:
    return pytest.raises(VenueError, match=f"^{code} ")


def test_a_stop_lives_new_triggering_triggered_finished_and_names_its_child() -> None:
    world = World()
    world.order(BUY, "0.05")
    stop = world.stop(SELL, 59_400, client_id="s1")
    world.venue.drain()
    world.tick(59_390)
    seen = [event.algo.status for event in world.venue.drain() if isinstance(event, AlgoEvent)]
    assert [one.value for one in seen] == ["TRIGGERING", "TRIGGERED", "FINISHED"]
    algo = world.account.algos[stop.algo_id]
    assert algo.child_order_id is not None
    child = world.account.orders[algo.child_order_id]
    assert child.order_id != stop.algo_id
    assert child.client_id != "s1"
    assert algo.child_quantity == child.executed == Decimal("0.05")
    assert world.amount() == 0


def test_a_jump_through_the_trigger_fills_at_the_new_price_and_is_called_a_gap() -> None:
    world = World()
    world.order(BUY, "0.05")
    world.stop(SELL, 59_400)
    world.tick(59_500)
    world.tick(57_000)
    fill = world.venue.witness.stop_fills[0]
    assert fill.gap
    assert (fill.trigger_price, fill.fill_price, fill.prev_last) == (
        Decimal(59_400),
        Decimal(57_000),
        Decimal(59_500),
    )
    assert round(fill.slip_bps) == 404


def test_a_price_that_reaches_the_trigger_is_no_gap() -> None:
    world = World()
    world.order(SELL, "0.05")
    world.stop(BUY, 60_600)
    world.tick("60_601.0")
    assert not world.venue.witness.stop_fills[0].gap
    assert world.amount() == 0


@settings(max_examples=40, deadline=None)
@given(
    whole=st.booleans(),
    hedge=st.booleans(),
    long=st.booleans(),
    tenths=st.integers(min_value=1, max_value=5_000),
)
def test_a_reducing_stop_triggered_while_flat_is_rejected_and_opens_nothing(
    whole: bool, hedge: bool, long: bool, tenths: int
) -> None:
    world = World(hedge=hedge)
    side, direction = (SELL, -1) if long else (BUY, 1)
    position_side = (LONG if long else SHORT) if hedge else BOTH
    stop = world.stop(
        side,
        60_000 + direction * 300,
        quantity=None if whole else "0.05",
        reduce_only=not whole and not hedge,
        position_side=position_side,
    )
    world.tick(60_000 + direction * (300 + Decimal(tenths) / 10))
    assert world.status(stop) == "REJECTED"
    assert world.account.algos[stop.algo_id].reject_reason == "Reduce Only reject"
    assert not world.account.open_positions()
    assert not world.account.fills


def test_a_quantity_stop_larger_than_what_is_left_is_trimmed() -> None:
    world = World()
    world.order(BUY, "0.05")
    world.stop(SELL, 59_400, quantity="0.05", reduce_only=True)
    world.order(SELL, "0.03", reduce_only=True)
    world.tick(59_300)
    assert world.amount() == 0


def test_mark_stops_ignore_last_and_contract_stops_ignore_mark() -> None:
    world = World()
    world.order(BUY, "0.05")
    by_mark = world.stop(SELL, 59_400, quantity="0.02", reduce_only=True)
    by_last = world.stop(
        SELL, 59_400, quantity="0.02", reduce_only=True, working_type=WorkingType.CONTRACT_PRICE
    )
    world.tick(59_300, mark=60_000)
    assert (world.status(by_mark), world.status(by_last)) == ("NEW", "FINISHED")
    world.tick(60_000, mark=59_300)
    assert world.status(by_mark) == "FINISHED"


def test_a_target_triggers_the_other_way_and_a_trailing_stop_follows() -> None:
    world = World()
    world.order(BUY, "0.05")
    target = world.stop(SELL, 61_000, quantity="0.02", reduce_only=True, kind=OrderType.TAKE_PROFIT_MARKET)
    trail = world.stop(
        SELL,
        None,
        quantity="0.02",
        reduce_only=True,
        kind=OrderType.TRAILING_STOP_MARKET,
        callback_fraction="0.01",
        activate_price=60_500,
    )
    world.tick(60_100)
    assert not world.account.algos[trail.algo_id].activated
    world.tick(61_000)
    assert world.status(target) == "FINISHED"
    assert world.account.algos[trail.algo_id].activated
    world.tick(62_000)
    world.tick(61_400)
    assert world.status(trail) == "NEW"
    world.tick(61_380)
    assert world.status(trail) == "FINISHED"


def test_refusals_at_placement() -> None:
    world = World()
    with refused(-2021):
        world.stop(SELL, 60_000)
    world.stop(SELL, 59_000, client_id="one")
    with refused(-4130):
        world.stop(SELL, 58_000)
    with refused(-20132):
        world.stop(SELL, 58_000, quantity="0.05", reduce_only=True, client_id="one")
    with refused(-4061):
        world.stop(SELL, 58_000, position_side=LONG)
    with refused(-1111):
        world.stop(SELL, "59000.05", quantity="0.05", reduce_only=True)
    with refused(-4164):
        world.stop(SELL, 58_000, quantity="0.001")
    with refused(-4509):
        world.stop(SELL, 58_000, quantity="0.05", reduce_only=True, time_in_force=TimeInForce.GTE_GTC)


def test_the_two_hundred_and_first_conditional_order_is_refused() -> None:
    world = World()
    for _ in range(200):
        world.stop(SELL, 58_000, quantity="0.01", reduce_only=True)
    with refused(-4045):
        world.stop(SELL, 58_000, quantity="0.01", reduce_only=True)


def test_the_switch_refuses_stops_while_flat_and_only_then() -> None:
    world = World(rules=Rules(stop_while_flat=StopWhileFlat.REFUSE))
    with refused(-4509):
        world.stop(SELL, 59_000)
    world.order(BUY, "0.05")
    assert world.stop(SELL, 59_000).status.value == "NEW"


def test_a_gte_stop_expires_with_its_position_and_a_cancel_happens_once() -> None:
    world = World()
    world.order(BUY, "0.05")
    gte = world.stop(SELL, 59_000, time_in_force=TimeInForce.GTE_GTC)
    plain = world.stop(SELL, 58_000, quantity="0.05", reduce_only=True)
    world.order(SELL, "0.05", reduce_only=True)
    assert (world.status(gte), world.status(plain)) == ("EXPIRED", "NEW")
    world.venue.cancel_algo(world.account, plain)
    with refused(-20124):
        world.venue.cancel_algo(world.account, plain)


def test_a_stop_limit_that_was_jumped_rests_as_a_triggered_child_until_it_fills() -> None:
    world = World()
    world.order(BUY, "0.05")
    stop = world.stop(SELL, 59_400, price=59_300, quantity="0.05", reduce_only=True, kind=OrderType.STOP)
    world.tick(58_900)
    assert world.status(stop) == "TRIGGERED"
    assert world.amount() == Decimal("0.05")
    world.tick(59_300)
    assert world.status(stop) == "FINISHED"
    (fill,) = world.venue.witness.stop_fills
    assert (fill.gap, fill.fill_price) == (True, Decimal(59_300))


def test_a_non_reducing_stop_without_margin_is_rejected_with_the_reason() -> None:
    world = World(balance="100")
    stop = world.stop(BUY, 60_500, quantity="0.05")
    world.tick(60_600)
    assert world.status(stop) == "REJECTED"
    assert world.account.algos[stop.algo_id].reject_reason == "Margin is insufficient."
