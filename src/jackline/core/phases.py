"""Phases of the way to real money: backtest → paper → testnet → live canary → live. Entered by evidence alone.

Evidence is facts that code has found in journal and ledger. `judge` turns them into a verdict, each requirement of
policy a check of its own; the order of facts does not matter, and what is missing is never taken for fulfilled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from jackline.core.gates import account_denial
from jackline.core.ids import TradeId
from jackline.core.machine import Phase
from jackline.core.outcomes import Reason
from jackline.core.plan import ProtectedEntry
from jackline.core.state import State
from jackline.core.trade import EntrySlot, ExitReason, SlotState, Trade
from jackline.core.values import ZERO, Quote

TRADES_MIN = 5
"""Closed trades of the phase that is left; configurable upwards only."""
MONITORING_MIN_MS = 86_400_000
"""Market time of clean monitoring; configurable upwards only."""


class Stage(StrEnum):
    """A phase; `Phase` is the name of a trade's."""

    BACKTEST = "backtest"
    PAPER = "paper"
    TESTNET = "testnet"
    LIVE_CANARY = "live_canary"
    LIVE = "live"

    @property
    def rank(self) -> int:
        """0 for backtest."""
        return list(Stage).index(self)

    @property
    def after(self) -> Stage | None:
        """The phase that follows; None after live."""
        later = list(Stage)[self.rank + 1 :]
        return later[0] if later else None


NEEDED_BY_MODE: Mapping[str, Stage] = {
    "backtest": Stage.BACKTEST,
    "paper": Stage.PAPER,
    "testnet": Stage.TESTNET,
    "live": Stage.LIVE_CANARY,
}
"""The lowest phase in which an account may run in a mode (C2)."""


def mode_denial(mode: str, stage: Stage) -> str | None:
    """Why an account in this phase must not run in this mode; None when it may."""
    needed = NEEDED_BY_MODE.get(mode, Stage.LIVE)
    if stage.rank >= needed.rank:
        return None
    return f"mode {mode} needs the phase {needed}; the account is in {stage}"


# -- what evidence is bound to --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where an account stands, and what its evidence is bound to: the settings that decide, by key."""

    stage: Stage
    bound: Mapping[str, str]

    @property
    def identity(self) -> str:
        """See `identity_of`."""
        return identity_of(self.bound)


def identity_of(bound: Mapping[str, str]) -> str:
    """SHA-256 of strategy, model and risk configuration, each key with its value."""
    return hashlib.sha256(json.dumps(sorted(bound.items())).encode()).hexdigest()


