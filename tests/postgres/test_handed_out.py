"""`jackline proof` and `jackline incident` of an account in a database: as of one in files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jackline.cli.errors import ExitCode, explain
from jackline.store.postgres_db import PostgresServer
from jackline.store.postgres_origin import schema_name
from tests.cli import test_incident as incidents
from tests.cli import test_proof as proofs
from tests.cli.test_ledger import run
from tests.processes import write_config

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def there(server: PostgresServer, account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The configuration of an account in a database, without a row yet; this one's files are its own."""
    monkeypatch.setenv("JACKLINE__ACCOUNT__NAME", account)
    home = tmp_path / "there"
    home.mkdir()
    return str(write_config(home, NOWHERE, store__url=f'"{server.url}"'))


def moved(config: str, there: str, backup: Path) -> None:
    """From files to the database, as an operator does it."""
    for arguments in (("backup", "-c", config), ("restore", "--yes", "-c", there)):
        done = run("db", *arguments, str(backup))
        assert done.exit_code == 0, done.output


async def test_a_proof_from_a_database_is_the_one_from_files(tmp_path: Path, there: str) -> None:
    here, files = tmp_path / "here", {}
    here.mkdir()
    config = proofs.configured(here)
    moved(config, there, tmp_path / "a.backup")
    for name, one in (("files", config), ("database", there)):
        files[name] = tmp_path / f"{name}.jsonl"
        written = proofs.run("export", "--config", one, "-o", str(files[name]))
        assert written.exit_code == 0, written.output
    told = {
        name: json.loads(proofs.run("verify", str(file), "--json").stdout) for name, file in files.items()
    }
    assert told["database"]["holds"]
    assert told["database"] == told["files"]
    rows = {name: file.read_bytes().splitlines()[1:-1] for name, file in files.items()}
    assert rows["database"] == rows["files"], "all but the first line, which says when it was written"
    assert len(rows["files"]) > 5


async def test_a_row_that_was_changed_in_the_database_is_named_in_the_proof_and_in_the_incident(
    tmp_path: Path, there: str, server: PostgresServer, account: str
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    moved(await incidents.lived(here), there, tmp_path / "a.backup")
    with server.connect(schema_name(account, "engine")) as db:
        db.execute("ALTER TABLE journal DISABLE TRIGGER journal_no_change")
        db.execute("UPDATE journal SET market_ms = market_ms + 1 WHERE seq = 3")
    refused = proofs.run("export", "--config", there, "-o", str(tmp_path / "proof.jsonl"))
    assert refused.exception is not None
    text, code = explain(refused.exception)
    assert code == ExitCode.STORE_DAMAGED
    assert "row 3" in text
    told = json.loads(
        incidents.run("last", "--config", there, "-o", str(tmp_path / "i.zip"), "--json").stdout
    )
    assert any("row 3 is not the one that was written" in note for note in told["notes"])


async def test_an_incident_from_a_database_is_the_one_from_files(tmp_path: Path, there: str) -> None:
    """The tape is a file of the machine that held the account: without it there are rows, and no decisions."""
    here, packed = tmp_path / "here", {}
    here.mkdir()
    config = await incidents.lived(here)
    moved(config, there, tmp_path / "a.backup")
    for name, one in (("files", config), ("database", there)):
        target = tmp_path / f"{name}.zip"
        done = incidents.run("last", "--config", one, "-o", str(target))
        assert done.exit_code == 0, done.output
        packed[name] = incidents.content(target)
    assert packed["database"]["journal.jsonl"] == packed["files"]["journal.jsonl"]
    assert packed["database"]["lanes.txt"] == packed["files"]["lanes.txt"]
    assert "turns.jsonl" in packed["files"]
    assert "turns.jsonl" not in packed["database"]
    assert "no tape is kept of that time" in packed["database"]["README.md"]
