"""A sweep over a real Ray cluster: the results of one machine, to the last bit."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
DEADLINE_S = 300
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
def test_this_machine_as_a_cluster_gives_the_same(quiet: None) -> None:
    _same_as_here(cluster.LOCAL)


@WITH_RAY
@pytest.mark.long
@pytest.mark.timeout(DEADLINE_S)
@pytest.mark.filterwarnings("ignore")
def test_a_running_cluster_of_two_nodes_is_joined_by_its_address(
    quiet: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes of one core each, and neither is this process's own: what it does not start it does not stop. Who
    joins shows the cluster's token, as docs/sweep.md has it."""
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "7" * 64)
    with two_nodes() as address:
        for _ in range(2):
            ask(f"from tests.research import test_cluster; test_cluster._same_as_here({address!r})")
        nodes = f"import ray; ray.init({address!r}, log_to_driver=False); print(sum(n['Alive'] for n in ray.nodes()))"
        assert int(ask(nodes)) == 2, "they are there for the next who comes"


def ask(program: str) -> str:
    """What a process of its own says: Ray keeps the token that it has seen first for as long as a process lives."""
    said = subprocess.run((sys.executable, "-c", program), capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    return said.stdout


@contextmanager
def two_nodes() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    head = (
        "--head",
        f"--port={address.rsplit(':', 1)[1]}",
        "--include-dashboard=false",
    )
    nodes = []
    try:
        nodes.append(_node(*head))
        nodes.append(_node(f"--address={address}"))
        yield address
    finally:
        for node in reversed(nodes):
            node.terminate()
        for node in nodes:
            node.communicate()


def _node(*where: str) -> subprocess.Popen[str]:
    """A node that says it runs. `--block`: its processes end with it."""
    ray = Path(sys.executable).with_name("ray")
    node = subprocess.Popen(
        (
            ray,
            "start",
            "--block",
            "--num-cpus=1",
            "--node-ip-address=127.0.0.1",
            "--disable-usage-stats",
            *where,
        ),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert node.stdout is not None
    for line in node.stdout:
        if "Ray runtime started" in line:
            return node
    raise AssertionError(f"ray start ended with {node.wait()}")
