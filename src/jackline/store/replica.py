"""The copy of a store on this machine, as an ordinary store file: what loops and other processes here read.

A copy follows its origin by the chain. Rows behind its head are fetched, the first must seal that head, and the seals
they carry name the rows of state that changed. So a copy is always one that the origin was, or it is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import msgspec

from jackline.store.batch import SEALED_TABLES, Table
from jackline.store.db import Db, Row, SqlValue, one_moment, transaction
from jackline.store.errors import StoreDamaged
from jackline.store.journal import INSERT_ROW, SET_HEAD, Head, read_head

Written = tuple[str, Sequence[tuple[SqlValue, ...]]]
"""A statement and the rows of values it was run with."""
ROWS_AT_ONCE = 2_000
KEYS_AT_ONCE = 500
"""Below the number of values that one statement of either database takes."""

_ROWS = "SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?"
_COMMANDS = "SELECT * FROM commands WHERE seq > ? ORDER BY seq LIMIT ?"
_INSERT_COMMAND = "INSERT INTO commands VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING"
_LAST_COMMAND = "SELECT seq, id FROM commands ORDER BY seq DESC LIMIT 1"


def follow_journal(origin: Db, copy: Db, *, where: str) -> Head:
    """Bring a sealed store up to its origin, in one transaction of the copy; the head of both.

    Raises DbTrouble, and StoreDamaged where the copy holds what the origin does not.
    """
    with one_moment(origin):
        end = read_head(origin)
        if read_head(copy) == end:
            return end
        with transaction(copy):
            head, keys = _copy_rows(origin, copy, read_head(copy))
            if head is None or head != end:
                raise _strange(where, read_head(copy), end)
            for table in SEALED_TABLES:
                _copy_state(origin, copy, table, keys[table.name])
            copy.run(SET_HEAD, (end.seq, end.hash))
    return end


def take_journal(copy: Db, written: Sequence[Written]) -> bool:
    """Write to the copy what its origin has just been written; False where that does not seal the copy's head.

    Raises DbTrouble, and then the copy is as it was.
    """
    rows = next((rows for statement, rows in written if statement == INSERT_ROW), ())
    if not rows:
        return False
    before = Head(seq=int(rows[0][0] or 0) - 1, hash=str(rows[0][-2]))
    with transaction(copy):  # another process of this account may be fetching the same rows
        is_next = read_head(copy) == before
        for statement, values in written if is_next else ():
            copy.run_many(statement, values)
    return is_next


def follow_commands(origin: Db, copy: Db) -> bool:
    """Fetch the commands behind the last one here; False where the origin does not know that one."""
    with one_moment(origin):
        last = copy.run(_LAST_COMMAND)
        if last and origin.run("SELECT id FROM commands WHERE seq = ?", (last[0][0],)) != [(last[0][1],)]:
            return False
        pages = _pages(origin, _COMMANDS, last[0][0] if last else 0)
        for rows in pages:
            with transaction(copy):
                copy.run_many(_INSERT_COMMAND, rows)
    return True


def _copy_rows(origin: Db, copy: Db, head: Head) -> tuple[Head | None, dict[str, dict[str, None]]]:
    """Copy the rows behind `head`; the last one, None where they do not follow it, and the state that they seal."""
    keys: dict[str, dict[str, None]] = {table.name: {} for table in SEALED_TABLES}
    for rows in _pages(origin, _ROWS, head.seq):
        if rows[0][-2] != head.hash:
            return None, keys
        copy.run_many(INSERT_ROW, rows)
        for row in rows:
            for table, key, _ in msgspec.json.decode(row[6], type=list[tuple[str, str, str]]):
                keys[table][key] = None
        head = Head(seq=rows[-1][0], hash=rows[-1][-1])
    return head, keys


def _copy_state(origin: Db, copy: Db, table: Table, keys: Iterable[str]) -> None:
    waiting = iter(keys)
    while some := tuple(islice(waiting, KEYS_AT_ONCE)):
        marks = ", ".join("?" * len(some))
        copy.run_many(table.insert, origin.run(f"{table.select} WHERE {table.key} IN ({marks})", some))


def _pages(db: Db, statement: str, after: int) -> Iterator[list[Row]]:
    while rows := db.run(statement, (after, ROWS_AT_ONCE)):
        yield rows
        after = rows[-1][0]


def _strange(where: str, head: Head, end: Head) -> StoreDamaged:
    return StoreDamaged(
        what=f"the copy here ends at row {head.seq} with a hash that the database, at row {end.seq}, does not have: "
        "it was put back to an earlier state, or another account writes there",
        where=where,
        fix="find out which of the two is right (`jackline db verify`), then move the other one aside",
    )
