"""Every Python that is promised: the code compiles there without a warning, and runs with what the lock says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.house.source import ROOT

PROMISED = ("3.11", "3.12", "3.13")
INSTALL_S = 900
COMPILE = """
import pathlib, sys, warnings
warnings.simplefilter("error")
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    compile(path.read_bytes(), str(path), "exec")
print("%d.%d" % sys.version_info[:2])
"""
IMPORT = """
import importlib, pkgutil, sys, warnings
warnings.simplefilter("error")
import jackline
names = [one.name for one in pkgutil.walk_packages(jackline.__path__, "jackline.") if "__main__" not in one.name]
for name in names:
    importlib.import_module(name)
print(len(names))
"""


@cache
def interpreter(version: str) -> str | None:
    """One of this version that starts: this one, one on the path, or one that pyenv or uv keeps."""
    if version == ".".join(map(str, sys.version_info[:2])):
        return sys.executable
    homes = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    homes.append(Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python")))
    kept = [str(found) for home in homes for found in sorted(home.glob(f"*{version}*/bin/python{version}"))]
    for program in (*kept, shutil.which(f"python{version}")):
        if program is not None and _version(program) == version:
            return program
    return None


def _version(program: str) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run(
            [program, "-I", "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    except OSError:
        return ""
    return done.stdout.strip()


def of(version: str) -> str:
    found = interpreter(version)
    if found is None:
        pytest.skip(f"Python {version} is not on this machine: nothing was tried with it")
    return found


def test_what_is_promised_is_what_the_package_says() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert re.search(rf'^requires-python = ">={re.escape(PROMISED[0])}"$', text, re.M)
    assert all(version in (ROOT / "SECURITY.md").read_text() for version in PROMISED)


@pytest.mark.parametrize(
    "version", [*(pytest.param(one, marks=pytest.mark.long) for one in PROMISED[:-1]), PROMISED[-1]]
)
def test_it_compiles_without_a_warning(version: str) -> None:
    done = subprocess.run(
        [of(version), "-I", "-c", COMPILE, str(ROOT / "src")],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (version, "")


@pytest.mark.long
@pytest.mark.timeout(INSTALL_S)
@pytest.mark.parametrize("version", PROMISED)
def test_it_runs_with_what_the_lock_says(version: str, tmp_path: Path) -> None:
    program, python = of(version), tmp_path / "venv" / "bin" / "python"
    uv = [sys.executable, "-m", "uv", "-q"]
    subprocess.run([*uv, "venv", "--python", program, str(tmp_path / "venv")], check=True, timeout=60)
    install = [
        "pip",
        "install",
        "--python",
        str(python),
        "--require-hashes",
        "-r",
        str(ROOT / "requirements.lock"),
    ]
    installed = subprocess.run(
        [*uv, *install], capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    if installed.returncode and "hash" not in installed.stderr.lower():
        pytest.skip(f"the packages for {version} could not be fetched: {installed.stderr.strip()[-200:]}")
    assert installed.returncode == 0, installed.stderr
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    variables = {**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    imported = subprocess.run(
        [str(python), "-c", IMPORT], capture_output=True, text=True, timeout=300, check=False, env=variables
    )
    assert imported.returncode == 0, imported.stderr
    assert int(imported.stdout) > 500
    tests = [
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "tests/core/test_plan.py",
        "tests/store/test_writer.py",
    ]
    played = subprocess.run(
        [str(python), "-m", "pytest", *tests],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env=variables,
    )
    assert played.returncode == 0, played.stdout[-2_000:]
