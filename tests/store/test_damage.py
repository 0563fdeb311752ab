"""I17: what is corrupt, short, foreign or edited is named, and left as it was found."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from jackline.store.anchor import anchor_path, note_anchor
from jackline.store.boot import open_store, quarantine
from jackline.store.db import beside
from jackline.store.errors import StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.journal import Head
from jackline.store.reader import StoreReader
from jackline.store.schema import COMMANDS, WATCHDOG
from tests.store.making import NOW, batch, filled_store


def content(path: Path) -> tuple[object, ...]:
    """Everything a reader of the store can see."""
    with StoreReader(HostDisk(), path) as read:
        return (
            read.load_trades(),
            read.load_account(),
            read.ledger_entries(),
            read.journal_tail(1_000),
            read.answer("c1"),
        )


def sql(*statements: str) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        db = sqlite3.connect(path, isolation_level=None)
        for statement in statements:
            db.execute(statement)
        db.close()

    return edit


def free(table: str, statement: str) -> Callable[[Path], None]:
    """Edit past the triggers, and put them back as they were."""

    def edit(path: Path) -> None:
        db = sqlite3.connect(path, isolation_level=None)
        found = db.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?", (table,)
        )
        triggers = found.fetchall()
        for name, _ in triggers:
            db.execute(f"DROP TRIGGER {name}")
        db.execute(statement)
        for _, text in triggers:
            db.execute(text)
        db.close()

    return edit


def cut(size: int) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        with path.open("r+b") as file:
            file.truncate(size)

    return edit


def overwrite(data: bytes, offset: int) -> Callable[[Path], None]:
    def edit(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(offset)
            file.write(data)

    return edit


def foreign(path: Path) -> None:
    path.unlink()
    sql("CREATE TABLE notes (text TEXT)")(path)


def ahead(path: Path) -> None:
    note_anchor(HostDisk(), path, Head(seq=10_000, hash="a" * 64))


def rewritten(path: Path) -> None:
    note_anchor(HostDisk(), path, Head(seq=5, hash="a" * 64))


def only_the_log_left(path: Path) -> None:
    path.rename(path.with_name("engine.db-wal"))


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty file": (cut(0), "the file is empty"),
    "cut to half": (cut(20_480), "engine.db"),
    "cut in the header": (cut(50), "engine.db"),
    "zeroes": (overwrite(bytes(4_096), 0), "engine.db"),
    "zero page": (overwrite(bytes(4_096), 8 * 4_096), "engine.db"),
    "text file": (overwrite(b"not a database at all, dear", 0), "engine.db"),
    "foreign database": (foreign, "not a jackline engine store"),
    "newer schema": (sql("PRAGMA user_version = 9"), "schema version is 9"),
    "journal row deleted": (free("journal", "DELETE FROM journal WHERE seq = 7"), "row 7 is missing"),
    "last journal row deleted": (
        free("journal", "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)"),
        "its head says row 39",
    ),
    "journal emptied": (free("journal", "DELETE FROM journal"), "its head says row 39"),
    "journal row edited": (
        free("journal", "UPDATE journal SET wire_ms = wire_ms + 1 WHERE seq = 7"),
        "table journal, row 7: the row is not the one",
    ),
    "ledger row edited": (
        free("ledger", "UPDATE ledger SET amount_quote = '5' WHERE entry_id = 'fee:BTCUSDT:3'"),
        "table ledger, row fee:BTCUSDT:3",
    ),
    "ledger row deleted": (
        free("ledger", "DELETE FROM ledger WHERE kind = 'opening'"),
        "table ledger, row opening",
    ),
    "trade edited": (sql("UPDATE trades SET phase = 'done'"), "table trades, row j"),
    "trade deleted": (sql("DELETE FROM trades"), "sealed a row that is missing"),
    "account edited": (sql("UPDATE account SET value = '1'"), "table account, row fence"),
    "account row added": (sql("INSERT INTO account VALUES ('kill_level', 'normal')"), "row kill_level"),
    "answer edited": (free("command_answers", "UPDATE command_answers SET result = ''"), "row c1"),
    "trigger dropped": (sql("DROP TRIGGER ledger_no_delete"), "definitions differ: ledger_no_delete"),
    "behind its anchor": (ahead, "rows 40 to 10000 were written and are gone"),
    "history rewritten": (rewritten, "the journal was rewritten"),
    "only the log left": (only_the_log_left, "the database is missing, but engine.db-wal is there"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named_and_left_alone(name: str, tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    filled_store(path)
    damage, says = DAMAGE[name]
    damage(path)
    before = {part: part.read_bytes() for part in beside(path) if part.exists() and part.suffix != ".db-shm"}
    with pytest.raises(StoreDamaged) as caught:
        open_store(HostDisk(), path)
    assert says in str(caught.value)
    assert "Fix: " in str(caught.value)
    assert {part: part.read_bytes() for part in before} == before


def test_a_flipped_byte_is_found_or_harmless(tmp_path: Path) -> None:
    path, copy = tmp_path / "engine.db", tmp_path / "copy.db"
    filled_store(path)
    good, whole = content(path), path.read_bytes()
    draw, found = random.Random(4), 0
    for _ in range(150):
        offset = draw.randrange(len(whole))
        copy.write_bytes(whole)
        overwrite(bytes([whole[offset] ^ (1 << draw.randrange(8))]), offset)(copy)
        try:
            open_store(HostDisk(), copy).close()
        except StoreDamaged:
            found += 1
        else:
            assert content(copy) == good, f"byte {offset}"
        for part in beside(copy):
            part.unlink(missing_ok=True)
    assert found > 50  # the rest lies in unused space


@pytest.mark.parametrize("harm", ["gone", "cut", "flipped"])
async def test_a_damaged_log_is_found_by_the_anchor(harm: str, tmp_path: Path) -> None:
    path, copy = tmp_path / "engine.db", tmp_path / "copy.db"
    with open_store(HostDisk(), path) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        for number in range(10):
            await writer.append(batch(number))
        for source, target in zip(beside(path), beside(copy), strict=True):
            if not source.name.endswith("-shm"):
                shutil.copy(source, target)  # what a power cut now would leave
        assert await writer.close(deadline_ms=5_000) == 0
    log = copy.with_name("copy.db-wal")
    size = log.stat().st_size
    if harm == "gone":
        log.unlink()
    elif harm == "cut":
        cut(size // 2)(log)
    else:
        overwrite(b"\xff\x00\xff", size // 2)(log)
    with pytest.raises(StoreDamaged, match="were written and are gone"):
        open_store(HostDisk(), copy)


@pytest.mark.parametrize("text", ["", "x" * 86, "\x00" * 86, "0 0"])
def test_a_torn_anchor_is_no_evidence(text: str, tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    filled_store(path)
    anchor_path(path).write_text(text)
    open_store(HostDisk(), path).close()


def test_the_three_kinds_of_store_are_not_mistaken_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    filled_store(path)
    for schema in (WATCHDOG, COMMANDS):
        with pytest.raises(StoreDamaged, match=f"not a jackline {schema.name}"):
            open_store(HostDisk(), path, schema)


def test_quarantine_keeps_everything_and_clears_the_way(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    filled_store(path)
    ahead(path)
    whole = path.read_bytes()
    aside = quarantine(HostDisk(), path, wire_ms=NOW)
    assert aside.name == "engine.db.damaged-20251009T085320000Z"
    assert aside.read_bytes() == whole
    assert anchor_path(aside).exists()
    with open_store(HostDisk(), path) as store:
        assert store.created
        assert store.read.load_trades() == ()


def test_a_crash_while_creating_leaves_no_store(tmp_path: Path) -> None:
    path = tmp_path / "engine.db"
    path.with_name("engine.db.new").write_bytes(b"half a file")
    with open_store(HostDisk(), path) as store:
        assert store.created
    with open_store(HostDisk(), path) as store:
        assert not store.created
