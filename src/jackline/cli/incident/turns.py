"""The turns of an incident, cut out of the tape with the state before the first of them, so that they replay alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from jackline.cli.incident.hiding import Hiding
from jackline.core.errors import InvariantBroken
from jackline.core.events import Now
from jackline.core.state import State
from jackline.core.step import step
from jackline.core.values import MarketMs, WireMs
from jackline.engine.replay import Replay
from jackline.store.disk import Disk
from jackline.store.errors import BodyUnreadable
from jackline.store.tape import (
    EVENTS,
    FIRST_LINE,
    STATES,
    TAPE_DIRECTORY,
    Head,
    TapeDamaged,
    TurnRecord,
    as_block,
    as_line,
    records,
    segments,
)

TURNS_MAX = 5_000
"""Minutes of two hundred symbols."""


@dataclass(slots=True, kw_only=True)
class Turns:
    """A slice of the tape.

    Attributes:
        lines: a head with the state, then a line for each turn.
        faults: turn and code of every alert among the effects.
        listings: what the venue listed, as read in these turns: JSON.
        identical: whether today's code decides the same.
    """

    lines: list[bytes] = field(default_factory=list)
    faults: list[tuple[int, str]] = field(default_factory=list)
    listings: list[bytes] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    identical: bool = False

    @property
    def count(self) -> int:
        """How many turns."""
        return max(0, len(self.lines) - 1)


def cut(disk: Disk, state_dir: Path, *, from_ms: int, at_ms: int, to_ms: int, hiding: Hiding) -> Turns:
    """The turns around a moment, of the one segment in which it lies."""
    turns = Turns()
    found = _segment(disk, state_dir, at_ms)
    if found is None:
        turns.notes.append("no tape is kept of that time: there are no decisions to replay")
        return turns
    try:
        _walk(turns, found, from_ms=from_ms, to_ms=to_ms)
    except (TapeDamaged, BodyUnreadable, InvariantBroken) as error:
        turns.notes.append(f"the tape is read up to what cannot be: {error}")
    if turns.count == 0:
        turns.lines = []
        turns.notes.append("no turn of that time is on the tape: there are no decisions to replay")
        return turns
    turns.lines = [hiding.json(line) for line in turns.lines]
    turns.listings = [hiding.json(line) for line in turns.listings]
    turns.identical = _plays(turns)
    if not turns.identical:
        turns.notes.append(
            "today's code does not decide the same (D4), or a hidden name decides: see --keep-names"
        )
    return turns


def _segment(disk: Disk, state_dir: Path, at_ms: int) -> bytes | None:
    """The last segment that begins before a moment."""
    for path in reversed(segments(disk, state_dir / TAPE_DIRECTORY)):
        try:
            data = disk.read(path)
            first = next((one for one in records(data) if isinstance(one, TurnRecord)), None)
        except (TapeDamaged, FileNotFoundError):
            continue
        if first is not None and first.wire_ms <= at_ms:
            return data
    return None


def _walk(turns: Turns, data: bytes, *, from_ms: int, to_ms: int) -> None:
    """Decide again up to the first turn that is wanted, for the state before it; then only take turns over."""
    head: Head | None = None
    state: State | None = None
    for record in records(data):
        if isinstance(record, Head):
            head, state = record, STATES.read(bytes(record.state))
        elif isinstance(record, TurnRecord) and head is not None and state is not None:
            if record.wire_ms > to_ms:
                return
            if turns.count >= TURNS_MAX:
                turns.notes.append(f"{TURNS_MAX} turns are packed at most: the later ones were left out")
                return
            if not turns.lines and record.wire_ms < from_ms:
                now = Now(wire_ms=WireMs(record.wire_ms), market_ms=MarketMs(record.market_ms))
                state, _ = step(state, EVENTS.read(bytes(record.event)), now)
                continue
            if not turns.lines:
                begin = msgspec.structs.replace(
                    head, first=record.number, lost=0, state=msgspec.Raw(STATES.write(state))
                )
                turns.lines.append(as_line(begin))
            _take(turns, record)


def _take(turns: Turns, record: TurnRecord) -> None:
    turns.lines.append(as_line(record))
    for effect in msgspec.json.decode(bytes(record.effects), type=list[dict[str, msgspec.Raw]]):
        if "Alert" in effect:
            turns.faults.append((record.number, str(msgspec.json.decode(effect["Alert"])["code"])))
    event = msgspec.json.decode(bytes(record.event), type=dict[str, msgspec.Raw])
    if "SnapshotAnswered" in event:
        answer = {"wire_ms": record.wire_ms, "turn": record.number, **event}
        turns.listings.append(msgspec.json.encode(answer))


def _plays(turns: Turns) -> bool:
    """As the test in the archive will."""
    replay = Replay()
    replay.play("turns.jsonl", FIRST_LINE + as_block(turns.lines))
    report = replay.report
    return (report.turns, report.differing, report.damage) == (turns.count, 0, [])
