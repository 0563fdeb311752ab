"""The engine: one loop that maps events to effects, and the small tasks that feed it."""

from __future__ import annotations

import asyncio

import structlog

from jackline.core.budgets import stopped_denial
from jackline.core.claims import Claim, joined
from jackline.core.effects import Effect
from jackline.core.events import (
    BarClosed,
    Event,
    IncomeAnswered,
    JournalBroken,
    JournalMended,
    MarkMoved,
    OpeningBooked,
    Signalled,
    SnapshotAnswered,
    StopsClaimed,
    Ticked,
)
from jackline.core.gates import account_denial
from jackline.core.outcomes import Unknown
from jackline.core.requests import ReadIncome, SendEntry
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.values import Symbol
from jackline.engine.banner import EVENT, banner
from jackline.engine.clock import TwoClocks
from jackline.engine.heartbeat import Heartbeat
from jackline.engine.inbox import Inbox
from jackline.engine.key_questions import KeyQuestions
from jackline.engine.markets import Markets
from jackline.engine.marks_seen import marks_seen
from jackline.engine.opening import Opener
from jackline.engine.operators import Operators
from jackline.engine.options import EngineOptions
from jackline.engine.outside import heard
from jackline.engine.phase_keeper import PhaseKeeper
from jackline.engine.plans import former_claims, read_claims
from jackline.engine.protector import Action
from jackline.engine.publisher import Publisher
from jackline.engine.pulse import Pulse
from jackline.engine.recorder import Recorder
from jackline.engine.reloading import Ending, Reloading
from jackline.engine.runner import Runner
from jackline.engine.startup import Opening, StreamingVenue
from jackline.engine.tape import begin_tape
from jackline.store.batch import AccountKey, JournalKind
from jackline.store.boot import COMMANDS_FILE, Store
from jackline.store.commands import Command, CommandDesk
from jackline.store.encode import encode
from jackline.store.lease import Lease
from jackline.store.ledger import opening_entry

log = structlog.get_logger("engine")

