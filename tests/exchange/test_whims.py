"""What real venues do to a client: each switch alone, turned while the venue runs, and off again."""

import math
from decimal import Decimal

import pytest

from jackline.exchange.cover import CoverLoss
from jackline.exchange.errors import VenueError
from jackline.exchange.events import AlgoEvent, Execution, OrderEvent
from jackline.exchange.orders import Order
from jackline.exchange.values import ZERO, OrderStatus, OrderType, SymbolStatus, TimeInForce, WorkingType
from jackline.exchange.whims import ThinBook
from tests.exchange.worlds import BOTH, BUY, SELL, World

HALF = Decimal("0.05")


def refused(code: int) -> pytest.RaisesExc[VenueError]:
    return pytest.raises(VenueError, match=f"^{code} ")


def held() -> World:
    """A long of 0.05 from 60,000."""
    world = World()
    world.order(BUY, HALF)
    return world


def algo_path(world: World) -> list[str]:
    return [event.algo.status.value for event in world.venue.drain() if isinstance(event, AlgoEvent)]


def child(world: World) -> Order:
    (order,) = [one for one in world.account.orders.values() if one.trigger is not None]
    return order


def test_a_stop_stays_triggering_for_as_long_as_it_is_told_and_covers_nothing_meanwhile() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.triggering_ms = 700
    world.venue.drain()
    world.tick(59_390)
    world.venue.whims.triggering_ms = 0.0  # what it met at its trigger counts
    world.tick(59_390, wire_ms=699)
    assert algo_path(world) == ["TRIGGERING"]
    cover = world.venue.witness.cover(world.account, world.account.position("BTCUSDT", BOTH))
    assert (cover.quantity, cover.stops, [one.algo_id for one in cover.triggering]) == (
        ZERO,
        (),
        [stop.algo_id],
    )
    with refused(-20124):
        world.venue.cancel_algo(world.account, stop)
    world.tick(59_350, wire_ms=1)
    assert algo_path(world) == ["TRIGGERED", "FINISHED"]
    assert world.amount() == 0
    (episode,) = world.venue.witness.episodes
    assert [(one.cause, one.until_ms) for one in episode.lapses] == [
        (CoverLoss.TRIGGERED, world.clock.now_ms)
    ]
    (fill,) = world.venue.witness.stop_fills
    assert (fill.trigger_price, fill.fill_price) == (Decimal(59_400), Decimal(59_350))


def test_a_stop_that_triggers_for_ever_leaves_the_position_and_lets_another_stop_rest() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.triggering_ms = math.inf
    world.tick(59_300)
    world.tick(59_300, wire_ms=10**9)
    assert (world.status(stop), world.amount()) == ("TRIGGERING", HALF)
    world.stop(SELL, 59_000)
    world.venue.whims.triggering_ms = 0.0
    world.tick(58_900)
    assert world.amount() == 0
    assert world.status(stop) == "TRIGGERING"


def test_what_was_kept_triggering_is_rejected_where_the_position_went_meanwhile() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.triggering_ms = 500
    world.tick(59_300)
    world.order(SELL, HALF, reduce_only=True)
    world.tick(59_300, wire_ms=500)
    assert world.status(stop) == "REJECTED"
    assert world.account.algos[stop.algo_id].reject_reason == "Reduce Only reject"


def test_a_stop_is_rejected_at_its_trigger_with_the_reason_given() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.reject_at_trigger = "Margin is insufficient."
    world.venue.drain()
    world.tick(59_300)
    assert algo_path(world) == ["TRIGGERING", "REJECTED"]
    assert world.account.algos[stop.algo_id].reject_reason == "Margin is insufficient."
    assert world.amount() == HALF
    (episode,) = world.venue.witness.episodes
    assert episode.lapses[0].cause is CoverLoss.TRIGGERED


@pytest.mark.parametrize(
    ("fraction", "left"), [pytest.param("0", HALF, id="unfilled"), pytest.param("0.5", "0.025", id="half")]
)
def test_the_child_of_a_stop_expires_before_it_is_filled(fraction: str, left: object) -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.child_fill_fraction = Decimal(fraction)
    world.tick(59_300)
    assert world.amount() == Decimal(left)  # type: ignore[arg-type]
    assert (child(world).status, child(world).expiry_reason) == (OrderStatus.EXPIRED, 0)
    assert world.status(stop) == "FINISHED"
    assert world.account.algos[stop.algo_id].child_quantity == HALF - Decimal(left)  # type: ignore[arg-type]
    world.order(SELL, world.amount(), reduce_only=True)  # only children of stops are concerned
    assert world.amount() == 0


