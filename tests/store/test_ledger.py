from __future__ import annotations

from collections import deque
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.orders import IncomeKind, IncomeView
from jackline.core.values import ZERO, OrderSide, Quote
from jackline.store.batch import Batch, prepare
from jackline.store.boot import open_store
from jackline.store.db import open_writer
from jackline.store.errors import DbTrouble
from jackline.store.host_disk import HostDisk
from jackline.store.journal import link, write
from jackline.store.ledger import (
    LedgerEntry,
    adjustment_entry,
    by_trade,
    cash_flow_gap,
    fill_entries,
    income_entry,
    opening_entry,
    totals,
)
from tests.store.making import MARKET, NOW, SYMBOL, batch, fill, row, trade_id

steps = st.integers(1, 50).map(lambda n: Decimal(n) / 1_000)
prices = st.integers(1, 2_000_000).map(lambda n: Decimal(n) / 10)


def book(orders: list[tuple[bool, Decimal, Decimal]], last: Decimal) -> list[LedgerEntry]:
    """Play a venue that matches lots first in, first out; the last order makes the position flat."""
    lots: deque[tuple[Decimal, Decimal]] = deque()  # signed quantity, price
    entries: list[LedgerEntry] = []
    for number in range(len(orders) + 1):
        position = sum((lot[0] for lot in lots), ZERO)
        if number < len(orders):
            buys, size, price = orders[number]
            signed = size if buys else -size
        else:
            signed, price = -position, last
        rest, realised = signed, ZERO
        while rest and lots and (lots[0][0] > 0) != (rest > 0):
            held, paid = lots.popleft()
            matched = min(abs(held), abs(rest)).copy_sign(held)
            realised += matched * (price - paid)
            rest += matched
            if held != matched:
                lots.appendleft((held - matched, paid))
        if rest:
            lots.append((rest, price))
        side = OrderSide.BUY if signed > 0 else OrderSide.SELL
        entries += fill_entries(fill(number, side, abs(signed), price, realised), trade_id(1))
    return entries


@pytest.mark.owns("A2")
@given(st.lists(st.tuples(st.booleans(), steps, prices), min_size=1, max_size=12), prices)
def test_cash_flow_of_a_flat_trade_is_what_was_realised(
    orders: list[tuple[bool, Decimal, Decimal]], last: Decimal
) -> None:
    entries = book(orders, last)
    assert cash_flow_gap(entries) == 0
    sums = totals(entries)
    assert sums.net_quote == sums.realised_quote - sums.fees_quote


def test_a_wrong_booking_shows_as_a_gap_and_an_open_trade_as_none() -> None:
    bought = fill_entries(fill(1, OrderSide.BUY, Decimal(2), Decimal(10), ZERO), None)
    sold = fill_entries(fill(2, OrderSide.SELL, Decimal(2), Decimal(11), Decimal("1.5")), None)
    assert cash_flow_gap(bought) is None
    assert cash_flow_gap([*bought, *sold]) == Decimal("0.5")


@pytest.mark.owns("A1")
def test_totals_explain_the_wallet() -> None:
    listed = [
        IncomeView(
            kind=kind,
            symbol=symbol,
            income_id=9,
            amount_quote=Quote(Decimal(amount)),
            wire_ms=NOW,
            market_ms=MARKET,
        )
        for kind, symbol, amount in (
            (IncomeKind.FUNDING, SYMBOL, "-0.25"),
            (IncomeKind.TRANSFER, None, "-100"),
            (IncomeKind.OTHER, None, "0.5"),
        )
    ]
    entries = [
        opening_entry(balance_quote=Quote(Decimal(1_000)), wire_ms=NOW, market_ms=MARKET),
        *(income_entry(row) for row in listed),
        adjustment_entry(command_id="c", amount_quote=Quote(Decimal(7)), wire_ms=NOW, market_ms=MARKET),
        *fill_entries(fill(1, OrderSide.SELL, Decimal(1), Decimal(10), Decimal(3)), trade_id(1)),
    ]
    sums = totals(entries)
    assert sums.realised_quote == Decimal(3)
    assert sums.fees_quote == Decimal("0.05")
    assert sums.funding_quote == Decimal("-0.25")
    assert sums.other_quote == Decimal("0.5")
    assert sums.net_quote == Decimal("3.20")
    assert sums.capital_quote == Decimal(907)
    assert sums.wallet_quote == Decimal("910.20")
    assert len({entry.entry_id for entry in entries}) == len(entries)
    assert len(by_trade(entries, trade_id(1))) == 2


@pytest.mark.owns("A1")
def test_booking_twice_books_once_and_nothing_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    with open_store(HostDisk(), path) as store:
        db = open_writer(HostDisk(), path)
        first = link(store.head, [prepare(batch(1))])
        write(db, first)
        changed = fill(1, OrderSide.BUY, Decimal(9), Decimal(9), ZERO)
        again = Batch(rows=(row("again"),), ledger=fill_entries(changed, trade_id(1)))
        write(db, link(first.after, [prepare(again)]))
        assert store.read.ledger_entries() == tuple(sorted(batch(1).ledger, key=lambda entry: entry.entry_id))
        assert store.read.ledger_entries(trade_id(1)) == store.read.ledger_entries()
        assert store.read.ledger_entries(trade_id(2)) == ()
        for sql in ("UPDATE ledger SET price = '1'", "DELETE FROM ledger", "DELETE FROM journal"):
            with pytest.raises(DbTrouble, match="append-only"):
                db.run(sql)
        db.close()
    open_store(HostDisk(), path).close()
