"""What a run does: how fast the market goes, and where the engine is to be killed."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from jackline.core.plan import Rung
from jackline.exchange.feeds.candles import load_candles
from jackline.exchange.feeds.window import largest_bar

MARKET_WALL_S: Final = 100.0
"""Wall time that the market's own time takes; start, holds, recovery and closing make it about two minutes."""

SLOW_BAR_WALL_S: Final = 1.5
"""How long a bar takes from the kill until the engine is back: a crash should be seen, not guessed."""

KILL_FROM_FRACTION: Final = 0.2
"""A generated market is left alone for this part of the run, so that there is a before and an after."""

GENERATED_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
GENERATED_BARS: Final = 576
GENERATED_INTERVAL_MS: Final = 300_000
"""Two days of five-minute bars."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The command line, checked.

    Attributes:
        data: candle file to replay; None generates a market.
        start, end: window of the file as typed.
        speed: market seconds per wall second; None chooses it.
        rung: forced rung; None takes the best one proven.
        symbols: to generate, or the one of the file; None leaves it to the default, or to the file.
        keep: directory for the run's files; None removes them at the end.
    """

    data: Path | None
    start: str | None
    end: str | None
    seed: int
    speed: float | None
    kill: bool
    headless: bool
    rung: Rung | None
    symbols: tuple[str, ...] | None
    hedge: bool
    keep: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Pace and kill. Market times in ms.

    Attributes:
        slow_ratio: pace during the outage.
        kill_at_ms: hold the market exactly here and kill if a position is open; None without such a moment.
        kill_from_ms: otherwise at the first open position from here on.
        bend: the market is ours to bend: it is sent through the stop.
    """

    ratio: float
    slow_ratio: float
    kill_at_ms: int | None
    kill_from_ms: int
    bend: bool


def make_plan(wishes: Wishes, *, start_ms: int, end_ms: int, interval_ms: int, crash_ms: int | None) -> Plan:
    """`crash_ms` is the open of the largest bar in the window of a replay; None for a generated market."""
    span_ms = end_ms - start_ms
    ratio = wishes.speed if wishes.speed is not None else max(1.0, span_ms / 1_000 / MARKET_WALL_S)
    from_ms = start_ms + int(span_ms * KILL_FROM_FRACTION) if crash_ms is None else crash_ms
    return Plan(
        ratio=ratio,
        slow_ratio=min(ratio, interval_ms / 1_000 / SLOW_BAR_WALL_S),
        kill_at_ms=None if crash_ms is None else crash_ms - 1,
        kill_from_ms=from_ms,
        bend=crash_ms is None,
    )


def largest_bar_ms(path: Path, *, symbol: str, start_ms: int, end_ms: int) -> tuple[int, int]:
    """Open of the largest bar inside the window, and the file's interval. Raises FeedError."""
    file = load_candles(path, now_ms=int(time.time() * 1_000), symbol=symbol)
    inside = [bar for bar in file.candles if start_ms <= bar.open_ms < end_ms]
    return largest_bar(inside).open_ms, file.interval_ms
