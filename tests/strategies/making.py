"""Bars for strategy tests."""

from collections.abc import Sequence
from decimal import Decimal

from jackline.core.orders import Bar
from jackline.core.values import MarketMs, Price, Quantity, Symbol

INTERVAL_MS = 300_000


def bars_of(closes: Sequence[float | str], *, start_ms: int = 0) -> list[Bar]:
    """Flat bars with these closes."""
    return [
        Bar(
            symbol=Symbol("BTCUSDT"),
            open_ms=MarketMs(start_ms + index * INTERVAL_MS),
            interval_ms=INTERVAL_MS,
            open=Price(Decimal(str(close))),
            high=Price(Decimal(str(close))),
            low=Price(Decimal(str(close))),
            close=Price(Decimal(str(close))),
            volume=Quantity(Decimal(1)),
        )
        for index, close in enumerate(closes)
    ]
