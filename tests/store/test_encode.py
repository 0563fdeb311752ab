from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.ids import ClientId, TradeId
from jackline.core.money import Day
from jackline.core.orders import FillView, PositionMode, Snapshot
from jackline.core.plan import ProtectedEntry, StopPlan
from jackline.core.trade import CloseSlot, EntrySlot, OrderSlot, Trade
from jackline.core.values import Quote, Side
from jackline.store.encode import decode, encode
from jackline.store.errors import BodyUnreadable
from tests.store.making import adopted, fill

numbers = st.decimals(allow_nan=False, allow_infinity=False, places=8) | st.decimals(
    allow_nan=False, allow_infinity=False
)
maybe = st.none() | numbers
ids = st.text(max_size=20)
stop_plans = st.builds(
    StopPlan,
    side=st.just(Side.LONG),
    distance_fraction=numbers,
    disaster_price=st.decimals("0.01", "99", places=2),
)
entries = st.builds(
    ProtectedEntry,
    trade_id=ids.map(TradeId),
    side=st.just(Side.LONG),
    quantity=st.decimals("0.001", "5", places=3),
    signal_price=numbers,
    collar_price=st.decimals("100", "200", places=2),
    stop=stop_plans,
    target_price=maybe,
    trailing_fraction=maybe,
    risk_quote=numbers,
)
entry_slots = st.builds(EntrySlot, client_id=ids.map(ClientId), filled=numbers, average_price=maybe)
order_slots = st.builds(OrderSlot, client_id=ids.map(ClientId), quantity=maybe, trigger_price=numbers)
trades = st.builds(
    Trade,
    entry=st.none() | entries,
    stop=stop_plans,
    entry_slot=st.none() | entry_slots,
    disaster=st.none() | order_slots,
    working=st.lists(order_slots, max_size=2).map(tuple),
    target=st.none() | order_slots,
    close=st.none() | st.builds(CloseSlot),
    quantity=numbers,
    entry_price=maybe,
    best_price=maybe,
    floor_price=maybe,
    balance=numbers,
    result_quote=numbers,
)


@given(trades)
def test_a_trade_comes_back_exactly(trade: Trade) -> None:
    found = decode(encode(trade), Trade)
    assert found == trade
    assert encode(found) == encode(trade)  # digits and exponents too: Decimal("1.0") equals Decimal("1")


def test_a_fill_comes_back_exactly() -> None:
    made = fill(3, Side.LONG.opens_with, Decimal("0.0010"), Decimal("1E+5"), Decimal("-0.00"))
    found = decode(encode(made), FillView)
    assert (str(found.quantity), str(found.price), str(found.realised_quote)) == ("0.0010", "1E+5", "-0.00")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (encode(adopted(1)).replace('{"v":4,', '{"v":5,'), "body version 5"),
        (encode(adopted(1)).replace('"fills_after":0,', ""), "fills_after"),
        (encode(adopted(1)).replace('"fills_after":0,', '"fills_after":0,"new_field":1,'), "another shape"),
        (encode(adopted(1)).replace('"protected"', '"sideways"'), "sideways"),
        ("", "not a stored body"),
        ("[1]", "not a stored body"),
    ],
    ids=["other-version", "field-missing", "field-added", "unknown-phase", "empty", "no-envelope"],
)
def test_another_shape_is_refused(text: str, says: str) -> None:
    with pytest.raises(BodyUnreadable, match=says):
        decode(text, Trade)


@given(trades)
def test_a_trade_of_version_1_is_read_as_one_of_netting_mode(trade: Trade) -> None:
    """Written before a request said its position mode: nothing is lost, and what is missing is the default."""
    netting = _in_netting(trade)
    written = _of_version_2(encode(netting))
    old = re.sub(r',"mode":"netting"', "", written).replace('{"v":2,', '{"v":1,')
    assert old.count('"mode"') == 0
    assert decode(old, Trade) == replace(netting, result_quote=Quote(Decimal(0)))


@given(trades)
def test_a_trade_of_version_2_has_earned_nothing_that_is_known(trade: Trade) -> None:
    old = _of_version_2(encode(trade))
    assert "result_quote" not in old
    assert decode(old, Trade) == replace(trade, result_quote=Quote(Decimal(0)))


def test_a_day_of_version_2_has_lost_nothing_in_a_row() -> None:
    day = Day(number=20_000, equity_quote=Quote(Decimal(9_900)), capital_quote=Quote(Decimal(-5)))
    old = encode(day).replace(',"losing_streak":0', "").replace('{"v":4,', '{"v":2,')
    assert "losing_streak" not in old
    assert decode(old, Day) == day


def test_what_a_body_of_an_earlier_version_says_and_nothing_keeps_is_refused() -> None:
    """What it lacks has a default; what it says too much would be lost."""
    day = Day(number=20_000, equity_quote=Quote(Decimal(9_900)), capital_quote=Quote(Decimal(-5)))
    lacking = encode(day).replace(',"losing_streak":0', "")
    with pytest.raises(BodyUnreadable, match="another shape"):
        decode(lacking, Day)  # of this version, it is damaged
    old = lacking.replace('{"v":4,', '{"v":3,')
    assert decode(old, Day) == day
    for other in (old.replace('"number"', '"day":1,"number"'), old.replace('"9900"', '"9.9E+3"')):
        with pytest.raises(BodyUnreadable, match="another shape"):
            decode(other.replace('"9.9E+3"', "9900"), Day)


def test_what_is_no_trade_of_version_2_is_refused() -> None:
    for body in ('{"side":"long"}', "[]"):
        with pytest.raises(BodyUnreadable, match="not a Trade of version 2"):
            decode(f'{{"v":2,"body":{body}}}', Trade)


def test_what_is_no_trade_of_version_1_is_refused() -> None:
    for body in ('{"side":"long"}', '{"side":"long","entry":7}', "[]"):
        with pytest.raises(BodyUnreadable, match="not a Trade of version 1"):
            decode(f'{{"v":1,"body":{body}}}', Trade)


def _of_version_2(text: str) -> str:
    return re.sub(r',"result_quote":"[^"]*"', "", text).replace('{"v":4,', '{"v":2,')


def _in_netting(trade: Trade) -> Trade:
    """As every record of version 1 is read."""

    def said(slot: OrderSlot | None) -> OrderSlot | None:
        return slot and replace(slot, mode=PositionMode.NETTING)

    return replace(
        trade,
        mode=PositionMode.NETTING,
        entry=trade.entry and replace(trade.entry, mode=PositionMode.NETTING),
        disaster=said(trade.disaster),
        working=tuple(replace(slot, mode=PositionMode.NETTING) for slot in trade.working),
        target=said(trade.target),
    )


def test_a_snapshot_is_not_a_trade() -> None:
    with pytest.raises(BodyUnreadable, match="not a Snapshot"):
        decode(encode(adopted(1)), Snapshot)


def test_what_cannot_be_stored_fails_where_it_was_made() -> None:
    with pytest.raises(TypeError):
        encode(object())
