"""The bar book: completed bars only, in order, without gaps, and cold until warm (D1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from jackline.core.orders import Bar
from jackline.core.ports import Signal
from jackline.core.values import MarketMs, Price, Quantity, Side, Symbol
from jackline.engine.bars import BARS_KEPT, BarBook

INTERVAL_MS = 60_000
SYMBOL = Symbol("BTCUSDT")


class Eager:
    """Wants a long at every bar, and says how many bars it was shown."""

    name = "eager"
    warmup_bars = 3

    def signal(self, bars: Sequence[Bar]) -> Signal | None:
        return Signal(side=Side.LONG, reason=f"{len(bars)} bars")


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


def _book() -> BarBook:
    return BarBook(Eager(), INTERVAL_MS)


def test_D1_cold_until_the_warmup_is_complete() -> None:
    book = _book()
    for index in range(2):
        assert book.add(_bar(index))
        assert book.signal(SYMBOL) is None
    book.add(_bar(2))
    signal = book.signal(SYMBOL)
    assert signal is not None
    assert signal.market_ms == 3 * INTERVAL_MS


def test_D1_a_repeated_bar_changes_nothing() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(index) for index in range(5)])
    assert book.add(replace(_bar(4), close=Price(Decimal(999))))
    signal = book.signal(SYMBOL)
    assert signal is not None
    assert signal.reason == "5 bars"


def test_D1_a_gap_makes_the_book_cold() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(index) for index in range(5)])
    assert not book.add(_bar(7))
    assert book.signal(SYMBOL) is None


def test_history_keeps_only_its_unbroken_tail() -> None:
    book = _book()
    book.load(SYMBOL, [_bar(0), _bar(1), _bar(5), _bar(6), _bar(7)])
    signal = book.signal(SYMBOL)
    assert signal is not None
    assert signal.reason == "3 bars"


def test_the_book_is_bounded() -> None:
    book = _book()
    for index in range(BARS_KEPT + 50):
        book.add(_bar(index))
    signal = book.signal(SYMBOL)
    assert signal is not None
    assert signal.reason == f"{BARS_KEPT} bars"