def test_a_thin_book_fills_takers_in_part_and_resting_orders_whole() -> None:
    world = held()
    world.venue.whims.market_depth["BTCUSDT"] = Decimal("0.02")
    world.venue.drain()
    order = world.order(SELL, HALF, reduce_only=True)
    assert (order.status, order.executed, order.expiry_reason) == (OrderStatus.EXPIRED, Decimal("0.02"), 0)
    executions = [event.execution for event in world.venue.drain() if isinstance(event, OrderEvent)]
    assert executions == [Execution.NEW, Execution.TRADE, Execution.EXPIRED]
    immediate = world.order(SELL, "0.03", price=59_000, reduce_only=True, time_in_force=TimeInForce.IOC)
    assert (immediate.status, immediate.executed) == (OrderStatus.EXPIRED, Decimal("0.02"))
    resting = world.order(BUY, "0.03", price=60_500)
    assert (resting.status, resting.remaining) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.01"))
    with refused(-5021):
        world.order(BUY, "0.03", price=60_500, time_in_force=TimeInForce.FOK)
    world.tick(60_400)
    assert world.account.orders[resting.order_id].status is OrderStatus.FILLED
    del world.venue.whims.market_depth["BTCUSDT"]
    assert world.order(SELL, world.amount(), reduce_only=True).status is OrderStatus.FILLED


def test_an_empty_book_refuses_market_orders_or_lets_them_expire() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.market_depth["BTCUSDT"] = Decimal(0)
    with refused(-4131):
        world.order(SELL, HALF, reduce_only=True)
    world.tick(59_300)
    assert world.status(stop) == "REJECTED"
    assert world.account.algos[stop.algo_id].reject_reason.startswith("The counterparty's best price")
    world.venue.whims.thin_book = ThinBook.EXPIRE
    order = world.order(SELL, HALF, reduce_only=True)
    assert (order.status, order.executed) == (OrderStatus.EXPIRED, ZERO)
    assert world.amount() == HALF


def test_a_wide_spread_costs_the_taker_and_goes_back() -> None:
    world = held()
    world.venue.set_spread("BTCUSDT", Decimal("0.02"))
    order = world.order(SELL, "0.02", reduce_only=True)
    assert order.average == Decimal(59_400)
    world.venue.set_spread("BTCUSDT", None)
    assert world.order(SELL, "0.03", reduce_only=True).average == Decimal(60_000)


def test_the_price_band_holds_limits_and_while_set_market_orders_too() -> None:
    world = held()
    world.tick(58_000, mark=60_000)
    assert world.order(SELL, "0.01", reduce_only=True).executed == Decimal("0.01")
    world.venue.whims.price_band_fraction["BTCUSDT"] = Decimal("0.01")
    with refused(-4131):
        world.order(SELL, "0.04", reduce_only=True)
    with refused(-4024):
        world.order(SELL, "0.04", price=59_000, reduce_only=True)
    with refused(-4016):
        world.order(BUY, "0.04", price=60_700)
    assert world.order(BUY, "0.01").executed == Decimal("0.01")  # cheap for a buyer
    immediate = world.order(SELL, "0.05", price=59_400, reduce_only=True, time_in_force=TimeInForce.IOC)
    assert immediate.status is OrderStatus.EXPIRED


def test_while_the_conditional_service_is_down_plain_orders_and_triggers_work() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    world.venue.whims.conditional_down = True
    with refused(-1001) as refusal:
        world.stop(SELL, 59_000, quantity=HALF, reduce_only=True)
    assert refusal.value.http == 503
    with refused(-1001):
        world.venue.cancel_algo(world.account, stop)
    assert world.order(BUY, "0.01").status is OrderStatus.FILLED
    world.tick(59_300)
    assert world.amount() == 0


def test_an_order_type_is_withdrawn_and_the_others_stay() -> None:
    world = held()
    world.venue.whims.algo_withdrawn = (OrderType.STOP_MARKET,)
    with refused(-4120):
        world.stop(SELL, 59_000)
    assert world.stop(SELL, 61_000, kind=OrderType.TAKE_PROFIT_MARKET).status.value == "NEW"


def test_fewer_conditional_orders_are_allowed_than_before() -> None:
    world = held()
    world.stop(SELL, 59_000)
    world.venue.whims.open_algos_max = 1
    with refused(-4045):
        world.stop(SELL, 59_000, quantity=HALF, reduce_only=True)


