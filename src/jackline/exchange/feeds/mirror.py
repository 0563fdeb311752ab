"""Another venue's market, live: what is seen of its bars and marks becomes the ticks of this one.

A look shows the bar that is forming. What it has gained in height and depth since the look before becomes ticks of its
own, so that a spike between two looks still triggers what it reached.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Never

from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.ports import Candle, Seen, Source, Tick
from jackline.exchange.values import ZERO

BAR_MS: Final = 60_000
HISTORY_BARS: Final = 500
"""Bars read at the start; strategies warm up on 300."""

LOOK_BARS: Final = 3
LOOK_BARS_MAX: Final = 1_000
"""Bars a look shows, and one after a silence; an older gap stays a gap."""


@dataclass(slots=True, kw_only=True)
class _Thread:
    """How far one symbol has come: its forming bar, the last tick, the mark and when it was last new."""

    forming: Candle
    mark: Decimal
    market_ms: int
    stamp_ms: int | None = None


class Mirror:
    """The ticks of the mirrored symbols. `history` ends before `start_ms`; a live market has no end, so `end_ms` is
    where it starts."""

    def __init__(self, history: Mapping[str, Sequence[Candle]]) -> None:
        """`history` ends with the forming bar. Raises FeedError for a symbol without any."""
        for symbol, bars in history.items():
            if not bars:
                raise FeedError(
                    what="no bars", where="mirror", value=symbol, fix="choose a symbol that trades there"
                )
        self.symbols = tuple(history)
        self.interval_ms = BAR_MS
        self.start_ms = min(bars[-1].open_ms for bars in history.values())
        self.end_ms = self.start_ms
        self._history = {symbol: tuple(bars[:-1]) for symbol, bars in history.items()}
        self._threads = {
            symbol: _Thread(forming=bars[-1], mark=bars[-1].close, market_ms=bars[-1].open_ms)
            for symbol, bars in history.items()
        }

    def history(self, symbol: str) -> Sequence[Candle]:
        """Complete bars before the start."""
        return self._history[symbol]

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> Never:
        """Raises ValueError: nobody bends another venue's prices."""
        message = f"a mirrored market cannot be bent (crash {symbol} {fraction} over {over_ms} ms); use the generator"
        raise ValueError(message)

    def misses(self, seen: Seen) -> bool:
        """Whether a look begins after the bar that was forming: it must show more."""
        forming = self._threads[seen.symbol].forming
        return bool(seen.bars) and seen.bars[0].open_ms > forming.open_ms

    def is_news(self, seen: Seen) -> bool:
        """Whether a look shows more than the one before: another stamp, or another bar or mark where the source stamps
        nothing."""
        thread = self._threads[seen.symbol]
        if seen.stamp_ms is not None:
            return thread.stamp_ms is None or seen.stamp_ms > thread.stamp_ms
        return not seen.bars or seen.bars[-1] != thread.forming or seen.mark not in {None, thread.mark}

    def ticks(self, seen: Seen, *, now_ms: int, net_side: Callable[[str], int]) -> list[Tick]:
        """What happened since the look before, in the order that hurts an open position most: against it first."""
        thread = self._threads[seen.symbol]
        thread.stamp_ms = seen.stamp_ms
        told: list[Tick] = []
        bars = [bar for bar in seen.bars if bar.open_ms >= thread.forming.open_ms]
        for index, bar in enumerate(bars):
            complete = index < len(bars) - 1
            before = thread.forming if bar.open_ms == thread.forming.open_ms else None
            prices = _path(bar, before, against=net_side(seen.symbol))
            end_ms = bar.open_ms + BAR_MS - 1
            at_ms = end_ms - 1 if complete else min(end_ms - 1, max(bar.open_ms, now_ms))
            at_ms = max(at_ms, bar.open_ms, thread.market_ms)
            told += [_tick(seen.symbol, at_ms, price, thread.mark) for price in prices[:-1]]
            thread.mark = bar.close if seen.mark is None else seen.mark
            volume = max(ZERO, bar.volume - (ZERO if before is None else before.volume))
            told.append(_tick(seen.symbol, at_ms, prices[-1], thread.mark, volume=volume))
            if complete:
                told.append(_tick(seen.symbol, end_ms, bar.close, thread.mark, closes=bar))
            thread.forming, thread.market_ms = bar, told[-1].market_ms
        return told


def _tick(
    symbol: str,
    market_ms: int,
    price: Decimal,
    mark: Decimal,
    *,
    volume: Decimal = ZERO,
    closes: Candle | None = None,
) -> Tick:
    return Tick(symbol=symbol, market_ms=market_ms, last=price, mark=mark, volume=volume, closes=closes)


def _path(bar: Candle, before: Candle | None, *, against: int) -> list[Decimal]:
    """The prices a bar has newly reached, its present one last. `against` is the sign of the open positions."""
    high = [bar.high] if before is None or bar.high > before.high else []
    low = [bar.low] if before is None or bar.low < before.low else []
    opened = [bar.open] if before is None else []
    return [*opened, *(low + high if against >= 0 else high + low), bar.close]


async def open_mirror(source: Source) -> Mirror:
    """Reads what went before. Raises FeedError for a source that cannot be mirrored, SourceSilentError for one out of
    reach."""
    return Mirror({symbol: await source.bars(symbol, HISTORY_BARS) for symbol in source.symbols})
