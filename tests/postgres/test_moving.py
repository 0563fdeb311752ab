"""Backup, restore, verify: from files to a database and back, while rows are written, and never over what is newer."""

from __future__ import annotations

import asyncio
import gzip
import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from jackline.core.values import Quote, WireMs
from jackline.store import audit
from jackline.store.access import ACCESS_FILE, AccessStore
from jackline.store.audit import Act
from jackline.store.backup import take_backup
from jackline.store.backup_file import BackupRefused
from jackline.store.boot import COMMANDS_FILE, ENGINE_FILE, open_store
from jackline.store.commands import CommandDesk
from jackline.store.disk import Disk
from jackline.store.errors import StoreDamaged
from jackline.store.host_disk import HostDisk
from jackline.store.ledger import totals
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_disk import PostgresDisk
from jackline.store.restore import restore
from jackline.store.verify import verify_stores
from tests.postgres.making import close_all
from tests.store.making import NOW, batch, filled_store
from tests.store.test_writer import Heard

ACCOUNT = "main"
KINDS = ("files", "database")
CLOSE_MS = 10_000


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Disk]:
    """A disk of either kind, whose stores are nobody else's."""
    server: PostgresServer = request.getfixturevalue("server")
    account: str = request.getfixturevalue("account")
    return {
        "files": HostDisk(),
        "database": PostgresDisk(server, account=account, state_dir=tmp_path / "database"),
    }


def fill(disk: Disk, state: Path) -> None:
    """Every store of an account, with rows."""
    if disk.origin(state / ENGINE_FILE) is None:
        state.mkdir()
        filled_store(state / ENGINE_FILE)
    close_all(CommandDesk(disk, state / COMMANDS_FILE), "first")
    audit.record(AccessStore(disk, state / ACCESS_FILE), Act(wire_ms=NOW, actor="cli:test", what="test"))


def saved(disk: Disk, state: Path, target: Path) -> Path:
    take_backup(disk, state, target, account=ACCOUNT, wire_ms=NOW)
    return target


def content(backup: Path) -> list[str]:
    """Its lines, without when it was made."""
    return gzip.decompress(backup.read_bytes()).decode().splitlines()[1:-1]


