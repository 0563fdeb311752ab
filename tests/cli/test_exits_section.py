"""`[exits]`: its keys are the core's settings, and what would never close or close at once stops start-up."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import Config, load_config
from jackline.cli.exits_section import STAGE_PREFIX, ExitsSection, exit_settings
from jackline.cli.problems import ConfigError, Problem
from jackline.core.exit_settings import ExitSettings, Stages
from jackline.core.values import fraction

SMALLEST = """
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


def load(directory: Path, lines: str, risk: str = "") -> Config:
    path = directory / "jackline.toml"
    path.write_text(f"{SMALLEST}[risk]\n{risk}\n[exits]\n{lines}\n")
    return load_config(path, environment={})


def problem(directory: Path, lines: str, risk: str = "") -> Problem:
    with pytest.raises(ConfigError) as found:
        load(directory, lines, risk)
    (only,) = found.value.problems
    return only


def test_every_setting_of_the_core_has_its_key_and_its_default() -> None:
    stages = {STAGE_PREFIX + field.name for field in fields(Stages)}
    assert set(ExitsSection.model_fields) == stages | {field.name for field in fields(ExitSettings)}
    assert exit_settings(ExitsSection.model_validate({})) == ExitSettings()
    assert exit_settings(ExitsSection.model_validate({"stages": "on"})) == ExitSettings(stages=Stages())


def test_the_numbers_reach_the_engine(tmp_path: Path) -> None:
    lines = 'stages = "on"\nstage_lock_fraction = 0.02\nno_progress_ms = 3_600_000\nmodel_exit_long_fraction = 0.8'
    exits = load(tmp_path, lines).engine_options().risk.exits
    assert exits.stages == replace(Stages(), lock_fraction=fraction("0.02"))
    assert exits.no_progress_ms == 3_600_000
    assert exits.model_exit_long_fraction == Decimal("0.8")


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("lines", "key", "what"),
    [
        (
            "stage_break_even_gain_fraction = 0.03",
            "stage_break_even_gain_fraction",
            "not below stage_lock_gain",
        ),
        ("stage_lock_fraction = 0.03", "stage_lock_fraction", "not below stage_lock_gain_fraction = 0.03"),
        ("stage_peak_distance_fraction = 0.05", "stage_peak_distance_fraction", "where the price is"),
        (
            "stage_break_even_gain_fraction = 0.003",
            "stage_break_even_gain_fraction",
            "the costs of a trade, 0.0030",
        ),
    ],
)
def test_C1_stages_that_go_back_or_stand_at_the_price_stop_the_start(
    tmp_path: Path, lines: str, key: str, what: str
) -> None:
    found = problem(tmp_path, f'stages = "on"\n{lines}')
    assert found.key == f"exits.{key}"
    assert what in found.what
    assert found.fix
    assert load(tmp_path, lines).risk_settings().exits.stages is None, "off, they mean nothing"


@pytest.mark.owns("C1")
def test_C1_a_patience_longer_than_the_longest_hold_stops_the_start(tmp_path: Path) -> None:
    day = "no_progress_ms = 86_400_000"
    found = problem(tmp_path, day)
    assert found.key == "exits.no_progress_ms"
    assert "risk.hold_max_ms = 28_800_000" in found.what
    assert load(tmp_path, day, "hold_max_ms = 90_000_000").risk_settings().exits.no_progress_ms == 86_400_000


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("model_exit_long_fraction = 70", "model_exit_long_fraction"),
        ('model_exit_short_fraction = "72 %"', "model_exit_short_fraction"),
        ("stages = true", "stages"),
        ("no_progress_ms = 1", "no_progress_ms"),
        ("stage_lock = 0.01", "stage_lock"),
    ],
)
def test_C1_another_value_or_key_is_refused(tmp_path: Path, line: str, key: str) -> None:
    found = problem(tmp_path, line)
    assert found.key == f"exits.{key}"
    assert found.fix


def test_every_number_has_a_range() -> None:
    for name, field in ExitsSection.model_fields.items():
        if name != "stages":
            assert any(hasattr(rule, "ge") for rule in field.metadata), name
            assert any(hasattr(rule, "le") for rule in field.metadata), name
