"""The decisions on a tape beside those in the journal: what the engine said it did is what it decided (D4, O4).

Both are written by the same life, each in its order; here they are read along together. What one of them does not hold
any more (a killed life's end, a removed segment, rows that a refusing disk has cost) is told and is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import msgspec

from jackline.core.outcomes import Reason
from jackline.engine.replay import Played, first_difference
from jackline.store.batch import JournalKind
from jackline.store.encode import decode
from jackline.store.reader import JournalEntry, StoreReader
from jackline.store.tape import NO_EFFECTS

PAGE_ROWS = 1_000
COMPARED = frozenset(
    {
        JournalKind.INTENT,
        JournalKind.TRADE,
        JournalKind.REQUEST,
        JournalKind.DENIED,
        JournalKind.KILL,
        JournalKind.ENDED,
    }
)
"""Kinds of rows that `step` decides; the rest tells what came of them."""
REQUESTS = frozenset({"SendEntry", "SendStop", "SendTarget", "SendTrailing", "SendClose", "CancelOrder"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One of them.

    Attributes:
        number: of its turn, or of its journal row.
        body: JSON, as both write it.
        outside: a row that `step` may not have decided: what a start sent before its loop began, or a strategy that
            failed before it had a wish.
    """

    number: int
    kind: JournalKind
    body: bytes
    outside: bool = False

    def is_same(self, other: Decision) -> bool:
        """Kind and content."""
        return self.kind is other.kind and self.body == other.body


@dataclass(slots=True)
class _Stretch:
    """Turns of one life without a gap."""

    fence: int
    journal_seq: int
    first: int
    decisions: list[Decision] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Agreement:
    """What reading along came to: `equal` decisions, the differences, and what could not be compared."""

    equal: int = 0
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Decisions:
    """Collects the decisions of a tape while it is replayed, then reads the journal along."""

    def __init__(self) -> None:
        self._stretches: list[_Stretch] = []

    def watch(self, played: Played) -> None:
        """Take the decisions of one turn."""
        head, record = played.head, played.record
        if not played.follows:
            self._stretches.append(_Stretch(head.fence, head.journal_seq, record.number))
        effects = bytes(record.effects)
        if effects != NO_EFFECTS:
            self._stretches[-1].decisions.extend(_decided(record.number, effects))

    def read_along(self, reader: StoreReader, *, ended: Iterable[int]) -> Agreement:
        """Compare with the journal. `ended`: fences of the lives whose tape is whole to its end."""
        done = Agreement()
        whole = set(ended)
        lives: dict[int, list[_Stretch]] = {}
        for stretch in self._stretches:
            lives.setdefault(stretch.fence, []).append(stretch)
        begins = [stretches[0].journal_seq for stretches in lives.values()]
        for (fence, stretches), until in zip(lives.items(), [*begins[1:], None], strict=True):
            rows = _rows(reader, fence=fence, after=stretches[0].journal_seq, until=until)
            life = _Life(fence, list(rows), done)
            for stretch in stretches:
                life.compare(stretch)
            life.finish(is_whole=fence in whole)
        return done


