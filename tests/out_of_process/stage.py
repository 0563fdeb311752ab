"""One exchange, one engine and one watchdog, each of the two behind a relay of its own, and what is done to them."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from jackline.core.machine import Phase
from jackline.core.plan import Rung
from jackline.store.errors import StoreError
from tests.out_of_process.configuring import called, configured
from tests.out_of_process.lasting import lasting
from tests.out_of_process.records import Records, read
from tests.out_of_process.relay import BOTH, Lane, Line, Relay
from tests.out_of_process.spans import Span, able, without
from tests.processes import Child, Exchange, Json, exchange, spawn

SEED_VARIABLE = "JACKLINE_OUT_OF_PROCESS_SEED"
SPEED = 1_200
"""Market seconds a second: a bar of five minutes every quarter of a second, so an entry comes within seconds."""
LOOK_MS = 40.0
"""Between two looks at the exchange: looking without a pause would take the processor from those looked at."""
RESTART_MS = 300.0
"""A supervisor's pause before it starts what has ended."""
OPEN_S = 45.0
"""Until a position must have opened and be protected, start of the engine included."""
CONVERGED_S = 15.0
"""L1: within this after the last fault everything is protected or flat and nothing is in doubt."""


@dataclass
class Seat:
    """The engine's place or the watchdog's: its way to the exchange, its configuration, its lives."""

    verb: str
    config: Path
    relay: Relay | None
    child: Child | None = None
    lives: list[Span] = field(default_factory=list)
    pauses: list[Span] = field(default_factory=list)
    born_ms: float = 0.0
    is_wanted: bool = False
    keeper: asyncio.Task[None] | None = None

    @property
    def is_up(self) -> bool:
        return self.child is not None and self.child.process.returncode is None

    @property
    def able(self) -> tuple[Span, ...]:
        """When this process could act, as far as its own life and line go."""
        now_ms = _now_ms()
        living = [Span(start_ms=self.born_ms, end_ms=now_ms)] if self.is_up else []
        outages = self.relay.outages if self.relay is not None else ()
        holes = [Span(start_ms=one.start_ms, end_ms=one.end_ms or now_ms) for one in outages]
        return able([*self.lives, *living], [*holes, *self.pauses])