def changed_keys(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Keys that came, went or have another value."""
    return tuple(sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key)))


class Cause(StrEnum):
    """Why the phase, or what its evidence is bound to, is another one now."""

    BEGUN = "begun"
    CHANGED = "changed"
    BREACH = "breach"
    PROMOTED = "promoted"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseChange:
    """One change, as the journal keeps it. Evidence is counted anew from each.

    Attributes:
        details: keys that changed, or breaches in words.
        subjects: trades and orders that a breach is told of: what else they do counts for nothing.
        actor, reason, signature: of a promotion; else empty.
    """

    before: Stage | None
    stage: Stage
    cause: Cause
    identity: str
    details: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    actor: str = ""
    reason: str = ""
    signature: str = ""


def settle(known: Standing | None, bound: Mapping[str, str]) -> tuple[Standing, PhaseChange | None]:
    """Where an account stands at a start: paper where nothing is known, and where what decides has changed."""
    fresh = Standing(stage=Stage.PAPER, bound=dict(bound))
    if known is None:
        return fresh, PhaseChange(before=None, stage=Stage.PAPER, cause=Cause.BEGUN, identity=fresh.identity)
    keys = changed_keys(known.bound, bound)
    if not keys:
        return known, None
    return fresh, PhaseChange(
        before=known.stage, stage=Stage.PAPER, cause=Cause.CHANGED, identity=fresh.identity, details=keys
    )


def demoted(standing: Standing, breaches: tuple[Breach, ...]) -> tuple[Standing, PhaseChange]:
    """After a breach: paper, whatever the phase was; on paper the evidence is counted anew.

    One that was found twice is told once.
    """
    fell = replace(standing, stage=Stage.PAPER)
    breaches = tuple(dict.fromkeys(breaches))
    return fell, PhaseChange(
        before=standing.stage,
        stage=Stage.PAPER,
        cause=Cause.BREACH,
        identity=fell.identity,
        details=tuple(str(breach) for breach in breaches),
        subjects=tuple(breach.subject for breach in breaches),
    )


# -- breaches -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Breach:
    """One broken promise. `code` is the invariant, `subject` a trade, an order or a limit."""

    code: str
    subject: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code} {self.subject}: {self.detail}"


_DEADLINE_CLOSES = frozenset({ExitReason.DEADLINE, ExitReason.STOP_FAILED})


def trade_breaches(trade: Trade, *, deadline_ms: int) -> tuple[Breach, ...]:
    """What a trade broke: its stop was late or failed (P1), it was liquidated (P7), it lost more than planned (P8)."""
    found: list[tuple[str, str]] = []
    late_ms = confirm_ms(trade)
    if trade.close is not None and trade.close.reason in _DEADLINE_CLOSES:
        found.append(("P1", f"closed for {trade.close.reason}"))
    elif late_ms is not None and late_ms > deadline_ms:
        found.append(("P1", f"stop read back after {late_ms} ms, allowed {deadline_ms}"))
    if trade.exit_reason is ExitReason.LIQUIDATION:
        found.append(("P7", "liquidated"))
    allowed = allowed_loss(trade)
    # Before all its fills are booked, what a trade has paid for its position looks like a loss.
    summed = trade.phase is Phase.DONE and not trade.balance
    if allowed is not None and summed and -trade.result_quote > allowed:
        found.append(("P8", f"lost {-trade.result_quote:.8f} quote, planned at most {allowed:.8f}"))
    return tuple(Breach(code=code, subject=trade.trade_id, detail=detail) for code, detail in found)


def confirm_ms(trade: Trade) -> int | None:
    """From the first evidence of exposure to the read-back of a stop; None where either never came."""
    if trade.first_exposed_ms is None or trade.first_protected_ms is None:
        return None
    return max(0, trade.first_protected_ms - trade.first_exposed_ms)


def allowed_loss(trade: Trade) -> Quote | None:
    """The plan's loss at its stop, fees both ways and stressed slippage in it, for what was filled (P8).

    None for an adopted position, which nobody planned. Where no answer told how much was filled, all of it was.
    """
    if trade.entry is None:
        return None
    first = _share_of_risk(trade.entry, trade.entry_slot)
    return Quote(first + sum((_share_of_risk(one.entry, one.slot) for one in trade.additions), ZERO))


def _share_of_risk(entry: ProtectedEntry, slot: EntrySlot | None) -> Decimal:
    whole = ZERO + entry.quantity
    told = ZERO if slot is None else ZERO + slot.filled
    filled = min(told, whole) if told else whole
    return entry.risk_quote * filled / whole


def unknown_orders(trades: tuple[Trade, ...]) -> tuple[str, ...]:
    """Client ids of orders of which nobody knows what became."""
    found: list[str] = []
    for trade in trades:
        entries = (trade.entry_slot, *(one.slot for one in trade.additions))
        slots = [slot for slot in (*entries, *trade.slots) if slot is not None]
        found += [slot.client_id for slot in slots if slot.state is SlotState.UNKNOWN]
    return tuple(sorted(found))


def unclean(state: State) -> str | None:
    """Why this moment is no clean monitoring: blind, cold, frozen, or switched off; None when it is."""
    if not state.stream_up:
        return "the user stream is down"
    if state.equity_quote is None:
        return "no look at the account"
    denied = account_denial(state)
    passing = {
        Reason.ORDERS_SCARCE,
        Reason.EQUITY_UNEXPLAINED,
    }  # a fill that is being booked is a gap for a moment
    if denied is not None and denied.reason not in passing:
        return f"{denied.reason}: {denied.detail}"
    books = state.money.books
    return "money that nothing explains" if books is not None and books.unexplained else None


# -- evidence -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrade:
    """A planned trade that had a position and is done. Amounts in quote; `confirm_ms` None: no stop was read back."""

    trade_id: TradeId
    reason: ExitReason
    confirm_ms: int | None
    lost_quote: Quote
    allowed_quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A span of market time in which an engine watched; `trouble` says why it is not clean, else empty."""

    from_ms: int
    to_ms: int
    trouble: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Whether the strategy may be believed, for one identity; `detail` says on what, or why not."""

    identity: str
    proven: bool
    detail: str


class Against(StrEnum):
    """What decisions were made again from."""

    TAPE = "tape"
    """The very events: nothing may differ."""
    BACKTEST = "backtest"
    """Candles alone: what is inside a bar is not in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far decisions made again differ from those taken, as a share of them, and the bound.

    Attributes:
        turns: that were decided again from the tape, at wire times from `first_ms` to `last_ms`; of a backtest the
            decisions and trades compared, at market times.
        written_by, replayed_by: versions of the program.
        against: what made them again.
    """

    identity: str
    drift_fraction: Decimal
    allowed_fraction: Decimal
    turns: int = 0
    first_ms: int = 0
    last_ms: int = 0
    written_by: str = ""
    replayed_by: str = ""
    against: Against = Against.TAPE


Proof = Parity | Validation
"""What a command hands to an engine as evidence, for one identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillNote:
    """How a drill of the kill switch ended, as the engine saw it; `failed` names what did not hold."""

    drill_id: str
    positions: int
    failed: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Everything held, with something open to close."""
        return not self.failed and self.positions > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is on record since the last change of phase; validation and parity of the present identity."""

    closed: tuple[ClosedTrade, ...] = ()
    watched: tuple[Watched, ...] = ()
    unknown: tuple[str, ...] = ()
    breaches: tuple[Breach, ...] = ()
    drills: tuple[DrillNote, ...] = ()
    validations: tuple[Validation, ...] = ()
    parities: tuple[Parity, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """How much evidence a promotion needs. Configuration can only ask for more."""

    trades_min: int = TRADES_MIN
    monitoring_min_ms: int = MONITORING_MIN_MS
    protect_deadline_ms: int = 1_500
