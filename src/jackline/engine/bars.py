"""Completed bars per symbol, without gaps, and the strategy that looks at them (D1)."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import PurePath

import structlog

from jackline.core.effects import NoteDenied
from jackline.core.events import Signalled
from jackline.core.orders import Bar
from jackline.core.outcomes import Denied, Reason
from jackline.core.ports import WARMUP_BARS_MAX, Signal, Strategy
from jackline.core.values import MarketMs, Symbol

log = structlog.get_logger("bars")

BARS_KEPT = WARMUP_BARS_MAX
"""Older bars are dropped."""
REASON_CHARS_MAX = 300
"""A strategy's words in journal and log are cut here."""
PLACES_MAX = 3
"""Of a failure: the line that failed and the two that led to it, as what fails may be a library."""


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
        needed = self._strategy.warmup_bars
        if len(kept) < needed:
            log.info("strategy_cold", symbol=symbol, bars=len(kept), needed=needed)

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

    def bars(self, symbol: Symbol) -> tuple[Bar, ...]:
        """The symbol's unbroken bars, oldest first."""
        return tuple(self._bars.get(symbol, ()))

    def wish(self, symbol: Symbol) -> Signalled | NoteDenied | None:
        """What the strategy wants at the close of the newest bar; None while cold, and when it wants nothing.

        A strategy that raises is denied its entry with the reason, as one whose wish fails a gate: it is a user's
        code, and what is open must be guarded on.
        """
        bars, needed = self._bars.get(symbol, []), self._strategy.warmup_bars
        if len(bars) < needed:
            return None
        close_ms = MarketMs(bars[-1].open_ms + self._interval_ms)
        try:
            signal = self._strategy.signal(tuple(bars[-needed:]))
            if signal is not None and type(signal) is not Signal:  # a subclass may have left out its checks
                raise TypeError(f"signal() gave a {type(signal).__name__}, neither a Signal nor None")
        except BaseException as error:  # noqa: BLE001 # not our code, and none of ours runs inside it: not even an exit is
            denied = Denied(reason=Reason.STRATEGY, detail=f"{self._strategy.name}: {told(error)}")
            return NoteDenied(symbol=symbol, side=None, market_ms=close_ms, denied=denied)
        if signal is None:
            return None
        reason = signal.reason[:REASON_CHARS_MAX]
        return Signalled(
            symbol=symbol,
            side=signal.side,
            reason=reason,
            market_ms=close_ms,
            confidence=signal.confidence,
            price=bars[-1].close,
            probabilities=signal.probabilities,
        )


def told(error: BaseException) -> str:
    """What was raised, and in which lines of which files; below our own, without a look at the disk."""
    below = list(traceback.walk_tb(error.__traceback__))[1:]
    lines = [f"{PurePath(frame.f_code.co_filename).name}:{line}" for frame, line in below[-PLACES_MAX:]]
    place = f" ({' > '.join(lines)})" if lines else ""
    words = traceback.format_exception_only(error)[-1].strip()  # unlike str(), never raises itself
    return words[:REASON_CHARS_MAX] + place
