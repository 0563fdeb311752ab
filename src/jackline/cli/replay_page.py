"""A tape replayed, with the journal read along, and what is said of it: for a person, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from jackline.engine.decisions import Agreement, Decisions
from jackline.engine.replay import Difference, Replay, Report, Settings
from jackline.store.boot import ENGINE_FILE
from jackline.store.disk import Disk
from jackline.store.errors import StoreError
from jackline.store.reader import StoreReader
from jackline.store.tape import TAPE_DIRECTORY, TapeDamaged, TurnRecord, records, segments, written_by

SAID_EVERY = 20
"""Segments between two lines of progress; one takes seconds."""
EFFECTS_SHOWN = 1_500
"""Characters of the effects of one turn; --json has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a replay came to. `agreement` is None where today's settings were asked for: the journal has the others."""

    directory: Path
    report: Report
    agreement: Agreement | None

    @property
    def differs(self) -> bool:
        """Something is decided otherwise than on the tape, or was journalled otherwise."""
        return self.report.differing > 0 or bool(self.agreement and self.agreement.differences)


def play(
    disk: Disk,
    state_dir: Path,
    *,
    begin: datetime | None,
    settings: Settings | None,
    say: Callable[[str], None],
) -> Outcome:
    """Replay the tape of a state directory. The engine may be running: it ends where it was when this began."""
    directory = state_dir / TAPE_DIRECTORY
    chosen = _from(disk, segments(disk, directory), begin)
    decisions = Decisions()
    replay = Replay(settings=settings, watch=decisions.watch)
    for count, path in enumerate(chosen):
        if count and count % SAID_EVERY == 0:
            say(f"{count} of {len(chosen)} segments, {replay.report.turns:,} events")
        try:
            data = disk.read(path)
        except FileNotFoundError:
            continue  # the engine has made room meanwhile
        replay.play(path.name, data)
    report = replay.report
    if settings is not None or not report.segments:
        return Outcome(directory=directory, report=report, agreement=None)
    return Outcome(
        directory=directory, report=report, agreement=_read_along(disk, state_dir, decisions, report)
    )


def _read_along(disk: Disk, state_dir: Path, decisions: Decisions, report: Report) -> Agreement:
    try:
        with StoreReader(disk, state_dir / ENGINE_FILE) as reader:
            return decisions.read_along(reader, ended=report.ended)
    except StoreError as error:
        return Agreement(notes=[f"the journal cannot be read: {error}"])


def _from(disk: Disk, paths: tuple[Path, ...], begin: datetime | None) -> tuple[Path, ...]:
    """The segments from the one in which a moment lies."""
    if begin is None:
        return paths
    wanted_ms = begin.timestamp() * 1_000
    first = 0
    for at, path in enumerate(paths):
        started_ms = _started_ms(disk, path)
        if started_ms is not None and started_ms <= wanted_ms:
            first = at
    return paths[first:]


def _started_ms(disk: Disk, path: Path) -> int | None:
    """When the first turn of a segment was; None where it has none that can be read."""
    try:
        return next(
            (one.wire_ms for one in records(disk.read(path)) if isinstance(one, TurnRecord)),
            None,
        )
    except (TapeDamaged, FileNotFoundError):
        return None


# -- telling -------------------------------------------------------------------------------------------------


def as_json(outcome: Outcome) -> str:
    """One object."""
    report, agreement = outcome.report, outcome.agreement
    return json.dumps(
        {
            "tape": str(outcome.directory),
            "identical": not outcome.differs,
            "code": "D4",
            "segments": report.segments,
            "lives": report.lives,
            "ended_in_order": sorted(report.ended),
            "events": report.turns,
            "events_by_kind": dict(sorted(report.events.items())),
            "effects": report.effects,
            "events_not_kept": report.lost,
            "differing": report.differing,
            "differences": [_plain(one) for one in report.differences],
            "journal": None if agreement is None else asdict(agreement),
            "notes": report.notes,
            "damage": report.damage,
            "written_by": report.versions,
            "replayed_by": written_by()[0],
            "other_fields": report.is_other_shape,
        },
        indent=2,
    )


def _plain(one: Difference) -> dict[str, object]:
    inner = {name: json.loads(getattr(one, name) or "null") for name in ("event", "expected", "found")}
    return asdict(one) | inner


def as_text(outcome: Outcome, *, shown: int) -> str:
    """One screen."""
    return "\n".join(_lines(outcome, shown))


def _lines(outcome: Outcome, shown: int) -> Iterator[str]:
    report, agreement = outcome.report, outcome.agreement
    yield f"{report.turns:,} events, {report.effects:,} effects, {len(report.lives)} lives of an engine: " + (
        "identical." if report.differing == 0 else f"{report.differing:,} DIFFER (D4)."
    )
    if report.is_other_shape:
        yield (
            f"The tape was written by version {', '.join(report.versions)} with other fields: what it says is"
            " compared, what came later is not."
        )
    for one in report.differences[:shown]:
        yield from _told(one)
    if agreement is not None:
        yield f"Journal: {agreement.equal:,} decisions equal, {len(agreement.differences)} differ."
        yield from (f"  DIFFERS {text}" for text in agreement.differences)
    notes = [*report.notes, *(agreement.notes if agreement is not None else ())]
    yield from (f"  note: {text}" for text in notes)
    yield from (f"  DAMAGED {text}" for text in report.damage)


def _told(one: Difference) -> Iterator[str]:
    at = (
        f"{datetime.fromtimestamp(one.wire_ms / 1_000, UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3] if one.wire_ms else ""
    )
    yield f"  D4 life {one.fence}, event {one.number} {at} ({one.segment})"
    yield f"     first   {one.first}"
    if one.event:
        yield f"     event   {one.event[:EFFECTS_SHOWN]}"
        yield f"     tape    {one.expected[:EFFECTS_SHOWN]}"
        yield f"     today   {one.found[:EFFECTS_SHOWN]}"
