"""What the journal tells of the past: exposure windows, alerts, orders and their outcomes. Followed row by row.

A window is the engine's own exposure clock: from the first evidence of a position, or of a stop that ceased to work,
to the read-back of one that covers it. What the venue would say of the same time is never longer.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec
import structlog

from jackline.core.effects import Alert, SaveKill
from jackline.core.trade import Trade
from jackline.core.values import ZERO
from jackline.store.batch import JournalKind
from jackline.store.boot import ENGINE_FILE
from jackline.store.disk import Disk
from jackline.store.encode import decode, open_body
from jackline.store.errors import StoreError
from jackline.store.evidence import read_standing
from jackline.store.reader import JournalEntry, StoreReader
from jackline.web.options import WebOptions

log = structlog.get_logger("web")

FOLLOW_S = 1.0
ROWS_AT_ONCE = 1_000
ROWS_BACK_MAX: Final = 200_000
"""Of a long journal so much is read when the web starts: weeks of trading."""
WINDOWS_MAX = 10_000
ALERTS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Time in which a position had no confirmed stop. Wire time; `notional_quote` at its entry price."""

    trade_id: str
    symbol: str
    side: str
    from_ms: int
    to_ms: int
    ended_as: str
    notional_quote: Decimal

    @property
    def length_ms(self) -> int:
        """How long it was."""
        return max(0, self.to_ms - self.from_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert as it was written down."""

    seq: int
    wire_ms: int
    level: str
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """The last change of the kill level: by whom and why."""

    wire_ms: int
    before: str
    level: str
    actor: str
    reason: str


class _Outcome(msgspec.Struct):
    """The parts of an `OutcomeNote` that are counted."""

    verb: str
    outcome: dict[str, object]


class _Key(msgspec.Struct):
    symbol: str


class _CanaryRequest(msgspec.Struct):
    symbol: str = ""
    key: _Key | None = None


class _Canary(msgspec.Struct):
    """The part of a canary's `RequestNote` that says where it sings."""

    request: _CanaryRequest

    @property
    def symbol(self) -> str:
        return self.request.symbol if self.request.key is None else self.request.key.symbol


@dataclass(slots=True, kw_only=True)
class Past:
    """All that was followed so far. Bounded: the oldest are forgotten."""

    windows: deque[Window] = field(default_factory=lambda: deque(maxlen=WINDOWS_MAX))
    alerts: deque[Told] = field(default_factory=lambda: deque(maxlen=ALERTS_MAX))
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    denials: Counter[str] = field(default_factory=Counter)
    switched: Switched | None = None
    """The last change that raised the kill level, and the last that reset it."""
    reset: Switched | None = None
    protected: int = 0
    """Trades whose stop was confirmed, and how many of them by their first request."""
    first_try: int = 0
    stage: str = ""
    """The phase of the account; empty where none is on record."""
    canaries: dict[str, int] = field(default_factory=dict)
    """Of each symbol, when its last canary was sent or taken away: the date of what is proven there."""


class History:
    """Follows the engine's journal in a thread of its own."""

    def __init__(self, disk: Disk, options: WebOptions) -> None:
        self._disk = disk
        self._path = options.state_dir / ENGINE_FILE
        self._read_to = -1
        self._open: dict[str, Trade] = {}
        self.past = Past()

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            try:
                behind = await asyncio.to_thread(self.follow)
            except (StoreError, OSError) as error:
                log.warning("journal_unreadable", detail=str(error))
                behind = False
            if not behind:
                await asyncio.sleep(FOLLOW_S)

    def follow(self) -> bool:
        """Take the next rows in; True when there are more. Raises StoreError."""
        if not self._path.exists():
            return False
        with StoreReader(self._disk, self._path) as store:
            head = store.head().seq
            if head < self._read_to:  # another journal stands in the place of ours
                self._read_to, self._open, self.past = -1, {}, Past()
            self._read_to = max(self._read_to, head - ROWS_BACK_MAX)
            rows = store.journal_after(self._read_to, ROWS_AT_ONCE)
            standing = read_standing(store)
        self.past.stage = "" if standing is None else standing.stage.value
        self.take(rows)
        return len(rows) == ROWS_AT_ONCE

    def take(self, rows: Sequence[JournalEntry]) -> None:
        """Take rows in, oldest first. One that this program cannot read is passed over."""
        for row in rows:
            self._read_to = row.seq
            try:
                self._take(row)
            except (StoreError, msgspec.MsgspecError) as error:
                log.warning("row_unreadable", seq=row.seq, kind=row.kind, detail=str(error))

    def _take(self, row: JournalEntry) -> None:
        match row.kind:
            case JournalKind.TRADE | JournalKind.INTENT:
                self._on_trade(decode(row.body, Trade), row.wire_ms)
            case JournalKind.ALERT:
                alert = decode(row.body, Alert)
                self.past.alerts.append(
                    Told(
                        seq=row.seq,
                        wire_ms=row.wire_ms,
                        level=alert.level.value,
                        code=alert.code,
                        text=alert.text,
                    )
                )
            case JournalKind.KILL:
                self._on_kill(decode(row.body, SaveKill), row.wire_ms)
            case JournalKind.OUTCOME:
                self._on_outcome(msgspec.json.decode(open_body(row.body), type=_Outcome))
            case JournalKind.CANARY:
                note = msgspec.json.decode(open_body(row.body), type=_Canary)
                self.past.canaries[note.symbol] = row.wire_ms
            case JournalKind.DENIED:
                denied = msgspec.json.decode(open_body(row.body)).get("denied", {})
                self.past.denials[str(denied.get("reason", "unknown"))] += 1
            case _:
                return

    def _on_trade(self, trade: Trade, wire_ms: int) -> None:
        """A window ends where the clock of the row before stands still in this one."""
        before = self._open.get(trade.trade_id)
        if before is not None and before.exposed_ms is not None and trade.exposed_ms is None:
            price = before.entry_price or trade.entry_price or trade.stop.disaster_price
            self.past.windows.append(
                Window(
                    trade_id=trade.trade_id,
                    symbol=trade.symbol,
                    side=trade.side.value,
                    from_ms=before.exposed_ms,
                    to_ms=wire_ms,
                    ended_as=trade.phase.value,
                    notional_quote=max(before.quantity, trade.quantity) * price,
                )
            )
            if before.first_protected_ms is None and trade.first_protected_ms is not None:
                self.past.protected += 1
                self.past.first_try += trade.attempts <= 1
        if trade.phase.value == "done":
            self._open.pop(trade.trade_id, None)
        else:
            self._open[trade.trade_id] = trade

    def _on_kill(self, kill: SaveKill, wire_ms: int) -> None:
        changed = Switched(
            wire_ms=wire_ms,
            before=kill.before.value,
            level=kill.level.value,
            actor=kill.actor,
            reason=kill.reason,
        )
        if kill.level.rank > kill.before.rank:
            self.past.switched = changed
        elif kill.level.rank < kill.before.rank:
            self.past.reset = changed

    def _on_outcome(self, note: _Outcome) -> None:
        word = outcome_word(note.outcome)
        self.past.outcomes[(note.verb, word)] += 1
        code = note.outcome.get("code")
        if code is not None:
            self.past.refusals[str(code)] += 1


def quantile(lengths: Sequence[int], fraction: Decimal) -> int | None:
    """The length that this share of them does not exceed; None of none."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


def notional_seconds(windows: Sequence[Window]) -> Decimal:
    """Quote currency times seconds in which it was exposed."""
    return sum((one.notional_quote * one.length_ms / 1_000 for one in windows), ZERO)


def outcome_word(outcome: dict[str, object]) -> str:
    """`acked`, `refused`, `unknown` or `not_sent`, by what the stored outcome has."""
    if "order" in outcome:
        return "acked"
    if "code" in outcome:
        return "refused"
    return "unknown" if "cause" in outcome else "not_sent"
