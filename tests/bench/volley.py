"""Ten entries fired at once: one market file for ten symbols, whose strategy wants all of them at the same bar.

A volley is: the market runs to the close of the bar and stands; ten signals, ten entries, ten stops; then it runs
through all ten stops and stands again until everything is flat and swept. Exposure is the exchange's own record; the
moment of a signal and of its read-back are the engine's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from jackline.core.machine import Phase
from jackline.core.plan import Rung
from jackline.core.trade import Trade
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.out_of_process.lasting import lasting
from tests.processes import Child, Exchange, Json, exchange, spawn, write_config

PRICES = {
    "BTCUSDT": "60000.0",
    "ETHUSDT": "3000.00",
    "SOLUSDT": "150.00",
    "BNBUSDT": "600.00",
    "XRPUSDT": "0.6000",
    "DOGEUSDT": "0.12000",
    "ADAUSDT": "0.4500",
    "LINKUSDT": "14.0000",
    "AVAXUSDT": "28.0000",
    "DOTUSDT": "6.5000",
}
SYMBOLS = tuple(PRICES)
INTERVAL_MS = 300_000
FIRST_MS = 1_700_000_100_000
HISTORY_BARS = 40
ROUND = ("-0.0005",) * 6 + ("0.0015", "-0.03") + ("0.001", "-0.0005")
"""One round's bars as changes of price: a slide, the jump that everybody buys, the fall through every stop, a rest."""
JUMP, FALL = 6, 7
RATIO = 6_000.0
"""Market seconds a second: a bar of five minutes in 50 ms."""
PER_MINUTE = 3
"""Ten entries, ten exits and ten sweeps use a sixth of what the venue grants an address a minute."""
SETTLE_S = 60.0
"""A loaded machine; nothing is judged by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One entry of a volley. Milliseconds.

    Attributes:
        naked_ms: with a position and no live covering stop, by the exchange's record.
        protected_ms: from the engine's signal to its read-back of the stop, with the position open.
        entry_id: the exchange's number of the entry: they rise in the order in which it took them.
    """

    symbol: str
    naked_ms: float
    protected_ms: float
    entry_id: int


@dataclass
class Range:
    """An exchange and an engine with ten symbols, every rung proven, the market standing."""

    venue: Exchange
    engine: Child
    store: Path
    rounds: int = 0

    async def volley(self) -> tuple[Shot, ...]:
        """Fire; ten shots in the order of their signals. Some volleys a minute: each costs request weight."""
        if self.rounds and self.rounds % PER_MINUTE == 0:
            now_ms = int((await self.venue.get("state"))["wire_ms"])
            await lasting(60_500 - now_ms % 60_000)
        start_ms = FIRST_MS + (HISTORY_BARS + self.rounds * len(ROUND)) * INTERVAL_MS
        self.rounds += 1
        before = len((await self.venue.get("witness"))["episodes"])
        await self._run_to(start_ms + (JUMP + 1) * INTERVAL_MS)
        signals = await self._signals()
        trades = await self._all_protected()
        testimony = await self.venue.get("witness")
        shots = tuple(_shots(signals, trades, testimony, testimony["episodes"][before:]))
        await self._run_to(start_ms + (FALL + 1) * INTERVAL_MS)
        await self._all_over()
        await self._run_to(start_ms + len(ROUND) * INTERVAL_MS)
        return shots

    async def _run_to(self, market_ms: int) -> None:
        """Up to and including the first tick of the bar that opens then."""
        await self.venue.post("market", {"hold": False, "ratio": RATIO, "hold_at_ms": market_ms})

    async def _signals(self) -> dict[str, float]:
        """When the strategy spoke, by symbol, in the order of speaking; wire time."""
        found: dict[str, float] = {}
        while len(found) < len(SYMBOLS):
            line = await self.engine.event("signal")
            found[line["symbol"]] = datetime.fromisoformat(line["timestamp"]).timestamp() * 1_000
        return found

    async def _all_protected(self) -> dict[str, Trade]:
        try:
            async with asyncio.timeout(SETTLE_S):
                while True:
                    trades = {str(one.symbol): one for one in self._trades() if one.phase is Phase.PROTECTED}
                    if len(trades) == len(SYMBOLS):
                        return trades
                    await self.venue.get("state")
        except TimeoutError as error:
            await self.engine.kill()
            said = [line for line in self.engine.noise if "alert" in line or "entry_denied" in line]
            raise AssertionError(f"not all protected: {said}") from error

    async def _all_over(self) -> None:
        """Flat, swept, and every trade ended."""
        async with asyncio.timeout(SETTLE_S):
            while True:
                testimony = await self.venue.get("witness")
                flat = not testimony["accounts"]["main"]["positions"] and not testimony["orphans"]
                if flat and not self._trades():
                    return

    def _trades(self) -> tuple[Trade, ...]:
        with StoreReader(HostDisk(), self.store) as reader:
            return reader.load_trades()


