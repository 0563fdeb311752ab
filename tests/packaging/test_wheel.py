"""What a stranger installs: all of it in the wheel, nothing private in the archive, and it runs without a checkout."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from jackline import __version__
from jackline.cli.shipped import shipped
from tests.house.source import ROOT, tracked_files
from tests.packaging.making import bare_environment, built, copied_tree

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN_S = 55


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


def names(path: Path) -> set[str]:
    if path.suffix == ".whl":
        return set(zipfile.ZipFile(path).namelist())
    with tarfile.open(path) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def test_the_wheel_holds_every_file_of_the_package(wheel: Path) -> None:
    found = names(wheel)
    source = ROOT / "src"
    ours = {
        file.relative_to(source).as_posix()
        for file in tracked_files()
        if file.is_relative_to(source / "jackline")
    }
    assert len(ours) > 100
    assert ours <= found
    assert {f"jackline/files/{name}" for name in shipped()} <= found
    assert f"jackline-{__version__}.data/data/share/man/man1/jackline.1" in found
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in found)


def test_its_metadata_name_every_extra(wheel: Path) -> None:
    text = zipfile.ZipFile(wheel).read(f"jackline-{__version__}.dist-info/METADATA").decode()
    metadata = message_from_string(text)
    assert set(metadata.get_all("Provides-Extra") or ()) == set(PROJECT["optional-dependencies"])
    assert metadata["Requires-Python"] == ">=3.11"
    assert "README" not in (metadata["Description"] or ""), "the text itself, not its name"


@pytest.mark.long
def test_the_source_archive_holds_what_is_tracked_and_nothing_else(tmp_path: Path) -> None:
    """A key that lies in the directory is not packed."""
    tree = copied_tree(tmp_path / "tree")
    (tree / "keys").mkdir()
    (tree / "keys" / "keys.json").write_text("{}")
    (tree / "jackline.toml").write_text("")
    found = names(built(tree, tmp_path / "out", "sdist")) - {""}
    tracked = {file.relative_to(ROOT).as_posix() for file in tracked_files()}
    assert found <= tracked | {"PKG-INFO"}
    assert {"requirements.lock", "x.py", "pyproject.toml", "tests/conftest.py", "LICENSE"} <= found


@pytest.mark.long
@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_two_builds_are_equal_to_the_last_bit(kind: str, tmp_path: Path) -> None:
    """From two places, written at two times: what is released can be built again by whoever doubts it."""
    first, second = copied_tree(tmp_path / "one"), copied_tree(tmp_path / "a" / "second")
    for path in second.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o600)
    one, two = built(first, tmp_path / "out1", kind), built(second, tmp_path / "out2", kind)
    assert one.name == two.name
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.long
@pytest.mark.timeout(600)
def test_it_runs_without_extras_away_from_a_checkout(wheel: Path, tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "venv", wheel, PROJECT["dependencies"])
    program = python.parent / "jackline"

    def run(*arguments: str, within_s: int = RUN_S) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
        )

    assert run("version").stdout.strip() == __version__
    assert "close-all" in run("--help").stdout
    missing = run("web", "--config", "nothing.toml")
    assert missing.returncode == 2
    (tmp_path / "jackline.toml").write_text(run("files", "show", "jackline.toml").stdout)
    checked = run("config", "check", "--config", "jackline.toml")
    assert checked.returncode == 0, checked.stderr
    served = run("web", "--config", "jackline.toml", "--port", "0")
    assert (served.returncode, "jackline[web]" in served.stderr) == (2, True), served.stderr
    units = run("files", "copy", "deploy/systemd", "units")
    assert units.returncode == 0, units.stderr
    assert str(program) in (tmp_path / "units" / "jackline-engine@.service").read_text()
    demo = run("demo", "--headless", "--json", "report.json", within_s=240)
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert json.loads((tmp_path / "report.json").read_text())
