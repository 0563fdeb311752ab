"""One trade: an accepted entry (or an adopted position) and every order that follows from it, until swept."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from jackline.core.asked_order import AskedOrder, Tightening
from jackline.core.ids import ATTEMPTS_MAX, LEG_ATTEMPT, ClientId, Role, TradeId, client_id
from jackline.core.machine import Phase, Trigger, advance
from jackline.core.orders import PositionMode
from jackline.core.plan import ProtectedEntry, StopPlan
from jackline.core.replacing import replace
from jackline.core.requests import CloseShape, StopShape
from jackline.core.values import (
    Fraction,
    MarketMs,
    Price,
    Quantity,
    Quote,
    Side,
    Symbol,
    WireMs,
    tightest,
)

ATTEMPTS_JUMP = 36
"""More requests than one process can have sent between a record and its loss."""


class SlotState(StrEnum):
    """What we know of one order of ours."""

    SENT = "sent"
    ACKED = "acked"
    WORKING = "working"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    GONE = "gone"

    @property
    def may_be_live(self) -> bool:
        """The order may be resting at the venue."""
        return self in {SlotState.SENT, SlotState.ACKED, SlotState.WORKING, SlotState.UNKNOWN}


class ExitReason(StrEnum):
    """Why a position ended. The first nine are ours, the rest are the venue's word."""

    MODEL_EXIT = "model_exit"
    NO_PROGRESS = "no_progress"
    TARGET = "target"
    MAX_HOLD = "max_hold"
    OPERATOR = "operator"
    KILL_SWITCH = "kill_switch"
    STOP_REACHED = "stop_reached"
    STOP_FAILED = "stop_failed"
    DEADLINE = "deadline"
    STOP = "stop"
    TRAILING_STOP = "trailing_stop"
    LIQUIDATION = "liquidation"
    WATCHDOG = "watchdog"
    ELSEWHERE = "elsewhere"
    NEVER_FILLED = "never_filled"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySlot:
    """The one entry order. `fence_ms`: venue time after which it can no longer execute."""

    client_id: ClientId
    state: SlotState
    sent_ms: WireMs | None
    fence_ms: WireMs
    filled: Quantity
    average_price: Price | None
    venue_id: int | None
    misses: int
    missed_ms: WireMs | None
    asked_ms: WireMs | None