@dataclass
class Stage:
    """What a scenario plays on. `dice` draws every random moment; `seed` is what it was made from."""

    records: Records
    venue: Exchange
    rung: Rung
    seed: int
    dice: random.Random
    engine: Seat
    watchdog: Seat
    under: Sequence[str] = ()
    kills: int = 0
    cuts: int = 0
    unreachable: list[Span] = field(default_factory=list)
    converged_ms: list[float] = field(default_factory=list)
    host: str | None = None
    left: list[Path] = field(default_factory=list)
    """Stores that were in use before `move`."""

    @property
    def store(self) -> Path:
        return self.records.store

    @property
    def seats(self) -> tuple[Seat, Seat]:
        return self.engine, self.watchdog

    @property
    def able(self) -> tuple[Span, ...]:
        """When the venue answered and a process of ours was up (P1)."""
        return without([span for seat in self.seats for span in seat.able], self.unreachable)

    async def start(self, seat: Seat) -> None:
        """Start the process; like under any supervisor it is started again whenever it ends by itself."""
        seat.is_wanted = True
        await self._spawn(seat)
        seat.keeper = asyncio.create_task(self._keep(seat))

    async def _spawn(self, seat: Seat) -> None:
        seat.born_ms = _now_ms()
        seat.child = await spawn(seat.verb, "--config", str(seat.config), under=self.under)
        seat.child.drain()

    async def _keep(self, seat: Seat) -> None:
        while seat.child is not None:
            await seat.child.process.wait()
            seat.lives.append(Span(start_ms=seat.born_ms, end_ms=_now_ms()))
            if not seat.is_wanted:
                return
            await lasting(RESTART_MS)
            if not seat.is_wanted:
                return
            await self._spawn(seat)
            if not seat.is_wanted:  # killed while it was being started
                await seat.child.kill()

    async def kill(self, seat: Seat) -> None:
        """SIGKILL, and stay dead until started."""
        self.kills += 1
        await self._end(seat)

    async def _end(self, seat: Seat) -> None:
        seat.is_wanted = False
        self.signal(seat, signal.SIGCONT)
        if seat.child is not None:
            await seat.child.kill()
        if seat.keeper is not None:
            await seat.keeper

    async def stop(self, seat: Seat) -> int | None:
        """SIGTERM, and the exit code."""
        seat.is_wanted = False
        return None if seat.child is None else await seat.child.stop()

    def move(self, records: Records) -> None:
        """Another place for what both keep; neither may run."""
        self.left.append(self.store)
        self.records = records
        for seat in self.seats:
            url = called(seat.relay.url if seat.relay else self.venue.url, self.host)
            seat.config = configured(seat.verb, url, self.rung, records)

    def signal(self, seat: Seat, number: signal.Signals) -> None:
        """Send a signal now, without waiting for what it does."""
        if seat.child is not None and seat.child.process.returncode is None:
            seat.child.process.send_signal(number)

    async def pause(self, seat: Seat, span_ms: float) -> None:
        """SIGSTOP, and SIGCONT after a while: memory and lease are kept, time is not."""
        start_ms = _now_ms()
        self.freeze(seat)
        await lasting(span_ms)
        self.thaw(seat)
        seat.pauses.append(Span(start_ms=start_ms, end_ms=_now_ms()))

    def freeze(self, seat: Seat) -> None:
        """SIGSTOP until `thaw`; the caller keeps account of who could not act."""
        self.signal(seat, signal.SIGSTOP)
        self.cuts += 1

    def thaw(self, seat: Seat) -> None:
        """SIGCONT."""
        self.signal(seat, signal.SIGCONT)

    async def pause_exchange(self, span_ms: float) -> None:
        """The venue halts with everything in its hands, and goes on."""
        async with self.unreached():
            os.kill(self.venue.child.process.pid, signal.SIGSTOP)
            await lasting(span_ms)
            os.kill(self.venue.child.process.pid, signal.SIGCONT)

    @asynccontextmanager
    async def unreached(self) -> AsyncIterator[None]:
        """Nobody can act in here: the exchange is out of everyone's reach."""
        self.cuts += 1
        start_ms = _now_ms()
        yield
        self.unreachable.append(Span(start_ms=start_ms, end_ms=_now_ms()))

    def line(self, state: Line, *, lanes: tuple[Lane, ...] = BOTH) -> None:
        """The lines of both processes, at once."""
        for seat in self.seats:
            if seat.relay is not None:
                seat.relay.line(state, lanes=lanes)
        self.cuts += state is not Line.OPEN

    async def restore(self) -> None:
        """Both lines pass again."""
        for seat in self.seats:
            if seat.relay is not None:
                await seat.relay.restore()

    async def market(self, *, runs: bool) -> None:
        """Let market time run or stand."""
        await self.venue.post("market", {"hold": not runs})

    async def until(self, wanted: Callable[[Json], bool], *, within_s: float, what: str) -> Json:
        """What the witness says once it is wanted."""
        deadline = time.monotonic() + within_s
        while True:
            testimony = await self.venue.get("witness")
            if wanted(testimony):
                return testimony
            assert time.monotonic() < deadline, f"{what}; seed {self.seed}: {self.said()}"
            await lasting(LOOK_MS)

    async def protected(self) -> None:
        """Until the venue holds a covered position that the journal calls protected; the market runs for it."""
        await self.market(runs=True)
        await self.until(
            lambda seen: bool(_living(seen)) and not _naked(seen) and Phase.PROTECTED in self.phases(),
            within_s=OPEN_S,
            what="no position opened",
        )

    async def converged(self) -> None:
        """L1: the market stands, and within the time everything is protected or flat and nothing is in doubt."""
        await self.market(runs=False)
        started_s = time.monotonic()
        await self.until(
            lambda seen: not _naked(seen) and self.phases() <= {Phase.PROTECTED},
            within_s=CONVERGED_S,
            what="L1: not protected or flat in time",
        )
        self.converged_ms.append((time.monotonic() - started_s) * 1_000)

    async def heard(self, seat: Seat, event: str) -> None:
        """Until the process has logged an event of this name."""
        deadline = time.monotonic() + OPEN_S
        while seat.child is None or not any(f'"{event}"' in line for line in seat.child.noise):
            assert time.monotonic() < deadline, f"no {event}; seed {self.seed}: {self.said()}"
            await lasting(LOOK_MS)

    def phases(self) -> set[Phase]:
        """The phases of the live trades, as the journal has them; DOUBTFUL while it cannot be read."""
        try:
            with read(self.store) as reader:
                return {trade.phase for trade in reader.load_trades()}
        except StoreError:
            return {Phase.DOUBTFUL}

    def said(self) -> str:
        """The last words of all three."""
        children = [(seat.verb, seat.child) for seat in self.seats]
        return "\n".join(
            f"{name}: {line}"
            for name, child in [*children, ("exchange", self.venue.child)]
            if child is not None
            for line in [*child.noise[-12:], f"exit code {child.process.returncode}"]
        )


