"""Decides again what a tape holds, and compares (D4): the same state, the same events, today's code.

Effects are compared as text, digit by digit. A segment begins with a state; where it follows on the one before it, the
state that the replay has come to is compared with it too. After a difference the next segment begins anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec

from jackline.core.effects import Effect
from jackline.core.errors import InvariantBroken
from jackline.core.events import Event, Now
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.values import MarketMs, WireMs
from jackline.store.errors import BodyUnreadable
from jackline.store.older import is_kept
from jackline.store.tape import (
    EFFECTS,
    EVENTS,
    NO_EFFECTS,
    STATES,
    End,
    Head,
    TapeDamaged,
    TurnRecord,
    records,
    written_by,
)

DIFFERENCES_KEPT = 20
"""The first ones explain the rest, which are counted."""

Step = Callable[[State, Event, Now], tuple[State, tuple[Effect, ...]]]
Settings = tuple[RiskSettings, ProtectionSettings]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A turn that is decided otherwise today, or a state that is not come to.

    Attributes:
        number: the turn's, within its life; of a state, the turn that follows it.
        event: what `step` was fed, as JSON; empty for a state.
        expected, found: effects on the tape and today, as JSON.
        first: the first field that differs, with both values; or what was raised.
    """

    segment: str
    fence: int
    number: int
    wire_ms: int
    market_ms: int
    event: str
    expected: str
    found: str
    first: str


@dataclass(slots=True, kw_only=True)
class LifeCount:
    """Turns of one life that were decided again and that differ; its last journal row before it; wire times."""

    journal_seq: int
    turns: int = 0
    differing: int = 0
    first_ms: int = 0
    last_ms: int = 0


