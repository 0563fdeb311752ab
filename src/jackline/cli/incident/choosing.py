"""Which rows of the journal an incident is: those around what was named, and the two neighbours that link them."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jackline.cli.data_time import read_ms
from jackline.cli.errors import CommandFailed, ExitCode
from jackline.core.codes import PAGES
from jackline.store.boot import ENGINE_FILE
from jackline.store.db import Db, Row, one_moment
from jackline.store.disk import Disk
from jackline.store.encode import open_body
from jackline.store.errors import BodyUnreadable, DbTrouble, TroubleKind
from jackline.store.journal import digest
from jackline.store.stores import is_there, open_kept

AROUND_MS = 5_000
"""Before the first row and after the last one: a stop that is lost is mended within this."""
ROWS_MAX = 2_000
"""A trade of days has more than anybody reads: its end is what went wrong."""
ALERT_MS_MAX = 60_000
"""A time is given to the second or the minute, by somebody who reads it off an alert."""
SIGNED_DIGITS_MAX = 18
_ALERTS = "SELECT seq, wire_ms, body FROM journal WHERE kind = 'alert' ORDER BY seq DESC"
_OF_TRADE = "SELECT min(seq), max(seq), min(wire_ms), max(wire_ms) FROM journal WHERE trade_id = ?"
_AT = "SELECT seq, seq, wire_ms, wire_ms FROM journal WHERE seq = ?"
_WITHIN = "SELECT min(seq), max(seq) FROM journal WHERE wire_ms BETWEEN ? AND ?"
_ROW = "SELECT * FROM journal WHERE seq = ?"
_ROWS = "SELECT * FROM journal WHERE seq BETWEEN ? AND ? ORDER BY seq"


class Told(msgspec.Struct, frozen=True):
    """The fields of an alert that say which it is."""

    level: str
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The rows of an incident.

    Attributes:
        wanted: what was asked for.
        seq: the row it is about; of a trade its last one.
        at_ms: when that was written, wire time.
        from_ms, to_ms: wire time around it.
        rows: oldest first, the neighbours included.
        notes: what does not hold, or was left out.
    """

    wanted: str
    seq: int
    at_ms: int
    from_ms: int
    to_ms: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def choose(disk: Disk, state_dir: Path, wanted: str) -> Chosen:
    """Find the rows. Raises CommandFailed where there is no such incident, and DbTrouble."""
    path = state_dir / ENGINE_FILE
    if not is_there(disk, path):
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{path}: no engine has written here yet. Fix: check account.state_dir"
        )
    with closing(open_kept(disk, path)) as db, one_moment(db):
        first, last, from_ms, to_ms = _span(db, wanted)
        from_ms, at_ms, to_ms = from_ms - AROUND_MS, to_ms, to_ms + AROUND_MS
        begins, ends = db.run(_WITHIN, (from_ms, to_ms))[0]
        begins, ends = min(first, begins), max(last, ends)
        notes = []
        if ends - begins >= ROWS_MAX:
            ends = min(ends, last + ROWS_MAX // 2)
            notes.append(f"rows {begins} to {ends - ROWS_MAX} were left out: {ROWS_MAX} are packed at most")
            begins = ends - ROWS_MAX + 1
        rows, unread = _read(db, begins - 1, ends + 1)
    return Chosen(
        wanted=wanted,
        seq=last,
        at_ms=at_ms,
        from_ms=from_ms,
        to_ms=to_ms,
        rows=rows,
        notes=(*notes, *unread, *_unsound(rows)),
    )


def _span(db: Db, wanted: str) -> tuple[int, int, int, int]:
    """First and last row of what is wanted, and first and last wire time."""
    code, at, time = wanted.partition("@")
    if wanted == "last" or at:
        seq, wire_ms = _alert(db, wanted, code if at else "", read_ms(time, "ID") if at else None)
        return seq, seq, wire_ms, wire_ms
    is_number = wanted.isdecimal() and len(wanted) <= SIGNED_DIGITS_MAX
    rows = db.run(_AT, (int(wanted),)) if is_number else db.run(_OF_TRADE, (wanted,))
    if not rows or rows[0][0] is None:
        raise _unknown(wanted, "no such trade or row")
    first, last, from_ms, to_ms = rows[0]
    return first, last, from_ms, to_ms


def _alert(db: Db, wanted: str, code: str, time_ms: int | None) -> tuple[int, int]:
    """The alert of a code nearest to a time; or the last one, of those that are critical where there are any."""
    if code and code not in PAGES:
        raise CommandFailed(
            ExitCode.BAD_INPUT, f"{wanted}: {code} is no code. Fix: jackline explain lists them"
        )
    found: list[tuple[bool, int, int, int]] = []
    for seq, wire_ms, body in db.run(_ALERTS):
        try:
            told = msgspec.json.decode(open_body(body), type=Told)
        except (BodyUnreadable, msgspec.MsgspecError):
            continue
        away_ms = 0 if time_ms is None else abs(wire_ms - time_ms)
        if away_ms <= ALERT_MS_MAX and code in {"", told.code}:
            found.append((told.level == "critical", -away_ms, seq, wire_ms))
    if not found:
        raise _unknown(wanted, "no such alert is on record")
    best = max(found) if time_ms is None else max(found, key=lambda one: (one[1], one[0]))
    return best[2], best[3]


def _unknown(wanted: str, what: str) -> CommandFailed:
    return CommandFailed(
        ExitCode.BAD_INPUT,
        f"{wanted}: {what}. Fix: jackline events --kind alert, or jackline trades, shows which there are",
    )


def _read(db: Db, first: int, last: int) -> tuple[tuple[Row, ...], list[str]]:
    """Rows by number; of a damaged file what can be read."""
    try:
        return tuple(db.run(_ROWS, (first, last))), []
    except DbTrouble as trouble:
        if trouble.kind is not TroubleKind.DAMAGED:
            raise
    rows: list[Row] = []
    unread: list[str] = []
    for seq in range(max(1, first), last + 1):
        try:
            rows += db.run(_ROW, (seq,))
        except DbTrouble as trouble:
            unread.append(f"row {seq} cannot be read: {trouble.detail}")
    return tuple(rows), unread


def _unsound(rows: tuple[Row, ...]) -> list[str]:
    """Rows that are not what was written. They are packed as they were found."""
    found = []
    for index, row in enumerate(rows):
        if digest(row[:-1]) != row[-1]:
            found.append(f"row {row[0]} is not the one that was written: its hash does not follow from it")
        elif index and (rows[index - 1][0] != row[0] - 1 or rows[index - 1][-1] != row[-2]):
            found.append(f"row {row[0]} does not follow on row {rows[index - 1][0]}")
    return found
