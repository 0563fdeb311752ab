"""The checkers of others, as tests: what they say is a failure of the suite like any other."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.source import ROOT

CHECKER_SECONDS_MAX = 280  # a cold mypy on a busy machine with two cores
IMPORT_LINTER = "from importlinter.cli import lint_imports_command; lint_imports_command()"
CHECKERS = {
    "format": ["-m", "ruff", "format", "--check", "."],
    "lint": ["-m", "ruff", "check", "."],
    "types": ["-m", "mypy"],
    "types of core": ["-m", "pyright", "--pythonpath", sys.executable],
    "imports": ["-c", IMPORT_LINTER],
}


def check(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    command = [sys.executable, *arguments]
    return subprocess.run(
        command,
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=CHECKER_SECONDS_MAX,
        check=False,
    )


@pytest.mark.timeout(CHECKER_SECONDS_MAX + 10)
@pytest.mark.parametrize("checker", CHECKERS)
def test_the_tree_is_clean(checker: str) -> None:
    done = check(*CHECKERS[checker])
    if done.returncode != 0:
        pytest.fail(f"{checker}:\n{done.stdout}\n{done.stderr}", pytrace=False)


@pytest.mark.parametrize(
    ("room", "line", "broken"),
    [
        ("core", "import time", "core: nothing BROKEN"),
        ("exchange", "import jackline.core", "exchange: nothing BROKEN"),
        ("strategies", "import jackline.venue", "strategies: core BROKEN"),
    ],
)
def test_the_import_contracts_reject(tmp_path: Path, room: str, line: str, broken: str) -> None:
    rooms = [
        "core",
        "venue",
        "store",
        "engine",
        "exchange",
        "strategies",
        "models",
        "notify",
        "web",
        "world",
        "data",
        "research",
        "cli",
    ]
    for name in rooms:
        (tmp_path / "src/jackline" / name).mkdir(parents=True)
        (tmp_path / "src/jackline" / name / "__init__.py").write_text(line if name == room else "")
    (tmp_path / "src/jackline/__init__.py").touch()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    done = check("-c", IMPORT_LINTER, root=tmp_path)
    assert done.returncode == 1
    assert broken in " ".join(done.stdout.split())


def test_an_import_contract_about_a_missing_room_fails(tmp_path: Path) -> None:
    (tmp_path / "src/jackline").mkdir(parents=True)
    (tmp_path / "src/jackline/__init__.py").touch()
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    assert check("-c", IMPORT_LINTER, root=tmp_path).returncode != 0
