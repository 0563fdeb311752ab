"""`[exits]`: its keys are the core's settings, and what would never close or close at once stops start-up."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import Config, load_config
from jackline.cli.exits_section import STAGE_PREFIX, ExitsSection, exit_settings
from jackline.cli.problems import ConfigError, Problem
from jackline.core.exit_settings import ExitSettings, Stages, TrailingBy
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
        if name not in {"stages", "trailing_by"}:
            assert any(hasattr(rule, "ge") for rule in field.metadata), name
            assert any(hasattr(rule, "le") for rule in field.metadata), name


def test_the_venue_may_trail_where_it_can(tmp_path: Path) -> None:
    risk = load(tmp_path, 'trailing_by = "venue"', "trailing_fraction = 0.015").engine_options().risk
    assert (risk.exits.trailing_by, risk.trailing_fraction) == (TrailingBy.VENUE, Decimal("0.015"))
    assert load(tmp_path, "").engine_options().risk.exits.trailing_by is TrailingBy.ENGINE


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("risk", "key", "what", "fix"),
    [
        ("", "exits.trailing_by", "nothing to trail by", "trailing_by"),
        ("trailing_fraction = 0.06", "risk.trailing_fraction", "0.100 … 5.00 %", "allowed: 0.001 … 0.05"),
    ],
)
def test_C1_a_distance_that_the_venue_does_not_take_stops_the_start(
    tmp_path: Path, risk: str, key: str, what: str, fix: str
) -> None:
    found = problem(tmp_path, 'trailing_by = "venue"', risk)
    assert (found.key, what in found.what, fix in found.fix) == (key, True, True), found


@pytest.mark.owns("C1")
def test_C1_a_bot_s_own_distance_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "jackline.toml"
    bots = '[bot.one]\nstrategy = "rsi_trend"\ntrailing_fraction = 0.1\n'
    text = SMALLEST.replace('[strategy]\nname = "rsi_trend"\n', bots)
    path.write_text(f'{text}[exits]\ntrailing_by = "venue"\n')
    with pytest.raises(ConfigError) as found:
        load_config(path, environment={})
    assert [one.key for one in found.value.problems] == ["bot.one.trailing_fraction"]


@pytest.mark.owns("C1")
def test_C1_where_a_side_has_room_for_one_stop_the_venue_cannot_trail(tmp_path: Path) -> None:
    path = tmp_path / "jackline.toml"
    text = SMALLEST.replace("[venue]\n", '[venue]\nname = "bingx"\n').replace("BTCUSDT", "BTC-USDT")
    path.write_text(f'{text}[risk]\ntrailing_fraction = 0.01\n[exits]\ntrailing_by = "venue"\n')
    with pytest.raises(ConfigError) as found:
        load_config(path, environment={})
    (only,) = found.value.problems
    assert (only.key, only.value) == ("exits.trailing_by", "venue")
    assert "one stop a side" in only.what
    assert 'trailing_by = "engine"' in only.fix
