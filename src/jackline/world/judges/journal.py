"""The disk as judges see it: the rows a power cut would leave now, and the tables at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol, TypeVar

import msgspec

from jackline.world.wires import exchange_name

Body = TypeVar("Body")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRow:
    """One row of a journal. `body` is the versioned JSON text as stored."""

    seq: int
    kind: str
    trade_id: str | None
    wire_ms: int
    body: str


class JournalView(Protocol):
    """A journal on a simulated disk, looked at from outside."""

    @property
    def epoch(self) -> int:
        """Rises when the file was lost or replaced by an older one: its numbers may repeat with other rows."""
        ...

    def durable_after(self, seq: int) -> Sequence[JournalRow]:
        """The rows after `seq` that would survive a power cut at this moment, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A row of the ledger table."""

    entry_id: str
    kind: str
    symbol: str | None
    quantity: Decimal | None
    price: Decimal | None
    amount_quote: Decimal
    wire_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """A row of the trades table."""

    trade_id: str
    phase: str
    symbol: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended.

    Attributes:
        healed: all faults are over and the liveness phase ran; without it nothing is asked of the end state.
        calm_ms: how long after the last fault this look is taken.
        inboxes: events not yet handled, per process that is up.
        symbols: those the engine trades; what happens elsewhere is not in its ledger.
    """

    at_ms: float
    healed: bool
    calm_ms: float
    trades: Sequence[TradeRow]
    ledger: Sequence[LedgerRow]
    inboxes: Mapping[str, int]
    symbols: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """A durable intent. `stop_price` None: no stop plan. `decided_ms`: market time of its signal, 0 where unsaid.

    `rung`: how stop and entry are to meet, "" where unsaid.
    """

    trade_id: str
    quantity: Decimal
    stop_price: Decimal | None
    symbol: str = ""
    decided_ms: int = 0
    rung: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A request that our own gate kept from leaving."""

    wire_ms: int
    verb: str
    client_id: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KillRow:
    """A change of the kill level as written. `reason` is empty where none was."""

    wire_ms: int
    level: str
    reason: str


class _Envelope(msgspec.Struct):
    body: msgspec.Raw


class _Stop(msgspec.Struct):
    disaster_price: Decimal | None = None


class _Entry(msgspec.Struct):
    quantity: Decimal
    symbol: str = ""
    signal_market_ms: int = 0
    rung: str = ""
    stop: _Stop | None = None


class _Slot(msgspec.Struct):
    client_id: str


class _Addition(msgspec.Struct):
    entry: _Entry
    slot: _Slot


class _Trade(msgspec.Struct):
    phase: str = ""
    entry: _Entry | None = None
    additions: list[_Addition] = []
    stop: _Stop | None = None
    exit_reason: str | None = None


class _Placed(msgspec.Struct):
    symbol: str = ""
    trigger_price: Decimal | None = None


class _Note(msgspec.Struct):
    client_id: str = ""
    verb: str = ""
    symbol: str = ""
    request: _Placed | None = None


class _Answer(msgspec.Struct):
    why: str | None = None
    cause: str | None = None
    code: int | None = None


class _Outcome(msgspec.Struct):
    client_id: str = ""
    verb: str = ""
    outcome: _Answer | None = None


class _Income(msgspec.Struct):
    kind: str = ""


class _Kill(msgspec.Struct):
    level: str
    reason: str = ""


NAMING_KINDS: Final = ("request", "canary", "watch_action")
TRANSFER: Final = "transfer"
NEVER_FILLED: Final = "never_filled"


@dataclass(slots=True, kw_only=True)
class JournalIndex:
    """What one journal has durably said so far. What was durable once stays known: a later loss is another fault."""

    view: JournalView
    intents: dict[str, Intent] = field(default_factory=dict)
    """Of first entries, by trade."""
    further: dict[str, Intent] = field(default_factory=dict)
    """Of further entries, by their client ids."""
    trades: dict[str, int] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    dead_further: dict[str, int] = field(default_factory=dict)
    """Further entries that a trade does not know of any more: written off as never filled."""
    named: dict[str, int] = field(default_factory=dict)
    stops: set[tuple[str, Decimal | None]] = field(default_factory=set)
    """Symbol and trigger of every stop that a row tells of; a watchdog's rows name the symbol alone."""
    answers: dict[str, str] = field(default_factory=dict)
    held: dict[tuple[int, str, str], Held] = field(default_factory=dict)
    kills: list[KillRow] = field(default_factory=list)
    capital_rows: int = 0
    """Openings, transfers and adjustments booked."""
    _seq: int = 0
    _epoch: int = 0
    _added: dict[str, set[str]] = field(default_factory=dict)

    def refresh(self) -> None:
        """Read what has become durable since the last look."""
        if self.view.epoch != self._epoch:
            self._epoch, self._seq = self.view.epoch, 0
            self.kills, self._added = [], {}
        for row in self.view.durable_after(self._seq):
            self._seq = row.seq
            self._take(row)

    def _take(self, row: JournalRow) -> None:
        if row.trade_id is not None:
            self.trades.setdefault(row.trade_id, row.wire_ms)
        if (row.kind == "intent" and row.trade_id is not None) or (
            row.kind == "trade" and row.trade_id is not None
        ):
            self._take_trade(row, row.trade_id)
        elif row.kind == "ended" and row.trade_id is not None:
            self.dead.setdefault(row.trade_id, row.wire_ms)
        elif row.kind in NAMING_KINDS:
            note = _read(row.body, _Note)
            if note is not None:
                self.named.setdefault(note.client_id, row.wire_ms)
                placed = note.request or _Placed(symbol=note.symbol)
                self.stops.add((exchange_name(placed.symbol), placed.trigger_price))
        elif row.kind == "outcome":
            self._take_outcome(row)
        elif row.kind == "kill":
            self._take_kill(row)
        elif row.kind == "capital":
            self.capital_rows += 1
        elif row.kind == "income":
            rows = _read(row.body, list[_Income]) or []
            self.capital_rows += sum(income.kind == TRANSFER for income in rows)

    def _take_trade(self, row: JournalRow, trade_id: str) -> None:
        trade = _read(row.body, _Trade)
        if trade is None:
            return
        if row.kind == "intent" and trade.additions:
            latest = trade.additions[-1]
            self.further[latest.slot.client_id] = _intent(trade_id, latest.entry, trade.stop)
        elif row.kind == "intent" and trade.entry is not None:
            self.intents[trade_id] = _intent(trade_id, trade.entry, trade.stop)
        present = {one.slot.client_id for one in trade.additions}
        for client_id in sorted(self._added.get(trade_id, set()) - present):
            self.dead_further.setdefault(client_id, row.wire_ms)
        if present:
            self._added[trade_id] = present
        if trade.phase == "done" or (trade.phase == "sweeping" and trade.exit_reason == NEVER_FILLED):
            self.dead.setdefault(trade_id, row.wire_ms)

    def _take_outcome(self, row: JournalRow) -> None:
        note = _read(row.body, _Outcome)
        if note is None or note.outcome is None:
            return
        if note.outcome.why is not None:
            held = Held(wire_ms=row.wire_ms, verb=note.verb, client_id=note.client_id, why=note.outcome.why)
            self.held.setdefault((held.wire_ms, held.verb, held.client_id), held)
        answer = "unknown" if note.outcome.cause is not None else "answered"
        self.answers[note.client_id] = answer

    def _take_kill(self, row: JournalRow) -> None:
        known = _read(row.body, _Kill)
        level = _read(row.body, str) if known is None else known.level
        reason = "" if known is None else known.reason
        if level is not None:
            self.kills.append(KillRow(wire_ms=row.wire_ms, level=level, reason=reason))


def _intent(trade_id: str, entry: _Entry, standing: _Stop | None) -> Intent:
    stop = standing or entry.stop
    return Intent(
        trade_id=trade_id,
        quantity=entry.quantity,
        stop_price=stop.disaster_price if stop is not None else None,
        symbol=entry.symbol,
        decided_ms=entry.signal_market_ms,
        rung=entry.rung,
    )


def _read(text: str, kind: type[Body]) -> Body | None:
    """The body inside its envelope; None where it is of another shape (a torn row is the store's own affair)."""
    try:
        return msgspec.json.decode(msgspec.json.decode(text, type=_Envelope).body, type=kind)
    except msgspec.MsgspecError:
        return None
