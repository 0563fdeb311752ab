"""The bar book: completed bars only, in order, without gaps, cold until warm (D1); and what a strategy may do to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from jackline.core.effects import NoteDenied
from jackline.core.errors import InvariantBroken
from jackline.core.events import Signalled
from jackline.core.orders import Bar
from jackline.core.outcomes import Reason
from jackline.core.ports import Signal, Strategy
from jackline.core.values import Fraction, MarketMs, Price, Quantity, Side, Symbol
from jackline.engine.bars import BARS_KEPT, REASON_CHARS_MAX, BarBook
from jackline.store.encode import decode, encode

INTERVAL_MS = 60_000
SYMBOL = Symbol("BTCUSDT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Eager:
    """Wants a long at every bar, and says which bars it was shown."""

    name: str = "eager"
    warmup_bars: int = 3

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        shown = [bar.open_ms // INTERVAL_MS for bar in bars]
        return Signal(side=Side.LONG, reason=f"bars {shown[0]} to {shown[-1]}")


def _bar(index: int) -> Bar:
    price = Price(Decimal(100 + index))
    return Bar(
        symbol=SYMBOL,
        open_ms=MarketMs(index * INTERVAL_MS),
        interval_ms=INTERVAL_MS,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=Quantity(Decimal(1)),
    )


def _book(strategy: Strategy | None = None) -> BarBook:
    return BarBook(strategy or Eager(), INTERVAL_MS)


def _wish(book: BarBook) -> Signalled:
    found = book.wish(SYMBOL)
    assert isinstance(found, Signalled)
    return found


def test_D1_cold_until_the_warmup_is_complete() -> None:
    book = _book()
    for index in range(2):
        assert book.add(_bar(index))
        assert book.wish(SYMBOL) is None
    book.add(_bar(2))
    assert _wish(book).market_ms == 3 * INTERVAL_MS


def test_D1_a_repeated_bar_changes_nothing() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(index) for index in range(5)])
    assert book.add(replace(_bar(4), close=Price(Decimal(999))))
    assert _wish(book).reason == "bars 2 to 4"


def test_D1_a_gap_makes_the_book_cold() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(index) for index in range(5)])
    assert not book.add(_bar(7))
    assert book.wish(SYMBOL) is None


def test_history_keeps_only_its_unbroken_tail() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(0), _bar(1), _bar(5), _bar(6), _bar(7)])
    assert _wish(book).reason == "bars 5 to 7"


def test_a_strategy_is_shown_what_it_warms_up_on_and_no_more() -> None:
    """Whatever history an engine was started with, the same bars decide (D2, D4)."""
    book = _book()
    book.load(SYMBOL, [_bar(index) for index in range(50)])
    book.add(_bar(50))
    assert _wish(book).reason == "bars 48 to 50"


def test_the_book_is_bounded() -> None:
    all_kept, one_more = _book(Eager(warmup_bars=BARS_KEPT)), _book(Eager(warmup_bars=BARS_KEPT + 1))
    for index in range(BARS_KEPT + 50):
        all_kept.add(_bar(index))
        one_more.add(_bar(index))
    assert _wish(all_kept).reason == f"bars 50 to {BARS_KEPT + 49}"
    assert one_more.wish(SYMBOL) is None


# -- a strategy that is wrong --------------------------------------------------------------------------------


UNTYPED: Callable[..., Signal] = Signal
"""As it is called where nobody runs a type checker."""


class Worse(Signal):
    """One that checks nothing."""

    def __post_init__(self) -> None:
        pass


class SilentError(Exception):
    """Fails even to say what is wrong."""

    def __str__(self) -> str:
        raise RuntimeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """Does at every bar what it was told to."""

    doing: Callable[[Sequence[Bar]], object]
    name: str = "broken"
    warmup_bars: int = 3

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return self.doing(bars)  # type: ignore[return-value] # a user's code is as typed as its author likes


def _raising(error: BaseException) -> Callable[[Sequence[Bar]], object]:
    def fail(_: Sequence[Bar]) -> object:
        raise error

    return fail


def _for_ever(bars: Sequence[Bar]) -> object:
    return _for_ever(bars)


@pytest.mark.parametrize(
    ("doing", "said"),
    [
        (lambda _: 1 / 0, "broken: ZeroDivisionError: division by zero (test_bars.py:"),
        (lambda bars: bars[600], "IndexError: tuple index out of range"),
        (lambda bars: bars.pop(), "AttributeError"),
        (lambda _: Side.LONG, "TypeError: signal() gave a Side, neither a Signal nor None"),
        (lambda _: UNTYPED(side="long", reason=""), "TypeError: side is 'long'; give Side.LONG"),
        (lambda _: UNTYPED(side=Side.LONG, reason=3), "TypeError: reason is 3; give a text"),
        (lambda _: UNTYPED(side=Side.LONG, reason="", confidence=Decimal(2)), "confidence is Decimal('2')"),
        (lambda _: UNTYPED(side=Side.LONG, reason="", confidence=0.5), "confidence is 0.5; give a Decimal"),
        (lambda _: Worse(side=Side.LONG, reason=""), "TypeError: signal() gave a Worse"),
        (_for_ever, "RecursionError"),
        (lambda _: Signal(side=Side.LONG, reason="\ud83d"), "UnicodeEncodeError"),
        (_raising(ValueError("\ud83d")), r"ValueError: \ud83d"),
        (_raising(SilentError()), "SilentError"),
        (_raising(SystemExit(0)), "SystemExit"),
        (_raising(asyncio.CancelledError()), "CancelledError"),
        (_raising(InvariantBroken("P4", {})), "InvariantBroken"),
    ],
)
def test_what_a_strategy_does_wrong_is_a_denial_and_never_reaches_the_engine(
    doing: Callable[[Sequence[Bar]], object], said: str
) -> None:
    book = _book(Broken(doing=doing))
    book.load(SYMBOL, [_bar(index) for index in range(3)])
    denied = book.wish(SYMBOL)
    assert isinstance(denied, NoteDenied)
    assert (denied.symbol, denied.side, denied.market_ms) == (SYMBOL, None, 3 * INTERVAL_MS)
    assert denied.denied.reason is Reason.STRATEGY
    assert said in denied.denied.detail
    assert decode(encode(denied), NoteDenied) == denied, "the journal can hold it"


def test_a_strategy_that_talks_too_much_is_cut_short() -> None:
    def talk(_: Sequence[Bar]) -> Signal:
        return Signal(side=Side.SHORT, reason="because " * 1_000, confidence=Fraction(Decimal("0.7")))

    book = _book(Broken(doing=talk))
    book.load(SYMBOL, [_bar(index) for index in range(3)])
    assert len(_wish(book).reason) == REASON_CHARS_MAX
