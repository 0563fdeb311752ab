"""Keeps the phase of an account while its engine runs: watches, demotes on a breach, promotes on signed evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace

import structlog

from jackline.core import drill
from jackline.core.effects import Alert, Effect, Level, SaveKill, SaveTrade, TradeEnded
from jackline.core.events import Receipt
from jackline.core.phases import (
    Breach,
    Cause,
    Parity,
    PhaseChange,
    Standing,
    Watched,
    demoted,
    mode_denial,
    settle,
    trade_breaches,
    unclean,
    unknown_orders,
)
from jackline.core.ports import Clock
from jackline.core.promotion import promotion_denial
from jackline.core.state import State
from jackline.engine.options import EngineOptions, PhaseOptions, StartRefused
from jackline.engine.recorder import Recorder
from jackline.store.batch import JournalKind
from jackline.store.boot import Store
from jackline.store.commands import Command
from jackline.store.errors import StoreError
from jackline.store.evidence import BY_LIMIT, breaches_since, collect, read_standing
from jackline.store.signature import is_signed

log = structlog.get_logger("phase")

SAMPLE_S = 0.5
"""How often a moment is looked at; a span with one bad moment is not clean."""
SPAN_WIRE_MS = 60_000
"""A row of monitoring a minute: 1,440 a day."""
SPAN_MARKET_MS = 600_000
"""In an accelerated market a span is at most ten minutes of it, so that little is lost with a crash."""
UNKNOWN_MS_MAX = 30_000
"""An order that is unknown for so long has outlived its receive window and every deadline of its resolution (O3)."""


def check_mode(options: EngineOptions, store: Store, *, holds_nothing: bool) -> None:
    """Raise StartRefused where the mode needs a phase that the account has not reached (C2).

    What is open was protected before this. An account that holds something is guarded in any phase: its engine starts,
    and enters nothing.
    """
    if options.phase is None:
        denial = (
            None
            if options.mode in {"paper", "backtest"}
            else f"mode {options.mode} needs a phase, none is kept"
        )
    else:
        standing, _ = settle(_on_record(store), options.phase.bound)
        denial = mode_denial(options.mode, standing.stage)
    if denial is not None and holds_nothing:
        raise StartRefused(
            f'C2: account.mode: {denial}. Fix: set mode = "paper", or promote it: jackline phase status shows '
            "what is lacking"
        )


def _on_record(store: Store) -> Standing | None:
    """Where the account stands. What cannot be read is as if it had never been written: back on paper."""
    try:
        return read_standing(store.read)
    except StoreError as error:
        log.warning("phase_unreadable", code="O4", detail=str(error))
        return None


class PhaseKeeper:
    """The phase of one account. Without options it keeps none, and says nothing."""

    def __init__(
        self,
        *,
        options: EngineOptions,
        store: Store,
        recorder: Recorder,
        clock: Clock,
        view: Callable[[], State],
    ) -> None:
        self._options = options
        self._phase: PhaseOptions | None = options.phase
        self._store = store
        self._recorder = recorder
        self._clock = clock
        self._view = view
        self._drill: drill.DrillWatch | None = None
        self._unknown: dict[str, int] = {}
        self._told: set[tuple[str, str]] = set()
        bound = {} if self._phase is None else self._phase.bound
        self._standing, self._due = settle(_on_record(store) if self._phase else None, bound)

    @property
    def is_kept(self) -> bool:
        """There is something to keep."""
        return self._phase is not None

    def denial(self) -> str | None:
        """Why nothing may enter in this phase: it fell while the engine ran."""
        if self._phase is None:
            return None
        return mode_denial(self._options.mode, self._standing.stage)

    def begin(self) -> None:
        """Write what the start found: a first start, other settings, or a breach that a crash left untold."""
        if self._phase is None:
            return
        if self._due is not None:
            self._change(self._due, self._standing)
            return
        try:
            breaches = breaches_since(self._store.read, self._phase.needs)
        except StoreError as error:
            # Evidence that cannot be read proves nothing. An engine that would not start for it protects nothing (P1).
            breaches = (Breach(code="O4", subject="evidence", detail=str(error)),)
        if breaches:
            self._demote(breaches)
        log.info("phase", stage=self._standing.stage, identity=self._standing.identity[:8])

    def feel(self, state: State, effects: tuple[Effect, ...]) -> None:
        """After a turn: a breach in it demotes at once; a drill goes on."""
        if self._phase is None:
            return
        self._drill, note = drill.watch(self._drill, effects, state.trades)
        if note is not None:
            log.info("drill", drill=note.drill_id, passed=note.passed, failed=note.failed)
            self._recorder.evidence(JournalKind.DRILL, note)
        fresh = [one for one in self._breaches(effects) if (one.code, one.subject) not in self._told]
        if fresh:
            self._told.update((one.code, one.subject) for one in fresh if one.subject != BY_LIMIT)
            self._demote(tuple(fresh))

    async def run(self) -> None:
        """Watch for ever, and write down each span of market time with whether it was clean."""
        begun, trouble = self._clock.now(), ""
        while True:
            await asyncio.sleep(SAMPLE_S)
            now = self._clock.now()
            if not begun.market_ms or now.market_ms < begun.market_ms:
                begun, trouble = now, ""  # before the market spoke, and where another one is replayed
                continue
            trouble = trouble or unclean(self._view()) or ""
            self._look_for_unknown(now.wire_ms)
            spans = (
                now.wire_ms - begun.wire_ms >= SPAN_WIRE_MS,
                now.market_ms - begun.market_ms >= SPAN_MARKET_MS,
            )
            if any(spans):
                span = Watched(from_ms=begun.market_ms, to_ms=now.market_ms, trouble=trouble)
                self._recorder.evidence(JournalKind.WATCHED, span)
                begun, trouble = now, ""

    def promote(self, command: Command, receipt: Receipt) -> None:
        """Judge a signed wish by the engine's own evidence, and answer it.

        Only while no trade is open: reading the evidence holds the loop up, which nothing may that sends stops.
        """
        denied = self._wish_denial(command) or self._evidence_denial(command)
        wish = command.promotion
        if denied or wish is None:
            self._recorder.answer(receipt, "refused: " + "; ".join(denied))
            return
        before = self._standing
        change = PhaseChange(
            before=before.stage,
            stage=wish.to,
            cause=Cause.PROMOTED,
            identity=before.identity,
            actor=command.actor,
            reason=command.reason,
            signature=wish.signature,
        )
        self._change(change, replace(before, stage=wish.to), receipt)

    def note_proof(self, command: Command, receipt: Receipt) -> None:
        """Keep what a replay or a validation has found of the settings that hold now, and answer; of others it proves
        nothing."""
        proof = command.proof
        if self._phase is None or proof is None:
            self._recorder.answer(receipt, "refused: no phase is kept")
        elif proof.identity != self._standing.identity:
            self._recorder.answer(
                receipt, "refused: it was measured for another strategy or risk configuration"
            )
        else:
            kind = JournalKind.PARITY if isinstance(proof, Parity) else JournalKind.VALIDATION
            with self._recorder.turn():
                self._recorder.evidence(kind, proof)
                if isinstance(proof, Parity) and proof.drift_fraction > proof.allowed_fraction:
                    self._recorder.alert(_drifts(proof))
                self._recorder.answer(receipt, f"{kind} is on record")

    # -- inside ----------------------------------------------------------------------------------------------

    def _breaches(self, effects: tuple[Effect, ...]) -> Iterator[Breach]:
        deadline_ms = self._view().protection.protect_deadline_ms
        for effect in effects:
            if isinstance(effect, SaveTrade | TradeEnded):
                yield from trade_breaches(effect.trade, deadline_ms=deadline_ms)
            elif (
                isinstance(effect, SaveKill)
                and effect.actor == BY_LIMIT
                and effect.level is not effect.before
            ):
                yield Breach(code="K5", subject=BY_LIMIT, detail=effect.reason)

    def _look_for_unknown(self, now_ms: int) -> None:
        """An order that stays unknown is a breach of its own (O3)."""
        unknown = unknown_orders(tuple(self._view().trades.values()))
        self._unknown = {name: self._unknown.get(name, now_ms) for name in unknown}
        stale = [name for name, since_ms in self._unknown.items() if now_ms - since_ms > UNKNOWN_MS_MAX]
        fresh = [name for name in stale if ("O3", name) not in self._told]
        self._told.update(("O3", name) for name in fresh)
        if fresh:
            self._demote(tuple(Breach(code="O3", subject=name, detail="unknown order") for name in fresh))

    def _demote(self, breaches: tuple[Breach, ...]) -> None:
        standing, change = demoted(self._standing, breaches)
        self._change(change, standing)

    def _change(self, change: PhaseChange, standing: Standing, receipt: Receipt | None = None) -> None:
        """In force at once, told, and handed to the journal in the same turn as what caused it."""
        self._standing, self._due = standing, None
        self._recorder.phase(change, standing, receipt)
        if change.cause is Cause.BEGUN:
            return
        text = _told(change)
        level = Level.INFO if change.cause is Cause.PROMOTED else Level.CRITICAL
        self._recorder.alert(Alert(level=level, code="C2", text=text))
        (log.info if level is Level.INFO else log.critical)("phase_changed", code="C2", text=text)

    def _wish_denial(self, command: Command) -> tuple[str, ...]:
        wish = command.promotion
        if self._phase is None or self._phase.key is None:
            return ("no signing key is configured: set phase.key_file",)
        if wish is None or not command.reason.strip():
            return ("it needs a written reason",)
        signed = is_signed(
            wish,
            command_id=command.command_id,
            actor=command.actor,
            reason=command.reason,
            key=self._phase.key,
        )
        if not signed or wish.account != self._options.account:
            return ("its signature is not of this key and account",)
        if wish.identity != self._standing.identity or wish.before is not self._standing.stage:
            return ("it was signed for another phase, strategy or risk configuration",)
        return ()

    def _evidence_denial(self, command: Command) -> tuple[str, ...]:
        if self._phase is None or command.promotion is None:
            return ("no phase is kept",)
        if self._view().trades:
            return ("a trade is open: promote while the account is flat",)
        try:
            evidence = collect(self._store.read, self._standing, self._phase.needs)
        except StoreError as error:
            return (f"the evidence cannot be read: {error}",)
        return promotion_denial(self._standing, command.promotion.to, evidence, self._phase.needs)


def _told(change: PhaseChange) -> str:
    details = ", ".join(change.details)
    stays = change.before == change.stage
    moved = f"phase stays {change.stage}" if stays else f"phase {change.before} → {change.stage}"
    match change.cause:
        case Cause.CHANGED:
            return f"{moved}: changed: {details}; evidence is counted anew"
        case Cause.BREACH:
            return f"{moved}: {details}; evidence is counted anew"
        case Cause.PROMOTED:
            return f"phase {change.before} → {change.stage} by {change.actor}: {change.reason}"
        case Cause.BEGUN:
            return f"phase {change.stage}"


def _drifts(parity: Parity) -> Alert:
    """What people are told of a parity beyond its bound."""
    text = (
        f"parity against the {parity.against}: {parity.drift_fraction:f} of {parity.turns} differ, allowed"
        f" {parity.allowed_fraction:f}"
    )
    return Alert(level=Level.WARNING, code="D4", text=text)
