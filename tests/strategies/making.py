"""Bars for strategy tests."""

from collections.abc import Sequence
from decimal import Decimal
from random import Random

from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Symbol

INTERVAL_MS = 300_000


def bar_of(*, open_ms: int, high: float | str, low: float | str, close: float | str) -> Bar:
    """A bar that opens where it closes."""
    return Bar(
        symbol=Symbol("BTCUSDT"),
        open_ms=MarketMs(open_ms),
        interval_ms=INTERVAL_MS,
        open=Price(Decimal(str(close))),
        high=Price(Decimal(str(high))),
        low=Price(Decimal(str(low))),
        close=Price(Decimal(str(close))),
        volume=Quantity(Decimal(1)),
    )


def bars_of(closes: Sequence[float | str], *, start_ms: int = 0) -> list[Bar]:
    """Flat bars with these closes."""
    return [
        bar_of(open_ms=start_ms + index * INTERVAL_MS, high=close, low=close, close=close)
        for index, close in enumerate(closes)
    ]


def walk(count: int, seed: int = 7) -> list[Bar]:
    """A market that wanders."""
    chance, close, bars = Random(seed), 1_000.0, []
    for index in range(count):
        close = round(close * (1 + chance.gauss(0, 0.01)), 2)
        reach = round(close * 0.005, 2)
        bars.append(bar_of(open_ms=index * INTERVAL_MS, high=close + reach, low=close - reach, close=close))
    return bars
