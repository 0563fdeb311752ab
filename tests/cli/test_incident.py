"""`jackline incident` on a state directory with a real journal and tape: what is packed, hidden, and played again."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import zipfile
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from jackline.cli.errors import ExitCode, explain
from jackline.cli.main import load
from jackline.cli.redaction import hold
from jackline.core.effects import Alert, Level
from jackline.core.events import Event, MarkMoved, Now, Ticked
from jackline.core.step import step
from jackline.core.values import MarketMs, Price, Symbol, WireMs
from jackline.engine.tape import Tape
from jackline.store.batch import Batch, JournalKind, JournalRow, prepare
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.db import open_writer
from jackline.store.encode import encode
from jackline.store.host_disk import HostDisk
from jackline.store.journal import EMPTY, digest, link, write
from jackline.store.tape import TAPE_DIRECTORY
from tests.core.making import START_MS, cold_state
from tests.house.source import ROOT
from tests.processes import write_config
from tests.store.making import adopted

NOWHERE = "http://127.0.0.1:9"
TURNS = 400
HELD = "held-7Q4vXw9pLm2"
NAMED = "short and in a field of its own"
SHAPED = "api_key=ABCDEFGH12345678abcdefgh"
ALERT_MS = START_MS + 10_000


def rows() -> list[Batch]:
    """A trade, an alert with planted secrets, and a command of a person."""
    alert = Alert(level=Level.CRITICAL, code="P1", text=f"no stop in time {HELD} {SHAPED}")
    trade = adopted(1)
    bodies = [
        (JournalKind.TRADE, trade.trade_id, encode(trade)),
        (JournalKind.ALERT, None, encode(alert)),
        (JournalKind.COMMAND, None, encode({"actor": "cli:somename", "api_secret": NAMED})),
        (JournalKind.TRADE, trade.trade_id, encode(replace(trade, attempts=2))),
    ]
    return [
        Batch(
            rows=(
                JournalRow(
                    kind=kind,
                    trade_id=trade_id,
                    wire_ms=WireMs(ALERT_MS + 100 * (index - 1)),
                    market_ms=MarketMs(ALERT_MS),
                    body=body,
                ),
            )
        )
        for index, (kind, trade_id, body) in enumerate(bodies)
    ]


async def lived(directory: Path) -> str:
    """A state directory as an engine leaves it: journal, and a tape of marks and ticks."""
    config, state_dir = write_config(directory, NOWHERE), directory / "state"
    state_dir.mkdir()
    open_store(HostDisk(), state_dir / ENGINE_FILE).close()
    with closing(open_writer(HostDisk(), state_dir / ENGINE_FILE)) as db:
        write(db, link(EMPTY, [prepare(one) for one in rows()]))
    tape = Tape(
        disk=HostDisk(), directory=state_dir / TAPE_DIRECTORY, bytes_max=1 << 20, fence=7, journal_seq=0
    )
    state = cold_state()
    for number in range(TURNS):
        now = Now(wire_ms=WireMs(START_MS + 50 * number), market_ms=MarketMs(START_MS + 50 * number))
        event: Event = Ticked()
        if number % 2:
            price = Price(Decimal(100) + Decimal(number * 7_919 % 1_000) / 10)
            event = MarkMoved(symbol=Symbol("BTCUSDT"), mark=price, market_ms=now.market_ms)
        before = state
        state, effects = step(before, event, now)
        tape.note(before, event, now, effects)
    await tape.close(deadline_ms=5_000)
    return str(config)


def run(*arguments: str) -> Result:
    command: Any = load("incident")
    return CliRunner().invoke(command, list(arguments))


def content(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


async def test_the_archive_tells_what_happened_and_its_test_is_green(tmp_path: Path) -> None:
    config, target = await lived(tmp_path), tmp_path / "incident.zip"
    before = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.suffix == ".db"}
    done = run("last", "--config", config, "-o", str(target), "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["row"], told["rows"], told["identical"]) == (2, 4, True)
    assert 100 < told["turns"] < TURNS, "the turns around it, not the whole tape"
    assert {path: path.read_bytes() for path in before} == before
    assert target.stat().st_mode & 0o777 == 0o600

    files = content(target)
    assert "**P1** Protected or flattening in time" in files["README.md"]
    assert "jackline explain P1" in files["README.md"]
    assert max(map(len, files["lanes.txt"].splitlines())) <= 100
    assert "<svg" in files["lanes.html"]
    assert "http" not in files["lanes.html"], "it asks nobody for anything"
    assert (
        json.loads(files["listings.jsonl"].splitlines()[0] if files["listings.jsonl"] else "{}") is not None
    )
    assert "[account]" in files["configuration.toml"]

    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(target) as archive:
        archive.extractall(unpacked)
    test = str(unpacked / "test_incident.py")
    assert played(test) == 0
    hurt = unpacked / "turns.jsonl"
    hurt.write_bytes(hurt.read_bytes().replace(b'"effects":[', b'"effects":[{"Strange":{}},', 1))
    with pytest.raises(AssertionError):
        runpy.run_path(test)["test_the_same_is_decided"]()


def played(test: str) -> int:
    """As a person would, in a checkout."""
    arguments = ["-q", "-n", "0", "-p", "no:cacheprovider", "--rootdir", str(ROOT), test]
    done = subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False, timeout=50)
    return done.returncode


async def test_S1_no_secret_and_no_name_is_packed(tmp_path: Path) -> None:
    config = await lived(tmp_path)
    hold(HELD)
    hidden, named = tmp_path / "hidden.zip", tmp_path / "named.zip"
    assert run("P1@2025", "--config", config).exit_code != 0
    assert run("2", "--config", config, "-o", str(hidden)).exit_code == 0
    assert run("2", "--config", config, "-o", str(named), "--keep-names").exit_code == 0
    for path in (hidden, named):
        whole = "".join(content(path).values())
        assert HELD not in whole
        assert "ABCDEFGH12345678abcdefgh" not in whole
        assert NAMED not in whole
    assert "somename" not in "".join(content(hidden).values())
    assert "somename" in "".join(content(named).values())
    kept = [json.loads(line) for line in content(named)["journal.jsonl"].splitlines()]
    sound = [row[0] for row in kept if digest(row[:-1]) == row[-1]]
    assert sound == [1, 4], "only rows in which something was hidden are not the ones that were written"
    assert [row[-2] for row in kept[1:]] == [row[-1] for row in kept[:-1]]


async def test_a_trade_and_an_alert_are_found_by_what_a_person_knows(tmp_path: Path) -> None:
    config = await lived(tmp_path)
    by_trade, by_time = tmp_path / "trade.zip", tmp_path / "time.zip"
    done = run(adopted(1).trade_id, "--config", config, "-o", str(by_trade), "--json")
    assert json.loads(done.stdout)["row"] == 4
    done = run(f"P1@{ALERT_MS + 900}", "--config", config, "-o", str(by_time), "--json")
    assert json.loads(done.stdout)["row"] == 2


async def test_what_is_not_on_record_is_told_with_its_fix(tmp_path: Path) -> None:
    config = await lived(tmp_path)
    for wanted in ("99", "jabc", "P99@2025-10-10", "K1@2025-10-10", "P1@then"):
        done = run(wanted, "--config", config)
        assert done.exception is not None, wanted
        text, code = explain(done.exception)
        assert code is ExitCode.BAD_INPUT, wanted
        assert "Fix: " in text, wanted


async def test_of_a_damaged_state_what_is_sound_is_packed_and_the_rest_is_told(tmp_path: Path) -> None:
    config = await lived(tmp_path)
    for path in (tmp_path / "state" / TAPE_DIRECTORY).iterdir():
        path.unlink()
    with closing(open_writer(HostDisk(), tmp_path / "state" / ENGINE_FILE)) as db:
        db.run("DROP TRIGGER journal_no_update")
        db.run("UPDATE journal SET kind = 'trade' WHERE seq = 3")
    target = tmp_path / "incident.zip"
    told = json.loads(run("last", "--config", config, "-o", str(target), "--json").stdout)
    assert told["identical"] is None
    assert any("row 3 is not the one that was written" in note for note in told["notes"])
    assert any("no tape is kept" in note for note in told["notes"])
    files = content(target)
    assert "test_incident.py" not in files
    assert "row 3 is not the one that was written" in files["README.md"]
