"""Parity after every midnight UTC, beside a running engine and behind it in the queue for a core.

The work is done by a process of its own each night, which ends with it: what it has loaded and learnt goes too.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import structlog

from jackline.cli import logs
from jackline.cli.errors import ExitCode

log = structlog.get_logger("parity")

NICE = 19
"""Whoever protects goes first."""
AUTOGROUP = Path("/proc/self/autogroup")
DAY_S = 86_400
AFTER_MIDNIGHT_S = 600
"""The last bar of the day has closed, and what it made the engine do is in the journal."""
NAP_S_MAX = 300.0
"""A machine that slept through midnight is seen soon after."""
LASTS_S_MAX = 6 * 3_600
"""A night; what is not done by then never ends."""

SAID = {
    ExitCode.DONE: "within_bounds",
    ExitCode.BREACH: "drifts",
    ExitCode.NOTHING: "nothing_to_compare",
}


def keep_measuring(config: Path, data: Sequence[Path]) -> NoReturn:
    """Measure and record once a UTC day, until this process is ended."""
    logs.configure()
    signal.signal(signal.SIGTERM, _end)
    _give_way()
    log.info("waiting", note="measured after every midnight UTC", after_s=AFTER_MIDNIGHT_S)
    due_s = next_due_s(time.time())
    while True:
        due_s = wait(due_s, now_s=time.time, sleep=time.sleep)
        measure(command(config, data))


def next_due_s(now_s: float) -> int:
    """The next moment to measure, UTC epoch seconds: always after now."""
    return int((now_s - AFTER_MIDNIGHT_S) // DAY_S + 1) * DAY_S + AFTER_MIDNIGHT_S


def wait(due_s: int, *, now_s: Callable[[], float], sleep: Callable[[float], None]) -> int:
    """Sleep until it is time; when it will be time again. Days that were slept through are measured once."""
    while (left_s := due_s - now_s()) > 0:
        sleep(min(left_s, NAP_S_MAX))
    return next_due_s(now_s())


def command(config: Path, data: Sequence[Path]) -> list[str]:
    """What a night runs."""
    files = [part for path in data for part in ("--data", str(path))]
    return [sys.executable, "-m", "jackline", "parity", str(config), *files, "--record"]


def measure(arguments: Sequence[str]) -> int:
    """Run it, and say in one line how it ended; its own words follow where they are no verdict."""
    try:
        ended = subprocess.run(
            arguments,
            check=False,
            capture_output=True,
            text=True,
            timeout=LASTS_S_MAX,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        log.warning("not_done", after_s=LASTS_S_MAX)
        return int(ExitCode.INTERNAL)
    said = SAID.get(ExitCode(ended.returncode), "failed") if ended.returncode in set(ExitCode) else "failed"
    lines = (ended.stderr if ended.returncode > ExitCode.BREACH else ended.stdout).strip().splitlines()
    tell = log.info if ended.returncode == ExitCode.DONE else log.warning
    tell("measured", verdict=said, code=ended.returncode, said=" ".join(lines[:3]))
    return ended.returncode


def _end(number: int, _: object) -> NoReturn:
    """Raised where it waits, so that a night that is under way ends with it."""
    raise SystemExit(128 + number)


def _give_way() -> None:
    """As the web does: under `jackline run` Linux shares time between sessions first."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(NICE)
        if os.getsid(0) == os.getpid():
            AUTOGROUP.write_text(str(NICE))
