"""Positions bought by hand beside an engine with hundreds of symbols: at the moment their bars close, and between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jackline.core.machine import Phase
from jackline.core.trade import Trade
from jackline.core.values import Symbol
from jackline.store.batch import JournalKind
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.out_of_process.lasting import lasting
from tests.processes import Exchange, exchange, spawn, write_config

BAR_MS = 60_000
BARS = 150
SPEED = 5
"""Market seconds a second: a bar in twelve."""
HISTORIES_S = 240.0
"""Reading the history of all symbols is paced by the request weight."""
EARLY_MS = 20
"""Wall time before the close at which the order leaves."""
SETTLE_S = 40.0
JOURNAL_ROWS = 50
STARTING_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One position. `naked_ms` by the exchange's record, `confirm_ms` by the engine's: evidence to read-back."""

    naked_ms: float
    confirm_ms: float


async def shots(directory: Path, symbols: Sequence[Symbol], count: int) -> tuple[list[Shot], list[Shot]]:
    """`count` positions between two closes and as many at one, in turns; each on a symbol of its own."""
    names = ",".join(symbols)
    market = ("--generate", names, "--bars", str(BARS), "--interval-ms", str(BAR_MS), "--speed", str(SPEED))
    async with exchange(*market, "--balance", "1000000") as venue:
        config = write_config(
            directory,
            venue.url,
            venue__symbols=str([str(symbol) for symbol in symbols]).replace("'", '"'),
            venue__bar_interval='"1m"',
            risk__daily_loss_max_fraction="0.5",
            risk__cooldown_ms="86400000",
            strategy__name='"ema_cross"',
            strategy__parameters__fast_period="5",
            strategy__parameters__slow_period="20",
        )
        engine = await spawn("engine", "--config", str(config))
        engine.drain()
        try:
            await lasting(STARTING_S * 1_000)
            await _heard(directory)
            calm: list[Shot] = []
            scanned: list[Shot] = []
            for number in range(count):
                calm.append(await _shot(venue, directory, symbols[-1 - 2 * number], at=BAR_MS // 2))
                scanned.append(await _shot(venue, directory, symbols[-2 - 2 * number], at=BAR_MS))
            return calm, scanned
        finally:
            await engine.kill()


async def _heard(directory: Path) -> None:
    """Until the history of every symbol is read and its streams are up: then the first canary sings."""
    async with asyncio.timeout(HISTORIES_S):
        while True:
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                if any(row.kind == JournalKind.CANARY for row in reader.journal_tail(JOURNAL_ROWS)):
                    return
            await lasting(1_000)


async def _shot(venue: Exchange, directory: Path, symbol: Symbol, *, at: int) -> Shot:
    """Buy so many market milliseconds into a bar, wait for the stop, sell, wait for the end."""
    state = await venue.get("state")
    wait_ms = (at - state["market_ms"] % BAR_MS) % BAR_MS / SPEED - EARLY_MS
    await lasting(wait_ms if wait_ms > 0 else wait_ms + BAR_MS / SPEED)
    last = float(state["symbols"][symbol]["last"])
    quantity = str(max(1, round(1_000 / last)))
    await venue.signed("POST", "/fapi/v1/order", symbol=symbol, side="BUY", type="MARKET", quantity=quantity)
    trade = await _protected(directory, symbol)
    testimony = await venue.get("witness")
    episode = next(one for one in testimony["episodes"][::-1] if one["symbol"] == symbol)
    await venue.signed(
        "POST",
        "/fapi/v1/order",
        symbol=symbol,
        side="SELL",
        type="MARKET",
        quantity=quantity,
        reduceOnly="true",
    )
    exposed, protected = trade.first_exposed_ms, trade.first_protected_ms
    if exposed is None or protected is None:
        raise AssertionError(f"{symbol}: {trade}")
    return Shot(naked_ms=float(episode["naked_ms"]), confirm_ms=float(protected - exposed))


async def _protected(directory: Path, symbol: Symbol) -> Trade:
    async with asyncio.timeout(SETTLE_S):
        while True:
            with StoreReader(HostDisk(), directory / "state" / ENGINE_FILE) as reader:
                for trade in reader.load_trades():
                    if trade.symbol == symbol and trade.phase is Phase.PROTECTED:
                        return trade
            await lasting(50)
