"""Plain orders: what is refused and with which code, what rests, what fills at which price."""

from decimal import Decimal
from typing import Any

import pytest

from jackline.exchange.errors import VenueError
from jackline.exchange.state import Rules
from jackline.exchange.values import MarginType, OrderStatus, TimeInForce
from tests.exchange.worlds import BUY, LONG, SELL, SHORT, World


def refused(code: int) -> pytest.RaisesExc[VenueError]:
    return pytest.raises(VenueError, match=f"^{code} ")


@pytest.mark.parametrize(
    ("code", "order"),
    [
        pytest.param(-1111, {"quantity": "0.0105"}, id="half a step"),
        pytest.param(-4003, {"quantity": "0"}, id="nothing"),
        pytest.param(-4005, {"quantity": "121"}, id="more than a market order may"),
        pytest.param(-4164, {"quantity": "0.001"}, id="small change"),
        pytest.param(-2019, {"quantity": "4"}, id="more than the margin carries"),
        pytest.param(-2027, {"quantity": "120"}, id="more than the bracket of 75 allows"),
        pytest.param(-2022, {"quantity": "0.01", "reduce_only": True}, id="nothing to reduce"),
        pytest.param(-4061, {"quantity": "0.01", "position_side": LONG}, id="position side in one-way mode"),
        pytest.param(-1111, {"quantity": "0.01", "price": "59000.05"}, id="more decimals than a tick"),
        pytest.param(-4016, {"quantity": "0.01", "price": "63100"}, id="limit above the band"),
        pytest.param(
            -5021, {"quantity": "0.01", "price": "59000", "time_in_force": TimeInForce.FOK}, id="fill or kill"
        ),
        pytest.param(
            -5022, {"quantity": "0.01", "price": "60001", "time_in_force": TimeInForce.GTX}, id="post only"
        ),
    ],
)
def test_a_refused_order_leaves_no_trace(code: int, order: dict[str, Any]) -> None:
    world = World()
    world.venue.set_leverage(world.account, "BTCUSDT", 75 if code == -2027 else 20)
    world.venue.drain()
    with refused(code):
        world.order(BUY, **order)
    assert not world.account.orders
    assert not world.venue.drain()
    assert world.account.wallet == 10_000


def test_a_client_id_is_unique_among_open_orders_only() -> None:
    world = World()
    first = world.order(BUY, "0.01", price=59_000, client_id="a")
    with refused(-4116):
        world.order(BUY, "0.01", price=59_000, client_id="a")
    world.venue.cancel_order(world.account, first)
    assert world.order(BUY, "0.01", price=59_000, client_id="a").status is OrderStatus.NEW


def test_a_limit_rests_until_reached_and_fills_at_its_own_price_as_maker() -> None:
    world = World()
    order = world.order(BUY, "0.05", price="59500.5")
    world.tick(59_501)
    assert world.amount() == 0
    world.tick(59_000)
    fill = world.account.fills[0]
    assert (fill.price, fill.maker) == (Decimal("59500.5"), True)
    assert fill.commission == Decimal("59500.5") * Decimal("0.05") * Decimal("0.0002")
    assert world.account.orders[order.order_id].status is OrderStatus.FILLED


def test_an_ioc_that_does_not_cross_expires() -> None:
    order = World().order(BUY, "0.05", price=59_000, time_in_force=TimeInForce.IOC)
    assert order.status is OrderStatus.EXPIRED


def test_a_resting_reduce_only_target_blocks_a_full_reduce_only_exit_but_not_a_close_position_stop() -> None:
    world = World()
    world.order(BUY, "0.05")
    target = world.order(SELL, "0.05", price=61_000, reduce_only=True)
    with refused(-4118):
        world.order(SELL, "0.05", reduce_only=True)
    world.stop(SELL, 59_400)
    world.tick(59_300)
    assert world.amount() == 0
    assert world.account.orders[target.order_id].status is OrderStatus.EXPIRED
    assert world.account.orders[target.order_id].expiry_reason == 4


def test_more_than_the_position_is_trimmed_and_the_rest_expires() -> None:
    world = World()
    world.order(BUY, "0.05")
    order = world.order(SELL, "0.08", reduce_only=True)
    assert (order.executed, order.status) == (Decimal("0.05"), OrderStatus.EXPIRED)
    assert world.amount() == 0


def test_an_opposite_order_flips_and_closes_one_episode_and_opens_another() -> None:
    world = World()
    world.order(BUY, "0.05", client_id="a")
    world.order(SELL, "0.08", client_id="b")
    assert world.amount() == Decimal("-0.03")
    first, second = world.venue.witness.episodes
    assert (first.entry_client_id, second.entry_client_id) == ("a", "b")
    assert first.closed_wire_ms is not None
    assert second.closed_wire_ms is None


def test_one_market_fill_in_three_parts_adds_up() -> None:
    world = World(rules=Rules(fill_parts=3))
    order = world.order(BUY, "0.05")
    assert [fill.quantity for fill in world.account.fills] == [Decimal("0.016")] * 2 + [Decimal("0.018")]
    assert order.executed == Decimal("0.05")


def test_hedge_mode_keeps_both_sides_apart() -> None:
    world = World(hedge=True)
    world.order(BUY, "0.05", position_side=LONG)
    world.order(SELL, "0.03", position_side=SHORT)
    assert (world.amount(LONG), world.amount(SHORT)) == (Decimal("0.05"), Decimal("-0.03"))
    with refused(-2022):
        world.order(SELL, "0.06", position_side=LONG)
    with refused(-4061):
        world.order(SELL, "0.05")
    world.order(SELL, "0.05", position_side=LONG)
    assert (world.amount(LONG), world.amount(SHORT)) == (Decimal(0), Decimal("-0.03"))


def test_settings_say_when_there_is_nothing_to_change_or_something_in_the_way() -> None:
    world = World()
    venue, account = world.venue, world.account
    with refused(-4059):
        venue.set_hedge(account, False)
    with refused(-4046):
        venue.set_margin_type(account, "BTCUSDT", MarginType.CROSSED)
    with refused(-4028):
        venue.set_leverage(account, "BTCUSDT", 126)
    with refused(-1121):
        venue.set_leverage(account, "NOPEUSDT", 5)
    stop = world.stop(SELL, 59_000)
    with refused(-4067):
        venue.set_hedge(account, True)
    with refused(-4047):
        venue.set_margin_type(account, "BTCUSDT", MarginType.ISOLATED)
    venue.cancel_algo(account, stop)
    world.order(BUY, "0.05")
    with refused(-4068):
        venue.set_hedge(account, True)
    with refused(-4048):
        venue.set_margin_type(account, "BTCUSDT", MarginType.ISOLATED)