def test_a_stop_that_no_position_backs_needs_margin_where_the_venue_wants_it() -> None:
    world = World(balance="100")
    world.venue.whims.margin_for_stops = True
    with refused(-2019):
        world.stop(SELL, 59_000, quantity=HALF, reduce_only=True)
    assert world.stop(SELL, 59_000).status.value == "NEW"  # a whole-position stop has no size of its own
    world.order(BUY, "0.03")
    assert world.stop(SELL, 59_000, quantity="0.03", reduce_only=True).status.value == "NEW"


def test_a_halted_symbol_refuses_orders_and_takes_cancels_and_nothing_triggers_until_it_trades() -> None:
    world = held()
    stop = world.stop(SELL, 59_400)
    other = world.stop(SELL, 59_000, quantity=HALF, reduce_only=True)
    world.venue.set_status("BTCUSDT", SymbolStatus.BREAK)
    with refused(-4141):
        world.order(SELL, HALF, reduce_only=True)
    with refused(-4141):
        world.stop(SELL, 58_000, quantity=HALF, reduce_only=True)
    world.venue.cancel_algo(world.account, other)
    world.tick(58_000)
    assert world.status(stop) == "NEW"
    (episode,) = world.venue.witness.episodes
    assert [one.cause for one in episode.lapses] == [CoverLoss.OVERTAKEN]
    world.venue.set_status("BTCUSDT", SymbolStatus.TRADING)
    world.tick(58_000)
    assert (world.status(stop), world.amount()) == ("FINISHED", ZERO)


def test_a_settling_symbol_can_only_be_left() -> None:
    world = held()
    world.venue.set_status("BTCUSDT", SymbolStatus.SETTLING)
    with refused(-4140):
        world.order(BUY, "0.01")
    with refused(-4140):
        world.stop(BUY, 61_000, quantity="0.01")
    world.stop(SELL, 59_000)
    assert world.order(SELL, HALF, reduce_only=True).status is OrderStatus.FILLED


def test_a_new_tick_and_step_refuse_what_was_right_before() -> None:
    world = held()
    resting = world.order(BUY, "0.011", price="59000.1")
    world.venue.set_filters("BTCUSDT", tick=Decimal("0.5"), step=Decimal("0.01"))
    with refused(-4014):
        world.stop(SELL, "58000.1")
    with refused(-1111):
        world.order(BUY, "0.011")
    assert world.stop(SELL, "58000.5").status.value == "NEW"
    world.tick("58600.2")
    assert world.account.orders[resting.order_id].average == Decimal("59000.1")
    assert world.venue.state.markets["BTCUSDT"].last == Decimal("58600.0")
    world.venue.set_filters("BTCUSDT", tick=Decimal(1))
    with refused(-1111):
        world.stop(SELL, "58000.5", quantity="0.06", reduce_only=True)
    assert world.venue.state.markets["BTCUSDT"].symbol.step == Decimal("0.01")


def test_by_mark_and_by_last_part_ways_when_a_tick_tears_them_apart() -> None:
    world = held()
    world.stop(SELL, 59_400, quantity=HALF, reduce_only=True, working_type=WorkingType.CONTRACT_PRICE)
    world.tick(60_000, mark=59_000, wire_ms=10)
    world.tick(60_000, mark=59_000, wire_ms=10)
    (episode,) = world.venue.witness.episodes
    assert episode.lapses[-1].cause is CoverLoss.OVERTAKEN


@pytest.mark.parametrize(("last", "filled", "status"), [
    (59_990, Decimal("0.060"), OrderStatus.FILLED),
    (60_200, Decimal("0.020"), OrderStatus.EXPIRED),
])  # fmt: skip
def test_a_slow_engine_keeps_an_immediate_order_open_and_finishes_it_later(
    last: int, filled: Decimal, status: OrderStatus
) -> None:
    world = World()
    world.venue.whims.slow_fill_ms = 2_000
    order = world.order(BUY, Decimal("0.06"), price=60_100, time_in_force=TimeInForce.IOC)
    world.venue.whims.slow_fill_ms = 0.0  # what it met counts
    assert (order.status, world.amount()) == (OrderStatus.PARTIALLY_FILLED, Decimal("0.020"))
    world.tick(59_990, wire_ms=1_999)
    assert world.amount() == Decimal("0.020")
    world.tick(last, wire_ms=1)
    assert (world.account.orders[order.order_id].status, world.amount()) == (status, filled)


def test_a_slow_engine_reduces_at_once() -> None:
    world = held()
    world.venue.whims.slow_fill_ms = 2_000
    order = world.order(SELL, HALF, price=59_900, time_in_force=TimeInForce.IOC, reduce_only=True)
    assert (order.status, world.amount()) == (OrderStatus.FILLED, ZERO)