TICK_S = 0.05
"""The loop looks at its deadlines twenty times a second; the shortest deadline is 250 ms."""
IDLE_TICK_S = 0.25
"""The same while there is no trade: what is due then are looks at the account, seconds apart."""
CLAIMS_POLL_S = 2.0
"""How soon a stop of the watchdog's is known for ours: nothing depends on it before the position is closed."""
SETTLE_S = 2.0
"""An orderly stop waits this long for answers under way. It never cancels an order."""
JOURNAL_CLOSE_MS, TAPE_CLOSE_MS = 3_000, 1_000


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
        self._tape = begin_tape(options, store, lease)
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
        self._runner = Runner(
            venue=venue,
            clock=clock,
            recorder=self._recorder,
            inbox=self._inbox,
            on_unproven=self._opener.want,
        )
        self._markets = Markets(
            options=options,
            venue=venue,
            clock=clock,
            store=store,
            recorder=self._recorder,
            inbox=self._inbox,
            opener=self._opener,
            take=self._take,
            note=lambda denied: self._runner.carry_out((denied,)),
            view=lambda: self._state,
        )
        self._phases = PhaseKeeper(
            options=options, store=store, recorder=self._recorder, clock=clock, view=lambda: self._state
        )
        self._reloading = Reloading(options=options, recorder=self._recorder, view=lambda: self._state)
        self._operators = self._open_desk()
        self._turns, self._loop_lag_ms, self._stopping = 0, 0, False
        self._publisher = self._open_publisher()
        self._pulse = Pulse(
            disk=store.disk,
            state_dir=options.state_dir,
            beat=self._beat,
            show=None if self._publisher is None else self._publisher.publish,
        )

    def _open_desk(self) -> Operators:
        return Operators(
            desk=CommandDesk(self._store.disk, self._options.state_dir / COMMANDS_FILE),
            check_key=KeyQuestions(check=self._options.key_check, recorder=self._recorder).ask,
            read_to=int(self._store.read.load_account().get(AccountKey.COMMANDS_READ.value, "0")),
            recorder=self._recorder,
            take=self._take,
            hear=self._hear,
            promote=self._phases.promote,
            reload=self._reloading.ask,
            measured=self._phases.note_proof,
            answered=lambda command_id: self._store.read.answer(command_id) is not None,
            has_looked=lambda: self._state.taken > 0,
            now_ms=lambda: self._clock.now().wire_ms,
        )

    @property
    def state(self) -> State:
        """What it knows now, to be looked at."""
        return self._state

    @property
    def turns(self) -> int:
        """Events handled since the start: grows while the loop gets on (L2)."""
        return self._turns

    def _hear(self, command: Command) -> Signalled | str:
        """A signal from outside, on the newest bar; or why it is none."""
        return heard(
            command,
            bots=self._state.bots,
            newest=self._markets.newest(command.symbol) if command.symbol else None,
            now_ms=self._clock.now().wire_ms,
            age_ms_max=self._options.signal_age_ms_max or self._options.interval_ms,
        )

    def _open_publisher(self) -> Publisher | None:
        """Other processes see the account where a configuration says so."""
        if not self._options.is_published:
            return None
        return Publisher(
            disk=self._store.disk,
            state_dir=self._options.state_dir,
            fence=self._lease.fence,
            clock=self._clock,
            view=lambda: self._state,
            bots=self._options.bot_digests,
        )

    def may_enter(self, request: SendEntry) -> str | None:
        """The request gate's last question: None, or why this entry must not leave (rule 3)."""
        if self._stopping:
            return "the engine is stopping"
        if not self._operators.are_heard:
            return "what operators have ordered has not been read yet"
        trade = self._state.trades.get(request.entry.trade_id)
        stopped = None if trade is None else stopped_denial(self._state, trade.bot)
        denied = account_denial(self._state) or stopped
        if denied is not None:
            return f"{denied.reason}: {denied.detail}"
        unfit = self._phases.denial()
        if unfit is not None:
            return unfit
        if not self._lease.is_intact():
            return "the lease file was replaced: another engine may own the account"
        return None

    def owes(self, opening: Opening | None, placed: tuple[Action, ...]) -> None:
        """Start-up's debt to the journal: the ledger's beginning first, so that no fill is ever booked before it."""
        if opening is not None:
            entry = opening_entry(
                balance_quote=opening.wallet_quote,
                wire_ms=opening.asked_ms,
                market_ms=self._clock.now().market_ms,
            )
            self._recorder.opening(entry)
            self._take(OpeningBooked(wallet_quote=opening.wallet_quote, wire_ms=opening.asked_ms))
        for action in placed:
            self._recorder.request(action.request)
            self._recorder.outcome(action.request, action.outcome)
        if not self._venue.profile.stops_are_named:
            self._claim_former(tuple(action.claim for action in placed if action.claim is not None))

    def _claim_former(self, placed: tuple[Claim, ...]) -> None:
        """Stops that starts placed before they had the lease carry no id of ours: this start's are kept beside those
        of before."""
        former = former_claims(self._store)
        if placed:
            kept = encode(joined(former, placed))
            self._recorder.account(JournalKind.STOPS_CLAIMED, AccountKey.CLAIMS, kept)
        self._take(StopsClaimed(claims=(*former, *placed)))

    async def run(self, stop: asyncio.Event) -> Ending:
        """Run until `stop` is set, or it gives way. Any task that fails brings it down; the stops stay at the venue."""
        options = self._options
        log.info(EVENT, fence=self._lease.fence, **banner(options, self._state))
        self._recorder.account(JournalKind.LEASE, AccountKey.FENCE, str(self._lease.fence))
        self._phases.begin()
        self._reloading.begin()
        self._operators.listen()  # a switch thrown while no engine ran holds before anything is decided (K1)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work)
                for work in (
                    self._turn_loop(),
                    self._runner.watch(),
                    self._tick_loop(),
                    *([] if options.guards_only else [self._markets.bring_up()]),
                    self._operators.run(),
                    self._pulse.run(),
                    self._venue.keep_clock(),
                    self._venue.user_stream(self._inbox.put).run(),
                    *([self._phases.run()] if self._phases.is_kept else []),
                    *([] if self._venue.profile.stops_are_named else [self._claims_loop()]),
                )
            ]
            ending = await self._reloading.ended(stop)
            self._stopping = True
            log.info("stopping", note="no stop is cancelled")
            await self._opener.settle(SETTLE_S)
            await self._runner.settle(SETTLE_S)
            await self._book_last_income()
            for task in tasks:
                task.cancel()
        owed = await self._journal.close(deadline_ms=JOURNAL_CLOSE_MS)
        if self._tape is not None:
            await self._tape.close(deadline_ms=TAPE_CLOSE_MS)
        log.info("stopped", journal_batches_owed=owed)
        return ending

    # -- the loop --------------------------------------------------------------------------------------------

    async def _turn_loop(self) -> None:
        """Take one event, step, start the effects. Nothing else changes the state.

        Strategies are asked when no event waits.
        """
        while True:
            event = await self._markets.scan.event(self._inbox)
            if isinstance(event, MarkMoved):
                self._clock.observe(event.market_ms)
            elif isinstance(event, SnapshotAnswered):
                for mark in marks_seen(event, streamed=self._markets.members, now=self._clock.now()):
                    self._take(mark)
            if self._take(event):
                self._markets.scan.give_way()
            if isinstance(event, BarClosed):
                self._markets.on_bar(event)

    def _take(self, event: Event) -> tuple[Effect, ...]:
        """One turn, and what came of it. It never waits, so a command may take one between two events of the inbox."""
        before, now = self._state, self._clock.now()
        self._state, effects = step(before, event, now)
        if self._tape is not None:
            self._tape.note(before, event, now, effects)
        if self._publisher is not None:
            self._publisher.note(event)
        self._runner.carry_out(effects)
        self._phases.feel(self._state, effects)
        self._turns += 1
        self._pulse.feel(self._state)
        return effects

    async def _tick_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            pause_s = TICK_S if self._state.trades else IDLE_TICK_S
            due = loop.time() + pause_s
            await asyncio.sleep(pause_s)
            self._loop_lag_ms = max(0, int((loop.time() - due) * 1_000))
            self._inbox.put(Ticked())

    # -- feeding tasks ---------------------------------------------------------------------------------------

    async def _claims_loop(self) -> None:
        """The watchdog's stops carry no id of ours at this venue: its records say which they are (P6)."""
        while True:
            self._inbox.put(StopsClaimed(claims=read_claims(self._store.disk, self._options.state_dir)))
            await asyncio.sleep(CLAIMS_POLL_S)

    async def _book_last_income(self) -> None:
        """An orderly stop books what was paid since the last read (A1)."""
        books = self._state.money.books
        if books is None:
            return
        request = ReadIncome(after_ms=books.income_from_ms)
        page = await self._venue.read_income(request)
        if not isinstance(page, Unknown):
            self._take(IncomeAnswered(request=request, answer=page.rows, complete=page.complete))

    def _beat(self, risky: tuple[Symbol, ...]) -> Heartbeat:
        """How far the loop has come, not that it exists (L2)."""
        now = self._clock.now()
        return Heartbeat(
            pid=self._lease.holder.pid,
            wire_ms=now.wire_ms,
            market_ms=now.market_ms,
            turns=self._turns,
            inbox=len(self._inbox),
            loop_lag_ms=self._loop_lag_ms,
            journal_lag_ms=self._journal.health.lag_ms,
            ready=self._is_ready(),
            risky=risky,
            unheard_since_ms=self._runner.unheard_since_ms,
        )

    def _is_ready(self) -> bool:
        """Entries could leave: a snapshot was read, the streams are up, every symbol knows its rung."""
        are_decided = self._opener.are_decided(self._markets.members)
        return self._state.equity_quote is not None and self._state.stream_up and are_decided
