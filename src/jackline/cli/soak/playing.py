"""A soak from start to end: processes, market, samples."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec

from jackline.cli.children import Child, Children, Ready
from jackline.cli.config import Config
from jackline.cli.demo.setting import Place, prepare
from jackline.cli.demo.witness import Episode, Traffic, Witness
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.section_types import BAR_INTERVALS_MS
from jackline.cli.soak.samples import DAY_MS, Sample, Waiting, life, sizes, waited_s
from jackline.cli.soak.scene import BALANCE_QUOTE, write_config
from jackline.engine import heartbeat
from jackline.store.host_disk import HostDisk

READY_S = 900.0
"""Two hundred symbols have their history made by the exchange and read by the engine, on a machine that may be busy."""
LOOK_S = 0.5
"""Between two looks at the heartbeat: it is written so often."""
OPENING_MS = 1.0
"""A naked span that begins within this of the position's opening is its first exposure."""
PRICES_PER_S = 1_000
"""Marks that an engine is told of, of all symbols: five times what a real market of 200 tells it. In a market that runs
ahead there is something new to say of each symbol all the time."""
STRANGERS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """The command line, checked. `speed`: market seconds a second of the wall, 1 for real time. `bar`: an interval by
    its name."""

    days: float
    symbols: int
    speed: float
    samples: int
    seed: int
    bar: str = "5m"

    @property
    def interval_ms(self) -> int:
        """How long a bar is, in market time."""
        return BAR_INTERVALS_MS[self.bar]

    @property
    def end_ms(self) -> float:
        """Market time to be played."""
        return self.days * DAY_MS


@dataclass(slots=True, kw_only=True)
class Soak:
    """What runs, and what was measured of it so far."""

    wishes: Wishes
    place: Place
    config: Config
    url: str
    session: aiohttp.ClientSession
    witness: Witness
    exchange: Child
    watchdog: Child
    engine: Child
    start_ms: int
    started_s: float = field(default_factory=time.monotonic)
    samples: list[Sample] = field(default_factory=list)
    ended: str = ""
    inbox_max: int = 0
    loop_lag_ms_max: int = 0
    own_lag_ms_max: int = 0
    waiting: Waiting = field(default_factory=Waiting)
    journal_lag_ms_max: int = 0
    ready_s: float = 0.0
    traffic: Traffic = Traffic(weight_max=0, routes={})
    seen_wire_ms: float = 0.0
    naked_first_ms_max: float = 0.0
    naked_later_ms_max: float = 0.0
    liquidated: set[str] = field(default_factory=set)

    async def run(self, stop: asyncio.Event, say: Callable[[Sample], None]) -> None:
        """Play the market to its end, or until told to stop, or until a process has ended."""
        await self._ready(stop)
        self.ready_s = round(time.monotonic() - self.started_s, 1)
        if self.wishes.speed > 1:
            await self.witness.thin_prices(self.price_period_ms)
        await self.witness.resume(self.wishes.speed)
        step_ms = self.wishes.end_ms / self.wishes.samples
        next_ms = 0.0
        while not stop.is_set() and not self.ended:
            self._look()
            market = await self.witness.market()
            played_ms = market.market_ms - self.start_ms
            if played_ms >= next_ms or market.ended:
                self.samples.append(await self._sample(played_ms))
                say(self.samples[-1])
                next_ms = max(next_ms + step_ms, played_ms)
            if played_ms >= self.wishes.end_ms or market.ended:
                return
            await _pause(stop, LOOK_S)

    async def _ready(self, stop: asyncio.Event) -> None:
        """Until entries could leave. Raises CommandFailed."""
        deadline = time.monotonic() + READY_S
        while not stop.is_set():
            beat = heartbeat.read(HostDisk(), self.config.state_dir)
            if beat is not None and beat.ready:
                return
            if not self.engine.is_running:
                raise self.engine.failed("ended at its start")
            if time.monotonic() > deadline:
                text = f"the engine is not ready after {READY_S:g} s:\n{self.engine.last_words()}"
                raise CommandFailed(ExitCode.UNANSWERED, text)
            await _pause(stop, LOOK_S)

    def _look(self) -> None:
        for child in (self.exchange, self.watchdog, self.engine):
            if not child.is_running:
                self.ended = f"{child.name} ended; its last words:\n{child.last_words()}"
        beat = heartbeat.read(HostDisk(), self.config.state_dir)
        if beat is not None:
            self.inbox_max = max(self.inbox_max, beat.inbox)
            self.loop_lag_ms_max = max(self.loop_lag_ms_max, beat.loop_lag_ms)
            self.waiting.note(time.monotonic(), waited_s(self.engine.pid))
            self.own_lag_ms_max = max(self.own_lag_ms_max, self.waiting.own_ms(beat.loop_lag_ms))
            self.journal_lag_ms_max = max(self.journal_lag_ms_max, beat.journal_lag_ms)

    @property
    def price_period_ms(self) -> float:
        """Between two marks of a symbol where the market runs ahead."""
        return min(1_000.0, max(20.0, 1_000 * self.wishes.symbols / PRICES_PER_S))

    async def _sample(self, played_ms: float) -> Sample:
        seen = await self.witness.episodes(since_wire_ms=self.seen_wire_ms - 1)
        self.traffic = await self.witness.traffic()
        self._note(seen.episodes)
        self.seen_wire_ms = seen.wire_exact_ms
        store, tape = await asyncio.to_thread(sizes, self.config.state_dir)
        sample = Sample(
            wall_s=round(time.monotonic() - self.started_s, 1),
            market_day=round(played_ms / DAY_MS, 4),
            engine=life(self.engine.pid),
            watchdog=life(self.watchdog.pid),
            exchange=life(self.exchange.pid),
            inbox_max=self.inbox_max,
            loop_lag_ms_max=self.loop_lag_ms_max,
            own_lag_ms_max=self.own_lag_ms_max,
            journal_lag_ms_max=self.journal_lag_ms_max,
            store_bytes=store,
            tape_bytes=tape,
            weight_max=self.traffic.weight_max,
            refused=self.traffic.refused,
            entries=seen.opened,
            naked_first_ms_max=self.naked_first_ms_max,
            naked_later_ms_max=self.naked_later_ms_max,
            liquidated=len(self.liquidated),
        )
        self.inbox_max = self.loop_lag_ms_max = self.own_lag_ms_max = self.journal_lag_ms_max = 0
        return sample

    def _note(self, episodes: Sequence[Episode]) -> None:
        """Every position is told of until it has closed, and once more."""
        for one in episodes:
            first_ms, later_ms = naked(one)
            self.naked_first_ms_max = max(self.naked_first_ms_max, first_ms)
            self.naked_later_ms_max = max(self.naked_later_ms_max, later_ms)
            if one.liquidated:
                self.liquidated.add(one.entry_client_id)


