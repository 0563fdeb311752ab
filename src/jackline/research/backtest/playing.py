"""One backtest while it is played: an exchange, an engine on it, and the operator who resets a tripped switch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random

from jackline.core.state import KillLevel, State
from jackline.core.values import WireMs
from jackline.engine.engine import Engine
from jackline.engine.options import EngineOptions
from jackline.engine.process import Surroundings, run_engine
from jackline.exchange.ports import Candle
from jackline.research.backtest.loop import BacktestLoop
from jackline.research.backtest.memory_disk import MemoryDisk
from jackline.research.backtest.rest import is_at_rest
from jackline.research.backtest.settings import BacktestSettings
from jackline.research.backtest.street import STATE_DIR, Street, VenueClock, account_of, open_street
from jackline.research.backtest.walk import Lane, Walk
from jackline.research.refusal import BacktestRefused
from jackline.store.boot import COMMANDS_FILE
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.world.process import HostClock, Process

DAY_MS = 86_400_000
OPENING_S_MAX = 60.0
"""An engine on an exchange that answers at once has sung its canaries long before."""
STOP_S_MAX = 30.0
OBEYED_S_MAX = 5.0
"""An engine reads its desk five times a second."""
LOOK_S = 0.01


@dataclass(slots=True, kw_only=True)
class Run:
    """One backtest while it is played."""

    loop: BacktestLoop
    street: Street
    disk: MemoryDisk
    process: Process
    settings: BacktestSettings
    engine: Engine | None = None
    equity: list[tuple[int, Decimal]] = field(default_factory=list)
    resets: int = 0
    unrested: int = 0
    moments: list[tuple[float, int]] = field(default_factory=list)

    @property
    def state(self) -> State:
        """The engine's."""
        if self.engine is None:
            raise self.process.error or BacktestRefused(what="the engine has not started")
        return self.engine.state


class RightClock(HostClock):
    """A host whose clock is right."""

    def __init__(self, loop: BacktestLoop, *, epoch_ms: int) -> None:
        super().__init__(loop, epoch_ms=epoch_ms)
        self._passed_s = loop.time

    def wire_ms(self) -> WireMs:
        """Virtual time, as the exchange has it."""
        return WireMs(self._epoch_ms + int(self._passed_s() * 1_000))


class Operator:
    """Looks at the account once a day, at midnight UTC, and resets a switch that has tripped, with a reason (K4)."""

    def __init__(self, run: Run, begin_ms: int) -> None:
        self._run, self._day = run, begin_ms // DAY_MS
        self.resets = 0

    async def look(self, close_ms: int) -> None:
        """After a bar that ended then."""
        day = close_ms // DAY_MS
        if day == self._day:
            return
        self._day = day
        tripped = self._run.state.kill_level is KillLevel.NO_NEW_RISK
        if tripped and self._run.settings.resets_next_day:
            self.resets += 1
            command = Command(
                command_id=f"backtest-reset-{self.resets}",
                created_ms=WireMs(self._run.process.wire_ms()),
                actor="backtest",
                kind=CommandKind.RESET,
                symbol=None,
                side=None,
                level=None,
                reason="a new day",
                wish=None,
            )
            CommandDesk(self._run.disk, STATE_DIR / COMMANDS_FILE).submit(command)
            await _wait(self._run, lambda: self._run.state.kill_level is KillLevel.NORMAL, OBEYED_S_MAX)
            await _wait(
                self._run, lambda: is_at_rest(self._run.state, self._run.process.wire_ms()), STOP_S_MAX
            )


def open_run(
    options: EngineOptions,
    settings: BacktestSettings,
    histories: Mapping[str, Sequence[Candle]],
    begin_ms: int,
) -> Run:
    loop = BacktestLoop()
    street = open_street(
        settings.transport,
        options=options,
        histories=histories,
        balance=settings.balance_quote,
        costs=settings.costs,
        clock=VenueClock(loop, epoch_ms=begin_ms),
        loop=loop,
    )
    process = Process(
        loop=loop, clock=RightClock(loop, epoch_ms=begin_ms), name="engine-1", number=1, rng=Random(0)
    )
    run = Run(loop=loop, street=street, disk=MemoryDisk(loop), process=process, settings=settings)
    around = Surroundings(world=process, disk=run.disk, open_venue=street.opening(process))

    def show(engine: Engine) -> None:
        run.engine = engine

    process.run(lambda: run_engine(options, around, process.stop, show), lambda _: None)
    return run


async def play(
    run: Run,
    options: EngineOptions,
    lanes: Sequence[Lane],
    progress: Callable[[int, int], None] | None,
) -> None:
    """Start, walk, stop."""
    await _wait(run, lambda: run.engine is not None and _is_open(run, options), OPENING_S_MAX)
    total, done = max(len(lane.bars) for lane in lanes), 0
    account, marks = account_of(run.street), run.street.venue.state.markets
    operator = Operator(run, lanes[0].bars[0].open_ms)

    async def after_bar(close_ms: int) -> None:
        nonlocal done
        done += 1
        profit = sum((one.unrealised(marks[one.symbol].mark) for one in account.open_positions()), Decimal(0))
        run.equity.append((close_ms, account.wallet + profit))
        await operator.look(close_ms)
        if progress is not None:
            progress(done, total)
        if run.process.finished:
            raise run.process.error or BacktestRefused(what="the engine has ended")

    walk = Walk(
        loop=run.loop,
        street=run.street,
        state=lambda: run.state,
        lanes=lanes,
        interval_ms=options.interval_ms,
        jump_leg_fraction=run.settings.jump_leg_fraction,
        after_bar=after_bar,
        walks_all=run.settings.walks_all,
    )
    await walk.run()
    run.resets = operator.resets
    run.unrested = walk.unrested
    run.moments = walk.moments
    run.process.ask_to_stop()
    await _wait(run, lambda: run.process.finished, STOP_S_MAX)


def _is_open(run: Run, options: EngineOptions) -> bool:
    """Every symbol may be entered: its canary has sung, the account was read."""
    state = run.state
    proven = all(
        symbol in state.markets and state.markets[symbol].rung is not None for symbol in options.symbols
    )
    return proven and state.equity_quote is not None and not state.in_flight and state.stream_up


async def _wait(run: Run, until: Callable[[], bool], at_most_s: float) -> None:
    """Let time pass. Raises what ended the engine, and BacktestRefused where it takes too long."""
    deadline_s = run.loop.time() + at_most_s
    while not until():
        if run.process.error is not None:
            raise run.process.error
        if run.loop.time() > deadline_s:
            raise BacktestRefused(
                what="the engine did not come up", value=str(run.engine and run.state.markets)
            )
        run.street.breathe()
        await asyncio.sleep(LOOK_S)