def _shots(
    signals: dict[str, float], trades: dict[str, Trade], testimony: Json, episodes: list[Json]
) -> Iterator[Shot]:
    entries = {one["client_id"]: int(one["order_id"]) for one in testimony["orders"]}
    of = {one["symbol"]: one for one in episodes}
    for symbol, said_ms in signals.items():
        confirmed_ms = trades[symbol].first_protected_ms
        assert confirmed_ms is not None, symbol
        yield Shot(
            symbol=symbol,
            naked_ms=float(of[symbol]["naked_ms"]),
            protected_ms=confirmed_ms - said_ms,
            entry_id=entries[of[symbol]["entry_client_id"]],
        )


@asynccontextmanager
async def shooting_range(directory: Path, *, rung: Rung, rounds: int) -> AsyncIterator[Range]:
    """Everything up and proven; `rounds` volleys fit into the market file."""
    files = [argument for path in _market(directory, rounds) for argument in ("--data", str(path))]
    start_ms = str(FIRST_MS + HISTORY_BARS * INTERVAL_MS)
    async with exchange(*files, "--from", start_ms, "--hold") as venue:
        config = write_config(
            directory,
            venue.url,
            venue__symbols=str(list(SYMBOLS)).replace("'", '"'),
            venue__rung=f'"{rung.value}"',
            risk__cooldown_ms="60000",
            risk__entry_patience_ms="5000",
            risk__size_cap_fraction="0.02",
            risk__daily_loss_max_fraction="0.2",
            strategy__parameters__rsi_period="2",
            strategy__parameters__ema_period="2",
            strategy__parameters__rsi_long="51",
            strategy__parameters__rsi_short="0.001",
        )
        engine = await spawn("engine", "--config", str(config))
        try:
            proven: set[str] = set()
            while len(proven) < len(SYMBOLS):
                line = await engine.event("rung", within_s=SETTLE_S)
                assert line["rung"] == rung.value, line
                proven.add(line["symbol"])
            yield Range(venue, engine, directory / "state" / ENGINE_FILE)
            assert await engine.stop() == 0
        finally:
            await engine.kill()


def _market(directory: Path, rounds: int) -> Iterator[Path]:
    """One file a symbol: the same moves for all of them."""
    for symbol, text in PRICES.items():
        price = Decimal(text)
        rows = ["timestamp,open,high,low,close,volume"]
        moves = [Decimal(move) for move in ("0.0005", "-0.0005") * (HISTORY_BARS // 2) + ROUND * (rounds + 1)]
        for number, move in enumerate(moves):
            close = (price * (1 + move)).quantize(Decimal(text))
            low, high = min(price, close), max(price, close)
            rows.append(f"{FIRST_MS + number * INTERVAL_MS},{price},{high},{low},{close},100000")
            price = close
        path = directory / f"{symbol}-5m.csv"
        path.write_text("\n".join(rows) + "\n")
        yield path
