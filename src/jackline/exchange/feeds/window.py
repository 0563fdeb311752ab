"""Which part of a candle file is replayed, and which bars before it are served as history."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NoReturn

from jackline.exchange.feeds.candles import CandleFile, infer_interval_ms
from jackline.exchange.feeds.errors import FeedError, utc
from jackline.exchange.ports import Candle

# Indicators are warmed on these: twice the slow average by which an engine tells the regime of a market.
HISTORY_BARS_MIN = 400
# What one klines request of the venue may return; more could never be asked for at once.
HISTORY_BARS_MAX = 1_500
DEFAULT_SPAN_MS = 48 * 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Bars that open at or after `start_ms` and end by `end_ms`. `note` says why it is not what was wished
    for.
    """

    start_ms: int
    end_ms: int
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """`bars` are replayed; `history` are the complete bars right before them. Together they have no gap."""

    history: tuple[Candle, ...]
    bars: tuple[Candle, ...]


def largest_bar(candles: Sequence[Candle]) -> Candle:
    """The bar of the largest (high - low) / open; the first of equals."""
    return max(candles, key=lambda bar: (bar.high - bar.low) / bar.open)


def default_window(candles: tuple[Candle, ...]) -> Window:
    """The 48 hours centred on the file's largest bar, within the file.

    The start moves right, with a note, until HISTORY_BARS_MIN bars precede it. Raises FeedError on a file
    too short for that.
    """
    interval_ms = infer_interval_ms(candles, where="candles")
    if len(candles) <= HISTORY_BARS_MIN:
        raise FeedError(
            what="too few bars for a window with history",
            where="candles",
            value=str(len(candles)),
            fix=f"give a file with more than {HISTORY_BARS_MIN} bars, or choose --from and --to yourself",
        )
    centre_ms = largest_bar(candles).open_ms
    wished_ms = centre_ms - DEFAULT_SPAN_MS // 2
    earliest_ms = candles[HISTORY_BARS_MIN].open_ms
    start_ms = max(wished_ms, earliest_ms)
    # A largest bar inside the history cannot be centred on at all; then the span simply starts where it can.
    end_ms = centre_ms + DEFAULT_SPAN_MS // 2 if start_ms <= centre_ms else start_ms + DEFAULT_SPAN_MS
    note = None
    if start_ms > wished_ms:
        note = (
            f"start moved from {utc(wished_ms)} to {utc(start_ms)}: "
            f"{HISTORY_BARS_MIN} earlier bars are needed as history"
        )
    return Window(start_ms=start_ms, end_ms=min(end_ms, candles[-1].open_ms + interval_ms), note=note)


def choose_window(file: CandleFile, *, from_ms: int | None, to_ms: int | None) -> Window:
    """The window asked for; an open end reaches as far as the file (and its history) allows; none is the
    default.
    """
    if from_ms is None and to_ms is None:
        return default_window(file.candles)
    earliest = file.candles[min(HISTORY_BARS_MIN, len(file.candles) - 1)].open_ms
    start_ms = earliest if from_ms is None else from_ms
    end_ms = file.end_ms if to_ms is None else to_ms
    before = bisect_left(file.candles, start_ms, key=_open_ms)
    note = None
    if before < HISTORY_BARS_MIN:
        note = f"only {before} bars of history precede {utc(start_ms)}; {HISTORY_BARS_MIN} are advised"
    return Window(start_ms=start_ms, end_ms=end_ms, note=note)


def select_bars(file: CandleFile, window: Window) -> Selection:
    """The bars of a window and up to HISTORY_BARS_MAX before it. Raises FeedError.

    A gap in the bars or in the nearest HISTORY_BARS_MIN of history is refused; one further back ends the
    history.
    """
    if window.start_ms >= window.end_ms:
        raise FeedError(
            what="empty window",
            where=str(file.path),
            value=f"from {utc(window.start_ms)} to {utc(window.end_ms)}",
            fix="choose --from before --to",
        )
    if window.start_ms < file.first_ms or window.end_ms > file.end_ms:
        raise FeedError(
            what="window outside the file",
            where=str(file.path),
            value=f"from {utc(window.start_ms)} to {utc(window.end_ms)}",
            fix=f"choose --from and --to between {utc(file.first_ms)} and {utc(file.end_ms)}",
        )
    start = bisect_left(file.candles, window.start_ms, key=_open_ms)
    end = bisect_left(file.candles, window.end_ms - file.interval_ms + 1, key=_open_ms)
    if start >= end:
        raise FeedError(
            what="no complete bar in the window",
            where=str(file.path),
            value=f"from {utc(window.start_ms)} to {utc(window.end_ms)}",
            fix=f"choose --from and --to at least {file.interval_ms} ms apart, on bars the file has",
        )
    first_needed = max(0, start - HISTORY_BARS_MIN)
    _check_joined(file, file.candles[first_needed:end], end_ms=window.end_ms)
    first = first_needed
    while first > max(0, start - HISTORY_BARS_MAX) and _joined(file, first - 1):
        first -= 1
    return Selection(history=file.candles[first:start], bars=file.candles[start:end])


def _open_ms(candle: Candle) -> int:
    return candle.open_ms


def _joined(file: CandleFile, index: int) -> bool:
    return file.candles[index + 1].open_ms - file.candles[index].open_ms == file.interval_ms


def _check_joined(file: CandleFile, candles: tuple[Candle, ...], *, end_ms: int) -> None:
    for previous, candle in pairwise(candles):
        expected_ms = previous.open_ms + file.interval_ms
        if candle.open_ms < expected_ms:
            raise FeedError(
                what="bars overlap",
                where=str(file.path),
                value=f"{utc(candle.open_ms)} opens before {utc(expected_ms)}, the end of the bar before",
                fix=f"give a file of one interval ({file.interval_ms} ms)",
            )
        if candle.open_ms > expected_ms:
            _raise_gap(file, first_ms=expected_ms, next_ms=candle.open_ms)
    last_end_ms = candles[-1].open_ms + file.interval_ms
    if end_ms - last_end_ms >= file.interval_ms:
        _raise_gap(file, first_ms=last_end_ms, next_ms=end_ms)


def _raise_gap(file: CandleFile, *, first_ms: int, next_ms: int) -> NoReturn:
    missing = -((first_ms - next_ms) // file.interval_ms)
    raise FeedError(
        what="gap in the window or its history",
        where=str(file.path),
        value=f"{missing} {'bar' if missing == 1 else 'bars'} missing from {utc(first_ms)}",
        fix="fill the gap, or choose --from and --to so that the window and "
        f"its {HISTORY_BARS_MIN} bars of history lie outside it",
    )
