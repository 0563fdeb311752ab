"""The ledger against the venue's listings: each kind of difference is found, and a lag is none."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.core.orders import FillView, IncomeKind, IncomeView
from jackline.core.values import ZERO, OrderSide, Quote, WireMs
from jackline.store.ledger import LedgerEntry, fill_entries, income_entry
from jackline.store.reconcile import Listings, Reconciled, Trouble, reconcile
from tests.store.making import MARKET, NOW, SYMBOL, fill, trade_id

BOUGHT = fill(1, OrderSide.BUY, Decimal(1), Decimal(100), ZERO)
SOLD = fill(2, OrderSide.SELL, Decimal(1), Decimal(104), Decimal(4))


def paid(kind: IncomeKind, amount: str, number: int) -> IncomeView:
    return IncomeView(
        kind=kind,
        symbol=SYMBOL,
        income_id=number,
        amount_quote=Quote(Decimal(amount)),
        wire_ms=NOW,
        market_ms=MARKET,
    )


FUNDED = paid(IncomeKind.FUNDING, "-0.5", 5)
EARNED = (
    paid(IncomeKind.TRADE, "4", 2),
    paid(IncomeKind.TRADE, "-0.05", 1),
    paid(IncomeKind.TRADE, "-0.05", 2),
)
VENUE = Listings(fills=(BOUGHT, SOLD), income=(FUNDED, *EARNED))


def booked(*fills: FillView, income: tuple[IncomeView, ...] = (FUNDED,)) -> list[LedgerEntry]:
    return [
        *(entry for view in fills for entry in fill_entries(view, trade_id(1))),
        *(income_entry(row) for row in income),
    ]


def compared(ledger: list[LedgerEntry], venue: Listings = VENUE) -> Reconciled:
    return reconcile(ledger, venue, ledger, opened_ms=NOW)


def troubles(found: Reconciled) -> list[tuple[Trouble, str]]:
    return [(one.trouble, one.entry_id) for one in found.differences]


@pytest.mark.owns("A3")
def test_a_ledger_that_holds_everything_once_agrees() -> None:
    found = compared(booked(BOUGHT, SOLD))
    assert (found.agrees, found.fills, found.income_rows) == (True, 2, 4)


def test_what_the_ledger_lacks_is_named_with_its_id() -> None:
    found = compared(booked(BOUGHT, income=()))
    assert troubles(found) == [
        (Trouble.MISSING, "fee:BTCUSDT:2"),
        (Trouble.MISSING, "fill:BTCUSDT:2"),
        (Trouble.MISSING, "funding:BTCUSDT:5"),
    ]
    assert [one.venue_quote for one in found.differences] == [Decimal("-0.05"), 4, Decimal("-0.5")]


def test_A1_a_row_that_the_venue_does_not_list_is_found() -> None:
    invented = fill(3, OrderSide.SELL, Decimal(1), Decimal(999), Decimal(7))
    assert (Trouble.UNLISTED, "fill:BTCUSDT:3") in troubles(compared(booked(BOUGHT, SOLD, invented)))


def test_other_figures_and_ids_listed_twice_are_found() -> None:
    wrong = replace(SOLD, realised_quote=Quote(Decimal("4.00000001")))
    assert troubles(compared(booked(BOUGHT, wrong))) == [(Trouble.DIFFERENT, "fill:BTCUSDT:2")]
    double = replace(VENUE, income=(*VENUE.income, FUNDED))
    assert troubles(compared(booked(BOUGHT, SOLD), double)) == [(Trouble.TWICE, "funding:BTCUSDT:5")]


def test_the_venues_two_words_on_trades_must_be_one_sum() -> None:
    short = replace(VENUE, income=(FUNDED, *EARNED[:2]))
    (found,) = compared(booked(BOUGHT, SOLD), short).differences
    assert (found.trouble, found.entry_id) == (Trouble.SUM, "trades:BTCUSDT")
    assert (found.ledger_quote, found.venue_quote) == (Decimal("3.90"), Decimal("3.95"))


def test_what_an_engine_books_while_the_venue_is_asked_is_no_difference() -> None:
    before, after = booked(BOUGHT, income=()), booked(BOUGHT, SOLD)
    assert reconcile(before, VENUE, after, opened_ms=NOW).agrees
    earlier = Listings(fills=(BOUGHT,), income=(EARNED[1],))
    assert reconcile(before, earlier, after, opened_ms=NOW).agrees, "booked after the venue had answered"


def test_what_is_older_than_the_ledger_stands_in_its_opening() -> None:
    old = replace(SOLD, wire_ms=WireMs(NOW - 1))
    assert compared([], Listings(fills=(old,), income=())).agrees


@given(st.integers(1, 10))
def test_the_order_of_the_listings_does_not_matter(count: int) -> None:
    fills = [fill(n, OrderSide.BUY, Decimal(1), Decimal(100 + n), ZERO) for n in range(1, count + 1)]
    listed = Listings(fills=tuple(fills), income=())
    turned = Listings(fills=tuple(reversed(fills)), income=())
    ledger = booked(*fills[1:], income=())
    assert set(compared(ledger, listed).differences) == set(compared(ledger, turned).differences)
