"""`[universe]`: symbols come from one place, and a filter that decides nothing is told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import load_config
from jackline.cli.problems import ConfigError, Problem

HEAD = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[strategy]
name = "rsi_trend"
[venue]
url = "http://127.0.0.1:8090"
"""
NAMED = 'symbols = ["BTCUSDT", "ETHUSDT"]\n'
FILTER = '[universe]\nchosen_by = "filter"\n'


def problems(tmp_path: Path, text: str) -> dict[str, Problem]:
    file = tmp_path / "jackline.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(file, environment={})
    return {problem.key: problem for problem in caught.value.problems}


def test_without_it_what_is_named_is_traded(tmp_path: Path) -> None:
    file = tmp_path / "jackline.toml"
    file.write_text(HEAD + NAMED, encoding="utf-8")
    options = load_config(file, environment={}).engine_options()
    assert (options.symbols, options.universe) == (("BTCUSDT", "ETHUSDT"), None)


@pytest.mark.parametrize("named", [NAMED, "symbols = []\n"], ids=["named", "all"])
def test_filters_choose_from_what_is_named_or_from_all(tmp_path: Path, named: str) -> None:
    file = tmp_path / "jackline.toml"
    text = HEAD + named + FILTER + 'deny = ["DOGE*"]\nvolume_24h_min_quote = 5_000_000\nsymbols_max = 222\n'
    file.write_text(text, encoding="utf-8")
    rules = load_config(file, environment={}).engine_options().universe
    assert rules is not None
    assert (rules.deny, rules.allow, rules.symbols_max) == (("DOGE*",), (), 222)
    assert rules.volume_24h_min_quote == Decimal(5_000_000)


@pytest.mark.owns("C1")
def test_C1_no_symbol_and_no_filter_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + "symbols = []\n")["venue.symbols"]
    assert "no symbol is named" in found.what
    assert 'universe.chosen_by = "filter"' in found.fix


@pytest.mark.owns("C1")
def test_C1_a_filter_that_decides_nothing_is_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, HEAD + NAMED + '[universe]\nallow = ["BTC*"]\n')["universe.allow"]
    assert "decides nothing" in found.what
    assert found.fix == 'set universe.chosen_by = "filter", or remove it'


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("refresh_ms = 1000", "universe.refresh_ms"),
        ("symbols_max = 251", "universe.symbols_max"),
        ("spread_max_fraction = 0.2", "universe.spread_max_fraction"),
        ('allow = ["btc*"]', "universe.allow"),
        ('quote_asset = "USDC"', "universe.quote_asset"),
        ("volume_min = 3", "universe.volume_min"),
    ],
)
def test_C1_what_is_out_of_range_or_unknown_is_refused(tmp_path: Path, line: str, key: str) -> None:
    found = problems(tmp_path, HEAD + NAMED + FILTER + line + "\n")
    assert any(one.startswith(key) for one in found), found
