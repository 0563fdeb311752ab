"""A sweep over a real Ray cluster: the results of one machine, to the last bit. Loopback alone."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

import jackline
from jackline.research.refusal import ResearchRefused
from jackline.research.sweep import cluster
from jackline.research.sweep.kernel import rules_sha256
from jackline.research.sweep.points import base_of, grid_of, read_axis
from jackline.research.sweep.run import Job, Over, run_grid
from tests.research.kernel_making import drawn

WANTED = find_spec("ray") is not None
WITH_RAY = pytest.mark.skipif(not WANTED, reason="ray is not installed: pip install jackline[ray]")
START_S, DEADLINE_S = 120, 300
GRID = (
    "stop=0.003:0.03:0.003",
    "target=0:0.02:0.001",
    "trail=0,0.004,0.01",
    "hold=5m,1h,4h,8h",
    "cooldown=0m,5m",
)
"""5,040 settings: more than one task."""


@pytest.mark.skipif(WANTED, reason="ray is installed here: its absence cannot be tested")
def test_a_cluster_that_is_not_installed_is_named() -> None:
    with pytest.raises(ResearchRefused, match="not installed"):
        list(cluster.over_cluster(_double, 1, [1], cluster.LOCAL))


def _double(shared: int, part: int) -> int:
    return shared * part


def test_another_machine_must_compute_by_the_same_rules() -> None:
    """What a task checks before it computes, called as it is called there."""
    assert cluster._checked(_double, 2, 3, rules_sha256()) == 6
    with pytest.raises(ResearchRefused, match="install the same versions"):
        cluster._checked(_double, 2, 3, "0" * 64)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find this package, and no word goes anywhere."""
    source = str(Path(jackline.__file__).parents[1])
    root = str(Path(__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((source, root)))
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")


@pytest.fixture
def address(quiet: None) -> Iterator[str]:
    """A cluster of one node with two processors, ended by its own number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ray = Path(sys.executable).parent / "ray"
    command = [str(ray), "start", "--head", "--block", "--num-cpus=2", "--include-dashboard=false"]
    command += ["--node-ip-address=127.0.0.1", f"--port={port}", "--disable-usage-stats"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as node:
        try:
            _await_port(port, node)
            yield f"127.0.0.1:{port}"
        finally:
            node.terminate()
            node.wait(timeout=60)


def _await_port(port: int, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and node.poll() is None:
        with socket.socket() as one:
            one.settimeout(1)
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        node_waits = min(0.2, deadline - time.monotonic())
        try:
            node.wait(timeout=max(node_waits, 0.01))
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(f"ray start: no answer at port {port} within {START_S} s")


def _same_as_here(address: str) -> None:
    case = drawn(7, 600)
    job = Job(prepared=case.prepared, signals=case.signals, risk=case.risk, daily=True)
    points = grid_of([read_axis(text) for text in GRID], base_of(case.risk, stop=case.stop))
    told: list[int] = []
    here = run_grid(job, points)
    there = run_grid(job, points, over=Over.RAY, address=address, tell=lambda done, _: told.append(done))
    assert there.tallies.tobytes() == here.tallies.tobytes()
    assert there.daily.tobytes() == here.daily.tobytes()
    assert told[-1] == len(points) > told[0]


@WITH_RAY
@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
@pytest.mark.filterwarnings("ignore")  # the library's own, of its start and its end
def test_a_running_cluster_gives_what_this_machine_gives(address: str) -> None:
    _same_as_here(address)


@WITH_RAY
@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
@pytest.mark.filterwarnings("ignore")  # as above
def test_this_machine_as_a_cluster_gives_the_same(quiet: None) -> None:
    _same_as_here(cluster.LOCAL)


@WITH_RAY
@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
@pytest.mark.filterwarnings("ignore")  # as above
def test_a_cluster_that_does_not_answer_is_named(quiet: None) -> None:
    with pytest.raises(ResearchRefused, match="address of a running cluster"):
        list(cluster.over_cluster(_double, 1, [1], "127.0.0.1:1"))
