"""A bar walked leg by leg: which extreme first, what is a jump, and where a trigger is met on the way."""

from __future__ import annotations

from decimal import Decimal

import pytest

from jackline.exchange.feeds.path import is_jump, jump_prices, next_price, turns
from jackline.exchange.ports import Candle

BAR = Candle(
    open_ms=0,
    open=Decimal(100),
    high=Decimal(104),
    low=Decimal(98),
    close=Decimal(101),
    volume=Decimal(1),
)
TICK = Decimal("0.1")


@pytest.mark.parametrize(
    ("net_side", "ends"), [(1, (98, 104, 101)), (-1, (104, 98, 101)), (0, (98, 104, 101))]
)
def test_the_extreme_that_hurts_comes_first_and_flat_the_nearer_one(
    net_side: int, ends: tuple[int, int, int]
) -> None:
    assert turns(BAR, net_side=net_side) == tuple(map(Decimal, ends))


def test_a_leg_is_a_jump_beyond_its_share_and_not_at_it() -> None:
    share = Decimal("0.02")
    assert not is_jump(Decimal(100), Decimal(98), jump_leg_fraction=share)
    assert is_jump(Decimal(100), Decimal("97.9"), jump_leg_fraction=share)


def test_a_jump_has_four_equal_steps_and_ends_exactly() -> None:
    steps = jump_prices(Decimal(100), Decimal("97.95"), tick_size=TICK)
    assert steps == (Decimal("99.5"), Decimal("99.0"), Decimal("98.5"), Decimal("97.95"))


def test_a_leg_visits_the_nearest_trigger_on_its_way_each_once() -> None:
    triggers = [Decimal("98.4"), Decimal("99.2"), Decimal("103"), Decimal("97")]
    down = []
    price = Decimal(100)
    while price != BAR.low:
        price = next_price(price, BAR.low, triggers=triggers)
        down.append(price)
    assert down == [Decimal("99.2"), Decimal("98.4"), Decimal(98)]
    assert next_price(BAR.low, BAR.high, triggers=triggers) == Decimal("98.4")
    assert next_price(Decimal(100), Decimal(100), triggers=triggers) == Decimal(100)
