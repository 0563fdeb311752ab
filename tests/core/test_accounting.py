"""Money that the ledger does not explain is an event of its own, and freezes sizing until it is accounted for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core import gates
from jackline.core.accounting import GAP_CONFIRM_MS, INCOME_CHASE_MS, INCOME_PERIOD_MS
from jackline.core.effects import Alert, BookAdjustment, BookIncome
from jackline.core.errors import InvariantBroken
from jackline.core.events import AccountedFor, AccountHinted, FillsAnswered, IncomeAnswered, Receipt, Ticked
from jackline.core.limits import equity_now
from jackline.core.orders import FillView, IncomeKind, IncomeView
from jackline.core.outcomes import Reason, Unknown
from jackline.core.recovering import recover
from jackline.core.requests import ReadFills, ReadIncome
from jackline.core.state import KillLevel
from jackline.core.turn import Turn
from jackline.core.values import MarketMs, OrderSide, Price, Quantity, Quote, WireMs
from tests.core.making import at
from tests.core.small_venue import BTC
from tests.core.test_limits import Book

RECEIPT = Receipt(command_id="c1", position=3)


def denial(book: Book) -> Reason | None:
    denied = gates.account_denial(book.state)
    return None if denied is None else denied.reason


def told(book: Book) -> list[str]:
    return [effect.text for effect in book.effects if isinstance(effect, Alert) and effect.code == "A3"]


def asked(book: Book) -> list[ReadIncome]:
    return [effect for effect in book.effects if isinstance(effect, ReadIncome)]


def listed(book: Book, *rows: IncomeView, complete: bool = True) -> Book:
    """The income listing that is out comes back."""
    return book.feed(IncomeAnswered(request=asked(book)[-1], answer=rows, complete=complete))


def row(
    kind: IncomeKind, amount: str, *, income_id: int = 1, wire_ms: int, symbol: bool = True
) -> IncomeView:
    return IncomeView(
        kind=kind,
        symbol=BTC if symbol else None,
        income_id=income_id,
        amount_quote=Quote(Decimal(amount)),
        wire_ms=WireMs(wire_ms),
        market_ms=MarketMs(wire_ms),
    )


def filled(book: Book, realised: str, *, fee: str = "0", fill_id: int = 1) -> Book:
    """The trade list that is out comes back with one fill."""
    fill = FillView(
        symbol=BTC,
        fill_id=fill_id,
        order_id=fill_id,
        side=OrderSide.SELL,
        position_side=None,
        quantity=Quantity(Decimal(1)),
        price=Price(Decimal(50_000)),
        fee_quote=Quote(Decimal(fee)),
        realised_quote=Quote(Decimal(realised)),
        maker=False,
        wire_ms=WireMs(book.now_ms),
        market_ms=MarketMs(book.now_ms),
    )
    request = ReadFills(symbol=BTC, after_fill_id=fill_id - 1)
    return book.feed(FillsAnswered(request=request, answer=(fill,), complete=True))


def answer_reads(book: Book) -> Book:
    """Both listings answer that there is nothing new."""
    book.feed(Ticked(), after_ms=1_100)
    book.feed(FillsAnswered(request=ReadFills(symbol=BTC, after_fill_id=0), answer=(), complete=True))
    return listed(book)


def frozen(amount: str = "9900") -> Book:
    """A wallet that moved while everything else was read and shows nothing."""
    book = listed(Book().read("10000").feed(Ticked())).read(amount)
    return answer_reads(book).read(amount, after_ms=GAP_CONFIRM_MS)


def test_A3_a_wallet_that_nothing_explains_freezes_sizing_and_says_so() -> None:
    book = frozen()
    assert denial(book) is Reason.EQUITY_UNEXPLAINED
    assert "-100 quote" in told(book)[0]
    assert book.level is KillLevel.NORMAL, "frozen, not killed: it thaws by itself once explained"


@pytest.mark.parametrize("wallet", ["10000.01", "9999.99"])
def test_A3_a_rounding_difference_is_no_event(wallet: str) -> None:
    assert denial(frozen(wallet)) is None


def test_A3_nothing_is_sized_on_money_whose_listing_cannot_be_read() -> None:
    """Seed 6183: the answers of the listing were lost, and 15 s after a deposit an entry was sized on it."""
    book = listed(Book().read("10000").feed(Ticked())).read("12000")
    assert denial(book) is Reason.EQUITY_UNEXPLAINED
    assert told(book) == [], "nobody is called before it is proven"


def test_A3_it_takes_two_reads_apart_and_both_listings() -> None:
    book = listed(Book().read("10000").feed(Ticked())).read("9900")
    book.read("9900", after_ms=GAP_CONFIRM_MS)
    assert told(book) == [], "the listings have not answered"
    answer_reads(book)
    book.read("9900", after_ms=10)
    assert "-100 quote" in told(book)[0]


def test_A3_a_fill_that_is_still_being_booked_is_no_event() -> None:
    book = listed(Book().read("10000").feed(Ticked())).read("9899.5")
    filled(book, "-100", fee="0.5")
    answer_reads(book)
    book.read("9899.5", after_ms=GAP_CONFIRM_MS)
    assert denial(book) is None
    assert told(book) == []


def test_A3_a_fill_that_is_read_again_after_a_start_explains_nothing_twice() -> None:
    book = filled(Book().read("10000"), "-100")
    book.state = recover(book.state, (), {BTC: 0}, at(book.now_ms))
    markets = {
        BTC: replace(book.state.markets[BTC], booked_to=1)
    }  # a live trade reads its fills from its own start
    book.state = replace(book.state, markets=markets)
    filled(book, "-100")
    assert book.state.money.books is not None
    assert book.state.money.books.explained_quote == Decimal(9_900)


def test_A3_a_fill_newer_than_the_balance_is_counted_once_in_equity() -> None:
    book = filled(Book().read("10000"), "-300")
    assert equity_now(Turn(book.state, at(book.now_ms))) == Decimal(10_000), (
        "its legs tell of it until the next read"
    )
    book.read("9700")
    assert equity_now(Turn(book.state, at(book.now_ms))) == Decimal(9_700)


def test_A3_a_transfer_that_the_venue_lists_thaws_and_is_booked_once() -> None:
    book = frozen()
    book.feed(Ticked(), after_ms=INCOME_CHASE_MS)
    paid_out = row(IncomeKind.TRANSFER, "-100", wire_ms=book.now_ms, symbol=False)
    listed(book, paid_out)
    assert denial(book) is None
    book.feed(Ticked(), after_ms=INCOME_PERIOD_MS)
    listed(book, paid_out)
    booked = [effect.rows for effect in book.effects if isinstance(effect, BookIncome)]
    assert booked == [(paid_out,)]
    assert denial(book.read("9900")) is None


def test_A3_funding_and_what_else_the_venue_pays_explain_themselves() -> None:
    book = listed(Book().read("10000").feed(Ticked())).feed(Ticked(), after_ms=INCOME_PERIOD_MS)
    rows = (
        row(IncomeKind.FUNDING, "-3", wire_ms=book.now_ms),
        row(IncomeKind.OTHER, "5", wire_ms=book.now_ms),
    )
    listed(book, *rows).read("10002")
    assert book.state.money.books is not None
    assert book.state.money.books.gap is None


def test_A3_a_strangers_trade_is_found_through_the_income_listing() -> None:
    book = frozen()
    book.feed(Ticked(), after_ms=INCOME_CHASE_MS)
    listed(book, row(IncomeKind.TRADE, "-100", wire_ms=book.now_ms))
    assert any(isinstance(effect, ReadFills) for effect in book.effects[-3:]), "its trade list is read"
    filled(book, "-100")
    assert denial(book) is None


def test_A3_an_operator_accounts_for_it_in_writing() -> None:
    book = frozen()
    book.feed(AccountedFor(actor="test", reason="gift to a friend", receipt=RECEIPT))
    assert denial(book) is None
    (booked,) = [effect for effect in book.effects if isinstance(effect, BookAdjustment)]
    assert (booked.amount_quote, booked.receipt) == (Decimal(-100), RECEIPT)
    assert booked.day is not None
    assert booked.day.capital_quote == Decimal(-100), "not a loss of the day"
    assert denial(book.read("9900", after_ms=GAP_CONFIRM_MS)) is None


def test_A3_accounting_for_nothing_books_nothing_and_is_answered() -> None:
    book = Book().read("10000").feed(AccountedFor(actor="test", reason="tidy", receipt=RECEIPT))
    (booked,) = [effect for effect in book.effects if isinstance(effect, BookAdjustment)]
    assert booked.amount_quote == 0
    with pytest.raises(InvariantBroken, match="A3"):
        AccountedFor(actor="test", reason=" ", receipt=RECEIPT)


def test_a_hint_of_a_transfer_reads_the_listing_soon() -> None:
    book = listed(Book().read("10000").feed(Ticked()))
    before = len(asked(book))
    book.feed(AccountHinted(symbol=None, transfer=True)).feed(Ticked(), after_ms=200)
    assert len(asked(book)) == before + 1


def test_a_listing_that_fails_or_has_more_pages_is_read_again() -> None:
    book = Book().read("10000").feed(Ticked())
    assert len(asked(book)) == 1
    unknown = Unknown(cause="test")
    book.feed(IncomeAnswered(request=asked(book)[0], answer=unknown, complete=False))
    book.feed(Ticked(), after_ms=INCOME_CHASE_MS)
    assert len(asked(book)) == 2
    funding = row(IncomeKind.FUNDING, "1", wire_ms=book.now_ms)
    listed(book, funding, complete=False).feed(Ticked(), after_ms=book.state.protection.reread_ms)
    assert asked(book)[-1] == ReadIncome(after_ms=funding.wire_ms)
