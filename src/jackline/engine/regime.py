"""The regime service: a slow average of closes a symbol, from the same candles as everything else.

It tells the core with an `AverageMoved` a completed bar; what follows from it is decided there (gate 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from jackline.core.events import AverageMoved, BarClosed, Event, MarkMoved
from jackline.core.gate_settings import Rule
from jackline.core.orders import Bar
from jackline.core.regime import MEMORY_PERIODS
from jackline.core.regime_window import RegimeWindow
from jackline.core.settings import RiskSettings
from jackline.core.values import Symbol

log = structlog.get_logger("regime")

Put = Callable[[Event], None]


def memory_bars(risk: RiskSettings) -> int:
    """Completed bars that an average is made of, and no other: the same bars give the same one whenever an engine was
    started (D4). 0 while nothing asks for it: neither the gate nor a size by weights."""
    wanted = Rule.ON in {risk.regime.gate, risk.size_weights}
    return MEMORY_PERIODS * risk.regime.ema_period_bars if wanted else 0


class RegimeBook:
    """The closes that regimes are judged by. While nothing asks for them it needs nothing and says nothing.

    `is_traded`: whether a symbol is, now; the universe may take the reference in, or let it go.
    """

    def __init__(self, risk: RiskSettings, is_traded: Callable[[Symbol], bool]) -> None:
        self._settings = risk.regime
        self._is_traded = is_traded
        self._memory = memory_bars(risk)
        self._windows: dict[Symbol, RegimeWindow] = {}

    @property
    def only_read(self) -> tuple[Symbol, ...]:
        """What must be streamed besides what is traded: a reference that nobody trades."""
        reference = self._settings.reference_symbol
        return (reference,) if self._is_only_read(reference) else ()

    def _is_only_read(self, symbol: Symbol) -> bool:
        is_reference = self._memory > 0 and symbol == self._settings.reference_symbol
        return is_reference and not self._is_traded(symbol)

    def load(self, symbol: Symbol, bars: Iterable[Bar]) -> AverageMoved | None:
        """Take a history in place of what is known, oldest first; None where there is nothing to tell."""
        self._windows.pop(symbol, None)
        for bar in bars:
            self._append(bar)
        return self._moved(symbol)

    def add(self, bar: Bar) -> AverageMoved | None:
        """Take the next completed bar; None for one that is known, and while nothing asks."""
        return self._moved(bar.symbol) if self._append(bar) else None

    def between(self, put: Put) -> Put:
        """A sink for the market's stream: what is only read for its regime goes no further, and is never traded."""

        def sink(event: Event) -> None:
            if isinstance(event, BarClosed) and self._is_only_read(event.bar.symbol):
                moved = self.add(event.bar)
                if moved is not None:
                    put(moved)
            elif not (isinstance(event, MarkMoved) and self._is_only_read(event.symbol)):
                put(event)

        return sink

    def _append(self, bar: Bar) -> bool:
        """False for a bar that is no news. A gap begins anew: unknown until it has warmed up again."""
        if not self._memory:
            return False
        window = self._windows.get(bar.symbol)
        last = None if window is None else window.last
        if last is not None and bar.open_ms <= last.open_ms:
            return False
        if last is not None and bar.open_ms != last.open_ms + bar.interval_ms:
            log.warning("regime_cold", symbol=bar.symbol, open_ms=bar.open_ms, why="bars are missing")
            window = None
        if window is None:
            window = RegimeWindow(period=self._settings.ema_period_bars, length=self._memory)
            self._windows[bar.symbol] = window
        window.add(bar)
        return True

    def _moved(self, symbol: Symbol) -> AverageMoved | None:
        window = self._windows.get(symbol)
        average = None if window is None else window.average()
        return None if average is None else AverageMoved(average=average)
