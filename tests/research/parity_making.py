"""Runs for parity: the real engine on the local exchange, over its real wire, and the journal it left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from jackline.cli.config import load_config
from jackline.core.trade import Trade
from jackline.core.values import MarketMs, Price, WireMs
from jackline.data.candles import Candles
from jackline.data.files import read_candles
from jackline.research.backtest.run import BacktestSettings, run_backtest
from jackline.research.backtest.street import Transport
from jackline.store.batch import Batch, JournalKind, JournalRow
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import LedgerEntry
from jackline.store.reader import JournalEntry, StoreReader
from tests.processes import write_config

NOWHERE = "http://127.0.0.1:9"
START_MS = 1_756_296_300_000
INTERVAL_MS = 300_000
NOW_MS = START_MS * 2
BARS = 160


@dataclass(frozen=True, kw_only=True)
class Kept:
    """All that a store holds and parity reads."""

    rows: tuple[JournalEntry, ...]
    trades: tuple[Trade, ...]
    ledger: tuple[LedgerEntry, ...]


def configured(directory: Path, **changes: str) -> Path:
    """A strategy that wants something every few bars."""
    return write_config(
        directory,
        NOWHERE,
        venue__symbols='["BTCUSDT"]',
        strategy__parameters__rsi_period="2",
        strategy__parameters__ema_period="5",
        strategy__parameters__rsi_long="60",
        strategy__parameters__rsi_short="40",
        risk__hold_max_ms="3300000",
        **changes,
    )


def candle_file(directory: Path, *, bars: int = BARS, seed: int = 3) -> Path:
    """A random walk in tenths, five minutes a bar."""
    rng = np.random.default_rng(seed)
    closes = np.round(110_000 * np.exp(np.cumsum(rng.normal(0, 0.001, bars))), 1)
    opens = np.concatenate(([110_000.0], closes[:-1]))
    path = directory / "made-BTCUSDT-5m.csv"
    lines = ["timestamp,open,high,low,close,volume"]
    for number, (opened, close) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True)):
        high, low = round(max(opened, close) + 20, 1), round(min(opened, close) - 20, 1)
        lines.append(f"{START_MS + number * INTERVAL_MS},{opened},{high},{low},{close},100")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def candles(path: Path) -> Candles:
    return read_candles(path, now_ms=NOW_MS)


def run_of(config: Path, data: Path) -> Kept:
    """What the engine wrote while it traded these candles."""
    kept: list[Kept] = []

    def keep(reader: StoreReader) -> None:
        rows = reader.journal_after(0, 1_000_000)
        kept.append(Kept(rows=rows, trades=reader.every_trade(), ledger=reader.ledger_entries()))

    options = load_config(config, load_strategy_file=True).engine_options()
    settings = BacktestSettings(transport=Transport.WIRE, resets_next_day=False)
    run_backtest(options, [candles(data)], settings=settings, journal=keep)
    return kept[0]


def write_run(state_dir: Path, kept: Kept) -> None:
    """The same rows in a state directory, by the writer that an engine has."""
    asyncio.run(_write(state_dir, kept))


async def _write(state_dir: Path, kept: Kept) -> None:
    with open_store(HostDisk(), state_dir / ENGINE_FILE) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        rows = tuple(
            JournalRow(
                kind=JournalKind(row.kind),
                trade_id=row.trade_id,
                wire_ms=WireMs(row.wire_ms),
                market_ms=MarketMs(row.market_ms),
                body=row.body,
            )
            for row in kept.rows
        )
        writer.append(Batch(rows=rows, trades=kept.trades, ledger=kept.ledger))
        assert await writer.close(deadline_ms=20_000) == 0


def with_price(kept: Kept, number: int, change: Callable[[Decimal], Decimal]) -> Kept:
    """The run with the price of one fill changed."""
    fills = [one.entry_id for one in kept.ledger if one.price is not None]
    changed = tuple(
        replace(one, price=Price(change(one.price)))
        if one.entry_id == fills[number] and one.price is not None
        else one
        for one in kept.ledger
    )
    return replace(kept, ledger=changed)


def without_trade(kept: Kept, number: int) -> Kept:
    """The run with nothing left of one trade."""
    gone = kept.trades[number].trade_id
    return Kept(
        rows=tuple(row for row in kept.rows if row.trade_id != gone),
        trades=tuple(one for one in kept.trades if one.trade_id != gone),
        ledger=tuple(one for one in kept.ledger if one.trade_id != gone),
    )