def naked(episode: Episode) -> tuple[float, float]:
    """The longest time without a covering stop: right after the opening, and later on."""
    first = later = 0.0
    for start_ms, end_ms in episode.naked_intervals:
        if start_ms - episode.opened_wire_ms <= OPENING_MS:
            first = max(first, end_ms - start_ms)
        else:
            later = max(later, end_ms - start_ms)
    return first, later


def names(count: int) -> tuple[str, ...]:
    """So many symbols: the usual ones, then made-up ones."""
    return (*STRANGERS, *(f"SOAK{number:03d}USDT" for number in range(len(STRANGERS), count)))[:count]


@contextlib.asynccontextmanager
async def opened(wishes: Wishes, directory: Path) -> AsyncIterator[Soak]:
    """Exchange, watchdog and engine, the market still standing. All are ended on the way out. Raises CommandFailed."""
    place = prepare(directory)
    symbols = names(wishes.symbols)
    bars = int(wishes.end_ms / wishes.interval_ms) + 2
    arguments = [
        "exchange",
        "serve",
        "--ready-json",
        "--hold",
        "--balance",
        BALANCE_QUOTE,
        "--key",
        place.key,
    ]
    arguments += ["--secret-file", str(place.secret), "--generate", ",".join(symbols), "--bars", str(bars)]
    arguments += ["--interval-ms", str(wishes.interval_ms), "--seed", str(wishes.seed)]
    environment = {**os.environ, "JACKLINE_LOG": "json", "JACKLINE_LOG_LEVEL": "warning"}
    async with Children(directory, environment=environment) as children, aiohttp.ClientSession() as session:
        exchange = await children.start("exchange", *arguments, speaks=True)
        ready = msgspec.json.decode(await exchange.ready_line(within_s=READY_S), type=Ready)
        url = f"http://127.0.0.1:{ready.port}"
        config = write_config(place, url=url, symbols=symbols, bar=wishes.bar)
        file = str(place.config)
        yield Soak(
            wishes=wishes,
            place=place,
            config=config,
            url=url,
            session=session,
            witness=Witness(url, session),
            exchange=exchange,
            watchdog=await children.start("watchdog", "watchdog", "--config", file),
            engine=await children.start("engine", "engine", "--config", file),
            start_ms=ready.market_start_ms,
        )


async def _pause(stop: asyncio.Event, span_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(span_s):
            await stop.wait()
