"""`jackline worker` as it is typed: what it refuses, and what it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, ExitCode, explain
from jackline.cli.fleet_accounts import ConfigFiles
from jackline.cli.main import load
from jackline.cli.page import WIDTH
from jackline.store import fleet
from jackline.store.fleet import Me
from jackline.store.postgres_db import PostgresServer
from tests.fleet.fleets import connected, emptied
from tests.processes import write_config

NOWHERE = "postgresql://jackline@/postgres?host=/nowhere"


def typed(*arguments: str) -> int:
    """Run the command; its exit code. What it refuses is raised."""
    return int(load("worker")(args=list(arguments), prog_name="jackline worker", standalone_mode=False) or 0)


def configuration(directory: Path, name: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return write_config(directory, "http://127.0.0.1:8090", account__name=f'"{name}"')


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("JACKLINE__STORE__URL", "JACKLINE__STORE__PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give the directory"),
        (("--config", "."), "--database postgresql://"),
        (("--config", ".", "--database", "postgresql://me:secret@db/x"), "S1"),
        (("--config", ".", "--database", "mysql://db/x"), "not the address of a PostgreSQL database"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_starts(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CommandFailed, match=said) as caught:
        typed(*arguments)
    assert caught.value.code is ExitCode.BAD_INPUT
    assert "Fix: " in str(caught.value)
    assert "secret" not in str(caught.value)


def test_two_files_of_one_account_and_one_without_a_name_are_refused(tmp_path: Path) -> None:
    path = configuration(tmp_path, "twin")
    (tmp_path / "other.toml").write_text(path.read_text())
    (tmp_path / "torn.toml").write_text("[account\n")
    with pytest.raises(CommandFailed) as caught:
        typed("--config", str(tmp_path), "--database", NOWHERE)
    assert "name the same account" in str(caught.value)
    assert "torn.toml: not TOML" in str(caught.value)
    assert "keys.toml" not in str(caught.value)  # not an account, and nothing is wrong with it


def test_a_database_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="nowhere") as caught:
        typed("status", "--database", NOWHERE)
    text, code = explain(caught.value)
    assert code is ExitCode.STORE_DAMAGED
    assert "No such file" in text


def test_accounts_are_added_shown_and_removed(
    server: PostgresServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    db = emptied(server)
    path = configuration(tmp_path, "an-account-of-a-name")
    assert typed("accounts", "add", str(path), "--database", server.url) == 0
    name = "an-account-of-a-name"
    number = fleet.claim(db, "w1", [name], at_most=1, term_ms=60_000)[name]
    fleet.note_trouble(db, name, "a long story\n" * 50, rest_ms=60_000)
    capsys.readouterr()
    typed("accounts", "--database", server.url)
    shown = capsys.readouterr().out
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    typed("accounts", "--database", server.url, "--json")
    (row,) = json.loads(capsys.readouterr().out)["accounts"]
    assert (row["name"], row["holder"], row["number"], row["is_held"]) == (name, "w1", number, True)
    files = ConfigFiles(tmp_path / "empty", connect=lambda: connected(server), environment={})
    (tmp_path / "empty").mkdir()
    assert files.path_of(name).read_text() == path.read_text()
    assert files.names() == set()  # what was written down is no file of the operator's
    typed("accounts", "remove", name, "--database", server.url)
    with pytest.raises(CommandFailed, match="no account of the fleet"):
        typed("accounts", "remove", name, "--database", server.url)


def test_status_says_whether_every_account_is_held(
    server: PostgresServer, capsys: pytest.CaptureFixture[str]
) -> None:
    db = emptied(server)
    fleet.meet(db, ["a", "b"])
    fleet.be_seen(db, Me(name="w1", host="h" * 60, pid=7, capacity=3), term_ms=60_000)
    fleet.claim(db, "w1", ["a"], at_most=1, term_ms=60_000)
    assert typed("status", "--database", server.url) == ExitCode.BREACH
    shown = capsys.readouterr().out
    assert "NOT HELD: b" in shown
    assert "1 of 3" in shown
    assert all(len(line) <= WIDTH for line in shown.splitlines())
    fleet.claim(db, "w1", ["b"], at_most=1, term_ms=60_000)
    assert typed("status", "--database", server.url, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["free"], told["workers"][0]["held"]) == ([], 2)
