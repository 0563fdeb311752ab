"""The engine: one loop that maps events to effects, and the small tasks that feed it."""

from __future__ import annotations

import asyncio
import os

import structlog

from jackline.core.effects import TradeEnded
from jackline.core.events import (
    BarClosed,
    CloseAsked,
    JournalBroken,
    JournalMended,
    MarkMoved,
    Ticked,
)
from jackline.core.requests import SendEntry
from jackline.core.state import KillLevel, State
from jackline.core.step import step
from jackline.core.trade import ExitReason
from jackline.core.values import MarketMs, Symbol
from jackline.engine import heartbeat
from jackline.engine.bars import BarBook
from jackline.engine.clock import TwoClocks
from jackline.engine.heartbeat import Heartbeat
from jackline.engine.inbox import Inbox
from jackline.engine.opening import Opener
from jackline.engine.options import EngineOptions
from jackline.engine.recorder import Recorder
from jackline.engine.runner import Runner
from jackline.engine.startup import StreamingVenue, opening_ms
from jackline.store.batch import AccountKey, CommandAnswer, JournalKind
from jackline.store.boot import COMMANDS_FILE, Store
from jackline.store.commands import CommandDesk, Posted
from jackline.store.encode import encode
from jackline.store.errors import StoreError
from jackline.store.lease import Lease
from jackline.venue.port import Failed

log = structlog.get_logger("engine")

TICK_S = 0.05
"""The loop looks at its deadlines twenty times a second; the shortest deadline is 250 ms."""
COMMAND_POLL_S = 0.2
FUNDING_POLL_S = 60.0
"""The income listing costs thirty times a query, and funding is paid every few hours."""
SETTLE_S = 2.0
"""An orderly stop waits this long for answers under way. It never cancels an order."""
JOURNAL_CLOSE_MS = 3_000


