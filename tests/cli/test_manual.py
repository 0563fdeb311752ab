"""The manual is the commands' own: every command is in it, it fits a terminal, and the man page is current."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from jackline.cli.errors import CommandFailed, ExitCode
from jackline.cli.help import help_
from jackline.cli.main import COMMANDS
from jackline.cli.manual import as_roff, as_text, exit_codes, find, pages
from jackline.cli.page import WIDTH
from tests.house.source import ROOT

MAN = ROOT / "man" / "jackline.1"


def test_every_command_has_a_page_that_fits() -> None:
    every = list(pages())
    assert {f"jackline {name}" for name in COMMANDS} <= {page.name for page in every}
    assert "jackline data download" in {page.name for page in every}
    for page in every:
        assert page.about, page.name
        assert max(map(len, as_text(page).splitlines())) <= WIDTH, page.name


def test_a_page_tells_options_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    help_(["close-all"], man=False)
    said = capsys.readouterr().out
    assert "--direct" in said
    assert "holds the lease" in said
    assert [number for number, _ in exit_codes()] == [str(code.value) for code in ExitCode]


def test_without_a_command_all_are_listed() -> None:
    page = find([])
    assert page is not None
    assert {name for name, _ in page.below} >= set(COMMANDS)


def test_an_unknown_command_is_told() -> None:
    with pytest.raises(CommandFailed) as failed:
        help_(["close", "everything"], man=False)
    assert failed.value.code is ExitCode.BAD_INPUT


def test_the_man_page_is_current() -> None:
    assert MAN.read_text(encoding="utf-8") == as_roff(), "run: jackline help --man > man/jackline.1"


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed: the page was not formatted")
def test_man_reads_it(tmp_path: Path) -> None:
    done = subprocess.run(
        ["man", "--warnings", "-l", str(MAN)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "jackline close-all" in done.stdout
