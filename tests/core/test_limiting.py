"""Limits changed while the engine runs: tightened at once, loosened with care, never beyond the file."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.bots import Bot
from jackline.core.budgets import risk_of
from jackline.core.effects import AnswerCommand, SaveDay, SaveLimits
from jackline.core.events import KillAsked, Receipt
from jackline.core.limit_events import LimitsAsked, OutsideTradeTold
from jackline.core.limiting import restored
from jackline.core.risk_limits import RiskLimits, limits_of
from jackline.core.state import KillLevel
from jackline.core.values import Fraction, Quote
from tests.core.making import RISK, cold_state
from tests.core.small_venue import BTC
from tests.core.test_limits import Book

FILE = limits_of(RISK)


def tight(**changes: object) -> RiskLimits:
    return replace(FILE, **changes)  # type: ignore[arg-type]  # each test says its own fields


TIGHTER = tight(size_cap_fraction=Fraction(Decimal("0.05")))


def ask(book: Book, after: RiskLimits, *, before: RiskLimits | None = None, reason: str = "drill") -> str:
    wanted = LimitsAsked(
        before=before or limits_of(book.state.risk),
        after=after,
        actor="test",
        reason=reason,
        command_id=f"limits {len(book.effects)}",
        position=3,
    )
    book.feed(wanted)
    (said,) = [
        one for one in book.effects if isinstance(one, SaveLimits) and one.command_id == wanted.command_id
    ]
    assert said.after == limits_of(book.state.risk)
    return said.result


def tell(book: Book, pnl: str) -> str:
    command_id = f"outside {len(book.effects)}"
    book.feed(
        OutsideTradeTold(
            trade_id="t-1",
            symbol=BTC,
            pnl_quote=Quote(Decimal(pnl)),
            actor="test",
            command_id=command_id,
            position=4,
        )
    )
    (said,) = [one for one in book.effects if isinstance(one, AnswerCommand) and one.command_id == command_id]
    return said.result or ""


def level(book: Book) -> KillLevel:
    return book.state.kill_level


@pytest.mark.owns("K5")
def test_K5_a_limit_that_is_tightened_below_the_days_loss_trips_at_once() -> None:
    book = Book().read("10000").read("10000", "9700")
    assert level(book) is KillLevel.NORMAL
    assert ask(book, tight(daily_loss_max_fraction=Fraction(Decimal("0.02")))) == "changed"
    assert level(book) is KillLevel.NO_NEW_RISK


@pytest.mark.owns("K5")
def test_K5_a_streak_that_is_tightened_below_what_is_counted_trips_at_once() -> None:
    book = Book().read("10000")
    tell(book, "-5")
    tell(book, "-5")
    assert level(book) is KillLevel.NORMAL
    assert ask(book, tight(losing_streak_max=2)) == "changed"
    assert level(book) is KillLevel.NO_NEW_RISK


def test_nothing_is_looser_than_the_file() -> None:
    book = Book().read("10000")
    said = ask(book, tight(size_cap_fraction=Fraction(Decimal("0.2"))))
    assert said.startswith("refused: file: size_cap_fraction")
    assert ask(book, tight(losing_streak_max=None)).startswith("refused: file: losing_streak_max")
    assert ask(book, tight(equity_min_quote=Quote(Decimal(1)))).startswith("refused: file: equity_min_quote")
    assert ask(book, TIGHTER) == "changed"
    assert ask(book, tight(size_cap_fraction=Fraction(Decimal("0.11")))).startswith("refused: file: ")
    assert ask(book, FILE) == "changed", "back to what the file says"


@pytest.mark.owns("K4")
def test_K4_nothing_is_loosened_while_the_switch_is_tripped_and_tightening_goes_on() -> None:
    book = Book().read("10000")
    ask(book, TIGHTER)
    receipt = Receipt(command_id="kill", position=1)
    book.feed(KillAsked(level=KillLevel.NO_NEW_RISK, actor="test", reason="drill", receipt=receipt))
    assert ask(book, FILE).startswith("refused: tripped: size_cap_fraction")
    tighter = replace(TIGHTER, losing_streak_max=2)
    assert ask(book, tighter, reason="") == "changed"


def test_loosening_needs_a_reason() -> None:
    book = Book().read("10000")
    ask(book, TIGHTER, reason="")
    assert ask(book, FILE, reason=" ").startswith("refused: no_reason: ")


def test_a_change_of_what_is_no_longer_in_force_is_refused() -> None:
    book = Book().read("10000")
    ask(book, TIGHTER)
    assert ask(book, FILE, before=FILE).startswith("refused: stale: ")
    assert ask(book, TIGHTER) == "changed nothing"


@pytest.mark.parametrize("figure", ["NaN", "Infinity", "0", "-0.1"])
def test_what_is_no_share_is_refused(figure: str) -> None:
    book = Book().read("10000")
    assert ask(book, tight(size_cap_fraction=Fraction(Decimal(figure)))).startswith("refused: bad_limits: ")
    assert ask(book, tight(losing_streak_max=0)).startswith("refused: bad_limits: ")


@pytest.mark.owns("K5")
def test_K5_a_start_takes_the_tighter_of_file_and_record_limit_by_limit() -> None:
    saved = replace(TIGHTER, losing_streak_max=9)
    state = restored(cold_state(), saved)
    assert limits_of(state.risk) == TIGHTER
    assert state.limits_of_file == FILE


def test_a_bots_own_cap_follows_the_account_down_and_never_up() -> None:
    def cap(bot_cap: str, account_cap: str) -> Decimal:
        own = replace(RISK, size_cap_fraction=Fraction(Decimal(bot_cap)))
        state = replace(cold_state(), bots={"one": Bot(name="one", symbols=None, risk=own)})
        now = tight(size_cap_fraction=Fraction(Decimal(account_cap)))
        return risk_of(restored(state, now), "one").size_cap_fraction

    assert cap("0.20", "0.05") == Decimal("0.05")
    assert cap("0.20", "0.10") == Decimal("0.20"), "the file gives it more, and nobody has tightened"
    assert cap("0.03", "0.05") == Decimal("0.03")


@pytest.mark.owns("K5")
def test_K5_a_loss_told_from_outside_is_counted_and_judged_at_once() -> None:
    book = Book().read("10000")
    assert tell(book, "-5").startswith("counted: losses in a row: 1; the day's result comes from the venue")
    assert tell(book, "12").startswith("noted: a gain ends no losing streak")
    tell(book, "-5")
    assert level(book) is KillLevel.NORMAL
    assert tell(book, "-5").startswith("counted: losses in a row: 3")
    assert level(book) is KillLevel.NO_NEW_RISK
    kept = [one.day.losing_streak for one in book.effects if isinstance(one, SaveDay)]
    assert kept[-1] == 3


def test_without_a_day_nothing_is_counted() -> None:
    assert tell(Book(), "-5").startswith("refused: no_day: ")
