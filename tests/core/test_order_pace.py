"""When an order that is sent now would leave, where a venue takes few."""

from __future__ import annotations

from jackline.core.traits import OrderPace
from jackline.core.values import WireMs

THREE = OrderPace(orders=3, window_ms=1_000)


def test_the_fourth_order_of_a_second_leaves_when_the_first_is_a_second_old() -> None:
    turns: tuple[WireMs, ...] = ()
    for now_ms in (0, 10, 20, 30, 30):
        turns = THREE.taken(turns, WireMs(now_ms))
    assert turns == (20, 1_000, 1_010)
    assert THREE.turn_ms(turns, WireMs(40)) == 1_020, "behind those that wait"


def test_an_order_after_a_pause_leaves_at_once() -> None:
    turns = (WireMs(0), WireMs(10), WireMs(20))
    assert THREE.turn_ms(turns, WireMs(1_500)) == 1_500
    assert THREE.turn_ms((), WireMs(7)) == 7
