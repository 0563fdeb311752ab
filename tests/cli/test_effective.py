"""What `jackline config show` tells: every key with its value and its source, as a file that means the same."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jackline.cli.catalogue import section_entries
from jackline.cli.config import Config, load_config
from jackline.cli.effective import as_toml, counted, effective, lines_to_add
from jackline.cli.spoken import plain_text, spoken, toml_text
from jackline.core.orders import MarginType

EXAMPLE = Path(__file__).resolve().parents[2] / "jackline.example.toml"
SMALL = """
[account]
name = "main"
state_dir = "state"
[venue]
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT"]
[strategy]
name = "rsi_trend"
parameters = { rsi_period = 7 }
"""


def loaded(directory: Path) -> Config:
    path = directory / "jackline.toml"
    path.write_text(SMALL)
    environment = {
        "JACKLINE__RISK__LEVERAGE": "3",
        "QT_PAPER_TRADING": "true",
        "QT_TRAIL_CALLBACK": "3.0",
        "JACKLINE__STRATEGY__PARAMETERS__RSI_LONG": "55.5",
    }
    return load_config(path, {"venue.rung": "after_fill"}, environment=environment, import_old=True)


def test_every_key_has_its_value_and_its_source(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    settings = {one.entry.key: one for one in effective(config)}
    assert set(settings) == {entry.key for entry in section_entries()} | {
        f"strategy.parameters.{name}" for name in ("rsi_period", "rsi_long", "rsi_short", "ema_period")
    }
    told = {key: (one.value, one.source) for key, one in settings.items() if one.source != "default"}
    assert told == {
        "account.name": ("main", "file"),
        "account.mode": ("paper", "imported QT_PAPER_TRADING"),
        "account.state_dir": (Path("state"), "file"),
        "venue.url": ("http://127.0.0.1:8090", "file"),
        "venue.symbols": (("BTCUSDT",), "file"),
        "venue.rung": ("after_fill", "command line"),
        "risk.leverage": (3, "environment JACKLINE__RISK__LEVERAGE"),
        "risk.trailing_fraction": (Decimal("0.03"), "imported QT_TRAIL_CALLBACK"),
        "strategy.name": ("rsi_trend", "file"),
        "strategy.parameters.rsi_period": (7, "file"),
        "strategy.parameters.rsi_long": (55.5, "environment JACKLINE__STRATEGY__PARAMETERS__RSI_LONG"),
    }


def test_what_is_shown_is_a_file_that_means_the_same(tmp_path: Path) -> None:
    config = loaded(tmp_path)
    again = tmp_path / "again.toml"
    again.write_text(as_toml(effective(config)), encoding="utf-8")
    read = load_config(again, environment={})
    assert [one.value for one in effective(read)] == [one.value for one in effective(config)]
    assert read.engine_options() == config.engine_options()


def test_a_table_given_whole_by_the_environment_has_that_source(tmp_path: Path) -> None:
    path = tmp_path / "jackline.toml"
    path.write_text(
        SMALL.replace('name = "main"\n', 'name = "main"\nmode = "paper"\n') + "[risk]\nleverage = 2\n"
    )
    environment = {"JACKLINE__RISK": "{ equity_min_quote = 50 }"}
    config = load_config(path, environment=environment)
    assert config.source("risk.equity_min_quote") == "environment JACKLINE__RISK"
    assert config.source("risk.leverage") == "default", "the file's table was replaced"
    assert config.risk_settings().leverage == 4


def test_the_example_is_all_from_the_file() -> None:
    settings = effective(load_config(EXAMPLE, environment={}))
    assert {one.source for one in settings if one.value is not None} == {"file"}
    assert {one.source for one in settings if one.value is None} == {"default"}


def test_the_lines_to_add_are_the_imports_alone(tmp_path: Path) -> None:
    settings = effective(loaded(tmp_path))
    assert lines_to_add(settings) == [
        "[account]",
        'mode = "paper"  # imported QT_PAPER_TRADING',
        "",
        "[risk]",
        "trailing_fraction = 0.03  # imported QT_TRAIL_CALLBACK: 3 %",
    ]
    assert counted(settings) == (
        "6 values from the file, 2 from the environment, 1 from the command line, 2 imported, "
        f"{len(settings) - 11} defaults"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (28_800_000, "28_800_000"),
        (-5, "-5"),
        (Decimal("0.00000010"), "0.00000010"),
        (60.0, "60.0"),
        (MarginType.CROSS, '"cross"'),
        (("A", "B"), '["A", "B"]'),
        ({"a": 1, "b": "c"}, '{ a = 1, b = "c" }'),
        (Path("a b"), '"a b"'),
    ],
)
def test_values_as_the_file_writes_them(value: object, text: str) -> None:
    assert toml_text(value) == text


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives_the_file(text: str) -> None:
    assert tomllib.loads(f"a = {toml_text(text)}") == {"a": text}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("risk.trailing_fraction", Decimal("0.03"), "3 %"),
        ("risk.risk_per_trade_fraction", Decimal("0.0075"), "0.75 %"),
        ("risk.stop_value_fraction", 1, "100 %"),
        ("risk.stop_liquidation_share_max", Decimal("0.6"), "60 %"),
        ("risk.hold_max_ms", 28_800_000, "8 h"),
        ("risk.hold_max_ms", 2_592_000_000, "30 days"),
        ("risk.hold_max_ms", 86_400_000, "24 h"),
        ("risk.cooldown_ms", 300_000, "5 min"),
        ("protection.protect_deadline_ms", 1_500, "1.5 s"),
        ("protection.reread_ms", 250, None),
        ("risk.leverage", 4, None),
        ("account.name", "main", None),
    ],
)
def test_values_as_a_person_says_them(key: str, value: object, said: str | None) -> None:
    assert spoken(key, value) == said


def test_values_for_programs_lose_no_digit() -> None:
    assert plain_text((Decimal("0.10"), MarginType.CROSS, Path("x"), 3, None)) == [
        "0.10",
        "cross",
        "x",
        3,
        None,
    ]