class Engine:
    """One account. Built by `open_engine`, run once."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        venue: StreamingVenue,
        clock: TwoClocks,
        store: Store,
        lease: Lease,
        state: State,
    ) -> None:
        self._options = options
        self._venue = venue
        self._clock = clock
        self._store = store
        self._lease = lease
        self._state = state
        self._inbox = Inbox()
        self._journal = store.writer(
            on_broken=lambda detail: self._inbox.put(JournalBroken(detail=detail)),
            on_mended=lambda: self._inbox.put(JournalMended()),
        )
        self._recorder = Recorder(self._journal, clock)
        self._runner = Runner(
            venue=venue, recorder=self._recorder, inbox=self._inbox, on_ended=self._after_trade
        )
        self._book = BarBook(options.strategy, options.interval_ms)
        self._opener = Opener(
            options=options,
            venue=venue,
            clock=clock,
            recorder=self._recorder,
            inbox=self._inbox,
            instruments=state.instruments,
            fence=lease.fence,
            view=lambda: self._state,
        )
        self._commands_read = int(store.read.load_account().get(AccountKey.COMMANDS_READ.value, "0"))
        self._has_opening = opening_ms(store) > 0
        self._funding_ms = opening_ms(store) or clock.now().wire_ms
        self._turns = 0
        self._loop_lag_ms = 0
        self._stopping = False

    def may_enter(self, request: SendEntry) -> str | None:
        """The request gate's last question: None, or why this entry must not leave (rule 3)."""
        if self._stopping:
            return "the engine is stopping"
        if self._state.kill_level is not KillLevel.NORMAL:
            return f"kill level is {self._state.kill_level}"
        if not self._lease.is_intact():
            return "the lease file was replaced: another engine may own the account"
        return None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set. Any task that fails brings the engine down; the stops stay at the venue."""
        self._recorder.account(JournalKind.LEASE, AccountKey.FENCE, str(self._lease.fence))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (
                    self._turn_loop(),
                    self._runner.watch(),
                    self._tick_loop(),
                    self._bring_up(),
                    self._command_loop(),
                    self._funding_loop(),
                    self._heartbeat_loop(),
                    self._venue.keep_clock(),
                    self._venue.user_stream(self._inbox.put).run(),
                )
            ]
            await stop.wait()
            self._stopping = True
            log.info("stopping", note="no stop is cancelled")
            await self._opener.settle(SETTLE_S)
            await self._runner.settle(SETTLE_S)
            await self._book_funding()
            for task in tasks:
                task.cancel()
        owed = await self._journal.close(deadline_ms=JOURNAL_CLOSE_MS)
        log.info("stopped", journal_batches_owed=owed)

    # -- the loop --------------------------------------------------------------------------------------------

    async def _turn_loop(self) -> None:
        """Take one event, step, start the effects. Nothing else changes the state."""
        while True:
            event = await self._inbox.get()
            if isinstance(event, MarkMoved):
                self._clock.observe(event.market_ms)
            self._state, effects = step(self._state, event, self._clock.now())
            self._runner.carry_out(effects)
            self._turns += 1
            if isinstance(event, BarClosed):
                self._on_bar(event)

    async def _tick_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._loop_lag_ms = max(0, int((loop.time() - due) * 1_000))
            self._inbox.put(Ticked())

    def _on_bar(self, event: BarClosed) -> None:
        """Ask the strategy at the close of a bar (D1)."""
        if not self._book.add(event.bar):
            log.warning("bars_gap", symbol=event.bar.symbol, open_ms=event.bar.open_ms)
            return
        signal = self._book.signal(event.bar.symbol)
        if signal is not None:
            log.info("signal", symbol=signal.symbol, side=signal.side, reason=signal.reason)
            self._inbox.put(signal)

    def _after_trade(self, effect: TradeEnded) -> None:
        """A symbol that was busy at start-up gets its canary now."""
        self._opener.want(effect.trade.symbol)

    # -- feeding tasks ---------------------------------------------------------------------------------------

    async def _bring_up(self) -> None:
        """History, streams, canaries; protection is already running."""
        after: dict[Symbol, MarketMs] = {}
        if not self._has_opening:
            await self._opener.book_opening()
        for symbol in self._options.symbols:
            bars = await self._opener.history(symbol)
            self._book.load(symbol, bars)
            last_ms = self._book.last_open_ms(symbol)
            if last_ms is not None:
                after[symbol] = last_ms
        market = self._venue.market_stream(
            symbols=self._options.symbols,
            interval_ms=self._options.interval_ms,
            after=after,
            sink=self._inbox.put,
        )
        for symbol in self._options.symbols:
            self._opener.want(symbol)
        async with asyncio.TaskGroup() as group:
            group.create_task(market.run())
            group.create_task(self._opener.run())

    async def _command_loop(self) -> None:
        """Take operators' commands; answer each in the same transaction that remembers it was read."""
        desk = CommandDesk(self._options.state_dir / COMMANDS_FILE)
        while True:
            await asyncio.sleep(COMMAND_POLL_S)
            try:
                posted = desk.poll_new(self._commands_read)
            except StoreError as error:
                log.warning("commands_unreadable", detail=str(error))
                continue
            for item in posted:
                self._take_command(item)

    def _take_command(self, item: Posted) -> None:
        command = item.command
        self._inbox.put(CloseAsked(symbol=command.symbol, side=command.side, reason=ExitReason.OPERATOR))
        self._commands_read = item.seq
        answer = CommandAnswer(
            command_id=command.command_id, wire_ms=self._clock.now().wire_ms, result=encode("closing")
        )
        self._recorder.command(answer, str(item.seq))
        log.info("command", kind=command.kind, actor=command.actor, reason=command.reason)

    async def _funding_loop(self) -> None:
        """Book funding payments now and then (A1); an orderly stop books the last."""
        while True:
            await self._book_funding()
            await asyncio.sleep(FUNDING_POLL_S)

    async def _book_funding(self) -> None:
        """The ledger ignores what it already has, so the last payment may be read again."""
        payments = await self._venue.read_funding(self._funding_ms)
        if isinstance(payments, Failed) or not payments:
            return
        self._recorder.funding(payments)
        self._funding_ms = max(payment.wire_ms for payment in payments)

    async def _heartbeat_loop(self) -> None:
        """Say how far the loop has come, not that it exists (L2)."""
        while True:
            now = self._clock.now()
            beat = Heartbeat(
                pid=os.getpid(),
                wire_ms=now.wire_ms,
                market_ms=now.market_ms,
                turns=self._turns,
                inbox=len(self._inbox),
                loop_lag_ms=self._loop_lag_ms,
                journal_lag_ms=self._journal.health.lag_ms,
                ready=self._is_ready(),
            )
            try:
                heartbeat.write(self._options.state_dir, beat)
            except OSError as error:
                log.warning("heartbeat_failed", code="L2", detail=str(error))
            await asyncio.sleep(heartbeat.PERIOD_MS / 1_000)

    def _is_ready(self) -> bool:
        """Entries could leave: a snapshot was read, the streams are up, every symbol knows its rung."""
        markets = self._state.markets
        decided = all(
            markets[symbol].rung is not None or self._opener.is_decided(symbol)
            for symbol in self._options.symbols
        )
        return self._state.equity_quote is not None and self._state.stream_up and decided