class _Life:
    """The journal of one life, read along with the stretches of its tape."""

    def __init__(self, fence: int, rows: list[Decision | None], done: Agreement) -> None:
        self._fence, self._done = fence, done
        self._rows, self._at = rows, 0
        self._stopped = False

    def compare(self, stretch: _Stretch) -> None:
        """Read one stretch along, from where its first decision stands in the journal."""
        if self._stopped or not stretch.decisions:
            return
        if stretch.first > 1 and not self._place(stretch.decisions[0]):
            self._done.notes.append(f"life {self._fence}: turns from {stretch.first} are not in the journal")
            self._stopped = True
            return
        for count, decision in enumerate(stretch.decisions):
            row = self._next(decision)
            if row is None:
                left = len(stretch.decisions) - count
                self._done.notes.append(
                    f"life {self._fence}: the journal ends before the last {left} decisions on the tape"
                )
                self._stopped = True
                return
            if not row.is_same(decision):
                self._differs(decision, row)
                return
            self._done.equal += 1

    def finish(self, *, is_whole: bool) -> None:
        """What the journal holds beyond the tape: of a life that ended in order, that is a difference."""
        if self._stopped:
            return
        left = sum(row is not None and not row.outside for row in self._rows[self._at :])
        if left and is_whole:
            self._done.differences.append(
                f"life {self._fence}: {left} rows of the journal are not on its tape"
            )
        elif left:
            self._done.notes.append(f"life {self._fence}: the tape ends before the last {left} journal rows")

    def _place(self, first: Decision) -> bool:
        for at in range(self._at, len(self._rows)):
            row = self._rows[at]
            if row is not None and row.is_same(first):
                self._at = at
                return True
        return False

    def _next(self, wanted: Decision) -> Decision | None:
        """The next row that `step` decided; None at the journal's end, and where rows of it are lost."""
        while self._at < len(self._rows):
            row = self._rows[self._at]
            if row is None:
                return None
            self._at += 1
            if row.is_same(wanted) or not row.outside:
                return row
        return None

    def _differs(self, decision: Decision, row: Decision) -> None:
        self._stopped = True
        what = (
            first_difference(decision.body, row.body)
            if row.kind is decision.kind
            else f"the tape has a {decision.kind}, the journal a {row.kind}"
        ).replace(" today", " in the journal")
        self._done.differences.append(
            f"life {self._fence}: turn {decision.number} and journal row {row.number}: {what}"
        )


def _decided(number: int, effects: bytes) -> Iterator[Decision]:
    """The decisions among the effects of one turn, as the journal writes them."""
    for effect in msgspec.json.decode(effects, type=list[dict[str, msgspec.Raw]]):
        ((name, raw),) = effect.items()
        body = bytes(raw)
        if name == "SaveTrade":
            parts = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
            is_intent = bytes(parts["intent"]) == b"true"
            kind = JournalKind.INTENT if is_intent else JournalKind.TRADE
            yield Decision(number=number, kind=kind, body=bytes(parts["trade"]))
        elif name in REQUESTS:
            yield Decision(number=number, kind=JournalKind.REQUEST, body=body)
        elif name == "NoteDenied":
            yield Decision(number=number, kind=JournalKind.DENIED, body=body)
        elif name == "SaveKill":
            yield Decision(number=number, kind=JournalKind.KILL, body=body)
        elif name == "TradeEnded":
            yield Decision(number=number, kind=JournalKind.ENDED, body=_end(body))


def _end(body: bytes) -> bytes:
    """The end of a trade as the journal has it: `recorder.EndNote`."""
    ended = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    trade = msgspec.json.decode(ended["trade"], type=dict[str, msgspec.Raw])
    return msgspec.json.encode({"reason": ended["reason"], "parameter": trade["exit_parameter"]})


def _rows(reader: StoreReader, *, fence: int, after: int, until: int | None) -> Iterator[Decision | None]:
    """The decisions among the rows of one life, oldest first; None where rows are lost."""
    is_up = False
    while page := reader.journal_after(after, PAGE_ROWS):
        for entry in page:
            if until is not None and entry.seq > until:
                return
            after = entry.seq
            if entry.kind == JournalKind.GAP:
                yield None
            elif entry.kind == JournalKind.LEASE:
                if decode(entry.body, str) != str(fence):
                    return  # a later life, of which nothing is on the tape
                is_up = True
            elif entry.kind in COMPARED:
                yield _decision(entry, is_up=is_up)


class _Envelope(msgspec.Struct, frozen=True):
    body: msgspec.Raw


class _Said(msgspec.Struct, frozen=True):
    reason: str


class _Denial(msgspec.Struct, frozen=True):
    denied: _Said


def _decision(entry: JournalEntry, *, is_up: bool) -> Decision:
    """The row as the life wrote it, whatever the program reads today."""
    kind, outside = JournalKind(entry.kind), False
    body = bytes(msgspec.json.decode(entry.body, type=_Envelope).body)
    if kind is JournalKind.REQUEST:
        body = bytes(msgspec.json.decode(body, type=dict[str, msgspec.Raw])["request"])
        outside = not is_up
    elif kind is JournalKind.DENIED:
        outside = msgspec.json.decode(body, type=_Denial).denied.reason == Reason.STRATEGY
    return Decision(number=entry.seq, kind=kind, body=body, outside=outside)
