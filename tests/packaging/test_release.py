"""What a release is held to: a lock that says all, notes with safety first, a bill of materials, an honest audit."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.house.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCK = (ROOT / "requirements.lock").read_text()


@pytest.fixture(scope="module")
def release() -> ModuleType:
    spec = importlib.util.spec_from_file_location("release", ROOT / "tools" / "release.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["release"] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_the_lock_holds_everything_pinned_hashed_and_without_a_host(release: ModuleType) -> None:
    assert release.lock_faults(LOCK, PROJECT) == []


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (LOCK + "extra>=1\n", "not a pin"),
        (LOCK + "extra==1\n", "extra: no hash"),
        (LOCK + "extra==1 --hash=sha256:abc\n", "extra: a hash is no SHA-256"),
        (LOCK.replace("structlog==", "structlag=="), "structlog: asked for by pyproject.toml and not locked"),
        ("--index https://packages.example/\n" + LOCK, "not a pin"),
        ("# from https://packages.example/\n" + LOCK, "names a host"),
    ],
)
def test_a_lock_with_a_hole_is_refused(bad: str, said: str, release: ModuleType) -> None:
    assert any(said in fault for fault in release.lock_faults(bad, PROJECT))


def test_every_fragment_can_be_gathered_and_safety_comes_first(release: ModuleType) -> None:
    every = release.fragments()
    assert every
    text = release.notes("9.9.9", "2026-01-31", every)
    titles = [line for line in text.splitlines() if line.startswith("### ")]
    assert titles[0] == "### Safety"
    assert len(titles) == len(set(titles))
    assert text.startswith("## 9.9.9, 2026-01-31\n")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("one.safety.md", "A stop was late.", "begins with the code"),
        ("one.feat.md", "New.", "not <slug>.<kind>.md"),
        ("one.fix.md", "\n", "not <slug>.<kind>.md"),
        ("fix.md", "Mended.", "not <slug>.<kind>.md"),
    ],
)
def test_a_fragment_that_is_none_is_refused(
    name: str, text: str, said: str, release: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=said):
        release.fragments(tmp_path)


def test_gathering_moves_fragments_into_the_changelog_once(
    release: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "README.md").write_text("How to write one.")
    (tmp_path / "d" / "a.fix.md").write_text("It works\nagain.")
    (tmp_path / "d" / "b.safety.md").write_text("P1: a stop was late.")
    (tmp_path / "CHANGELOG.md").write_text((ROOT / "CHANGELOG.md").read_text())
    monkeypatch.setattr(release, "LOG", tmp_path / "CHANGELOG.md")
    monkeypatch.setattr(release, "FRAGMENTS", tmp_path / "d")
    monkeypatch.setattr(release.fragments, "__defaults__", (tmp_path / "d",))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    release.write_notes("9.9.9")
    text = (tmp_path / "CHANGELOG.md").read_text()
    assert "## 9.9.9, 2023-11-14" in text
    assert text.index("- P1: a stop was late.") < text.index("- It works again.")
    assert [path.name for path in (tmp_path / "d").iterdir()] == ["README.md"]
    with pytest.raises(ValueError, match=r"9\.9\.9 already"):
        release.write_notes("9.9.9")


@pytest.mark.long
def test_the_bill_of_materials_is_whole_valid_and_the_same_again(
    release: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    text = release.sbom(LOCK, "9.9.9")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    listed = json.loads(text)["components"]
    assert {(one["name"], one["version"]) for one in listed} == {
        (one.name, one.version) for one in release.pinned(LOCK)
    }
    assert sum(bool(one.get("licenses")) for one in listed) > 0.8 * len(listed)
    assert release.sbom(LOCK, "9.9.9") == text


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0),
        ([{"name": "a", "version": "1", "vulns": [{"id": "X-1", "fix_versions": ["2"]}]}], 1),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}], 4),
        ([], 4),
    ],
)
def test_what_nobody_answered_for_is_not_called_clean(
    answers: list[dict[str, Any]], code: int, release: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip-audit itself exits with 0 when no database knew any package."""
    assert release.judged(answers) == code
    assert f"{len(answers)} packages" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_what_a_stranger_looks_for_is_there(name: str) -> None:
    assert len((ROOT / name).read_text()) > 300
