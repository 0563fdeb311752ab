"""Which of several W stays: the same one, however a look lists them."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.ids import Role, account_tag, client_id, mint_trade_id
from jackline.core.orders import PositionMode
from jackline.core.requests import StopShape
from jackline.core.resizing import outdoes
from jackline.core.trade import OrderSlot, SlotState
from jackline.core.values import Price, Quantity, Side, WireMs, tighter

TRADE = mint_trade_id(tag=account_tag("test"), fence=1, ordinal=1)


def working(attempt: int, price: int, quantity: int) -> OrderSlot:
    return OrderSlot(
        client_id=client_id(TRADE, Role.WORKING, attempt),
        role=Role.WORKING,
        attempt=attempt,
        mode=PositionMode.NETTING,
        shape=StopShape.QUANTITY,
        quantity=Quantity(Decimal(quantity)),
        trigger_price=Price(Decimal(price)),
        state=SlotState.WORKING,
        asked_ms=WireMs(0),
        venue_id=None,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
    )


several = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2)), min_size=2, max_size=5).map(
    lambda drawn: [working(attempt, *one) for attempt, one in enumerate(drawn, start=1)]
)


def best_of(side: Side, slots: list[OrderSlot]) -> OrderSlot:
    return reduce(lambda best, slot: slot if outdoes(side, slot, best) else best, slots)


@pytest.mark.owns("P4")
@given(several, st.sampled_from(Side), st.data())
def test_P4_the_one_that_stays_is_the_same_in_every_order_and_the_tightest(
    slots: list[OrderSlot], side: Side, data: st.DataObject
) -> None:
    best = best_of(side, slots)
    assert best_of(side, data.draw(st.permutations(slots))) is best
    for slot in slots:
        assert not tighter(side, slot.trigger_price, best.trigger_price)
        assert slot is best or outdoes(side, best, slot), (
            "so one that was let go never outdoes the one it left to"
        )
        assert not outdoes(side, slot, best)


@pytest.mark.owns("P4")
def test_P4_of_two_alike_the_one_sent_later_stays() -> None:
    older, newer = working(4, 100, 1), working(5, 100, 1)
    assert best_of(Side.LONG, [older, newer]) is best_of(Side.LONG, [newer, older]) is newer
    larger = working(3, 100, 2)
    assert best_of(Side.SHORT, [larger, newer]) is best_of(Side.SHORT, [newer, larger]) is larger
