"""Old variables: the key each becomes, what is refused, and that a contradiction never passes for an import."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, Field
from structlog.testing import capture_logs

from jackline.cli.all_sections import SECTIONS
from jackline.cli.config import Config, load_config
from jackline.cli.old_variables import TABLE, Imported, read_old, tell_unread, unread
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.section import Section
from jackline.cli.section_types import Number, Whole
from jackline.cli.sections import AccountSection

SMALL = """
[account]
name = "main"
state_dir = "state"
[venue]
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT"]
[strategy]
name = "rsi_trend"
"""
PAPER = {"QT_PAPER_TRADING": "true"}


class Bare(Section):
    """`[risk]` of a version without the rule of several trades."""

    trailing_fraction: Number | None = Field(None, ge=Decimal("0.001"), le=Decimal("0.20"))
    risk_per_trade_fraction: Number = Field(Decimal("0.0075"), ge=Decimal("0.001"), le=Decimal("0.02"))


class Later(Bare):
    """`[risk]` of a version that has it."""

    trades_per_symbol_max: Whole = Field(2, ge=1, le=5)


class Regime(Section):
    """`[regime]` of that version."""

    short_exception_confidence: Number = Field(Decimal("0.65"), ge=Decimal("0.60"), le=Decimal("0.90"))


WITHOUT: Mapping[str, type[BaseModel]] = {"account": AccountSection, "risk": Bare}
WITH: Mapping[str, type[BaseModel]] = {"account": AccountSection, "risk": Later, "regime": Regime}


def refused(environment: Mapping[str, str], sections: Mapping[str, type[BaseModel]] = WITH) -> Problem:
    found, problems = read_old(environment, sections)
    assert found == []
    (problem,) = problems
    return problem


def load(
    directory: Path, text: str = SMALL, *, environment: Mapping[str, str], import_old: bool = True
) -> Config:
    path = directory / "jackline.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment=environment, import_old=import_old)


def problems(directory: Path, text: str = SMALL, *, environment: Mapping[str, str]) -> dict[str, Problem]:
    with pytest.raises(ConfigError) as caught:
        load(directory, text, environment=environment)
    return {problem.key: problem for problem in caught.value.problems}


def with_mode(text: str = SMALL) -> str:
    return text.replace("[venue]", 'mode = "paper"\n[venue]')


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("QT_TRAIL_CALLBACK", "3.0", "risk.trailing_fraction", Decimal("0.03")),
        ("QT_TRAIL_CALLBACK", "20", "risk.trailing_fraction", Decimal("0.2")),
        ("QT_RISK_PER_TRADE", "0.01", "risk.risk_per_trade_fraction", Decimal("0.01")),
        ("QT_RISK_PER_TRADE", "1", "risk.risk_per_trade_fraction", Decimal("0.01")),
        ("QT_MAX_POSITIONS_PER_SYMBOL", "1", "risk.trades_per_symbol_max", 1),
        ("QT_MAX_POSITIONS_PER_SYMBOL", "5", "risk.trades_per_symbol_max", 5),
        ("QT_UPTREND_SHORT_EXCEPTION_CONF", "0.65", "regime.short_exception_confidence", Decimal("0.65")),
        ("QT_PAPER_TRADING", "true", "account.mode", "paper"),
        ("STAGING_MODE", "1", "account.mode", "paper"),
        ("STAGING_MODE", "0", "account.mode", "live"),
    ],
)
def test_each_variable_becomes_its_key(name: str, text: str, key: str, value: str | int | Decimal) -> None:
    assert read_old({name: text}, WITH) == ([Imported(key=key, value=value, variables={name: text})], [])


@pytest.mark.owns("C1")
@pytest.mark.parametrize("name", ["QT_MAX_POSITIONS_PER_SYMBOL", "QT_UPTREND_SHORT_EXCEPTION_CONF"])
def test_a_rule_that_this_version_lacks_is_refused_and_not_ignored(name: str) -> None:
    problem = refused({name: "1"}, WITHOUT)
    assert (problem.key, problem.value, problem.source) == (name, "1", "environment")
    assert problem.what == "this version has no such rule"
    assert f"unset {name}" in problem.fix


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("name", "text", "what", "fix"),
    [
        (
            "QT_TRAIL_CALLBACK",
            "0.03",
            "out of range: it means risk.trailing_fraction = 0.0003, 0.03 %",
            "allowed there: 0.001 … 0.20; if 3 % is meant, write risk.trailing_fraction = 0.03 into the file; "
            "then unset QT_TRAIL_CALLBACK",
        ),
        (
            "QT_TRAIL_CALLBACK",
            "150",
            "out of range: it means risk.trailing_fraction = 1.5, 150 %",
            "allowed there: 0.001 … 0.20; then unset QT_TRAIL_CALLBACK",
        ),
        ("QT_TRAIL_CALLBACK", "wide", "not a number", "a percentage: 3.0 is 3 %"),
        (
            "QT_RISK_PER_TRADE",
            "0.1",
            "could be 10 % (risk.risk_per_trade_fraction = 0.1) or 0.1 % (risk.risk_per_trade_fraction = 0.001)",
            "write the one that is meant into the file, allowed: 0.001 … 0.02; then unset QT_RISK_PER_TRADE",
        ),
        (
            "QT_RISK_PER_TRADE",
            "5",
            "out of range: it means risk.risk_per_trade_fraction = 0.05, 5 %",
            "allowed there: 0.001 … 0.02; then unset QT_RISK_PER_TRADE",
        ),
        (
            "QT_RISK_PER_TRADE",
            "80",
            "neither as a fraction nor as a percentage between 0.05 % and 50 % of equity",
            'say the unit: "0.75%"',
        ),
        (
            "QT_MAX_POSITIONS_PER_SYMBOL",
            "6",
            "out of range: it means risk.trades_per_symbol_max = 6",
            "allowed there: 1 … 5; then unset QT_MAX_POSITIONS_PER_SYMBOL",
        ),
        (
            "QT_UPTREND_SHORT_EXCEPTION_CONF",
            "0.95",
            "out of range: it means regime.short_exception_confidence = 0.95",
            "allowed there: 0.60 … 0.90; then unset QT_UPTREND_SHORT_EXCEPTION_CONF",
        ),
        ("QT_PAPER_TRADING", "maybe", "neither yes nor no", "true or false"),
    ],
)
def test_what_cannot_be_taken_over_says_what_it_means_and_what_is_allowed(
    name: str, text: str, what: str, fix: str
) -> None:
    problem = refused({name: text})
    assert (problem.key, problem.value, problem.source) == (name, text, "environment")
    assert (problem.what, problem.fix) == (what, fix)


@pytest.mark.owns("C1", "S1")
def test_an_unknown_variable_is_refused_with_the_known_ones_and_without_its_value() -> None:
    problem = refused({"QT_TRAIL_CALLBACK_RATE": "hunter2"})
    assert (problem.key, problem.value) == ("QT_TRAIL_CALLBACK_RATE", None)
    assert "did you mean QT_TRAIL_CALLBACK?" in problem.fix
    assert all(name in problem.fix for name in TABLE)
    assert "hunter2" not in str(problem)


def test_variables_of_a_desktop_are_nobodys_concern() -> None:
    desktop = {"QT_IM_MODULE": "ibus", "QT_ACCESSIBILITY": "1", "QT_QPA_PLATFORM": "wayland", "HOME": "/"}
    assert read_old(desktop, WITH) == ([], [])
    assert unread(desktop) == []
    assert unread({**desktop, "QT_SPEED": "1", "STAGING_MODE": "1"}) == ["QT_SPEED", "STAGING_MODE"]


def test_two_switches_that_agree_are_one_import() -> None:
    both = {"QT_PAPER_TRADING": "yes", "STAGING_MODE": "on"}
    (found,) = read_old(both, WITH)[0]
    assert (found.value, found.source) == ("paper", "imported QT_PAPER_TRADING, STAGING_MODE")


@pytest.mark.owns("C2")
@pytest.mark.parametrize(("paper", "staging"), [("true", "false"), ("false", "true")])
def test_two_switches_that_disagree_are_refused(tmp_path: Path, paper: str, staging: str) -> None:
    found = problems(tmp_path, with_mode(), environment={"QT_PAPER_TRADING": paper, "STAGING_MODE": staging})
    text = str(found["STAGING_MODE"])
    assert f'STAGING_MODE = "{staging}"' in text
    assert f'QT_PAPER_TRADING = "{paper}"' in text
    assert "C2" in text
    assert "write account.mode into the file" in " ".join(text.split())


@pytest.mark.owns("C2")
def test_a_switch_that_contradicts_the_mode_is_refused_with_both(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, with_mode(), environment={"QT_PAPER_TRADING": "false"}).values()
    assert (problem.key, problem.value) == ("account.mode", "paper")
    assert problem.source == str(tmp_path / "jackline.toml")
    assert problem.what == 'C2: QT_PAPER_TRADING = "false" means account.mode = "live"'
    assert problem.fix == "unset QT_PAPER_TRADING: account.mode alone decides"


@pytest.mark.owns("C2")
def test_a_mode_without_a_transport_is_not_imported_either(tmp_path: Path) -> None:
    environment = {"QT_PAPER_TRADING": "false", "STAGING_MODE": "false"}
    (problem,) = problems(tmp_path, environment=environment).values()
    assert (problem.key, problem.value) == ("account.mode", "live")
    assert problem.source == "imported QT_PAPER_TRADING, STAGING_MODE"
    assert "C2: mode live has no transport" in problem.what


@pytest.mark.owns("C1")
@pytest.mark.parametrize("where", ["file", "environment", "command line"])
def test_a_number_that_contradicts_an_explicit_one_is_refused_with_both(tmp_path: Path, where: str) -> None:
    path = tmp_path / "jackline.toml"
    path.write_text(SMALL + ("[risk]\ntrailing_fraction = 0.02\n" if where == "file" else ""))
    environment = {**PAPER, "QT_TRAIL_CALLBACK": "3.0"}
    if where == "environment":
        environment["JACKLINE__RISK__TRAILING_FRACTION"] = "0.02"
    overrides = {"risk.trailing_fraction": Decimal("0.02")} if where == "command line" else {}
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides, environment=environment, import_old=True)
    (problem,) = caught.value.problems
    sources = {"file": str(path), "environment": "environment JACKLINE__RISK__TRAILING_FRACTION"}
    assert (problem.key, problem.value) == ("risk.trailing_fraction", Decimal("0.02"))
    assert problem.source == sources.get(where, where)
    assert problem.what == 'QT_TRAIL_CALLBACK = "3.0" means risk.trailing_fraction = 0.03'
    assert problem.fix == "unset QT_TRAIL_CALLBACK, or write risk.trailing_fraction = 0.03 there"


@pytest.mark.parametrize("written", ["0.03", '"0.03"', "0.030"])
def test_what_says_the_same_contradicts_nothing_and_stays_the_files(tmp_path: Path, written: str) -> None:
    text = with_mode() + f"[risk]\ntrailing_fraction = {written}\n"
    config = load(tmp_path, text, environment={**PAPER, "QT_TRAIL_CALLBACK": "3"})
    assert config.risk_settings().trailing_fraction == Decimal("0.03")
    assert config.source("risk.trailing_fraction") == config.source("account.mode") == "file"


def test_an_import_fills_what_nobody_gave(tmp_path: Path) -> None:
    config = load(tmp_path, environment={**PAPER, "QT_TRAIL_CALLBACK": "3.0", "QT_RISK_PER_TRADE": "0.75"})
    risk = config.risk_settings()
    assert (risk.trailing_fraction, risk.risk_per_trade_fraction) == (Decimal("0.03"), Decimal("0.0075"))
    assert config.account.mode == "paper"
    assert config.source("risk.trailing_fraction") == "imported QT_TRAIL_CALLBACK"
    assert config.source("account.mode") == "imported QT_PAPER_TRADING"


def test_a_section_that_is_no_table_stays_a_problem(tmp_path: Path) -> None:
    found = problems(tmp_path, f"risk = 3\n{with_mode()}", environment={"QT_TRAIL_CALLBACK": "3.0"})
    assert set(found) == {"risk"}


def test_problems_of_variables_and_of_the_file_are_told_together(tmp_path: Path) -> None:
    text = with_mode() + "[risk]\nleverge = 4\n"
    found = problems(tmp_path, text, environment={"QT_TRAIL_CALLBACK": "x", "QT_SPEED": "1"})
    assert set(found) == {"QT_TRAIL_CALLBACK", "QT_SPEED", "risk.leverge"}


def test_nothing_is_imported_unless_it_is_asked_for(tmp_path: Path) -> None:
    environment = {"QT_TRAIL_CALLBACK": "3.0", "QT_PAPER_TRADING": "false", "QT_SPEED": "1"}
    config = load(tmp_path, with_mode(), environment=environment, import_old=False)
    assert config.risk_settings().trailing_fraction is None
    assert config.account.mode == "paper"


def test_every_row_of_the_table_names_a_key_of_its_form() -> None:
    for name, old in TABLE.items():
        section, _, key = old.key.partition(".")
        assert section, name
        assert key, name
    assert {TABLE[name].key for name in ("QT_PAPER_TRADING", "STAGING_MODE")} == {"account.mode"}
    assert {"risk", "account"} <= set(SECTIONS)


@pytest.mark.owns("C1")
def test_an_engine_reads_none_of_them_and_says_so() -> None:
    with capture_logs() as lines:
        tell_unread({"QT_TRAIL_CALLBACK": "hunter2", "HOME": "/"}, mode="paper", source="file")
        tell_unread({"HOME": "/", "QT_IM_MODULE": "ibus"}, mode="paper", source="file")
    (line,) = lines
    assert (line["event"], line["log_level"]) == ("old_variables_not_read", "warning")
    assert line["names"] == ["QT_TRAIL_CALLBACK"]
    assert "hunter2" not in str(line)


@pytest.mark.owns("C2")
@pytest.mark.parametrize("name", ["QT_PAPER_TRADING", "STAGING_MODE"])
def test_an_engine_does_not_start_under_a_switch_that_says_another_mode(name: str) -> None:
    with capture_logs(), pytest.raises(ConfigError) as caught:
        tell_unread({name: "false"}, mode="paper", source="file")
    assert f'{name} = "false" means account.mode = "live"' in caught.value.problems[0].what
    with capture_logs():
        tell_unread({name: "true"}, mode="paper", source="file")
        tell_unread({name: "blue"}, mode="paper", source="file")