def test_a_backup_goes_from_files_to_a_database_and_back_unchanged(
    places: dict[str, Disk], tmp_path: Path
) -> None:
    state = tmp_path / "files"
    fill(places["files"], state)
    backup = saved(places["files"], state, tmp_path / "a.backup")
    assert backup.stat().st_mode & 0o777 == 0o600
    restore(places["database"], tmp_path / "database", backup, account=ACCOUNT, wire_ms=NOW)
    again = saved(places["database"], tmp_path / "database", tmp_path / "b.backup")
    assert content(again) == content(backup)
    restore(places["files"], tmp_path / "third", again, account=ACCOUNT, wire_ms=NOW)
    assert content(saved(places["files"], tmp_path / "third", tmp_path / "c.backup")) == content(backup)
    for kind, directory in (("files", "files"), ("database", "database"), ("files", "third")):
        found = verify_stores(places[kind], tmp_path / directory)
        assert [one.store for one in found] == ["commands.db", "engine.db", "access.db"]
        assert (found[1].entries, found[1].wallet_quote) == (39, Quote(Decimal("999.05")))
    desk = CommandDesk(places["database"], tmp_path / "database" / COMMANDS_FILE)
    assert not close_all(desk, "first")  # it is known there
    assert close_all(desk, "second")  # and the counter goes on behind it


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_saved_while_rows_are_written_is_whole_and_nothing_is_booked_twice_behind_it(
    kind: str, places: dict[str, Disk], tmp_path: Path
) -> None:
    disk, state, heard = places[kind], tmp_path / kind, Heard()
    with open_store(disk, state / ENGINE_FILE) as store:
        writer = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
    await writer.append(batch(1))
    backup, made = tmp_path / "a.backup", None
    taking = asyncio.create_task(asyncio.to_thread(saved, disk, state, backup))
    number = 1
    while not taking.done() or number < 20:
        number += 1
        made = await writer.append(batch(number))
    await taking
    elsewhere = tmp_path / "elsewhere"
    (one,) = restore(HostDisk(), elsewhere, backup, account=ACCOUNT, wire_ms=NOW)
    assert 0 < one.end.seq <= 2 * number
    with open_store(HostDisk(), elsewhere / ENGINE_FILE) as store:
        # As an engine there does: it books again whatever the venue lists.
        booking = store.writer(on_broken=heard.on_broken, on_mended=heard.on_mended)
        for again in range(1, number + 1):
            await booking.append(batch(again))
        assert await booking.close(deadline_ms=CLOSE_MS) == 0
        there = store.read.ledger_entries()
    assert await writer.close(deadline_ms=CLOSE_MS) == 0
    with open_store(disk, state / ENGINE_FILE) as store:
        assert made == store.head.seq == 2 * number
        assert there == store.read.ledger_entries()
        assert totals(there) == totals(store.read.ledger_entries())
    assert heard.broken == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_newer_is_kept_and_what_is_older_is_set_aside(
    kind: str, places: dict[str, Disk], tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    filled_store(source / ENGINE_FILE, count=5)
    older = saved(HostDisk(), source, tmp_path / "older.backup")
    for path in source.iterdir():
        path.unlink()
    filled_store(source / ENGINE_FILE, count=9)
    newer = saved(HostDisk(), source, tmp_path / "newer.backup")
    disk, state = places[kind], tmp_path / kind
    restore(disk, state, older, account=ACCOUNT, wire_ms=NOW)
    (one,) = restore(disk, state, newer, account=ACCOUNT, wire_ms=NOW)
    assert one.aside is not None
    with pytest.raises(BackupRefused, match="it is newer than the backup"):
        restore(disk, state, older, account=ACCOUNT, wire_ms=WireMs(NOW + 1))
    with open_store(disk, state / ENGINE_FILE) as store:
        assert store.head == one.end


def test_another_account_another_history_and_a_changed_file_are_refused(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    filled_store(state / ENGINE_FILE, count=4)
    backup = saved(HostDisk(), state, tmp_path / "a.backup")
    with pytest.raises(BackupRefused, match="of account 'main', not 'other'"):
        restore(HostDisk(), tmp_path / "b", backup, account="other", wire_ms=NOW)
    other = tmp_path / "other"
    other.mkdir()
    filled_store(other / ENGINE_FILE, count=3)
    with sqlite3.connect(other / ENGINE_FILE) as db:
        db.execute("UPDATE head SET hash = ?", ("f" * 64,))
    with pytest.raises(BackupRefused, match="another history"):
        restore(HostDisk(), other, backup, account=ACCOUNT, wire_ms=NOW)
    text = gzip.decompress(backup.read_bytes())
    for bad, said in (
        (text.replace(b"saved", b"s4ved", 1), "its hash is another one"),
        (text[: len(text) // 2], "not a backup"),
        (text.replace(b"jackline-backup", b"jackline-bickup", 1), "format"),
    ):
        backup.write_bytes(gzip.compress(bad))
        with pytest.raises(BackupRefused, match=said):
            restore(HostDisk(), tmp_path / "c", backup, account=ACCOUNT, wire_ms=NOW)
    backup.write_bytes(gzip.compress(text)[:-100])
    with pytest.raises(BackupRefused):
        restore(HostDisk(), tmp_path / "c", backup, account=ACCOUNT, wire_ms=NOW)
    assert not (tmp_path / "c" / ENGINE_FILE).exists()


def test_a_row_that_was_changed_in_the_database_is_found(
    places: dict[str, Disk], tmp_path: Path, server: PostgresServer, account: str
) -> None:
    source, state = tmp_path / "source", tmp_path / "database"
    source.mkdir()
    filled_store(source / ENGINE_FILE, count=4)
    restore(
        places["database"],
        state,
        saved(HostDisk(), source, tmp_path / "a.backup"),
        account=ACCOUNT,
        wire_ms=NOW,
    )
    verify_stores(places["database"], state)
    with closing(server.connect(f"jackline_{account}_engine")) as db:
        db.execute("ALTER TABLE ledger DISABLE TRIGGER USER")
        db.execute("UPDATE ledger SET amount_quote = '1000000' WHERE kind = 'opening'")
        with pytest.raises(StoreDamaged, match="columns or triggers were changed"):
            verify_stores(places["database"], state)
        db.execute("ALTER TABLE ledger ENABLE TRIGGER USER")
    with pytest.raises(StoreDamaged, match="not the one the journal sealed"):
        verify_stores(places["database"], state)


def test_the_chain_of_a_backup_is_that_of_its_store(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    filled_store(state / ENGINE_FILE, count=6)
    rows = [
        line
        for line in content(saved(HostDisk(), state, tmp_path / "a.backup"))
        if line.startswith('["journal"')
    ]
    hashes = [re.findall(r'"([0-9a-f]{64})"', row)[-2:] for row in rows]
    assert len(rows) == 11
    assert all(before[1] == after[0] for before, after in pairwise(hashes))