@dataclass(slots=True, kw_only=True)
class Report:
    """What a replay came to.

    Attributes:
        turns, effects: that were decided again.
        differing: turns and states that differ; `differences` are the first of them.
        ended: fences of lives that ended in order; all others were killed, or run still.
        lost: turns that the engine could not keep.
        notes: what is missing, in the order of the tape: gaps, torn ends. No fault of a decision.
        damage: what cannot be read.
        versions: every program version that wrote it.
        is_other_shape: a part was written by a program with other fields; only what it says is compared.
        by_life: what was decided again, by the fence of the life.
    """

    segments: int = 0
    lives: list[int] = field(default_factory=list)
    turns: int = 0
    effects: int = 0
    events: Counter[str] = field(default_factory=Counter)
    differing: int = 0
    differences: list[Difference] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)
    lost: int = 0
    notes: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    is_other_shape: bool = False
    by_life: dict[int, LifeCount] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A turn as it was, for who looks at decisions: `follows` where the turn before it is on the tape too."""

    head: Head
    record: TurnRecord
    follows: bool


class Replay:
    """Takes the segments of a tape, oldest first; `report` says what came of them.

    Args:
        settings: today's, to show what they would change; None takes those on the tape.
        step: the function that decides.
        watch: is shown every turn.
    """

    def __init__(
        self,
        *,
        settings: Settings | None = None,
        step: Step = step,
        watch: Callable[[Played], None] = lambda _: None,
    ) -> None:
        self.report = Report()
        self._settings, self._step, self._watch = settings, step, watch
        self._shape = written_by()[1]
        self._head: Head | None = None
        self._state: State | None = None
        self._number = 0
        self._follows = False
        self._is_same = False

    def play(self, name: str, data: bytes) -> None:
        """Replay one segment. What cannot be read is told in the report, and the next one goes on."""
        self.report.segments += 1
        try:
            for record in records(data):
                match record:
                    case Head():
                        self._begin(name, record)
                    case TurnRecord():
                        self._turn(name, record)
                    case End(number=number):
                        self._end(name, number)
        except TapeDamaged as damaged:
            self._damaged(name, damaged)
        except BodyUnreadable as error:
            self.report.damage.append(f"{name}, turn {self._number + 1}: {error}")
            self._state = None

    # -- inside ----------------------------------------------------------------------------------------------

    def _begin(self, name: str, head: Head) -> None:
        report, before = self.report, self._head
        if head.version not in report.versions:
            report.versions.append(head.version)
        report.is_other_shape |= head.shape != self._shape
        is_new_life = before is None or head.fence != before.fence
        if is_new_life:
            report.lives.append(head.fence)
            report.by_life.setdefault(head.fence, LifeCount(journal_seq=head.journal_seq))
        reached, number = self._state, self._number
        self._head, self._state = head, None
        if head.lost:
            report.lost += head.lost
            report.notes.append(f"{name}: {head.lost} turns before turn {head.first} could not be kept")
        elif head.first > (1 if is_new_life else number + 1):
            missing = f"turns {1 if is_new_life else number + 1} to {head.first - 1}"
            report.notes.append(f"{name}: {missing} of life {head.fence} are on no segment")
        self._follows = not is_new_life and head.first == number + 1
        self._number = head.first - 1
        state: State = STATES.read(bytes(head.state))
        if self._follows and self._is_same and reached is not None and self._settings is None:
            self._compare_states(name, head, reached, state)
        if self._settings is not None:
            risk, protection = self._settings
            state = replace(state, risk=risk, protection=protection)
        self._state, self._is_same = state, True

    def _compare_states(self, name: str, head: Head, reached: State, expected: State) -> None:
        """The order of mappings counts: what goes through them decides in it."""
        kept, come_to = STATES.write(expected), STATES.write(reached)
        if kept != come_to:
            where = first_difference(kept, come_to)
            self._differs(name, TurnRecord(number=head.first, wire_ms=0, market_ms=0, event=_NONE), "", where)

    def _turn(self, name: str, record: TurnRecord) -> None:
        report, head = self.report, self._head
        if head is None or self._state is None:
            return
        if record.number != self._number + 1:
            self._state = None
            report.damage.append(f"{name}: turn {record.number} follows on turn {self._number}")
            return
        self._watch(Played(head=head, record=record, follows=self._follows))
        self._number, self._follows = record.number, True
        event: Event = EVENTS.read(bytes(record.event))
        now = Now(wire_ms=WireMs(record.wire_ms), market_ms=MarketMs(record.market_ms))
        report.turns += 1
        life = report.by_life[head.fence]
        life.turns, life.last_ms = life.turns + 1, record.wire_ms
        life.first_ms = life.first_ms or record.wire_ms
        report.events[type(event).__name__] += 1
        try:
            self._state, effects = self._step(self._state, event, now)
        except InvariantBroken as broken:
            self._differs(name, record, "", f"today it raises: {broken}")
            return
        report.effects += len(effects)
        found = EFFECTS.write(effects) if effects else NO_EFFECTS
        expected = bytes(record.effects)
        if found == expected or (head.shape != self._shape and is_kept(expected, found)):
            return
        self._differs(name, record, found.decode(), first_difference(expected, found))

    def _differs(self, name: str, record: TurnRecord, found: str, first: str) -> None:
        report = self.report
        report.differing += 1
        if self._head is not None:
            report.by_life[self._head.fence].differing += 1
        self._is_same = False
        if len(report.differences) < DIFFERENCES_KEPT and self._head is not None:
            report.differences.append(
                Difference(
                    segment=name,
                    fence=self._head.fence,
                    number=record.number,
                    wire_ms=record.wire_ms,
                    market_ms=record.market_ms,
                    event="" if record.event is _NONE else bytes(record.event).decode(),
                    expected=bytes(record.effects).decode(),
                    found=found,
                    first=first,
                )
            )

    def _end(self, name: str, number: int) -> None:
        if self._head is None or number != self._number:
            self.report.damage.append(f"{name}: it says that the life ended after turn {number}, not here")
            return
        self.report.ended.add(self._head.fence)

    def _damaged(self, name: str, damaged: TapeDamaged) -> None:
        if damaged.torn:
            self.report.notes.append(
                f"{name}: {damaged.detail}, as a kill leaves it: read to turn {self._number}"
            )
            return
        self.report.damage.append(f"{name}, {damaged}: read to turn {self._number}")
        self._state = None


_NONE = msgspec.Raw(b"null")


def first_difference(expected: bytes, found: bytes) -> str:
    """Where two JSON texts differ first: the path, what the tape says and what is decided today."""
    return _first("", msgspec.json.decode(expected), msgspec.json.decode(found)) or "the order of a mapping"


def _first(path: str, old: object, new: object) -> str:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if key not in old or key not in new:
                return _said(f"{path}.{key}", old.get(key, _MISSING), new.get(key, _MISSING))
            if below := _first(f"{path}.{key}", old[key], new[key]):
                return below
        return ""
    if isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            one = old[index] if index < len(old) else _MISSING
            other = new[index] if index < len(new) else _MISSING
            if below := _first(f"{path}[{index}]", one, other):
                return below
        return ""
    return "" if type(old) is type(new) and old == new else _said(path, old, new)


_MISSING = "nothing"
WORDS_MAX = 200
"""Of a value that is shown; the whole of it stands in the effects."""


def _said(path: str, old: object, new: object) -> str:
    was, now = (one if one is _MISSING else msgspec.json.encode(one).decode() for one in (old, new))
    return f"{path.lstrip('.')}: {str(was)[:WORDS_MAX]} on the tape, {str(now)[:WORDS_MAX]} today"
