"""`jackline db` as a person runs it: files and a database, refusals, exit codes, 80 columns and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.errors import CommandFailed, explain
from jackline.cli.problems import ConfigError
from jackline.core.values import WireMs
from jackline.engine.host import HostWorld
from jackline.store.boot import ENGINE_FILE
from jackline.store.fencing import LEASE_TABLES
from jackline.store.host_disk import HostDisk
from jackline.store.lease import LeaseHeld, acquire
from jackline.store.postgres_db import PostgresServer
from tests.cli.test_ledger import run
from tests.processes import write_config
from tests.store.making import NOW, filled_store

NOWHERE = "http://127.0.0.1:9"


def directory(parent: Path, name: str) -> Path:
    (parent / name).mkdir()
    return parent / name


@pytest.fixture
def config(tmp_path: Path) -> str:
    """An account in files, with rows."""
    written = str(write_config(directory(tmp_path, "files"), NOWHERE))
    filled_store(directory(tmp_path / "files", "state") / ENGINE_FILE)
    return written


def test_an_account_moves_to_a_database_and_is_whole_there(
    config: str, server: PostgresServer, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKLINE__ACCOUNT__NAME", account)
    backup = str(tmp_path / "a.backup")
    saved = run("db", "backup", "-c", config, backup)
    assert saved.exit_code == 0
    assert "engine.db" in saved.output
    assert max(len(line.replace(backup, "")) for line in saved.output.splitlines()) <= 80, "but for a path"
    there = str(write_config(directory(tmp_path, "there"), NOWHERE))
    monkeypatch.setenv("JACKLINE__STORE__URL", server.url)
    restored = run("db", "restore", "-c", there, "--yes", "--json", backup)
    assert json.loads(restored.output)["stores"][0]["where"].startswith("postgresql ")
    whole = run("db", "verify", "-c", there, "--json")
    (engine,) = json.loads(whole.output)["stores"]
    assert (engine["entries"], engine["wallet_quote"]) == (39, "999.05")
    assert json.loads(run("db", "migrate", "-c", there, "--json").output)["stores"] == [
        {"store": ENGINE_FILE, "before": 1, "now": 1}
    ]
    fast = json.loads(run("db", "measure", "-c", there, "--commits", "10", "--json").output)["measured"]
    assert fast["per_s"] > 0
    with server.connect(None) as db:
        assert (
            db.execute(
                "SELECT 1 FROM pg_namespace WHERE nspname LIKE %s", (f"%{account}$measure",)
            ).fetchall()
            == []
        )
        for statement in LEASE_TABLES:
            db.execute(statement.encode())
        db.execute(
            "INSERT INTO jackline.lease VALUES (%s, 'w1', 1, now(), now() + interval '1 minute')", (account,)
        )
    held = run("db", "restore", "-c", there, "--yes", backup)
    assert held.exception is not None
    assert "worker w1 holds its lease" in str(held.exception)


def test_files_are_measured_and_nothing_of_it_stays(config: str, tmp_path: Path) -> None:
    assert "a second" in run("db", "measure", "-c", config, "--commits", "10").output
    assert not list((tmp_path / "files" / "state").glob("measure*"))


def test_what_lives_and_what_is_there_is_left_alone(config: str, tmp_path: Path) -> None:
    backup = tmp_path / "a.backup"
    run("db", "backup", "-c", config, str(backup))
    again = run("db", "backup", "-c", config, str(backup))
    assert "there already" in str(again.exception)
    state = tmp_path / "files" / "state"
    lease = acquire(HostDisk(), state, world=HostWorld(), mode="paper", wire_ms=WireMs(NOW))
    try:
        with pytest.raises(LeaseHeld):
            run("db", "restore", "-c", config, "--yes", str(backup))
    finally:
        lease.release()
    assert run("db", "restore", "-c", config, "--yes", str(backup)).exit_code == 0
    assert list(state.glob("engine.db.replaced-*"))
    nothing = run(
        "db", "backup", "-c", str(write_config(directory(tmp_path, "new"), NOWHERE)), str(tmp_path / "b")
    )
    assert "nothing is on record yet" in str(nothing.exception)
    assert not (tmp_path / "b").exists()


@pytest.mark.owns("S1")
@pytest.mark.parametrize("url", ["postgresql://me:pass4word@db/x", "postgresql://me@db/x?password=pass4word"])
def test_S1_a_password_in_the_address_is_refused_and_not_told(
    url: str, config: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKLINE__STORE__URL", url)
    with pytest.raises(ConfigError) as refused:
        load_config(Path(config))
    assert "S1" in str(refused.value)
    assert "pass4word" not in str(refused.value)


@pytest.mark.owns("S1")
def test_S1_a_password_comes_from_a_file_of_its_owner_alone_and_is_in_no_text(
    config: str, server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "files" / "store.password"
    file.write_text("correct horse\n")
    monkeypatch.setenv("JACKLINE__STORE__URL", server.url.replace("jackline@", "nobody_here@"))
    monkeypatch.setenv("JACKLINE__STORE__PASSWORD_FILE", "store.password")
    file.chmod(0o644)
    loose = run("db", "verify", "-c", config)
    assert isinstance(loose.exception, CommandFailed)
    assert "chmod 600" in str(loose.exception)
    file.chmod(0o600)
    with pytest.raises(Exception, match="nobody_here") as refused:
        run("db", "verify", "-c", config)
    text, code = explain(refused.value)
    assert "correct horse" not in text
    assert code == 6
    assert "correct horse" not in repr(PostgresServer(url=server.url, password="correct horse"))
