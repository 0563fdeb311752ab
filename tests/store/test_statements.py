"""Statements of the ledger: A1 no price is invented, A2 no leverage, and every entry is counted once."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.orders import FillView, IncomeKind, IncomeView
from jackline.core.values import ZERO, MarketMs, OrderSide, Price, Quantity, Quote, Side, WireMs
from jackline.store.ledger import LedgerEntry, fill_entries, income_entry, opening_entry
from jackline.store.statements import DAY_MS, statement
from tests.store.making import MARKET, NOW, SYMBOL, adopted, fill, trade_id

HOUR_MS = 3_600_000


def at(view: FillView, hours: float, **changes: Any) -> FillView:
    moved = int(hours * HOUR_MS)
    return replace(view, wire_ms=WireMs(NOW + moved), market_ms=MarketMs(MARKET + moved), **changes)


def funding(amount: str, hours: float, number: int = 1) -> LedgerEntry:
    moved = int(hours * HOUR_MS)
    return income_entry(
        IncomeView(
            kind=IncomeKind.FUNDING,
            symbol=SYMBOL,
            income_id=number,
            amount_quote=Quote(Decimal(amount)),
            wire_ms=WireMs(NOW + moved),
            market_ms=MarketMs(MARKET + moved),
        )
    )


def traded(
    number: int, opens: OrderSide, prices: tuple[str, ...], quantity: str, exit_price: str, hours: float = 0
) -> list[LedgerEntry]:
    """A trade with one entry fill a price, and one exit of all of it, an hour after its start."""
    closes = OrderSide.SELL if opens is OrderSide.BUY else OrderSide.BUY
    size, sign = Decimal(quantity), 1 if opens is OrderSide.BUY else -1
    entries: list[LedgerEntry] = []
    paid = ZERO
    for index, price in enumerate(prices):
        paid += size * Decimal(price)
        view = fill(number * 10 + index, opens, size, Decimal(price), ZERO)
        entries += fill_entries(at(view, hours), trade_id(number))
    whole = size * len(prices)
    realised = sign * (whole * Decimal(exit_price) - paid)
    leaving = fill(number * 10 + 9, closes, whole, Decimal(exit_price), realised)
    entries += fill_entries(at(leaving, hours + 1), trade_id(number))
    return entries


def opening(balance: str = "1000") -> LedgerEntry:
    return opening_entry(balance_quote=Quote(Decimal(balance)), wire_ms=NOW, market_ms=MarketMs(0))


@pytest.mark.owns("A1", "A2")
def test_a_trade_by_hand() -> None:
    entries = [opening(), *traded(1, OrderSide.BUY, ("100", "102"), "0.5", "111"), funding("-0.2", 0.5)]
    stated = statement(entries)
    (trade,) = stated.trades
    assert trade.side is Side.LONG
    assert trade.entry_quantity == trade.exit_quantity == Decimal(1)
    assert (trade.entry_price, trade.exit_price) == (Decimal(101), Decimal(111))
    assert trade.sums.realised_quote == 10
    assert trade.sums.fees_quote == Decimal("0.15")
    assert trade.sums.funding_quote == Decimal("-0.2")
    assert trade.sums.net_quote == Decimal("9.65")
    assert (trade.opened_ms, trade.closed_ms) == (MARKET, MARKET + HOUR_MS)
    assert stated.unattributed.net_quote == 0
    assert stated.whole.wallet_quote == Decimal("1009.65")


@pytest.mark.owns("A1")
def test_A1_an_open_trade_has_no_exit_price_and_an_adopted_one_no_entry_price() -> None:
    bought = fill_entries(fill(1, OrderSide.BUY, Decimal(2), Decimal(100), ZERO), trade_id(1))
    (held,) = statement(bought).trades
    assert (held.exit_price, held.closed_ms, held.unrealised_quote) == (None, None, None)
    assert held.at(Price(Decimal(103))).unrealised_quote == 6
    sold = fill_entries(fill(2, OrderSide.SELL, Decimal(2), Decimal(104), Decimal(8)), trade_id(2))
    (taken,) = statement(sold, [adopted(2)]).trades
    assert (taken.side, taken.entry_price, taken.exit_price) == (Side.LONG, None, Decimal(104))
    assert taken.sums.realised_quote == 8, "as the venue says, not from a price nobody saw"


def test_an_adopted_position_is_shown_before_any_fill_is_its_own() -> None:
    held = replace(adopted(3), entry_price=Price(Decimal(99)))
    (shown,) = statement([opening()], [held, replace(adopted(4), quantity=Quantity(ZERO))]).trades
    assert (shown.opened_ms, shown.entry_price, shown.open_quantity) == (None, None, Decimal("0.010"))
    assert shown.at(Price(Decimal(101))).unrealised_quote == Decimal("0.02")
    assert shown.sums.net_quote == 0


def test_what_is_left_after_a_part_was_sold_keeps_its_average() -> None:
    fills = [
        fill(1, OrderSide.SELL, Decimal(1), Decimal(100), ZERO),
        fill(2, OrderSide.SELL, Decimal(1), Decimal(110), ZERO),
        fill(3, OrderSide.BUY, Decimal(1), Decimal(90), Decimal(15)),
    ]
    entries = [row for view in fills for row in fill_entries(view, trade_id(1))]
    (trade,) = statement(entries).trades
    assert (trade.side, trade.open_quantity, trade.open_price) == (Side.SHORT, Decimal(1), Decimal(105))
    assert trade.at(Price(Decimal(100))).unrealised_quote == 5


def test_funding_goes_to_the_trade_that_held_the_symbol_and_else_to_nobody() -> None:
    first = traded(1, OrderSide.BUY, ("100",), "1", "101")
    second = traded(2, OrderSide.SELL, ("100",), "1", "99", hours=3)
    rows = [funding("-1", 0.5, 1), funding("-2", 2, 2), funding("4", 3.5, 3)]
    stated = statement([*first, *second, *rows])
    assert [one.sums.funding_quote for one in stated.trades] == [-1, 4]
    assert stated.unattributed.funding_quote == -2
    both = traded(3, OrderSide.SELL, ("100",), "1", "99")
    hedged = statement([*first, *both, funding("-1", 0.5)])
    assert hedged.unattributed.funding_quote == -1, "the venue names no side, and none is guessed"


def test_days_are_utc_days_of_market_time_and_end_with_the_wallet() -> None:
    to_midnight = (DAY_MS - MARKET % DAY_MS) / HOUR_MS
    entries = [opening(), *traded(1, OrderSide.BUY, ("100",), "1", "110", hours=to_midnight - 0.5)]
    first, second = statement(entries).days
    assert (first.fills, first.trades_closed, second.fills, second.trades_closed) == (1, 0, 1, 1)
    assert first.wallet_quote == Decimal("999.95"), "its fee, and the opening of before the market spoke"
    assert (second.sums.net_quote, second.wallet_quote) == (Decimal("9.95"), Decimal("1009.90"))
    assert second.number == first.number + 1


amounts = st.integers(1, 5_000).map(lambda n: Decimal(n) / 100)
legs = st.tuples(
    st.sampled_from(OrderSide), st.lists(amounts.map(str), min_size=1, max_size=3), amounts, amounts
)


@pytest.mark.owns("A2")
@given(legs)
def test_A2_profit_is_symmetric_in_side(leg: tuple[OrderSide, list[str], Decimal, Decimal]) -> None:
    side, prices, quantity, exit_price = leg
    other = OrderSide.SELL if side is OrderSide.BUY else OrderSide.BUY
    (one,) = statement(traded(1, side, tuple(prices), str(quantity), str(exit_price))).trades
    (mirror,) = statement(traded(1, other, tuple(prices), str(quantity), str(exit_price))).trades
    assert one.sums.realised_quote == -mirror.sums.realised_quote
    assert one.sums.fees_quote == mirror.sums.fees_quote
    assert (one.entry_price, one.exit_price) == (mirror.entry_price, mirror.exit_price)


@given(
    st.lists(legs, max_size=5),
    st.lists(st.tuples(amounts, st.booleans(), st.floats(0, 20)), max_size=6),
    st.randoms(use_true_random=False),
)
def test_trades_and_what_is_nobodys_are_the_wallet(
    trades: list[tuple[OrderSide, list[str], Decimal, Decimal]],
    paid: list[tuple[Decimal, bool, float]],
    chance: Any,
) -> None:
    entries = [opening()]
    for index, (side, prices, quantity, exit_price) in enumerate(trades):
        entries += traded(index + 1, side, tuple(prices), str(quantity), str(exit_price), hours=index * 2)
    entries += [
        funding(str(-amount if minus else amount), hours, number)
        for number, (amount, minus, hours) in enumerate(paid)
    ]
    chance.shuffle(entries)
    stated = statement(entries)
    nets = sum((one.sums.net_quote for one in stated.trades), ZERO) + stated.unattributed.net_quote
    assert nets + stated.whole.capital_quote == stated.whole.wallet_quote
    assert nets == sum((day.sums.net_quote for day in stated.days), ZERO)
    assert stated.days[-1].wallet_quote == stated.whole.wallet_quote
