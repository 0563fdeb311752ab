"""`[regime]` and `[opportunity]`: what they give the core, and what is refused."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.problems import ConfigError
from jackline.cli.regime_section import (
    OpportunitySection,
    RegimeSection,
    opportunity_settings,
    regime_settings,
)
from jackline.core.gate_settings import OpportunitySettings, RegimeSettings, Rule
from jackline.engine.regime import memory_bars
from tests.processes import write_config

URL = "http://127.0.0.1:1"


def refusal(directory: Path, **changes: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(write_config(directory, URL, **changes), environment={})
    return " ".join(str(caught.value).split())


def test_the_keys_are_the_settings_of_the_core_and_so_are_the_defaults() -> None:
    assert set(RegimeSection.model_fields) == {one.name for one in dataclasses.fields(RegimeSettings)}
    assert set(OpportunitySection.model_fields) == {
        one.name for one in dataclasses.fields(OpportunitySettings)
    }
    assert regime_settings(RegimeSection.model_validate({})) == RegimeSettings()
    assert opportunity_settings(OpportunitySection.model_validate({})) == OpportunitySettings()


def test_C1_what_the_file_says_is_what_the_core_gets_with_the_bars_it_takes(tmp_path: Path) -> None:
    path = write_config(
        tmp_path,
        URL,
        regime__gate='"on"',
        regime__short_exception_confidence="0.7",
        opportunity__form='"thresholds"',
    )
    config = load_config(path, environment={})
    options = config.engine_options()
    assert options.risk.regime.gate is Rule.ON
    assert options.risk.regime.short_exception_confidence == Decimal("0.7")
    assert options.risk.opportunity.form == "thresholds"
    assert options.history_bars == 600, "three periods of 200"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("regime__short_exception_confidence", "0.59", "allowed: 0.60 … 0.90"),
        ("regime__short_exception_confidence", "0.91", "allowed: 0.60 … 0.90"),
        ("regime__ema_period_bars", "201", "allowed: 2 … 200"),
        ("regime__gate", '"maybe"', 'allowed: "off", "on"'),
        ("regime__ema_period", "200", "regime.ema_period_bars"),
        ("regime__reference_symbol", '"btc"', 'one name, e.g. "BTCUSDT"'),
        ("opportunity__gain_fraction", "0", "above 0 … 1"),
    ],
)
def test_C1_what_is_out_of_range_is_refused_with_the_range(
    tmp_path: Path, key: str, value: str, words: str
) -> None:
    assert words in refusal(tmp_path, **{key: value})


@pytest.mark.parametrize("asked", [{"regime__gate": '"on"'}, {"risk__size_weights": '"on"'}])
def test_C1_a_reference_that_the_venue_does_not_spell_so_is_refused_where_it_is_asked(
    tmp_path: Path, asked: dict[str, str]
) -> None:
    """It would never warm up, and deny for ever."""
    bingx = {"venue__name": '"bingx"', "venue__symbols": '["BTC-USDT"]'}
    default = load_config(write_config(tmp_path, URL, **bingx, **asked), environment={})
    assert default.risk_settings().regime.reference_symbol == "BTC-USDT"
    assert default.source("regime.reference_symbol") == "default"
    told = refusal(tmp_path, **bingx, **asked, regime__reference_symbol='"BTCUSDT"')
    assert 'regime.reference_symbol = "BTCUSDT"' in told
    assert "e.g. BTC-USDT" in told
    named = {"regime__reference_symbol": '"BTC-USDT"'}
    load_config(write_config(tmp_path, URL, **bingx, **asked, **named), environment={})


def test_C1_the_gate_is_on_unless_the_file_says_so_and_its_bars_are_read(tmp_path: Path) -> None:
    path = write_config(tmp_path, URL)
    path.write_text(path.read_text().replace('[regime]\ngate = "off"\n', ""))
    options = load_config(path, environment={}).engine_options()
    assert options.risk.regime.gate is Rule.ON
    assert options.history_bars == 600, "400 warm it up"


def test_P1_a_guard_needs_no_reference(tmp_path: Path) -> None:
    """It enters nothing, and its account may be where there is none."""
    path = write_config(tmp_path, URL, regime__gate='"on"')
    options = load_config(path, environment={}, guards_only=True).guard_options()
    assert memory_bars(options.risk) == 0
