"""Completed bars per symbol, without gaps, and the strategy that looks at them (D1)."""

from __future__ import annotations

from collections.abc import Iterable

from jackline.core.events import Signalled
from jackline.core.orders import Bar
from jackline.core.ports import Strategy
from jackline.core.values import MarketMs, Symbol

BARS_KEPT = 600
"""More than any built-in strategy warms up on; older bars are dropped."""


class BarBook:
    """The bars of all symbols of a bot. A gap empties a symbol's book: cold until history is read again."""

    def __init__(self, strategy: Strategy, interval_ms: int) -> None:
        self._strategy = strategy
        self._interval_ms = interval_ms
        self._bars: dict[Symbol, list[Bar]] = {}

    def load(self, symbol: Symbol, bars: Iterable[Bar]) -> None:
        """Replace a symbol's bars by the unbroken tail of a history, oldest first."""
        kept: list[Bar] = []
        for bar in bars:
            if kept and bar.open_ms != kept[-1].open_ms + self._interval_ms:
                kept = []
            kept.append(bar)
        self._bars[symbol] = kept[-BARS_KEPT:]

    def last_open_ms(self, symbol: Symbol) -> MarketMs | None:
        """Open time of the newest bar."""
        bars = self._bars.get(symbol)
        return bars[-1].open_ms if bars else None

    def add(self, bar: Bar) -> bool:
        """Append the next bar. False when it does not follow: the history must be read again."""
        bars = self._bars.setdefault(bar.symbol, [])
        if bars and bar.open_ms <= bars[-1].open_ms:
            return True
        if bars and bar.open_ms != bars[-1].open_ms + self._interval_ms:
            self._bars[bar.symbol] = []
            return False
        bars.append(bar)
        del bars[:-BARS_KEPT]
        return True

    def signal(self, symbol: Symbol) -> Signalled | None:
        """What the strategy wants at the close of the newest bar; None while cold."""
        bars = self._bars.get(symbol, [])
        if len(bars) < self._strategy.warmup_bars:
            return None
        signal = self._strategy.signal(bars)
        if signal is None:
            return None
        close_ms = MarketMs(bars[-1].open_ms + self._interval_ms)
        return Signalled(
            symbol=symbol,
            side=signal.side,
            reason=signal.reason,
            market_ms=close_ms,
            confidence=signal.confidence,
        )
