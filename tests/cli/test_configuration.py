"""`jackline config` as it is typed: what each command prints, and the number it ends with."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest

from jackline.cli import main as command_line
from jackline.cli.errors import ExitCode
from jackline.cli.page import WIDTH

EXAMPLE = Path(__file__).resolve().parents[2] / "jackline.example.toml"
SMALL = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[venue]
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT"]
[strategy]
name = "rsi_trend"
"""


@pytest.fixture(autouse=True)
def plain_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of whoever runs the tests, and a small file in the directory."""
    for name in [
        name for name in os.environ if name.startswith(("QT_", "JACKLINE__")) or name == "STAGING_MODE"
    ]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jackline.toml").write_text(SMALL, encoding="utf-8")


def run(*arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The command line's own way: an exit code, whatever happens."""
    monkeypatch.setattr("sys.argv", ["jackline", "config", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


def test_check_says_that_nothing_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "3")
    assert run("check", "-c", "jackline.toml", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr()
    assert said.out.startswith(
        "jackline.toml: no problem found. 6 values from the file, 1 from the environment,"
    )
    assert "What only the venue knows is checked when an engine starts." in said.out
    assert said.err == ""


@pytest.mark.owns("C1")
@pytest.mark.parametrize("command", ["check", "show"])
def test_everything_wrong_is_told_at_once_and_the_code_is_2(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("jackline.toml").write_text(SMALL + "[risk]\nleverge = 4\nhold_max_ms = 5\n")
    assert run(command, "-c", "jackline.toml", monkeypatch=monkeypatch) == ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert "2 problems" in said.err
    assert "risk.leverge = 4   (jackline.toml)" in said.err
    assert "did you mean risk.leverage?" in said.err
    assert "60_000 … 2_592_000_000 (30 days)" in said.err
    assert "Traceback" not in said.err


def test_show_is_a_file_with_the_source_of_every_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "3")
    assert run("show", "-c", "jackline.toml", "--rung", "after_fill", monkeypatch=monkeypatch) == 0
    shown = capsys.readouterr().out
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "leverage = 3 # environment" in lines
    assert 'rung = "after_fill" # command line' in lines
    assert 'name = "main" # file' in lines
    assert "risk_per_trade_fraction = 0.0075 # default" in lines
    assert "# trailing_fraction # not set" in lines
    assert tomllib.loads(shown)["risk"]["leverage"] == 3
    assert max(len(line) for line in shown.splitlines()) <= WIDTH


def test_show_for_programs(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "3")
    assert run("show", "-c", "jackline.toml", "--json", monkeypatch=monkeypatch) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["config"] == "jackline.toml"
    assert told["keys"]["risk.leverage"] == {"value": 3, "source": "environment JACKLINE__RISK__LEVERAGE"}
    assert told["keys"]["risk.size_cap_fraction"] == {"value": "0.10", "source": "default"}
    assert told["keys"]["venue.symbols"] == {"value": ["BTCUSDT"], "source": "file"}
    assert told["keys"]["risk.trailing_fraction"] == {"value": None, "source": "default"}


@pytest.mark.owns("S1")
@pytest.mark.parametrize("arguments", [("show",), ("show", "--json"), ("check",), ("show", "--import-qt")])
def test_no_secret_is_shown(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("key.toml").write_text('key = "abcdef"\nsecret = "hunter2"\n')
    Path("key.toml").chmod(0o600)
    Path("jackline.toml").write_text(SMALL.replace("[strategy]", 'key_file = "key.toml"\n[strategy]'))
    monkeypatch.setenv("QT_API_SECRET", "hunter2")
    run(arguments[0], "-c", "jackline.toml", *arguments[1:], monkeypatch=monkeypatch)
    said = "".join(capsys.readouterr())
    assert "hunter2" not in said
    assert "abcdef" not in said


@pytest.mark.owns("S1")
def test_an_address_with_a_password_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JACKLINE__VENUE__URL", "http://me:hunter2@127.0.0.1:8090")
    assert run("show", "-c", "jackline.toml", monkeypatch=monkeypatch) == ExitCode.BAD_INPUT
    said = capsys.readouterr().err
    assert "S1" in said
    assert '"http://127.0.0.1:PORT"' in said
    assert "hunter2" not in said


def test_old_variables_that_nothing_reads_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_TRAIL_CALLBACK", "3.0")
    monkeypatch.setenv("QT_IM_MODULE", "ibus")
    assert run("check", "-c", "jackline.toml", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr()
    assert "read by nothing here: QT_TRAIL_CALLBACK. With --import-qt" in " ".join(said.err.split())
    assert "trailing_fraction" not in said.out


@pytest.mark.parametrize(("command", "mark"), [("check", ""), ("show", "# ")])
def test_the_lines_of_an_import_make_the_file_whole(
    command: str, mark: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is printed is put into the file, the variables are unset, and the configuration is the same."""
    Path("jackline.toml").write_text(SMALL.replace('mode = "paper"\n', ""))
    for name, text in (("QT_PAPER_TRADING", "1"), ("QT_TRAIL_CALLBACK", "3"), ("QT_RISK_PER_TRADE", "0.6")):
        monkeypatch.setenv(name, text)
    assert run(command, "-c", "jackline.toml", "--import-qt", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    lines = said.partition("in place of the old variables:\n")[2].splitlines()
    added = tomllib.loads("\n".join(line.removeprefix(mark) for line in lines))
    assert added == {
        "account": {"mode": "paper"},
        "risk": {"trailing_fraction": 0.03, "risk_per_trade_fraction": 0.006},
    }
    assert max(len(line) for line in said.splitlines()) <= WIDTH


def test_an_import_that_adds_nothing_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_PAPER_TRADING", "true")
    assert run("check", "-c", "jackline.toml", "--import-qt", monkeypatch=monkeypatch) == 0
    assert "The old variables add nothing to it." in capsys.readouterr().out


@pytest.mark.owns("C2")
def test_a_contradiction_ends_with_2_and_names_both(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_PAPER_TRADING", "false")
    assert run("check", "-c", "jackline.toml", "--import-qt", monkeypatch=monkeypatch) == ExitCode.BAD_INPUT
    said = " ".join(capsys.readouterr().err.split())
    assert (
        'account.mode = "paper" (jackline.toml) C2: QT_PAPER_TRADING = "false" means account.mode = "live"'
        in said
    )


def test_explain_says_what_holds(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "3")
    assert run("explain", "leverage", "-c", "jackline.toml", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert "now           3, from environment JACKLINE__RISK__LEVERAGE" in said
    assert "allowed       1 … 125" in said


def test_explain_without_a_key_lists_all_and_with_a_table_its_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", monkeypatch=monkeypatch) == 0
    everything = capsys.readouterr().out
    assert run("explain", "account", monkeypatch=monkeypatch) == 0
    some = capsys.readouterr().out
    assert some in everything
    assert len(some.splitlines()) == 8


def test_explain_under_a_bad_file_explains_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A key is looked up most of all when the file was refused for it."""
    Path("jackline.toml").write_text(SMALL + "[risk]\nleverage = 400\n")
    code = run("explain", "risk.leverage", "-c", "jackline.toml", monkeypatch=monkeypatch)
    assert code == ExitCode.BAD_INPUT
    said = capsys.readouterr()
    assert "allowed       1 … 125" in said.out
    assert "risk.leverage = 400" in said.err


def test_explain_of_an_unknown_key_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("explain", "risk.levrage", monkeypatch=monkeypatch) == ExitCode.BAD_INPUT
    assert "did you mean risk.leverage?" in capsys.readouterr().err


def test_the_example_passes(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "-c", str(EXAMPLE), monkeypatch=monkeypatch) == 0
    assert "no problem found" in " ".join(capsys.readouterr().out.split())