NOTHING_OPENED = Quantity(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A further entry of a trade that is open, under the D of the first (`policy.md`, gate 9).

    Attributes:
        entry: its own plan, with the trade's id. W goes to its stop once it has filled; its `risk_quote` is lost at D.
        slot: its one order. The attempt in its id is the trade's next, and 0 is the first entry's: they never meet.
        before: quantity of the position as it was decided.
        waits: it has not left. Never true again after a start (O1).
        is_durable: its intent is on disk.
    """

    entry: ProtectedEntry
    slot: EntrySlot
    before: Quantity
    waits: bool = True
    is_durable: bool = False

    @property
    def is_open(self) -> bool:
        """It may fill yet, as far as anybody knows."""
        return self.waits or self.slot.state in {SlotState.SENT, SlotState.UNKNOWN}

    @property
    def in_doubt(self) -> bool:
        """It has left, or may have, and nobody knows what became of it: taken for filled."""
        return self.is_open and not self.waits


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSlot:
    """A stop or target of ours. `asked_ms`: when we last sent it or asked about it.

    `mode` stays: sent again under the same id it is the same order (O2). `never_rested`: the venue has refused it, so
    no order that rests there is this one, however alike it looks (P6). `callback_fraction`, `activate_price`: of what
    the venue trails; its `trigger_price` is where it would stand at the mark it was sent at, and no more than that.
    """

    client_id: ClientId
    role: Role
    attempt: int
    mode: PositionMode
    shape: StopShape
    quantity: Quantity | None
    trigger_price: Price
    state: SlotState
    asked_ms: WireMs
    venue_id: int | None
    child_id: int | None
    misses: int
    missed_ms: WireMs | None
    cancelling: bool
    never_rested: bool = False
    callback_fraction: Fraction | None = None
    activate_price: Price | None = None

    @property
    def is_leg(self) -> bool:
        """It travelled inside the entry, and no order was ever sent for it."""
        return self.attempt == LEG_ATTEMPT


NOTHING_YET = Quote(Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSlot:
    """The closing path. One order at a time; the next attempt is not before `next_ms`."""

    reason: ExitReason
    shape: CloseShape
    client_id: ClientId | None
    attempts: int
    in_flight: bool
    wanted_ms: WireMs
    next_ms: WireMs
    order_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """Everything the engine knows about one trade. Its position is venue evidence only.

    Attributes:
        mode: position mode that its next request is written for: the plan's, then as its position stands.
        entry: the plan; None for an adopted position.
        exposed_ms: start of the running exposure clock; None when protected or flat.
        first_exposed_ms, first_protected_ms: ends of `confirm_ms`.
        quantity_ms: when the snapshot that last said so was asked; None for a response or a stream hint.
        floor_price: tightest stop ever read back: a later stop is never worse (P4).
        best_price: most favourable mark since entry, for trailing.
        fills_after: the trade list of the symbol up to this id is older than the trade.
        balance: signed sum of all fills since then; 0 when flat.
        result_quote: what they earned, fees paid; funding apart (A2). Of a flat trade, its profit or loss.
        exit_order_ids: venue ids of the orders whose fills reduced the position.
        flat_ms: when the first of the two flat snapshots had been read; None until then.
        recovered: read from the journal after a start: its entry is never sent again (rule 3).
        exit_parameter: the number behind `exit_reason` where there is one: the confidence of a model exit.
        progress_price, progress_market_ms: the last step of progress; None before the first, and while nobody asks.
        bot: whose trade it is; empty for an adopted position.
        asked, asked_slots: stops and targets that somebody asked for, and their orders at the venue.
        tightenings: who waits for a tighter stop to be read back.
        trailing: what the venue trails beside the stops. It covers nothing, and its loss costs no protection.
        trailing_losses: orders of that kind that were refused or lost; after a few the trail is ours again.
        trailing_ms: when the last of them left.
        additions: further entries, oldest first, one of them open at a time; one that filled nothing is forgotten.
        opened: sum of the fills since `fills_after` that made the position larger.
    """

    trade_id: TradeId
    symbol: Symbol
    side: Side
    mode: PositionMode
    phase: Phase
    entry: ProtectedEntry | None
    stop: StopPlan
    entry_slot: EntrySlot | None
    disaster: OrderSlot | None
    working: tuple[OrderSlot, ...]
    target: OrderSlot | None
    close: CloseSlot | None
    attempts: int
    quantity: Quantity
    quantity_ms: WireMs | None
    entry_price: Price | None
    exposed_ms: WireMs | None
    first_exposed_ms: WireMs | None
    first_protected_ms: WireMs | None
    opened_market_ms: MarketMs | None
    best_price: Price | None
    floor_price: Price | None
    ratcheted_ms: WireMs | None
    fills_after: int
    balance: Decimal
    flat_ms: WireMs | None
    exit_order_ids: tuple[int, ...]
    exit_reason: ExitReason | None
    recovered: bool
    result_quote: Quote = NOTHING_YET
    exit_parameter: Decimal | None = None
    progress_price: Price | None = None
    progress_market_ms: MarketMs | None = None
    bot: str = ""
    asked: tuple[AskedOrder, ...] = ()
    asked_slots: tuple[OrderSlot, ...] = ()
    tightenings: tuple[Tightening, ...] = ()
    trailing: OrderSlot | None = None
    trailing_losses: int = 0
    trailing_ms: WireMs | None = None
    additions: tuple[Addition, ...] = ()
    opened: Quantity = NOTHING_OPENED

    def on(self, trigger: Trigger) -> Trade:
        """The trade after a trigger of the state machine."""
        return replace(self, phase=advance(self.phase, trigger))

    @property
    def exit_words(self) -> str:
        """``max_hold``, ``model_exit(0.731)``; empty while no exit is decided."""
        if self.exit_reason is None:
            return ""
        told = self.exit_reason is ExitReason.MODEL_EXIT and self.exit_parameter is not None
        return f"{self.exit_reason.value}({self.exit_parameter:f})" if told else self.exit_reason.value

    def next_client_id(self, role: Role) -> tuple[Trade, ClientId, int]:
        """A fresh id for a new intent of `role`; the attempt counter is shared by all roles of the trade.

        It begins anew before it outgrows its width: an id of weeks ago is better than no stop.
        """
        attempt = self.attempts % ATTEMPTS_MAX + 1
        return replace(self, attempts=attempt), client_id(self.trade_id, role, attempt), attempt

    @property
    def slots(self) -> tuple[OrderSlot, ...]:
        """All stop and target slots, D first; then what the venue trails, and what was asked for."""
        first = (self.disaster,) if self.disaster else ()
        last = tuple(slot for slot in (self.target, self.trailing) if slot is not None)
        return first + self.working + last + self.asked_slots

    @property
    def stops(self) -> tuple[OrderSlot, ...]:
        """All stop slots of the plan, D first."""
        return ((self.disaster,) if self.disaster else ()) + self.working

    @property
    def ratchet_price(self) -> Price:
        """The worst price a new stop may have: the plan's, or the tightest ever read back (P4)."""
        if self.floor_price is None:
            return self.stop.disaster_price
        return tightest(self.side, self.floor_price, self.stop.disaster_price)

    def with_slot(self, slot: OrderSlot) -> Trade:
        """The trade with one of its slots replaced by a newer version; the very same trade where nothing is newer."""
        for known in self.slots:
            if known is slot:
                return self
        if self.disaster is not None and self.disaster.client_id == slot.client_id:
            return replace(self, disaster=slot)
        if self.target is not None and self.target.client_id == slot.client_id:
            return replace(self, target=slot)
        if any(old.client_id == slot.client_id for old in self.asked_slots):
            asked = tuple(slot if old.client_id == slot.client_id else old for old in self.asked_slots)
            return replace(self, asked_slots=asked)
        if self.trailing is not None and self.trailing.client_id == slot.client_id:
            return replace(self, trailing=slot)
        working = tuple(slot if old.client_id == slot.client_id else old for old in self.working)
        return replace(self, working=working)

    def slot(self, client_id: str) -> OrderSlot | None:
        """The slot with this client id."""
        for slot in self.slots:
            if slot.client_id == client_id:
                return slot
        return None

    def addition(self, client_id: str) -> Addition | None:
        """The addition with this client id."""
        return next((one for one in self.additions if one.slot.client_id == client_id), None)

    def with_addition(self, addition: Addition) -> Trade:
        """The trade with one of its additions replaced by a newer version."""
        same = addition.slot.client_id
        newer = tuple(addition if one.slot.client_id == same else one for one in self.additions)
        return replace(self, additions=newer)

    @property
    def open_addition(self) -> Addition | None:
        """The one addition that may fill yet."""
        return next((one for one in self.additions if one.is_open), None)

    @property
    def intended_id(self) -> str:
        """Client id of the addition whose intent is being written; empty where that is the first entry's."""
        addition = self.open_addition
        return addition.slot.client_id if addition is not None and addition.waits else ""

    @property
    def entries(self) -> tuple[ProtectedEntry, ...]:
        """Every plan of the trade, the first one first; none of an adopted position."""
        first = (self.entry,) if self.entry is not None else ()
        return (*first, *(one.entry for one in self.additions))

    @property
    def entries_filled(self) -> int:
        """Entries that the position is built of; 0 of an adopted position."""
        return len(self.entries) - sum(one.slot.filled == 0 for one in self.additions)

    @property
    def is_listed(self) -> bool:
        """The trade list shows no less than the answers to the entries have told of."""
        told = sum(
            (one.slot.filled for one in self.additions), self.entry_slot.filled if self.entry_slot else 0
        )
        return not self.additions or self.opened >= told

    @property
    def is_resolved(self) -> bool:
        """No order of the trade is in doubt: a condition of a sweep (rule 7)."""
        doubtful = {SlotState.SENT, SlotState.UNKNOWN}
        entry_open = self.entry_slot is not None and self.entry_slot.state in doubtful
        adding = any(one.in_doubt for one in self.additions)
        closing = self.close is not None and self.close.in_flight
        return not (entry_open or adding or closing or any(slot.state in doubtful for slot in self.slots))
