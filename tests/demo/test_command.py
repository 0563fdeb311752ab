"""What `jackline demo` refuses before two minutes have passed: each text names the option and the fix."""

from __future__ import annotations

from pathlib import Path

import pytest

from jackline.cli.demo.command import demo
from jackline.cli.errors import CommandFailed, ExitCode


def refusal(**options: object) -> str:
    with pytest.raises(CommandFailed) as caught:
        demo(**options)  # type: ignore[arg-type] # each case gives options of their own type
    assert caught.value.code is ExitCode.BAD_INPUT
    assert "Fix: " in str(caught.value)
    return str(caught.value)


def test_a_report_that_could_not_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    assert "--json" in refusal(json_file=tmp_path / "absent" / "report.json")
    assert "a directory" in refusal(json_file=tmp_path)


@pytest.mark.parametrize("symbols", ["", "btc usdt", "BTCUSDT,", "BTCUSDT,BTCUSDT"])
def test_symbols_are_names_each_given_once(symbols: str) -> None:
    assert "--symbols" in refusal(symbols=symbols)


def test_a_file_has_one_symbol(tmp_path: Path) -> None:
    assert "one symbol" in refusal(data=tmp_path / "candles.csv", symbols="BTCUSDT,ETHUSDT")


def test_a_window_needs_a_file() -> None:
    assert "--data" in refusal(start="2025-10-10")


def test_a_directory_with_files_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("mine")
    assert "not empty" in refusal(keep=tmp_path)
