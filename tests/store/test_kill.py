from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from jackline.store.boot import open_store
from jackline.store.host_disk import HostDisk

ROOT = Path(__file__).parents[2]
KILLS = 12


@pytest.mark.owns("O4")
def test_every_acknowledged_row_survives_a_kill(tmp_path: Path) -> None:
    path, draw, last = tmp_path / "engine.db", random.Random(9), 0
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    for kill in range(KILLS):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.store.killed_writer", str(path)],
            stdout=subprocess.PIPE,
            env=environment,
            cwd=ROOT,
        ) as process:
            stdout = process.stdout
            assert stdout is not None
            lines = [stdout.readline() for _ in range(draw.randrange(1, 120))]
            process.kill()
            lines += stdout.read().splitlines()
        acknowledged = max((int(line) for line in lines if line.strip()), default=0)
        assert acknowledged > last, f"kill {kill} wrote nothing"
        with open_store(HostDisk(), path) as store:  # checks the chain, the seals and the anchor
            assert store.head.seq >= acknowledged
            last = store.head.seq
