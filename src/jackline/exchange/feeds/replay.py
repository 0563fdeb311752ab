"""Replay of candle files as a market."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Never

from jackline.exchange.feeds.candles import CandleFile, infer_tick_size, load_candles
from jackline.exchange.feeds.errors import FeedError
from jackline.exchange.feeds.path import PathMode, PathPoint, adversarial_path, seeded_path
from jackline.exchange.feeds.window import Window, choose_window, select_bars
from jackline.exchange.ports import Candle, Tick


class CandleReplay:
    """A `Feed` of one or several candle files of one interval. There is no mark in a candle: mark = last.

    Where a bar opens away from the close before it, the first tick is the open: a true gap.
    """

    def __init__(
        self,
        *,
        files: Sequence[CandleFile],
        window: Window,
        mode: PathMode = PathMode.ADVERSARIAL,
        seed: int = 0,
        tick_sizes: Mapping[str, Decimal] | None = None,
    ) -> None:
        """`tick_sizes` by symbol; one left out is read off its file. Raises FeedError."""
        _check_set(files)
        self.symbols = tuple(file.symbol for file in files)
        self.interval_ms = files[0].interval_ms
        self.window = window
        self._mode = mode
        self._seed = seed
        self._selections = {file.symbol: select_bars(file, window) for file in files}
        self._tick_sizes = {file.symbol: infer_tick_size(file.candles) for file in files}
        self._tick_sizes.update(tick_sizes or {})
        served = [selection.bars for selection in self._selections.values()]
        self.start_ms = min(bars[0].open_ms for bars in served)
        self.end_ms = max(bars[-1].open_ms for bars in served) + self.interval_ms

    def tick_size(self, symbol: str) -> Decimal:
        return self._tick_sizes[symbol]

    def history(self, symbol: str) -> Sequence[Candle]:
        return self._selections[symbol].history

    def bars(self, symbol: str) -> Sequence[Candle]:
        """The bars that will be served, for a caller that plans around them (a demo, around the largest)."""
        return self._selections[symbol].bars

    def ticks(self, net_side: Callable[[str], int]) -> Iterator[Tick]:
        """Lazy: the path of a bar is decided when its first tick is due, not before."""
        streams = (self._symbol_ticks(symbol, net_side) for symbol in self.symbols)
        return heapq.merge(*streams, key=lambda tick: tick.market_ms)

    def crash(self, *, symbol: str, fraction: Decimal, over_ms: int) -> Never:
        raise ValueError(
            f"a replay cannot be bent (crash {symbol} {fraction} over {over_ms} ms): "
            "its prices are a record; use the generator"
        )

    def _symbol_ticks(self, symbol: str, net_side: Callable[[str], int]) -> Iterator[Tick]:
        for candle in self._selections[symbol].bars:
            path = self._path(candle, symbol=symbol, net_side=net_side)
            last = len(path) - 1
            for index, point in enumerate(path):
                yield Tick(
                    symbol=symbol,
                    market_ms=point.market_ms,
                    last=point.price,
                    mark=point.price,
                    volume=point.volume,
                    closes=candle if index == last else None,
                )

    def _path(self, candle: Candle, *, symbol: str, net_side: Callable[[str], int]) -> tuple[PathPoint, ...]:
        tick_size = self._tick_sizes[symbol]
        if self._mode is PathMode.SEEDED:
            return seeded_path(
                candle, interval_ms=self.interval_ms, tick_size=tick_size, seed=self._seed, symbol=symbol
            )
        return adversarial_path(
            candle, interval_ms=self.interval_ms, tick_size=tick_size, net_side=net_side(symbol)
        )


def open_replay(
    paths: Sequence[Path],
    *,
    now_ms: int,
    from_ms: int | None = None,
    to_ms: int | None = None,
    symbol: str | None = None,
    environment: str = "production",
    mode: PathMode = PathMode.ADVERSARIAL,
    seed: int = 0,
    tick_sizes: Mapping[str, Decimal] | None = None,
) -> CandleReplay:
    """Loads, checks and windows files; without `from_ms` and `to_ms`, around the largest bar of the first
    one.

    `symbol` names the symbol of a single file. Raises FeedError.
    """
    files = [load_candles(path, now_ms=now_ms, symbol=symbol, environment=environment) for path in paths]
    _check_set(files)
    window = choose_window(files[0], from_ms=from_ms, to_ms=to_ms)
    return CandleReplay(files=files, window=window, mode=mode, seed=seed, tick_sizes=tick_sizes)


def _check_set(files: Sequence[CandleFile]) -> None:
    if not files:
        raise FeedError(what="no data file", where="data", value="none", fix="give at least one candle file")
    seen: dict[str, CandleFile] = {}
    for file in files:
        if file.symbol in seen:
            raise FeedError(
                what="two files of one symbol",
                where=str(file.path),
                value=f"{file.symbol} is also in {seen[file.symbol].path}",
                fix="give one file a symbol",
            )
        if file.interval_ms != files[0].interval_ms:
            raise FeedError(
                what="files of different intervals",
                where=str(file.path),
                value=f"{file.interval_ms} ms, {files[0].path} has {files[0].interval_ms} ms",
                fix="give files of one interval",
            )
        seen[file.symbol] = file
