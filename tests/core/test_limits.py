"""The daily loss limit: tripped by the event that breaches it, blind to deposits, kept over a restart and midnight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from jackline.core import deciding
from jackline.core.effects import Alert, BookIncome, Effect, SaveDay, SaveKill
from jackline.core.events import (
    Event,
    FillHinted,
    IncomeAnswered,
    MarkMoved,
    Now,
    OpeningBooked,
    Receipt,
    ResetAsked,
    ResetDurable,
    SnapshotAnswered,
)
from jackline.core.limits import DAY_MS, on_trade_ended
from jackline.core.money import Day, Money
from jackline.core.orders import BalanceView, IncomeKind, IncomeView, PositionView
from jackline.core.requests import ReadIncome, ReadSnapshot
from jackline.core.state import KillLevel, State
from jackline.core.step import step
from jackline.core.turn import Turn
from jackline.core.values import Fraction, MarketMs, Price, Quantity, Quote, Side, WireMs
from tests.core.making import RISK, START_MS, TRADE, cold_state, planned, position, snapshot
from tests.core.small_venue import BTC

OPENING = Quote(Decimal(10_000))
MIDNIGHT_MS = (START_MS // DAY_MS + 1) * DAY_MS


@dataclass(slots=True, kw_only=True)
class Book:
    """A core with a ledger, and a venue that is only its balance."""

    state: State = field(default_factory=cold_state)
    now_ms: int = START_MS
    effects: list[Effect] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.state.money.books is None:
            self.feed(OpeningBooked(wallet_quote=OPENING, wire_ms=WireMs(self.now_ms)))

    def feed(self, event: Event, *, after_ms: int = 10) -> Book:
        self.now_ms += after_ms
        now = Now(wire_ms=WireMs(self.now_ms), market_ms=MarketMs(self.now_ms))
        self.state, effects = step(self.state, event, now)
        self.effects.extend(effects)
        return self

    def read(
        self, wallet: str, equity: str | None = None, *positions: PositionView, after_ms: int = 10
    ) -> Book:
        """A snapshot with a fresh balance."""
        balance = BalanceView(
            wallet_quote=Quote(Decimal(wallet)),
            equity_quote=Quote(Decimal(equity or wallet)),
            asked_ms=WireMs(self.now_ms + after_ms - 1),
        )
        seen = replace(snapshot(positions=positions, asked=self.state.asked), balance=balance)
        request = ReadSnapshot(asked=self.state.asked, symbols=None)
        return self.feed(SnapshotAnswered(request=request, answer=seen), after_ms=after_ms)

    def mark(self, price: str, *, after_ms: int = 10) -> Book:
        moved = MarkMoved(symbol=BTC, mark=Price(Decimal(price)), market_ms=MarketMs(self.now_ms))
        return self.feed(moved, after_ms=after_ms)

    def transfer(self, amount: str, income_id: int = 1) -> Book:
        row = IncomeView(
            kind=IncomeKind.TRANSFER,
            symbol=None,
            income_id=income_id,
            amount_quote=Quote(Decimal(amount)),
            wire_ms=WireMs(self.now_ms),
            market_ms=MarketMs(self.now_ms),
        )
        request = ReadIncome(after_ms=WireMs(START_MS))
        return self.feed(IncomeAnswered(request=request, answer=(row,), complete=True))

    @property
    def level(self) -> KillLevel:
        return self.state.kill_level


def long_one(mark: str = "50000") -> PositionView:
    return position(Side.LONG, size="0.1", entry="50000", mark=mark)


@pytest.mark.parametrize(
    ("equity", "level"), [("9500.01", KillLevel.NORMAL), ("9500", KillLevel.NO_NEW_RISK)]
)
def test_K5_the_snapshot_that_shows_the_loss_trips_the_switch(equity: str, level: KillLevel) -> None:
    book = Book().read("10000").read("10000", equity, long_one("45000"))
    assert book.level is level
    assert [effect.level for effect in book.effects if isinstance(effect, SaveKill)] == [level][: level.rank]


@pytest.mark.parametrize(("mark", "level"), [("45000.1", KillLevel.NORMAL), ("45000", KillLevel.NO_NEW_RISK)])
def test_K5_the_mark_that_brings_the_loss_trips_the_switch(mark: str, level: KillLevel) -> None:
    book = Book().read("10000", "10000", long_one()).mark("50000").mark(mark)
    assert book.level is level
    told = [effect for effect in book.effects if isinstance(effect, Alert) and effect.code == "K5"]
    assert len(told) == level.rank


@pytest.mark.parametrize(("price", "level"), [("45001", KillLevel.NORMAL), ("44990", KillLevel.NO_NEW_RISK)])
def test_K5_the_fill_that_realises_the_loss_trips_the_switch_and_a_later_mark_does_not(
    price: str, level: KillLevel
) -> None:
    book = Book().read("10000", "10000", long_one()).mark("50000")
    fill = FillHinted(
        symbol=BTC,
        client_id="somebody",
        order_id=1,
        quantity=Quantity(Decimal("0.1")),
        price=Price(Decimal(price)),
        wire_ms=WireMs(book.now_ms),
        market_ms=MarketMs(book.now_ms),
    )
    assert book.feed(fill).mark("30000").level is level


@pytest.mark.owns("A3")
@pytest.mark.parametrize("read_first", [True, False])
@pytest.mark.parametrize("amount", [-4_000, 4_000])
def test_K5_deposits_and_withdrawals_are_neither_loss_nor_profit(amount: int, read_first: bool) -> None:
    book, wallet = Book().read("10000"), str(10_000 + amount)
    if read_first:
        book.read(wallet).transfer(str(amount)).read(wallet)
    else:
        book.transfer(str(amount)).read(wallet)
    assert book.level is KillLevel.NORMAL
    (booked,) = [effect for effect in book.effects if isinstance(effect, BookIncome)]
    assert booked.day is not None
    assert booked.day.capital_quote == amount, "written in the transaction of the transfer"
    lost = str(10_000 + amount - 500)
    assert book.read(wallet, lost, long_one("45000")).level is KillLevel.NO_NEW_RISK


def test_K5_a_restart_forgives_nothing() -> None:
    book = Book().read("10000")
    (kept,) = [effect.day for effect in book.effects if isinstance(effect, SaveDay)]
    state = replace(cold_state(), money=Money(books=book.state.money.books, day=kept))
    again = Book(state=state, now_ms=book.now_ms).read("10000", "9600", long_one("46000"))
    assert again.level is KillLevel.NORMAL
    assert again.read("10000", "9490", long_one("44900")).level is KillLevel.NO_NEW_RISK
    assert [effect for effect in again.effects if isinstance(effect, SaveDay)] == []


@pytest.mark.owns("K5")
def test_K4_midnight_begins_the_counter_anew_and_leaves_the_switch() -> None:
    book = Book().read("10000").read("10000", "9400", long_one("44000"))
    assert book.level is KillLevel.NO_NEW_RISK
    book.now_ms = MIDNIGHT_MS
    book.mark("44000")
    assert book.level is KillLevel.NO_NEW_RISK, "midnight resets counters, not switches"
    day = book.state.money.day
    assert day is not None
    assert (day.number, day.equity_quote) == (MIDNIGHT_MS // DAY_MS, Decimal(9_400))


@pytest.mark.owns("K5")
@pytest.mark.parametrize(("mark", "level"), [("45001", KillLevel.NORMAL), ("45000", KillLevel.NO_NEW_RISK)])
def test_K5_the_first_event_of_a_day_that_brings_its_loss_trips_the_switch(
    mark: str, level: KillLevel
) -> None:
    book = Book().read("10000", "10000", long_one()).mark("50000")
    book.now_ms = MIDNIGHT_MS
    assert book.mark(mark).level is level
    day = book.state.money.day
    assert day is not None
    assert (day.number, day.equity_quote) == (MIDNIGHT_MS // DAY_MS, OPENING), "as it stood before"


@pytest.mark.owns("K5")
def test_K5_the_first_event_of_a_day_that_brings_the_drawdown_trips_the_switch() -> None:
    book = peaked("12400").read("10000", "10000", long_one()).mark("50000")
    assert book.level is KillLevel.NORMAL
    book.now_ms = MIDNIGHT_MS
    assert book.mark("49000").level is KillLevel.NO_NEW_RISK
    (reason,) = [effect.reason for effect in book.effects if isinstance(effect, SaveKill)]
    assert "below its peak of 12400" in reason


@pytest.mark.owns("A3", "K5")
@pytest.mark.parametrize("amount", [-4_000, 4_000])
def test_K5_a_transfer_that_begins_a_day_is_neither_loss_nor_profit(amount: int) -> None:
    book, wallet = Book().read("10000"), str(10_000 + amount)
    book.read(wallet)
    book.now_ms = MIDNIGHT_MS
    book.transfer(str(amount)).read(wallet)
    assert book.level is KillLevel.NORMAL
    day = book.state.money.day
    assert day is not None
    assert day.number == MIDNIGHT_MS // DAY_MS
    assert day.capital_quote == amount
    lost = str(10_000 + amount - 500)
    assert book.read(wallet, lost, long_one("45000")).level is KillLevel.NO_NEW_RISK


def test_K5_a_clock_that_steps_back_over_midnight_keeps_the_day() -> None:
    book = Book(now_ms=MIDNIGHT_MS).read("10000")
    book.now_ms = MIDNIGHT_MS - 5_000
    book.read("10000", "9400", long_one("44000"), after_ms=2_000)
    assert book.level is KillLevel.NO_NEW_RISK, "the loss counts from the day's own beginning"
    assert book.state.money.day is not None
    assert book.state.money.day.equity_quote == OPENING


def test_K4_a_reset_within_the_day_does_not_forgive_its_loss() -> None:
    book = Book().read("10000").read("10000", "9400", long_one("44000"))
    receipt = Receipt(command_id="c", position=1)
    book.feed(ResetAsked(actor="test", reason="I know", receipt=receipt)).feed(ResetDurable())
    assert book.level is KillLevel.NORMAL
    assert book.mark("44000").level is KillLevel.NO_NEW_RISK
    book.feed(ResetAsked(actor="test", reason="it came back", receipt=receipt)).feed(ResetDurable())
    assert book.mark("49000").level is KillLevel.NORMAL


# -- losing trades in a row ----------------------------------------------------------------------------------


def lost(book: Book, *, quote: str = "-10", balance: str = "0", exits: tuple[int, ...] = (7,)) -> Book:
    """A trade ends with this result."""
    turn = Turn(book.state, Now(wire_ms=WireMs(book.now_ms), market_ms=MarketMs(book.now_ms)))
    plan = planned()
    blank = deciding.blank_trade(
        turn, trade_id=TRADE, symbol=BTC, mode=plan.mode, stop=plan.stop, entry=plan, entry_slot=None
    )
    result = Quote(Decimal(quote))
    on_trade_ended(turn, replace(blank, result_quote=result, balance=Decimal(balance), exit_order_ids=exits))
    book.state, effects = turn.finish()
    book.effects.extend(effects)
    return book


@pytest.mark.owns("K5")
def test_K5_the_third_loss_in_a_row_trips_and_a_win_between_begins_anew() -> None:
    book = Book().read("10000")
    levels = [lost(book, quote=quote).state.kill_level for quote in ("-1", "-1", "4", "-1", "-1", "-1")]
    assert levels == [KillLevel.NORMAL] * 5 + [KillLevel.NO_NEW_RISK]


@pytest.mark.owns("K5")
@pytest.mark.parametrize(("balance", "exits"), [("0.001", (7,)), ("0", ())])
def test_K5_a_trade_whose_result_is_not_known_is_not_counted(balance: str, exits: tuple[int, ...]) -> None:
    book = Book().read("10000")
    for _ in range(5):
        lost(book, balance=balance, exits=exits)
    assert book.state.kill_level is KillLevel.NORMAL


# -- golden values and the drawdown --------------------------------------------------------------------------


@pytest.mark.owns("K5")
def test_K5_the_second_of_two_losses_of_300_and_250_on_10_000_trips() -> None:
    book = Book().read("10000").read("9700")
    assert book.level is KillLevel.NORMAL
    explained = book.state.money.books
    assert explained is not None
    # Both losses are fills of ours: the ledger explains them.
    books = replace(explained, explained_quote=Quote(Decimal(9_700)), gap=None)
    book.state = replace(book.state, money=replace(book.state.money, books=books))
    assert book.read("9700").level is KillLevel.NORMAL
    books = replace(explained, explained_quote=Quote(Decimal(9_450)), gap=None)
    book.state = replace(book.state, money=replace(book.state.money, books=books))
    assert book.read("9450").level is KillLevel.NO_NEW_RISK


def peaked(peak: str, *, most: str = "0.20") -> Book:
    """A book whose equity has been here once; the day began low, so that its own limit is far away."""
    day = Day(
        number=START_MS // DAY_MS,
        equity_quote=Quote(Decimal(10_000)),
        capital_quote=Quote(Decimal(0)),
        peak_quote=Quote(Decimal(peak)),
    )
    risk = replace(RISK, drawdown_max_fraction=Fraction(Decimal(most)))
    book = Book(state=cold_state(risk=risk))
    book.state = replace(book.state, money=replace(book.state.money, day=day))
    return book


@pytest.mark.owns("K5")
@pytest.mark.parametrize(("peak", "level"), [("12499", KillLevel.NORMAL), ("12500", KillLevel.NO_NEW_RISK)])
def test_K5_equity_a_fifth_below_its_peak_trips(peak: str, level: KillLevel) -> None:
    book = peaked(peak).read("10000")
    assert book.level is level
    reasons = [effect.reason for effect in book.effects if isinstance(effect, SaveKill)]
    assert len(reasons) == level.rank
    assert all("below its peak of 12500" in reason for reason in reasons)


@pytest.mark.owns("K5")
def test_K5_the_peak_outlives_midnight_and_a_deposit_is_no_peak() -> None:
    book = peaked("11000").read("10000")
    book.transfer("4000").read("14000")
    day = book.state.money.day
    assert day is not None
    assert day.peak_quote == 15_000, "a deposit moves the peak with it"
    book.now_ms = MIDNIGHT_MS
    book.mark("50000")
    day = book.state.money.day
    assert day is not None
    assert day.number == MIDNIGHT_MS // DAY_MS
    assert day.peak_quote == 15_000
    assert book.level is KillLevel.NORMAL


def test_K5_a_new_peak_is_written_once_a_thousandth() -> None:
    book = peaked("10000")
    for equity in ("10005", "10009.99", "10010", "10015"):
        book.read("10000", equity, long_one("50000"))
    saved = [effect.day.peak_quote for effect in book.effects if isinstance(effect, SaveDay)]
    assert saved == [Decimal("10010")]


@pytest.mark.owns("K4")
def test_K4_a_reset_counts_the_drawdown_anew() -> None:
    book = peaked("12500").read("10000")
    assert book.level is KillLevel.NO_NEW_RISK
    receipt = Receipt(command_id="c", position=1)
    book.feed(ResetAsked(actor="test", reason="I know", receipt=receipt)).feed(ResetDurable())
    assert book.mark("50000").level is KillLevel.NORMAL
    day = book.state.money.day
    assert day is not None
    assert day.peak_quote == 10_000
