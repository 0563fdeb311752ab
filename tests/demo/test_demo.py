"""The demo as a user runs it: real processes, a real wire, a real SIGKILL; judged by the exchange's witness."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT

DATA = Path(os.environ.get("JACKLINE_DATA", ROOT.parent / "shared/data"))
CRASH_FILE = DATA / "bingx-BTC-USDT-5m-2025-08-06_2025-10-20.csv.gz"
CRASH_MS = 1_760_130_900_000  # 2025-10-10 21:15 UTC, the file's largest bar
COMMAND = [sys.executable, "-m", "jackline", "demo", "--headless"]

pytestmark = pytest.mark.timeout(150)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=140,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def played(tmp_path: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The JSON and the printed report of a run that must keep the promise."""
    target = tmp_path / "report.json"
    done = run("--keep", str(tmp_path / "run"), "--json", str(target), *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(target.read_text())
    assert report["breaches"] == []
    assert report["ledger_equals_exchange"] is True
    assert report["ledger"] == report["exchange"]
    assert (report["double_entries"], report["orphan_orders"]) == (0, 0)
    assert_gone(tmp_path / "run")
    return report, done.stdout


def assert_gone(directory: Path) -> None:
    """The engine of the run is no more."""
    pid = json.loads((directory / "state" / "heartbeat.json").read_text())["pid"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.owns("P1", "P6", "O1", "A1")
def test_a_killed_engine_and_a_market_through_the_stop(tmp_path: Path) -> None:
    report, text = played(tmp_path, "--symbols", "SOLUSDT", "--speed", "12000")
    (kill,) = report["kills"]
    assert kill["position_open"]
    assert kill["stop_working_during_outage"]
    assert kill["stop_fired_during_outage"]
    assert kill["recovered_ms"] is not None
    assert report["trades"] >= 1
    assert report["stops_fired"] >= 1
    assert any(fill["market_ms"] >= kill["market_ms"] for fill in report["gap_fills"])
    assert set(report["rungs"]) == {"stop_first"}
    assert report["naked_ms"]["max"] == 0
    assert report["coverage_fraction"] == 1
    assert "The promise was kept." in text


@pytest.mark.long
@pytest.mark.skipif(not CRASH_FILE.exists(), reason=f"no {CRASH_FILE.name} in {DATA}; set JACKLINE_DATA")
def test_the_tenth_of_october_2025(tmp_path: Path) -> None:
    window = ("--from", "2025-10-10T19:00", "--to", "2025-10-10T22:30")
    report, _ = played(tmp_path, "--data", str(CRASH_FILE), *window, "--speed", "1728")
    (kill,) = report["kills"]
    assert kill["market_ms"] == CRASH_MS - 1
    assert kill["position_open"]
    assert kill["stop_working_during_outage"]
    assert kill["recovered_ms"] is not None
    assert report["naked_ms"]["max"] == 0


def test_ctrl_c_still_closes_everything_and_reports(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--no-kill", "--keep", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if "the market opens" in line:
                process.send_signal(signal.SIGINT)
                break
        rest = process.stdout.read()
    assert process.returncode in {0, 3}, rest
    assert "ended early on request" in rest
    assert_gone(tmp_path / "run")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("--from", "2025-01-01"), "--data", id="a window of nothing"),
        pytest.param(("--data", "missing.csv"), "no such file", id="no file"),
        pytest.param(("--symbols", ","), "--symbols", id="no symbol"),
        pytest.param(("--keep", "."), "not empty", id="a directory in use"),
        pytest.param(("--rung", "hope"), "hope", id="no such rung"),
    ],
)
def test_bad_input_is_refused_in_words(arguments: tuple[str, ...], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
