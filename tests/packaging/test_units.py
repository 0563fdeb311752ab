"""Units of systemd: valid, hardened alike, and ordered so that the watchdog outlives the engine."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest

from jackline.cli.main import COMMANDS
from tests.house.source import ROOT

UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
INSTALLED = "/opt/jackline/bin/jackline"
EXPOSURE_MAX = 2.0
"""`systemd-analyze security`, of 10: what it still counts is the network, which a venue needs."""
ANALYZE = shutil.which("systemd-analyze")


class Settings(RawConfigParser):
    """A unit; of a setting that stands twice the last."""

    def __init__(self, path: Path) -> None:
        super().__init__(strict=False, delimiters=("=",))
        self.read_string(path.read_text())

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def hardening(path: Path) -> str:
    """The block that says what a unit may touch."""
    return re.split(r"\n# What it may touch\.|\n\[Install\]", path.read_text())[1]


def test_there_are_units() -> None:
    names = [path.name.partition("@")[0].removeprefix("jackline-") for path in UNITS]
    assert {"run", "engine", "watchdog", "web", "alerts", "worker"} <= set(names)


def test_every_unit_is_hardened_alike() -> None:
    first, *others = (hardening(path).splitlines() for path in UNITS)
    assert all(block == first for block in others)
    assert {
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
        "MemoryDenyWriteExecute=yes",
        "LimitCORE=0",
    } <= set(first)


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_every_unit_tells_the_manager_and_is_started_again_for_ever(path: Path) -> None:
    unit = Settings(path)
    if path.name != "jackline-worker@.service":  # another worker takes over from one that gets on no more
        assert unit["Service"]["Type"] == "notify"
        assert unit["Service"]["WatchdogSignal"] == "SIGKILL"  # a process that was stopped takes no other
    assert unit["Service"]["Restart"] == "always"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    program, verb = unit["Service"]["ExecStart"].split()[:2]
    assert program == INSTALLED
    assert verb in COMMANDS


@pytest.mark.owns("P1")
def test_the_watchdog_starts_first_ends_last_and_is_killed_last() -> None:
    units = {path.name.partition("@")[0]: Settings(path) for path in UNITS}
    engine, watchdog = units["jackline-engine"], units["jackline-watchdog"]
    assert "jackline-watchdog@%i.service" in engine["Unit"]["After"].split()
    for name, unit in units.items():
        for binding in ("Requires", "BindsTo", "Requisite"):
            assert binding not in unit["Unit"], f"{name}: one that ends must not take another down"
    order = {name: int(unit["Service"]["OOMScoreAdjust"]) for name, unit in units.items()}
    assert min(order, key=order.__getitem__) == "jackline-watchdog"
    assert order["jackline-engine"] < order["jackline-alerts"] < order["jackline-web"]
    assert "engine" not in watchdog["Unit"].get("After", "")


def installed(directory: Path) -> list[Path]:
    """Instances for an account, with a program that exists: systemd looks for it."""
    program = directory / "jackline"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    found = []
    for path in (*UNITS, *(ROOT / "deploy" / "systemd").glob("*.target")):
        text = (
            path.read_text().replace(INSTALLED, str(program)).replace("Documentation=man:jackline(1)\n", "")
        )
        found.append(directory / path.name.replace("@", "@main"))
        found[-1].write_text(text)
    return found


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: units were not verified by systemd")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    units = installed(tmp_path)
    done = subprocess.run(
        [str(ANALYZE), "verify", *map(str, units)], capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is missing: exposure was not measured")
def test_the_exposure_is_small(tmp_path: Path) -> None:
    for path in installed(tmp_path):
        if path.suffix == ".service":
            done = subprocess.run(
                [str(ANALYZE), "security", "--offline=yes", "--no-pager", str(path)],
                capture_output=True,
                text=True,
                timeout=30,
                check=False,
            )
            found = re.search(r"exposure level for .*: ([0-9.]+)", done.stdout)
            assert found is not None, done.stdout + done.stderr
            assert float(found[1]) <= EXPOSURE_MAX
