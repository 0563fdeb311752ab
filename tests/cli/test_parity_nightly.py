"""Parity at night: once a UTC day, in a process of its own, behind the engine, and only where it is asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.parity_nightly import (
    AFTER_MIDNIGHT_S,
    DAY_S,
    NAP_S_MAX,
    NICE,
    command,
    measure,
    next_due_s,
    wait,
)
from jackline.cli.running import _parity
from tests.processes import spawn, write_config

NOWHERE = "http://127.0.0.1:9"
MIDNIGHT_S = 20_000 * DAY_S


@pytest.mark.parametrize(
    ("now_s", "due_s"),
    [
        (MIDNIGHT_S, MIDNIGHT_S + AFTER_MIDNIGHT_S),
        (MIDNIGHT_S + AFTER_MIDNIGHT_S - 0.001, MIDNIGHT_S + AFTER_MIDNIGHT_S),
        (MIDNIGHT_S + AFTER_MIDNIGHT_S, MIDNIGHT_S + DAY_S + AFTER_MIDNIGHT_S),
        (MIDNIGHT_S + DAY_S - 1, MIDNIGHT_S + DAY_S + AFTER_MIDNIGHT_S),
    ],
)
def test_it_is_due_after_midnight_and_never_twice(now_s: float, due_s: int) -> None:
    assert next_due_s(now_s) == due_s


def test_days_that_were_slept_through_are_measured_once() -> None:
    now = [float(MIDNIGHT_S)]
    naps: list[float] = []

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        now[0] += 3.5 * DAY_S if len(naps) == 1 else seconds

    due = wait(next_due_s(now[0]), now_s=lambda: now[0], sleep=sleep)
    assert naps == [NAP_S_MAX]
    assert due == MIDNIGHT_S + 4 * DAY_S + AFTER_MIDNIGHT_S


def test_a_night_measures_and_records() -> None:
    assert command(Path("x.toml"), [Path("a.csv"), Path("b.csv")])[1:] == [
        "-m", "jackline", "parity", "x.toml", "--data", "a.csv", "--data", "b.csv", "--record",
    ]  # fmt: skip


@pytest.mark.parametrize("code", [0, 1, 3, 42])
def test_a_night_that_fails_ends_nothing(code: int) -> None:
    assert measure([sys.executable, "-c", f"import sys; sys.exit({code})"]) == code


def test_it_runs_only_where_it_is_wanted_and_nothing_waits_for_it(tmp_path: Path) -> None:
    off = write_config(tmp_path, NOWHERE)
    assert _parity(load_config(off), off) == []
    on = write_config(tmp_path, NOWHERE, phase__parity_nightly='"on"')
    (part,) = _parity(load_config(on), on)
    assert part.arguments == ("parity", str(on), "--nightly")
    assert part.is_vital is False


async def test_it_waits_at_the_lowest_priority_and_ends_when_it_is_told(tmp_path: Path) -> None:
    config = write_config(tmp_path, NOWHERE)
    waits = await spawn("parity", str(config), "--nightly")
    await waits.event("waiting")
    assert os.getpriority(os.PRIO_PROCESS, waits.process.pid) == NICE
    assert await waits.stop() == 128 + signal.SIGTERM


def test_a_night_under_way_ends_with_the_process_that_waits_for_it(tmp_path: Path) -> None:
    """What the handler does to a wait: the child is killed before the exit goes on."""
    mark = tmp_path / "pid"
    child = f"import os, sys, time; open({str(mark)!r}, 'w').write(str(os.getpid())); sys.stdin.read(); time.sleep(60)"
    waiting = (
        "import os, signal, sys, threading\n"
        "from pathlib import Path\n"
        "from jackline.cli import parity_nightly as nightly\n"
        "signal.signal(signal.SIGTERM, nightly._end)\n"
        "def told():\n"
        f"    mark = Path({str(mark)!r})\n"
        "    while not (mark.exists() and mark.read_text()): pass\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "threading.Thread(target=told, daemon=True).start()\n"
        f"nightly.measure([sys.executable, '-c', {child!r}])\n"
    )
    ended = subprocess.run([sys.executable, "-c", waiting], check=False, timeout=40)
    assert ended.returncode == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
