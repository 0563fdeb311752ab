"""The audit: a row that was removed, changed, put in or moved is found, and so is a chain cut short."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from jackline.store.access import AccessStore
from jackline.store.anchor import anchor_path
from jackline.store.audit import Act, read_rows, record, verify
from jackline.store.errors import DbTrouble, StoreDamaged
from jackline.store.journal import EMPTY, Head, digest
from tests.store.access_making import NOW, by, made, store_in

Tamper = Callable[[sqlite3.Connection], object]


def written(directory: Path) -> AccessStore:
    store = store_in(directory)
    for number in range(6):
        act = Act(wire_ms=NOW, actor="cli:tester", what="test", reason=f"row {number}", from_address="::1")
        record(store, act)
    return store


def tampered(store: AccessStore, tamper: Tamper) -> None:
    with closing(sqlite3.connect(store.path)) as file:
        for verb in ("update", "delete"):
            file.execute(f"DROP TRIGGER audit_no_{verb}")
        tamper(file)
        file.commit()


def test_a_whole_chain_is_followed_to_its_head(tmp_path: Path) -> None:
    store = written(tmp_path)
    head = verify(store)
    assert head.seq == 6
    rows = read_rows(store, limit=2)
    assert [row.act.reason for row in rows] == ["row 4", "row 5"]
    assert rows[-1].hash == head.hash
    record(store, Act(wire_ms=NOW, actor="cli:tester", what="later"))
    assert verify(store, kept=[head]).seq == 7


def test_an_empty_one_is_in_order(tmp_path: Path) -> None:
    assert verify(store_in(tmp_path)) == EMPTY


def _moved(file: sqlite3.Connection) -> None:
    for seq, to in ((2, 99), (3, 2), (99, 3)):
        file.execute("UPDATE audit SET seq = ? WHERE seq = ?", (to, seq))


def _cut(file: sqlite3.Connection) -> None:
    file.execute("DELETE FROM audit WHERE seq > 4")
    file.execute("UPDATE audit_head SET seq = 4, hash = (SELECT hash FROM audit WHERE seq = 4)")


def _rewritten(file: sqlite3.Connection) -> None:
    """The last row, with a new hash of its own and the head moved along: only what was kept outside knows."""
    row = list(file.execute("SELECT * FROM audit WHERE seq = 6").fetchone())
    row[7] = "another reason"
    chained = digest(row[:-1])
    file.execute("UPDATE audit SET reason = ?, hash = ? WHERE seq = 6", (row[7], chained))
    file.execute("UPDATE audit_head SET hash = ?", (chained,))


TAMPERS: dict[str, Tamper] = {
    "deleted": lambda file: file.execute("DELETE FROM audit WHERE seq = 3"),
    "first deleted": lambda file: file.execute("DELETE FROM audit WHERE seq = 1"),
    "last deleted": lambda file: file.execute("DELETE FROM audit WHERE seq = 6"),
    "changed": lambda file: file.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 3"),
    "time changed": lambda file: file.execute("UPDATE audit SET wire_ms = 1 WHERE seq = 3"),
    "put in": lambda file: file.execute(
        "INSERT INTO audit SELECT 0, wire_ms, actor, from_address, what, before, after, reason, outcome, "
        "prev_hash, hash FROM audit WHERE seq = 1"
    ),
    "moved": _moved,
    "cut short": _cut,
    "rewritten": _rewritten,
}


@pytest.mark.owns("S2")
@pytest.mark.parametrize("tamper", TAMPERS.values(), ids=TAMPERS.keys())
def test_S2_what_was_done_to_a_row_is_found(tmp_path: Path, tamper: Tamper) -> None:
    store = written(tmp_path)
    verify(store)
    tampered(store, tamper)
    with pytest.raises(StoreDamaged, match="S2: the audit cannot be believed"):
        verify(store)


@pytest.mark.parametrize("tamper", [_cut, _rewritten], ids=["cut short", "rewritten"])
def test_with_the_anchor_gone_a_head_kept_elsewhere_still_finds_it(tmp_path: Path, tamper: Tamper) -> None:
    store = written(tmp_path)
    kept = verify(store)
    tampered(store, tamper)
    anchor_path(store.path).unlink()
    verify(store)
    with pytest.raises(StoreDamaged, match="S2"):
        verify(store, kept=[kept])
    with pytest.raises(StoreDamaged, match="S2"):
        verify(store, kept=[Head(seq=2, hash="0" * 64)])


def test_the_table_itself_refuses_to_forget(tmp_path: Path) -> None:
    store = written(tmp_path)
    for sql in ("DELETE FROM audit", "UPDATE audit SET actor = ''"):
        with pytest.raises(DbTrouble, match="append-only"), store.changing() as db:
            db.run(sql)
    verify(store)


def test_a_change_and_its_row_are_one(tmp_path: Path) -> None:
    store = store_in(tmp_path)
    token, text = made(store)
    (row,) = read_rows(store, limit=9)
    assert row.act.what == "token.create"
    assert row.act.after.startswith(f"{token.token_id} phone trade")
    assert text.rpartition("_")[2] not in str(row)
    record(store, by(reason="x" * 5_000 + "\ud800").act("long"))
    assert len(read_rows(store, limit=1)[0].act.reason) <= 1_010
    verify(store)
