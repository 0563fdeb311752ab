"""What the web process has seen since it started, for charts: candles of marks, and coverage. Bounded, in memory.

The store keeps no market data and the web speaks to no venue: marks are those that the engine shows, as they were
looked at, four times a second. A chart therefore begins where this process did, and says so.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from jackline.web.account import Account, Seen
from jackline.web.measures import coverage, open_ones
from jackline.web.passed import Passed

CANDLE_MS: Final = 5_000
CANDLES_MAX: Final = 1_440
"""Two hours."""
SYMBOLS_MAX: Final = 100


@dataclass(slots=True, kw_only=True)
class Candle:
    """Marks seen from `from_ms` on, for CANDLE_MS of wire time."""

    from_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal

    def told(self) -> list[float]:
        """Seconds and four prices, as the chart draws them. Floats: nothing is reckoned with them."""
        prices = (self.open, self.high, self.low, self.close)
        return [self.from_ms // 1_000, *(float(price) for price in prices)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The lowest coverage that was seen in a span. `naked`: positions without; `said` is False while nobody said."""

    from_ms: int
    fraction: Decimal
    naked: int
    said: bool


@dataclass(slots=True)
class Series:
    """Both, by symbol and for the account."""

    candles: dict[str, deque[Candle]] = field(default_factory=dict)
    passed: Passed = field(default_factory=Passed)
    covers: deque[Cover] = field(default_factory=lambda: deque(maxlen=CANDLES_MAX))

    async def run(self, account: Account) -> None:
        """Watch for ever."""
        while True:
            self.take(await account.next())

    def take(self, seen: Seen) -> None:
        """Add one look."""
        from_ms = seen.now_ms - seen.now_ms % CANDLE_MS
        for symbol, mark in marks(seen).items():
            self._candle(symbol, mark, from_ms)
        self.passed.take(seen)
        opened = open_ones(seen)
        fraction = coverage(opened)
        naked = sum(not one.is_protected for one in opened)
        said = seen.age_ms is not None and seen.age_ms <= CANDLE_MS
        last = self.covers[-1] if self.covers else None
        if last is not None and last.from_ms == from_ms:
            self.covers.pop()
            fraction, naked, said = (
                min(fraction, last.fraction),
                max(naked, last.naked),
                said and last.said,
            )
        self.covers.append(Cover(from_ms=from_ms, fraction=fraction, naked=naked, said=said))

    def _candle(self, symbol: str, mark: Decimal, from_ms: int) -> None:
        if symbol not in self.candles and len(self.candles) >= SYMBOLS_MAX:
            return
        kept = self.candles.setdefault(symbol, deque(maxlen=CANDLES_MAX))
        if not kept or kept[-1].from_ms != from_ms:
            kept.append(Candle(from_ms=from_ms, open=mark, high=mark, low=mark, close=mark))
            return
        last = kept[-1]
        last.high, last.low, last.close = max(last.high, mark), min(last.low, mark), mark


def marks(seen: Seen) -> dict[str, Decimal]:
    """By symbol, of the word that is shown; none of an engine that is gone."""
    found = {one.symbol: one.mark for one in seen.positions if one.mark is not None}
    if seen.account is not None and seen.is_live:
        found |= {one.symbol: one.mark for one in seen.account.markets if one.mark is not None}
    return {} if seen.age_ms is None or seen.age_ms > CANDLE_MS else dict(found)
