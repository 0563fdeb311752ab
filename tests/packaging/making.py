"""Wheels and source archives built as a release builds them: offline, by the locked hatchling."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement

from tests.house.source import ROOT, tracked_files

BUILD_S = 60
EPOCH_S = "1700000000"


def copied_tree(to: Path) -> Path:
    """The tracked files alone, in another place: what a clean checkout has."""
    for file in tracked_files():
        target = to / file.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    return to


def built(tree: Path, out: Path, kind: str) -> Path:
    """`kind`: wheel or sdist."""
    out.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=BUILD_S,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH_S},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return found


def needed_by(requirements: list[str]) -> set[str]:
    """Names of the distributions that these need, and what those need: the closure, without our extras."""
    found: set[str] = set()
    waiting = [Requirement(one) for one in requirements]
    while waiting:
        one = waiting.pop()
        name = one.name.lower().replace("_", "-")
        extras = one.extras or {""}
        if name in found and not one.extras:
            continue
        if one.marker is not None and not any(
            one.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            continue
        found.add(name)
        for line in distribution(one.name).requires or ():
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                inner.marker = None
                waiting.append(inner)
    return found


def bare_environment(directory: Path, wheel: Path, core: list[str]) -> Path:
    """An environment with the wheel and what it needs, and nothing else: its Python.

    What it needs is linked from the locked environment, so that no network is asked.
    """
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True, timeout=BUILD_S
    )
    python = directory / "bin" / "python"
    (site,) = directory.glob("lib/python*/site-packages")
    for name in needed_by(core):
        for file in distribution(name).files or ():
            source = Path(str(distribution(name).locate_file(file))).resolve()
            target = site / Path(str(file)).parts[0]
            if ".." not in Path(str(file)).parts and not target.exists():
                target.symlink_to(Path(str(distribution(name).locate_file(Path(str(file)).parts[0]))))
            assert source.exists() or file.suffix == ".pyc", source
    subprocess.run(
        [sys.executable, "-m", "uv", "-q", "pip", "install", "--python", str(python), "--offline", "--no-index",
         "--no-deps", str(wheel)],
        check=True,
        timeout=BUILD_S,
    )  # fmt: skip
    return python