@asynccontextmanager
async def staged(
    directory: Path,
    rung: Rung,
    *,
    under: Sequence[str] = (),
    venue: Exchange | None = None,
    seed: int | None = None,
    records: Records | None = None,
    host: str | None = None,
) -> AsyncIterator[Stage]:
    """Exchange, engine and watchdog, up and running. `under` and `venue` are for a namespace of their own.

    `host`: what both call the machine that their relays are on.
    """
    seed = draw_seed() if seed is None else seed
    records = records or Records(state_dir=directory / "state")
    sys.stdout.write(f"{SEED_VARIABLE}={seed}\n")
    async with AsyncExitStack() as stack:
        if venue is None:
            venue = await stack.enter_async_context(exchange(*markets(seed)))
        relays: list[Relay | None] = [None, None]
        if not under or host:  # inside a namespace the wire itself is cut: no relay stands between
            relays = [await stack.enter_async_context(Relay(venue.port)) for _ in relays]
        venue.child.drain()
        engine, watchdog = (
            Seat(
                verb=verb,
                config=configured(verb, called(relay.url if relay else venue.url, host), rung, records),
                relay=relay,
            )
            for verb, relay in zip(("engine", "watchdog"), relays, strict=True)
        )
        stage = Stage(
            records=records,
            venue=venue,
            rung=rung,
            seed=seed,
            dice=random.Random(seed),
            engine=engine,
            watchdog=watchdog,
            under=under,
            host=host,
        )
        try:
            await asyncio.gather(*(stage.start(seat) for seat in stage.seats))
            try:
                yield stage
            except aiohttp.ClientError as error:
                raise AssertionError(f"the exchange is gone: {error}; {stage.said()}") from error
        finally:
            for seat in stage.seats:
                await stage._end(seat)
            with suppress(ProcessLookupError):
                os.kill(venue.child.process.pid, signal.SIGCONT)


def markets(seed: int) -> tuple[str, ...]:
    """The exchange's arguments: two generated markets that stand still at first."""
    return ("--generate", "BTCUSDT,ETHUSDT", "--speed", str(SPEED), "--seed", str(seed), "--hold")


def draw_seed() -> int:
    """The one that was given, else one of this run: pytest-randomly seeds the generator, and prints with what."""
    given = os.environ.get(SEED_VARIABLE)
    return int(given) if given else random.randrange(1 << 31)


def _now_ms() -> float:
    return time.time() * 1_000


def _living(testimony: Json) -> list[Json]:
    return [episode for episode in testimony["episodes"] if episode["closed_wire_ms"] is None]


def _naked(testimony: Json) -> bool:
    return any(episode["naked_now"] for episode in testimony["episodes"])
