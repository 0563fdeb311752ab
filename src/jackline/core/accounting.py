"""Does the ledger explain the wallet? Where it does not, sizing waits until the money is accounted for (A3)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from jackline.core.effects import BookAdjustment, BookIncome, Level
from jackline.core.events import AccountedFor, IncomeAnswered, OpeningBooked
from jackline.core.money import NOTHING, Balance, Books, Gap, Leg, Money
from jackline.core.orders import FillView, IncomeKind, IncomeView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.replacing import replace
from jackline.core.requests import ReadIncome
from jackline.core.turn import Turn
from jackline.core.values import Quote, WireMs

TOLERANCE_QUOTE = Decimal("0.01")
"""Venues round each row to eight digits; years of them stay below a cent."""
GAP_CONFIRM_MS = 4_000
"""A difference in two reads this far apart is none of a fill that is still being booked."""
INCOME_PERIOD_MS = 60_000
"""The income listing costs thirty times a query, and funding is paid every few hours."""
INCOME_CHASE_MS = 5_000
"""How often it is read while a difference stands, and after a read that failed."""
LISTS_AT_ONCE_MAX = 20
"""Trade lists read at once: a hundred of the minute's request weight."""
INCOME_LAG_MS = 1_000
"""A row may appear this long after the wallet shows its money."""
INCOME_OVERLAP_MS = 600_000
"""What was listed is read again for this long: rows are known to appear late and out of order."""


def on_opening(turn: Turn, event: OpeningBooked) -> None:
    """The ledger begins: from here on it must explain every change."""
    books = Books(explained_quote=event.wallet_quote, income_from_ms=event.wire_ms, income_known={})
    turn.state = replace(turn.state, books_from_ms=event.wire_ms)
    turn.put_money(replace(turn.state.money, books=books))


# -- the wallet ----------------------------------------------------------------------------------------------


def on_balance(turn: Turn, snapshot: Snapshot) -> None:
    """Compare the wallet with the ledger, once for each read of the balance."""
    view, money = snapshot.balance, turn.state.money
    if view is None or (money.balance is not None and view.asked_ms == money.balance.asked_ms):
        return
    explained = money.books.explained_quote if money.books is not None else view.wallet_quote
    balance = Balance(
        wallet_quote=view.wallet_quote,
        equity_quote=view.equity_quote,
        asked_ms=view.asked_ms,
        legs=tuple(
            Leg(symbol=one.symbol, side=one.side, quantity=one.quantity, mark=one.mark)
            for one in snapshot.positions
        ),
        gap_quote=Quote(view.wallet_quote - explained),
    )
    turn.put_money(replace(money, balance=balance))
    if money.books is not None:
        _judge(turn, money.books, balance)


def _judge(turn: Turn, books: Books, balance: Balance) -> None:
    """No gap, a new one, or one that has stayed although everything was read."""
    gap = books.gap
    if abs(balance.gap_quote) <= TOLERANCE_QUOTE:
        _put(turn, _closed(turn, books))
    elif gap is None or gap.amount_quote != balance.gap_quote:
        want_fills(turn)
        fresh = Gap(amount_quote=balance.gap_quote, since_ms=balance.asked_ms)
        _put(turn, _due(replace(books, gap=fresh), turn.now.wire_ms + INCOME_LAG_MS))
    elif not books.unexplained and _is_proven(turn, books, gap, balance):
        turn.alert(
            Level.CRITICAL,
            "A3",
            f"the wallet moved by {gap.amount_quote:+f} quote that no fill, funding or transfer explains: no new "
            "risk until the venue lists it or an operator accounts for it",
        )
        _put(turn, _due(replace(books, unexplained=True), turn.now.wire_ms + INCOME_CHASE_MS))
    else:
        _put(turn, _due(books, turn.now.wire_ms + INCOME_CHASE_MS))


def _is_proven(turn: Turn, books: Books, gap: Gap, balance: Balance) -> bool:
    """Both listings were asked after the gap was seen and have answered, and it is still the same."""
    listed = books.income_read_ms > gap.since_ms and all(
        turn.fills_settled(symbol) for symbol in turn.markets
    )
    return listed and balance.asked_ms - gap.since_ms >= GAP_CONFIRM_MS


def _closed(turn: Turn, books: Books) -> Books:
    if books.unexplained:
        turn.alert(Level.INFO, "A3", "the ledger explains the wallet again")
    return replace(books, gap=None, unexplained=False)


# -- what explains it ----------------------------------------------------------------------------------------


def on_fills(turn: Turn, fills: Iterable[FillView]) -> None:
    """Fills that are booked now for the first time explain what they realised and cost."""
    amount = Quote(sum((fill.realised_quote - fill.fee_quote for fill in fills), NOTHING))
    balance = turn.state.money.balance
    # A balance read before these fills does not hold their money: there is nothing to explain in it.
    held = balance is not None and abs(balance.gap_quote - amount) < abs(balance.gap_quote)
    _explain(turn, amount, in_balance=held)


