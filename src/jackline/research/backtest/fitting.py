"""Whether a configuration can be played on some data, and as what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np

from jackline.core.values import Symbol
from jackline.data.candles import Candles
from jackline.engine.options import EngineOptions
from jackline.engine.regime import memory_bars
from jackline.exchange.ports import Candle
from jackline.research.backtest.result import BacktestResult
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.street import STATE_DIR
from jackline.research.refusal import BacktestRefused

SEPARATORS = str.maketrans("", "", "-_/")
"""Venues write one market as BTCUSDT, BTC-USDT, BTC_USDT; data of one venue are played for another."""


def spelled_as_traded(options: EngineOptions, candles: Sequence[Candles]) -> tuple[Candles, ...]:
    """The data under the names that the configuration gives the markets."""
    names = [*options.symbols, *options.named, options.risk.regime.reference_symbol]
    names += [symbol for one in options.every_bot for symbol in one.bot.symbols or ()]
    known = {plain(name): str(name) for name in reversed(names)}
    return tuple(replace(one, symbol=known.get(plain(one.symbol), one.symbol)) for one in candles)


def plain(name: str) -> str:
    """A market's name without what venues put between its coins."""
    return name.partition(":")[0].translate(SEPARATORS).upper()


def fitted(options: EngineOptions, candles: Sequence[Candles]) -> EngineOptions:
    """The options as a backtest plays them. Raises BacktestRefused."""
    if not candles:
        raise BacktestRefused(what="no data", fix="give at least one file of candles")
    for one in candles:
        if one.interval_ms != options.interval_ms:
            raise BacktestRefused(
                what=f"bars of {one.symbol} are {one.interval_ms} ms long",
                where="venue.bar_interval",
                value=f"{options.interval_ms} ms",
                fix="give data of this interval; jackline data resample makes longer bars of shorter ones",
            )
    names = [one.symbol for one in candles]
    if len(set(names)) < len(names):
        raise BacktestRefused(what="two data sets of one symbol", value=", ".join(sorted(names)))
    missing = [symbol for symbol in options.symbols if symbol not in names]
    if missing and options.universe is None:
        raise BacktestRefused(
            what="no data of a symbol that is traded",
            where="venue.symbols",
            value=", ".join(missing),
            fix=f"give its candles, or trade {', '.join(names)}",
        )
    reference = options.risk.regime.reference_symbol
    if memory_bars(options.risk) and reference not in names:
        raise BacktestRefused(
            what="the regime gate looks at a symbol of which there is no data, and would deny everything",
            where="regime.reference_symbol",
            value=str(reference),
            fix=f'give its candles, name one of {", ".join(names)}, or set regime.gate = "off"',
        )
    symbols = tuple(options.symbols) or tuple(Symbol(name) for name in names)
    return replace(
        options,
        account="backtest",
        mode="paper",
        state_dir=STATE_DIR,
        symbols=symbols,
        bots=options.every_bot,
        universe=None,
        phase=None,
        is_published=False,
        tape_bytes_max=0,
        key_name=None,
        # A pause of the wall between two moves of a stop is nothing beside a bar, and the market stands still for them.
        protection=replace(options.protection, ratchet_gap_ms=0),
    )


def history_bars_of(options: EngineOptions) -> int:
    needed = max(one.strategy.warmup_bars for one in options.every_bot)
    return max(needed, memory_bars(options.risk), 1)


def begin_ms_of(
    rows: Mapping[str, Sequence[Candle]], settings: BacktestSettings, *, history_bars: int, interval_ms: int
) -> int:
    """Open of the first traded bar: where every symbol is warm, or as told. Raises BacktestRefused."""
    warm_ms = max(bars[min(history_bars, len(bars) - 1)].open_ms if bars else 0 for bars in rows.values())
    begin_ms = warm_ms if settings.from_ms is None else max(warm_ms, settings.from_ms)
    for name, bars in rows.items():
        traded = [bar for bar in bars if bar.open_ms >= begin_ms]
        if settings.to_ms is not None:
            traded = [bar for bar in traded if bar.open_ms < settings.to_ms]
        if len(bars) <= history_bars or len(traded) < 2:
            raise BacktestRefused(
                what=f"too few bars of {name}: {len(bars)}, of which {len(traded)} to trade",
                value=f"{history_bars} are needed to warm up, and two more",
                fix="give more data, or a window that begins later and ends later",
            )
    return begin_ms


def exact_candles(one: Candles) -> list[Candle]:
    """Columns as exact decimals, as the file spells them."""
    columns = zip(
        one.open_ms.tolist(),
        *(
            [Decimal(repr(value)) for value in column.tolist()]
            for column in (one.open, one.high, one.low, one.close, one.volume)
        ),
        strict=True,
    )
    return [
        Candle(open_ms=row[0], open=row[1], high=row[2], low=row[3], close=row[4], volume=row[5])
        for row in columns
    ]


def played_part(result: BacktestResult, candles: Sequence[Candles]) -> tuple[Candles, ...]:
    """The bars that were traded, under the names of the result; for a report."""
    names = {plain(name): name for name in result.symbols}
    parts = []
    for one in candles:
        first, last = np.searchsorted(one.open_ms, (result.first_ms, result.end_ms))
        parts.append(
            replace(one.part(int(first), int(last)), symbol=names.get(plain(one.symbol), one.symbol))
        )
    return tuple(parts)
