"""Completed bars per symbol, without gaps, and the strategy that looks at them (D1)."""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Sequence
from pathlib import PurePath

import structlog

from jackline.core.bots import Bot
from jackline.core.effects import NoteDenied
from jackline.core.events import Signalled
from jackline.core.orders import Bar
from jackline.core.outcomes import Denied, Reason
from jackline.core.ports import WARMUP_BARS_MAX, Signal, Strategy
from jackline.core.settings import RiskSettings
from jackline.core.values import MarketMs, Price, Symbol
from jackline.engine.options import BotOptions

log = structlog.get_logger("bars")

BARS_KEPT = WARMUP_BARS_MAX
"""Older bars are dropped."""
REASON_CHARS_MAX = 300
"""A strategy's words in journal and log are cut here."""
PLACES_MAX = 3
"""Of a failure: the line that failed and the two that led to it, as what fails may be a library."""


class BarBook:
    """The bars of all symbols. A gap empties a symbol's book: cold until history is read again.

    `bots` are asked, each about its own symbols; without any, `strategy` about all of them, for a bot without a name.
    """

    def __init__(self, strategy: Strategy, interval_ms: int, bots: Sequence[BotOptions] = ()) -> None:
        nameless = Bot(name="", symbols=None, risk=RiskSettings())
        self._bots = tuple(bots) or (BotOptions(bot=nameless, strategy=strategy),)
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
        for one in self._bots:
            needed = one.strategy.warmup_bars
            if one.bot.trades(symbol) and len(kept) < needed:
                log.info("strategy_cold", symbol=symbol, bars=len(kept), needed=needed, bot=one.bot.name)

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

    def newest(self, symbol: Symbol) -> tuple[MarketMs, Price] | None:
        """When the newest bar closed, and at what; None without one."""
        bars = self._bars.get(symbol)
        return (MarketMs(bars[-1].open_ms + self._interval_ms), bars[-1].close) if bars else None

    def wishes(self, symbol: Symbol, stopped: frozenset[str]) -> tuple[Signalled | NoteDenied, ...]:
        """What the bots of a symbol want at the close of its newest bar; those that are stopped are not asked."""
        asked = (one for one in self._bots if one.bot.trades(symbol) and one.bot.name not in stopped)
        found = (self.wish(symbol, one) for one in asked)
        return tuple(one for one in found if one is not None)

    def wish(self, symbol: Symbol, asked: BotOptions | None = None) -> Signalled | NoteDenied | None:
        """What a bot, the first unless one is named, wants at the close of the newest bar; None while cold, and when
        it wants nothing.

        A strategy that raises is denied its entry with the reason, as one whose wish fails a gate: it is a user's
        code, and what is open must be guarded on.
        """
        asked = asked or self._bots[0]
        strategy, bot = asked.strategy, asked.bot.name
        bars, needed = self._bars.get(symbol, []), strategy.warmup_bars
        if len(bars) < needed:
            return None
        close_ms = MarketMs(bars[-1].open_ms + self._interval_ms)
        try:
            signal = strategy.signal(tuple(bars[-needed:]))
            if signal is not None and type(signal) is not Signal:  # a subclass may have left out its checks
                raise TypeError(f"signal() gave a {type(signal).__name__}, neither a Signal nor None")
        except BaseException as error:  # noqa: BLE001 # not our code, and none of ours runs inside it: not even an exit is
            denied = Denied(reason=Reason.STRATEGY, detail=f"{strategy.name}: {told(error)}")
            return NoteDenied(symbol=symbol, side=None, market_ms=close_ms, denied=denied, bot=bot)
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
            bot=bot,
        )


def told(error: BaseException) -> str:
    """What was raised, and in which lines of which files; below our own, without a look at the disk."""
    below = list(traceback.walk_tb(error.__traceback__))[1:]
    lines = [f"{PurePath(frame.f_code.co_filename).name}:{line}" for frame, line in below[-PLACES_MAX:]]
    place = f" ({' > '.join(lines)})" if lines else ""
    words = traceback.format_exception_only(error)[-1].strip()  # unlike str(), never raises itself
    whole = words[:REASON_CHARS_MAX] + place
    return whole.encode(errors="backslashreplace").decode()  # half a surrogate pair can stand in no journal
