"""`jackline guard`: what its file needs, what it is started with, and that the engine's still needs all it did."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import Config, load_config
from jackline.cli.problems import ConfigError
from jackline.cli.views import positions_in_store
from jackline.core.machine import Phase
from jackline.core.settings import AdoptSettings
from jackline.core.values import Side
from tests.core.driver import Driver

SMALLEST = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[venue]
url = "http://127.0.0.1:8090"
"""
TRADING = """symbols = ["BTCUSDT"]
[strategy]
name = "rsi_trend"
"""
GUARD = """
[guard]
adopted_trailing_fraction = 0.02
adopted_stop_shape = "quantity"
"""


def load(
    directory: Path, text: str, *, guards_only: bool = False, load_strategy_file: bool = False
) -> Config:
    path = directory / "jackline.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environment={}, guards_only=guards_only, load_strategy_file=load_strategy_file)


def missing(directory: Path, text: str, **how: bool) -> set[str]:
    with pytest.raises(ConfigError) as caught:
        load(directory, text, **how)
    return {problem.key for problem in caught.value.problems}


@pytest.mark.parametrize("more", ["", "[guard]\n", TRADING, TRADING + GUARD])
def test_a_guard_trades_no_symbol_and_asks_no_strategy_whatever_the_file_says(
    tmp_path: Path, more: str
) -> None:
    options = load(tmp_path, SMALLEST + more, guards_only=True).guard_options()
    assert options.guards_only
    assert options.symbols == ()
    assert options.strategy.name == "none"
    assert options.strategy.signal(()) is None


def test_the_table_makes_strategy_and_symbols_optional_for_every_other_command(tmp_path: Path) -> None:
    config = load(tmp_path, SMALLEST + "[guard]\n")
    assert config.engine_options().symbols == ()
    assert config.guard.settings() == AdoptSettings()


@pytest.mark.owns("C1")
def test_C1_without_it_both_are_missed_and_an_engine_misses_them_with_it_too(tmp_path: Path) -> None:
    assert missing(tmp_path, SMALLEST) == {"venue.symbols", "strategy.name"}
    wanted = {"venue.symbols", "strategy.name"}
    assert missing(tmp_path, SMALLEST + "[guard]\n", load_strategy_file=True) == wanted


def test_its_keys_reach_the_core(tmp_path: Path) -> None:
    settings = load(tmp_path, SMALLEST + TRADING + GUARD).engine_options().adopting
    assert settings == AdoptSettings(trailing_fraction=Decimal("0.02"), leaves_whole_position=True)  # type: ignore[arg-type]  # a plain decimal is equal to a Fraction


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("adopted_trailing_fraction = 2", "guard.adopted_trailing_fraction"),
        ('adopted_stop_shape = "half"', "guard.adopted_stop_shape"),
        ("trail_percent = 2", "guard.trail_percent"),
    ],
)
def test_C1_a_wrong_key_or_value_stops_the_start(tmp_path: Path, line: str, key: str) -> None:
    assert missing(tmp_path, f"{SMALLEST}[guard]\n{line}\n", guards_only=True) == {key}


def test_positions_say_who_opened_one_and_where_its_stop_was_planned() -> None:
    theirs = Driver().start(rung=None)
    theirs.venue.stranger_trades(Decimal("0.1"))
    theirs.reach(Phase.PROTECTED, within_ms=7_000)
    ours = Driver().start()
    ours.signal(Side.LONG)
    ours.reach(Phase.PROTECTED)
    rows = positions_in_store((theirs.trade, ours.trade))
    assert [(row.opened_by, row.plan) for row in rows] == [
        ("others", Decimal(49_500)),
        ("jackline", ours.trade.stop.disaster_price),
    ]
