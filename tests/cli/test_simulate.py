"""`jackline simulate` as a process: its figures, its exit codes, its replay; independent of its workers."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.simulate_campaign import INTERRUPTED
from jackline.cli.simulate_document import document
from jackline.cli.simulate_limits import room
from jackline.cli.simulate_mutants import hunt_one, told
from jackline.world.campaign import run
from jackline.world.experiment import draw
from jackline.world.experiment_file import dumps
from jackline.world.report import Report

DEADLINE_S = 110
pytestmark = pytest.mark.timeout(150)
COMMAND = [sys.executable, "-m", "jackline", "simulate"]


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


def figures(*arguments: str) -> Report:
    done = simulate(*arguments, "--json", "-")
    assert done.returncode == 0, done.stderr
    found: Report = json.loads(done.stdout)
    return found


@pytest.mark.long  # that a world is its seed and nothing else is in tests/world/test_determinism.py
@pytest.mark.timeout(300)
def test_the_figures_do_not_depend_on_the_number_of_workers(tmp_path: Path) -> None:
    page = tmp_path / "run.md"
    one = figures("--seeds", "2", "--first-seed", "2", "--profile", "quiet", "--report", str(page))
    two = figures("--seeds", "2", "--first-seed", "2", "--profile", "quiet", "--jobs", "2")
    assert one["seeds"] == two["seeds"] == 2
    assert one["trace_digest"] == two["trace_digest"]
    assert one["simulated_hours"] == two["simulated_hours"]
    assert one["counting_seeds"] == two["counting_seeds"] == 2
    assert one["breaches"] == []
    assert sum(one["limits"].values()) == pytest.approx(1, abs=0.02)
    assert f"`{one['trace_digest']}`" in page.read_text()


def test_a_seed_is_replayed_and_shown() -> None:
    done = simulate("--seed", "3", "--profile", "quiet", "--events", "5")
    assert done.returncode == 0, done.stderr
    assert "seed 3 of profile quiet" in done.stdout
    assert "No promise was broken." in done.stdout
    assert "seconds world" in done.stdout


def test_an_experiment_is_replayed_from_its_file(tmp_path: Path) -> None:
    from jackline.world.profiles import PROFILES

    experiment = replace(draw(4, PROFILES["quiet"]), leverage=3)
    file = tmp_path / "experiment.json"
    file.write_text(dumps(experiment))
    done = simulate("--experiment", str(file))
    assert done.returncode == 0, done.stderr
    assert run(experiment).digest in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "nope"], "is not known. Fix: one of swarm,"),
        (["--seeds", "0"], "Invalid value for '--seeds'"),
        (["--json", "/nowhere/at/all.json"], "Fix: a file in a directory that exists"),
        (["--seed", "1", "--experiment", "x.json"], "two ways to name one world"),
        (["--experiment", "missing.json"], "missing.json: No such file"),
    ],
)
def test_bad_input_is_refused_with_its_fix(arguments: list[str], said: str) -> None:
    done = simulate(*arguments)
    assert done.returncode == ExitCode.BAD_INPUT
    assert said in " ".join(done.stderr.split())


def test_without_apsw_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from jackline.cli import simulate as command

    monkeypatch.setattr(command, "find_spec", lambda _: None)
    with pytest.raises(CommandFailed, match=r"jackline\[simulation\]"):
        command.simulate(seeds=1)


def test_profiles_are_listed_with_their_why() -> None:
    done = simulate("--profile", "list")
    assert "swarm       everything, uniformly" in done.stdout


@pytest.mark.timeout(300)
def test_an_interrupt_reports_what_was_done(tmp_path: Path) -> None:
    file = tmp_path / "run.json"
    endless = [*COMMAND, "--until-failure", "--profile", "quiet", "--json", str(file)]
    with subprocess.Popen(endless, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        if process.stderr is not None:
            assert process.stderr.readline() == "worlds without end, 1 at a time …\n"
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, errors) == (INTERRUPTED, "")
    assert "interrupted" in out
    assert json.loads(file.read_text())["breaches"] == []


def test_the_document_has_every_section() -> None:
    found = Report(
        seeds=2,
        simulated_hours=0.1,
        cpu_seconds=1.0,
        faults={"jump": 3},
        crash_points={"known": 9, "hit": 8},
        naked_able_ms={"stop_first": {"p50": 0.0, "p99": 0.0, "max": 4.0}},
        sometimes={"closing_rung_3": 1},
        breaches=[{"seed": 7, "code": "P1", "detail": "a | b"}],
        trace_digest="abc",
        counting_seeds=2,
        entries=4,
        crashes=2,
        requests=10,
        steps=20,
        throughput_simulated_hours_per_cpu_second=0.1,
        naked_raw_ms={"stop_first": {"p50": 0.0, "p99": 0.0, "max": 9.0}},
        naked_trades={"stop_first": 4},
        naked_able_causes={"stop_first": {"dropped": {"trades": 1, "max_ms": 4.0, "idle_max_ms": 2.0}}},
        crash_points_missed=["engine/x.py f: g() #1"],
        crash_points_by_aim=1,
        limits={"exchange": 0.4},
        profile="swarm",
        first_seed=0,
        commit="c0ffee",
        command="jackline simulate",
    )
    text = document(found)
    for part in ("| jump | 3 |", "| stop_first | 4 | 0 | 0 | 4 | 0 | 0 | 9 |", "a \\| b", "40.0%", "g() #1"):
        assert part in text


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("/x/src/jackline/exchange/wire/rest.py", "exchange"),
        ("/x/src/jackline/world/judges/panel.py", "judges"),
        ("/x/src/jackline/world/loop.py", "world"),
        ("/x/lib/python3.11/site-packages/ccxt/base/exchange.py", "ccxt"),
        ("/usr/lib/python3.11/asyncio/events.py", "asyncio"),
        ("~", "python"),
    ],
)
def test_time_is_charged_to_a_room(file: str, name: str) -> None:
    assert room(file) == name


def test_a_worker_hunts_one_mutant() -> None:
    """All of them are hunted by `tests/world/test_mutants.py`; here it is asked for by name and told."""
    outcome = hunt_one(1, "no_instance_lock")
    assert outcome["killed"]
    assert "no_instance_lock" in told("no_instance_lock", outcome).plain
    assert "survived" in told("x", {**outcome, "killed": False}).plain
