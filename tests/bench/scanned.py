"""Entries of an engine with hundreds of symbols whose bars all close at once: with a scan to be made, and without.

Both in one run, in turns: the same bars, the same entries, the same load of the exchange. Only what the strategy
computes at that close differs (tests/bench/shooter.py). Between two closes the market stands until everything is flat.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from jackline.core.machine import Phase
from jackline.core.plan import Rung
from jackline.core.trade import Trade
from jackline.core.values import Symbol
from jackline.store.boot import ENGINE_FILE
from jackline.store.host_disk import HostDisk
from jackline.store.reader import StoreReader
from tests.bench import shooter
from tests.out_of_process.lasting import lasting
from tests.processes import Child, Exchange, Json, exchange, spawn, write_config

MINUTE_MS, ROUND_BARS = shooter.MINUTE_MS, shooter.ROUND_BARS
ROUND_MS = ROUND_BARS * MINUTE_MS
FIRST_MS = 1_699_999_920_000
"""The first bar of a history: a round begins there, one for which nothing is computed."""
HISTORY_BARS = 306
"""An even number of rounds, and a few bars more than the strategy asks for."""
WANTED = 6
"""Entries a close: the first symbols to be asked, so that their answers come in the middle of the scan."""
RATIO = 6_000.0
"""Market seconds a second: a bar of a minute in 10 ms."""
QUIET_MS = 150
"""After the bars before it: what they brought is through when a close comes."""
FIRE_BEFORE_MS = 38_000
"""Of a wall minute: later the canaries of the others have used what request weight entries may use up."""
STARTING_S = 90.0
"""Histories of hundreds of symbols, paced by their request weight."""
ENTERING_S = 5.0
"""Beyond every deadline of an entry: then its position is protected, or it has none."""
SETTLE_S = 30.0
"""A loaded machine; nothing is judged by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One entry. Milliseconds of wire time.

    Attributes:
        naked_ms: with a position and no live covering stop, by the exchange's record.
        read_back_ms: from its first fill, by the exchange's record, to the engine's read-back of the stop.
        scan_ms: from the first question of its close to the last.
        in_scan: its first fill lies between the two.
    """

    naked_ms: float
    read_back_ms: float
    scan_ms: float
    in_scan: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Engine and exchange, and the market standing between two rounds."""

    venue: Exchange
    directory: Path

    def trades(self) -> tuple[Trade, ...]:
        """The open ones, from the engine's store."""
        with StoreReader(HostDisk(), self.directory / "state" / ENGINE_FILE) as reader:
            return reader.load_trades()

    async def round(self, number: int) -> list[Shot]:
        """Let the bars of a round close, and then end its trades."""
        now_ms = int((await self.venue.get("state"))["wire_ms"]) % MINUTE_MS
        if now_ms > FIRE_BEFORE_MS:
            await lasting(MINUTE_MS - now_ms + QUIET_MS)
        close_ms = FIRST_MS + HISTORY_BARS * MINUTE_MS + number * ROUND_MS + MINUTE_MS
        await self._run_to(close_ms - 1)
        await lasting(QUIET_MS)
        before = len((await self.venue.get("witness"))["episodes"])
        await self._run_to(close_ms)
        trades = await self._protected()
        episodes = (await self.venue.get("witness"))["episodes"][before:]
        await self._run_to(close_ms + 2 * MINUTE_MS - 1)
        await self._over()
        asked = self._asked((close_ms - MINUTE_MS) // ROUND_MS)
        return [_shot(episode, trades.get(episode["symbol"]), asked) for episode in episodes]

    async def _run_to(self, market_ms: int) -> None:
        await self.venue.post("market", {"hold": False, "ratio": RATIO, "hold_at_ms": market_ms})

    async def _protected(self) -> dict[str, Trade]:
        """All that were wanted; fewer where an entry did not leave, as the request weight was short."""
        found: dict[str, Trade] = {}
        with suppress(TimeoutError):
            async with asyncio.timeout(ENTERING_S):
                while len(found) < WANTED:
                    await lasting(50)
                    found = {str(one.symbol): one for one in self.trades() if one.phase is Phase.PROTECTED}
        return found

    async def _over(self) -> None:
        """Flat, swept, and every trade ended."""
        async with asyncio.timeout(SETTLE_S):
            while self.trades():  # another process is asked
                await lasting(100)

    def _asked(self, turn: int) -> list[float]:
        """When the strategy was asked in that round, wire milliseconds."""
        lines = (line.split() for line in _file(self.directory, ".asked").read_text().splitlines())
        return [int(at_ns) / 1e6 for one, _, at_ns in lines if int(one) == turn]


def _shot(episode: Json, trade: Trade | None, asked: Sequence[float]) -> Shot:
    confirmed_ms = trade.first_protected_ms if trade else None
    if confirmed_ms is None:
        raise AssertionError(f"a position that was not protected: {episode}, {trade}")
    filled_ms = float(episode["opened_wire_ms"])
    return Shot(
        naked_ms=float(episode["naked_ms"]),
        read_back_ms=confirmed_ms - filled_ms,
        scan_ms=asked[-1] - asked[0],
        in_scan=asked[0] <= filled_ms <= asked[-1],
    )


async def shots(
    directory: Path, symbols: Sequence[Symbol], rung: Rung, count: int
) -> tuple[list[Shot], list[Shot]]:
    """At least `count` shots without a scan and as many with one; the first round warms up and is left out."""
    rounds = 1 + 2 * -(-count // WANTED)
    files = [argument for path in _market(directory, symbols, rounds) for argument in ("--data", str(path))]
    start_ms = str(FIRST_MS + HISTORY_BARS * MINUTE_MS)
    async with exchange(*files, "--from", start_ms, "--hold", "--balance", "1000000") as venue:
        engine = await spawn("engine", "--config", str(_config(directory, venue, symbols, rung)))
        try:
            await _proven(engine, symbols, rung)
            engine.drain()
            of = Range(venue=venue, directory=directory)
            found: tuple[list[Shot], list[Shot]] = ([], [])
            await of.round(0)
            for number in range(1, rounds):
                found[number % 2].extend(await of.round(number))
            return found
        finally:
            await engine.kill()


async def _proven(engine: Child, symbols: Sequence[Symbol], rung: Rung) -> None:
    """Until what is wanted may be opened. The canaries of the others go on, one a second."""
    missing = {str(symbol) for symbol in symbols[:WANTED]}
    while missing:
        line = await engine.event("rung", within_s=STARTING_S)
        if line["rung"] != rung.value:
            raise AssertionError(line)
        missing.discard(line["symbol"])


def _file(directory: Path, suffix: str = "") -> Path:
    return directory / f"shooter.py{suffix}"


def _config(directory: Path, venue: Exchange, symbols: Sequence[Symbol], rung: Rung) -> Path:
    _file(directory).write_text(Path(shooter.__file__).read_text())
    path = write_config(
        directory,
        venue.url,
        venue__symbols=str([str(symbol) for symbol in symbols]).replace("'", '"'),
        venue__bar_interval='"1m"',
        venue__rung=f'"{rung.value}"',
        risk__cooldown_ms="0",
        risk__hold_max_ms=str(MINUTE_MS),
        risk__entry_patience_ms="5000",
        risk__size_cap_fraction="0.01",
        risk__daily_loss_max_fraction="0.5",
        strategy__parameters__wanted=str(WANTED),
    )
    path.write_text(path.read_text().replace('name = "rsi_trend"', 'file = "shooter.py"'))
    return path


def _market(directory: Path, symbols: Sequence[Symbol], rounds: int) -> list[Path]:
    """One file a symbol: a walk, the same at every run, in which each round ends a little higher."""
    paths = []
    for symbol in symbols:
        chance = random.Random(symbol)  # prices, no secret
        price = Decimal("100.00")
        rows = ["timestamp,open,high,low,close,volume"]
        for number in range(HISTORY_BARS + (rounds + 1) * ROUND_BARS):
            step = Decimal(f"{chance.gauss(0, 0.0005):.5f}")
            if number >= HISTORY_BARS:
                step = (Decimal("-0.003"), Decimal("0.002"), Decimal("0.002"))[number % ROUND_BARS]
            close = (price * (1 + step)).quantize(price)
            low, high = min(price, close), max(price, close)
            rows.append(f"{FIRST_MS + number * MINUTE_MS},{price},{high},{low},{close},100000")
            price = close
        paths.append(directory / f"{symbol}-1m.csv")
        paths[-1].write_text("\n".join(rows) + "\n")
    return paths
