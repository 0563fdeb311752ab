"""Carries effects out and puts what came of them into the inbox. It decides nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TypeVar, assert_never

import structlog

from jackline.core.effects import (
    Alert,
    AnswerCommand,
    BookAdjustment,
    BookFills,
    BookIncome,
    Effect,
    Level,
    NoteDenied,
    ProveRung,
    Record,
    SaveBots,
    SaveDay,
    SaveKill,
    SaveLimits,
    SaveTrade,
    TradeEnded,
)
from jackline.core.errors import invariant
from jackline.core.events import (
    Answered,
    FillsAnswered,
    IncomeAnswered,
    IntentDurable,
    OrderAnswered,
    ResetDurable,
    SnapshotAnswered,
)
from jackline.core.outcomes import Unknown
from jackline.core.ports import Clock
from jackline.core.requests import (
    CancelOrder,
    Mutation,
    ReadFills,
    ReadIncome,
    ReadOrder,
    ReadSnapshot,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
)
from jackline.core.values import Symbol, WireMs
from jackline.engine.inbox import Inbox
from jackline.engine.recorder import Recorder, client_id_of
from jackline.store.errors import StoreError
from jackline.venue.port import Venue

TASKS_MAX = 512
"""Requests under way at once. Every one has a deadline; more than this means something is looping (L2)."""

RECORD_S_MAX = 0.1
"""A disk takes a few milliseconds. A position has seconds: its stop does not wait for a disk that hangs (rule 2)."""

log = structlog.get_logger("engine")

SymbolSink = Callable[[Symbol], None]
Answer = TypeVar("Answer")


class Runner:
    """One task a request; answers come back as events."""

    def __init__(
        self, *, venue: Venue, clock: Clock, recorder: Recorder, inbox: Inbox, on_unproven: SymbolSink
    ) -> None:
        self._venue = venue
        self._clock = clock
        self._recorder = recorder
        self._inbox = inbox
        self._on_unproven = on_unproven
        self._tasks: set[asyncio.Task[None]] = set()
        self._unheard_since_ms = WireMs(0)
        self._crashed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def carry_out(self, effects: tuple[Effect, ...]) -> None:
        """Start every effect, in order. Never waits: reductions do not queue behind the disk (rule 2).

        What the effects of a turn write is one transaction.
        """
        if not effects:  # of most turns nothing comes
            return
        with self._recorder.turn():
            self._start_all(effects)

    def _start_all(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            match effect:
                case (
                    SaveTrade()
                    | SaveKill()
                    | SaveBots()
                    | SaveLimits()
                    | SaveDay()
                    | BookFills()
                    | BookIncome()
                    | BookAdjustment()
                    | NoteDenied()
                    | AnswerCommand()
                ):
                    self._record(effect)
                case Alert():
                    self._alert(effect)
                case TradeEnded():
                    self._recorder.ended(effect)
                    log.info("trade_ended", trade_id=effect.trade.trade_id, reason=effect.trade.exit_words)
                    self._on_unproven(effect.trade.symbol)  # a symbol that was busy gets its canary now
                case ProveRung(symbol=symbol):
                    self._on_unproven(symbol)
                case SendEntry() | SendStop() | SendTarget() | SendTrailing() | SendClose() | CancelOrder():
                    recorded = self._recorder.request(effect)
                    awaited = isinstance(effect, SendStop) and self._needs_record(effect, effects)
                    self._start(self._send(effect, recorded if awaited else None))
                case ReadOrder():
                    self._start(self._read_order(effect))
                case ReadSnapshot():
                    self._start(self._read_snapshot(effect))
                case ReadFills():
                    self._start(self._read_fills(effect))
                case ReadIncome():
                    self._start(self._read_income(effect))
                case _:
                    assert_never(effect)

    def _record(self, effect: Record) -> None:
        """Hand to the journal what only it hears of."""
        match effect:
            case SaveTrade():
                self._save(effect)
            case SaveKill():
                written = self._recorder.kill(effect)
                if effect.awaited:
                    self._start(self._await_reset(written))
            case SaveBots():
                self._recorder.bots(effect)
                log.info("bot", bot=effect.bot, actor=effect.actor, result=effect.result)
            case SaveLimits():
                self._recorder.limits(effect)
                log.info("limits", actor=effect.actor, result=effect.result)
            case SaveDay():
                self._recorder.day(effect)
            case BookFills():
                self._recorder.fills(effect)
            case BookIncome():
                self._recorder.income(effect)
            case BookAdjustment():
                self._recorder.adjustment(effect)
            case AnswerCommand():
                self._recorder.wish(effect)
                log.info("wish", command_id=effect.command_id, answer=effect.result or "taken")
            case NoteDenied(denied=denied):
                self._recorder.denied(effect)
                log.info(
                    "entry_denied",
                    symbol=effect.symbol,
                    side=effect.side,
                    reason=denied.reason,
                    gate=denied.gate,
                    detail=denied.detail,
                    bot=effect.bot,
                )
            case _:
                assert_never(effect)

    async def settle(self, timeout_s: float) -> None:
        """Wait for requests under way, at most this long; for an orderly stop."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        invariant(len(self._tasks) < TASKS_MAX, "L2", tasks=len(self._tasks))
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._finish)

    def _finish(self, task: asyncio.Task[None]) -> None:
        """A request that failed in our own code would wait for its answer for ever: it brings the engine down."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not self._crashed.done():
            self._crashed.set_exception(error)

    async def watch(self) -> None:
        """Raise what a request raised; otherwise wait for ever."""
        await self._crashed

    @property
    def unheard_since_ms(self) -> WireMs:
        """Since when the venue has been asked without an answer; 0 while it answers."""
        return self._unheard_since_ms

    async def _ask(self, asking: Awaitable[Answer]) -> Answer:
        """Wait for the venue; its deadline is the transport's."""
        self._unheard_since_ms = self._unheard_since_ms or self._clock.now().wire_ms
        answer = await asking
        if not isinstance(answer, Unknown):
            self._unheard_since_ms = WireMs(0)
        return answer

    def _needs_record(self, stop: SendStop, effects: tuple[Effect, ...]) -> bool:
        """A stop without an id, for a position that nobody planned: only its record will ever say that it is ours."""
        adopted = any(
            isinstance(effect, SaveTrade)
            and effect.trade.trade_id == stop.trade_id
            and effect.trade.entry is None
            for effect in effects
        )
        return adopted and not self._venue.profile.stops_are_named

    async def _send(self, request: Mutation, recorded: asyncio.Future[int] | None) -> None:
        """Send it, and note what came of it. A record is waited for, but not long: a stop goes out without one (P1)."""
        if recorded is not None:
            await asyncio.wait({recorded}, timeout=RECORD_S_MAX)
        outcome = await self._ask(self._venue.send(request))
        self._recorder.outcome(request, outcome)
        log.debug(
            "answered", verb=type(request).__name__, client_id=client_id_of(request), outcome=str(outcome)
        )
        self._inbox.put(Answered(request=request, outcome=outcome))

    async def _read_order(self, request: ReadOrder) -> None:
        self._inbox.put(
            OrderAnswered(request=request, answer=await self._ask(self._venue.read_order(request)))
        )

    async def _read_snapshot(self, request: ReadSnapshot) -> None:
        self._inbox.put(
            SnapshotAnswered(request=request, answer=await self._ask(self._venue.read_snapshot(request)))
        )

    async def _read_fills(self, request: ReadFills) -> None:
        page = await self._ask(self._venue.read_fills(request))
        if isinstance(page, Unknown):
            self._inbox.put(FillsAnswered(request=request, answer=page, complete=False))
        else:
            self._inbox.put(FillsAnswered(request=request, answer=page.fills, complete=page.complete))

    async def _read_income(self, request: ReadIncome) -> None:
        page = await self._ask(self._venue.read_income(request))
        if isinstance(page, Unknown):
            self._inbox.put(IncomeAnswered(request=request, answer=page, complete=False))
        else:
            self._inbox.put(IncomeAnswered(request=request, answer=page.rows, complete=page.complete))

    def _save(self, effect: SaveTrade) -> None:
        written = self._recorder.trade(effect)
        if effect.intent:
            self._start(self._await_intent(effect, written))

    async def _await_intent(self, effect: SaveTrade, written: asyncio.Future[int]) -> None:
        """Only this waits for the disk. An intent that cannot be written never becomes durable: no entry leaves."""
        try:
            await written
        except StoreError as error:
            log.warning("intent_lost", code="O4", trade_id=effect.trade.trade_id, detail=str(error))
            return
        trade = effect.trade
        self._inbox.put(IntentDurable(trade_id=trade.trade_id, entry_id=trade.intended_id))

    async def _await_reset(self, written: asyncio.Future[int]) -> None:
        """A reset allows risk again: it waits for the disk. One that cannot be written changes nothing."""
        try:
            await written
        except StoreError as error:
            log.warning("reset_lost", code="K4", detail=str(error))
            return
        self._inbox.put(ResetDurable())

    def _alert(self, effect: Alert) -> None:
        self._recorder.alert(effect)
        levels = {Level.INFO: log.info, Level.WARNING: log.warning, Level.CRITICAL: log.critical}
        levels[effect.level]("alert", code=effect.code, text=effect.text)