def on_income(turn: Turn, event: IncomeAnswered) -> None:
    """A page of the income listing: book what is new, and read the trade list where it tells of trades."""
    books = turn.state.money.books
    if books is None:
        return
    now_ms, asked_ms = turn.now.wire_ms, books.income_asked_ms or turn.now.wire_ms
    if isinstance(event.answer, Unknown):
        _put(turn, replace(books, income_asked_ms=None, income_due_ms=WireMs(now_ms + INCOME_CHASE_MS)))
        return
    news = tuple(row for row in event.answer if row.key not in books.income_known)
    from_ms = max((row.wire_ms for row in event.answer), default=books.income_from_ms)
    if event.complete:
        from_ms = WireMs(max(books.income_from_ms, asked_ms - INCOME_OVERLAP_MS))
    known = {**books.income_known, **{row.key: row.wire_ms for row in news}}
    books = replace(
        books,
        income_asked_ms=None,
        income_from_ms=from_ms,
        income_read_ms=asked_ms if event.complete else books.income_read_ms,
        income_known={key: wire_ms for key, wire_ms in known.items() if wire_ms >= from_ms},
    )
    _put(turn, books if event.complete else _due(books, now_ms + turn.state.protection.reread_ms))
    for symbol in sorted({row.symbol for row in news if row.kind is IncomeKind.TRADE and row.symbol}):
        turn.want_fills(symbol)
    _book(turn, tuple(row for row in news if row.kind is not IncomeKind.TRADE))


def _book(turn: Turn, rows: tuple[IncomeView, ...]) -> None:
    if not rows:
        return
    capital = Quote(sum((row.amount_quote for row in rows if row.kind is IncomeKind.TRANSFER), NOTHING))
    _move_capital(turn, capital)
    _explain(turn, Quote(sum((row.amount_quote for row in rows), NOTHING)), in_balance=True)
    for row in rows:
        if row.kind is IncomeKind.TRANSFER:
            turn.alert(Level.INFO, "A3", f"transfer of {row.amount_quote:+f} quote")
    turn.effects.append(BookIncome(rows=rows, day=turn.state.money.day if capital else None))


def on_accounted(turn: Turn, event: AccountedFor) -> None:
    """An operator accounts for the difference in writing: it is booked as an adjustment of the capital."""
    amount = _steady_gap(turn.state.money)
    _move_capital(turn, amount)
    _explain(turn, amount, in_balance=True)
    turn.effects.append(
        BookAdjustment(
            amount_quote=amount,
            actor=event.actor,
            reason=event.reason,
            receipt=event.receipt,
            day=turn.state.money.day if amount else None,
        )
    )


def _steady_gap(money: Money) -> Quote:
    """What is unexplained and has not changed since it was found so; else nothing: look again."""
    books, balance = money.books, money.balance
    if books is None or balance is None or books.gap is None or not books.unexplained:
        return NOTHING
    return books.gap.amount_quote if books.gap.amount_quote == balance.gap_quote else NOTHING


def _move_capital(turn: Turn, amount: Quote) -> None:
    """Money in or out is neither profit nor loss of the day."""
    day = turn.state.money.day
    if day is not None and amount:
        peak = None if day.peak_quote is None else Quote(day.peak_quote + amount)
        moved = replace(day, capital_quote=Quote(day.capital_quote + amount), peak_quote=peak)
        turn.put_money(replace(turn.state.money, day=moved))


def _explain(turn: Turn, amount: Quote, *, in_balance: bool) -> None:
    """The ledger explains `amount` more. `in_balance`: the last balance read holds it, or will be taken to."""
    money = turn.state.money
    if money.books is None or not amount:
        return
    books = replace(money.books, explained_quote=Quote(money.books.explained_quote + amount))
    balance = money.balance
    if balance is not None and in_balance:
        balance = replace(balance, gap_quote=Quote(balance.gap_quote - amount))
        if abs(balance.gap_quote) <= TOLERANCE_QUOTE:
            books = _closed(turn, books)
    turn.put_money(replace(money, books=books, balance=balance))


# -- asking --------------------------------------------------------------------------------------------------


def want_fills(turn: Turn) -> None:
    """Something may have filled, nobody knows where: read the trade lists again.

    Each costs five of the minute's request weight. Of many symbols only those are read that hold a trade; the income
    listing, which costs thirty, names the others.
    """
    symbols = list(turn.markets)
    if len(symbols) > LISTS_AT_ONCE_MAX:
        held = {trade.symbol for trade in turn.trades.values()}
        symbols = [symbol for symbol in symbols if symbol in held]
        hurry(turn, 0)
    for symbol in symbols:
        turn.want_fills(symbol)


def hurry(turn: Turn, delay_ms: int) -> None:
    """Money moved, the stream says: read the listing soon."""
    books = turn.state.money.books
    if books is not None:
        _put(turn, _due(books, turn.now.wire_ms + delay_ms))


def ask(turn: Turn) -> None:
    """Ask for the income listing when it is due; one read at a time."""
    books, now_ms = turn.state.money.books, turn.now.wire_ms
    if books is None or books.income_asked_ms is not None or now_ms < books.income_due_ms:
        return
    due_ms = WireMs(now_ms + INCOME_PERIOD_MS)
    _put(turn, replace(books, income_asked_ms=now_ms, income_due_ms=due_ms))
    turn.effects.append(ReadIncome(after_ms=books.income_from_ms))


def _due(books: Books, due_ms: int) -> Books:
    return replace(books, income_due_ms=WireMs(min(books.income_due_ms, due_ms)))


def _put(turn: Turn, books: Books) -> None:
    turn.put_money(replace(turn.state.money, books=books))
