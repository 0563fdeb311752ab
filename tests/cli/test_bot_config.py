"""`[bot.NAME]`: several bots in one file, what each may set, and what contradicts."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.allowed import allowed
from jackline.cli.bot_section import OWN, BotSection
from jackline.cli.effective import as_toml, effective
from jackline.cli.problems import Problem
from jackline.cli.risk_section import RiskSection
from jackline.core.bots import MAIN, SignalSource
from jackline.core.settings import RULE_TARGET_FRACTION, RiskSettings, SizeMode
from jackline.core.values import Side
from jackline.engine.banner import banner
from jackline.strategies.ema_cross import EmaCross
from jackline.strategies.rsi_trend import RsiTrend
from tests.cli.test_config import SMALLEST, load, problems
from tests.cli.test_example import TEXT
from tests.core.making import cold_state

ACCOUNT = """
[account]
name = "main"
mode = "paper"
state_dir = "state"
[venue]
url = "http://127.0.0.1:8090"
symbols = ["BTCUSDT", "ETHUSDT"]
"""
TWO = (
    ACCOUNT
    + """
[bot.trend]
strategy = "rsi_trend"
symbols = ["BTCUSDT"]
budget_fraction = 0.25
trades_max = 2
stop_value_fraction = 0.02
[bot.trend.parameters]
rsi_period = 21
[bot.alerts]
strategy = "webhook"
symbols = ["ETHUSDT"]
side = "long"
size_mode = "signal"
size_cap_basis = "margin"
size_cap_fraction = 0.5
"""
)


def bots(body: str, *, mode: str = "netting") -> str:
    return ACCOUNT + f'position_mode = "{mode}"\n' + body


def test_two_bots_have_each_their_strategy_symbols_sizes_and_budget(tmp_path: Path) -> None:
    config = load(tmp_path, TWO)
    trend, alerts = (one.bot for one in config.engine_options().every_bot)
    assert (trend.name, trend.symbols, trend.budget_fraction, trend.trades_max) == (
        "trend",
        ("BTCUSDT",),
        Decimal("0.25"),
        2,
    )
    assert trend.risk.stop.value_fraction == Decimal("0.02")
    assert (alerts.risk.size_mode, alerts.risk.stop) == (SizeMode.SIGNAL, RiskSettings().stop)
    assert (alerts.sides, alerts.source) == ((Side.LONG,), SignalSource.WEBHOOK)
    assert config.risk_settings() == RiskSettings(), "what a bot sets is not the account's"
    assert (trend.risk.target_fraction, alerts.risk.target_fraction) == (RULE_TARGET_FRACTION, None)
    assert config.strategies[0] == RsiTrend(rsi_period=21)


def test_a_file_with_a_strategy_alone_means_one_bot_called_main(tmp_path: Path) -> None:
    options = load(tmp_path).engine_options()
    (one,) = options.every_bot
    assert (one.bot.name, one.bot.symbols, one.bot.risk) == (MAIN, None, options.risk)
    assert one.strategy == options.strategy == RsiTrend()


def test_the_environment_reaches_into_a_bot(tmp_path: Path) -> None:
    config = load(tmp_path, TWO, environment={"JACKLINE__BOT__TREND__BUDGET_FRACTION": "0.1"})
    assert config.bots[0].bot.budget_fraction == Decimal("0.1")
    assert config.source("bot.trend.budget_fraction") == "environment JACKLINE__BOT__TREND__BUDGET_FRACTION"


def test_a_history_is_as_long_as_the_slowest_of_them_needs(tmp_path: Path) -> None:
    text = TWO.replace('strategy = "webhook"', 'strategy = "ema_cross"')
    config = load(tmp_path, text)
    assert config.engine_options().history_bars >= max(
        RsiTrend(rsi_period=21).warmup_bars, EmaCross().warmup_bars
    )


def test_what_is_shown_is_a_configuration_itself(tmp_path: Path) -> None:
    config = load(tmp_path, TWO)
    shown = as_toml(effective(config))
    assert "[bot.trend.parameters]" in shown
    assert "[strategy]" not in shown
    again = load(tmp_path, shown)
    assert again.engine_options() == config.engine_options()


def test_the_bots_of_the_example_are_right(tmp_path: Path) -> None:
    head, _, tail = TEXT.partition("[strategy]")
    shown = tail.partition("tells every key:")[2].partition("[phase]")[0]
    given = head + re.sub("^# ?", "", shown, flags=re.M)
    assert set(tomllib.loads(given)["bot"]) == {"trend", "alerts"}
    assert [one.bot.name for one in load(tmp_path, given).bots] == ["trend", "alerts"]


@pytest.mark.parametrize("name", sorted(set(BotSection.model_fields) - OWN))
def test_what_a_bot_sets_instead_has_the_range_of_the_account(name: str) -> None:
    assert allowed(BotSection, name) == allowed(RiskSection, name)


def test_a_banner_tells_each_bot_and_what_it_plans_with_instead(tmp_path: Path) -> None:
    options = load(tmp_path, TWO).engine_options()
    made = {one.bot.name: one.bot for one in options.bots}
    state = cold_state(risk=options.risk)
    told = banner(options, replace(state, bots=made, bots_stopped=frozenset({"alerts"})))
    assert "strategy" not in told
    assert told["bot.trend"]["stop_value_fraction"] == "0.02"
    assert told["bot.trend"]["rsi_period"] == 21
    assert (told["bot.trend"]["state"], told["bot.alerts"]["state"]) == ("running", "stopped")
    assert "stop_value_fraction" not in told["bot.alerts"], "as under [risk]"


def found(directory: Path, text: str) -> dict[str, Problem]:
    return problems(directory, text)


def test_C2_a_strategy_beside_bots_is_a_contradiction(tmp_path: Path) -> None:
    said = found(tmp_path, TWO + '[strategy]\nname = "ema_cross"\n')["strategy"]
    assert said.what.startswith("C2")
    assert "[bot.main]" in said.fix


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("daily_loss_max_fraction = 0.2", "risk.daily_loss_max_fraction"),
        ("losing_streak_max = 9", "risk.losing_streak_max"),
        ("equity_min_quote = 1", "risk.equity_min_quote"),
        ("leverage = 20", "risk.leverage"),
        ('margin_type = "cross"', "venue.margin_type"),
        ("protect_deadline_ms = 900", "protection.protect_deadline_ms"),
    ],
)
def test_C1_a_bot_has_no_limit_of_the_account(tmp_path: Path, line: str, key: str) -> None:
    said = found(tmp_path, bots(f'[bot.a]\nstrategy = "rsi_trend"\n{line}\n'))[
        f"bot.a.{line.split(maxsplit=1)[0]}"
    ]
    assert "the account's" in said.what
    assert key in said.fix


@pytest.mark.parametrize(
    ("body", "key", "what", "fix"),
    [
        ("[bot.a]\nbudget = 1\n", "bot.a.budget", "a number without a unit", "bot.a.budget_fraction"),
        ("[bot.a]\nbudget_fraction = 2\n", "bot.a.budget_fraction", "out of range", "above 0 … 1"),
        ("[bot.a]\ntrades_max = 0\n", "bot.a.trades_max", "out of range", "1 … 200"),
        ("[bot.a]\nsymbol = 1\n", "bot.a.symbol", "unknown key", "bot.a.symbols"),
        ("[bot.A]\n", "bot.A", "no name of a bot", "a to z"),
        ("[bot.a]\nsymbols = ['BTCUSDT']\n", "bot.a.strategy", "missing", "or file ="),
        ("[bot.a]\nstrategy = 'x'\n", "bot.a.strategy", "no such strategy", "webhook"),
        (
            "[bot.a]\nstrategy = 'rsi_trend'\nparameters = { rsi_perod = 3 }\n",
            "bot.a.parameters.rsi_perod",
            "unknown key",
            "bot.a.parameters.rsi_period",
        ),
        (
            "[bot.a]\nstrategy = 'rsi_trend'\nsymbols = ['SOLUSDT']\n",
            "bot.a.symbols",
            "not symbols of this account",
            "venue.symbols",
        ),
        (
            "[bot.a]\nstrategy = 'rsi_trend'\nstop_value_fraction = 0.5\n",
            "bot.a.stop_value_fraction",
            "P7",
            "lower risk.leverage",
        ),
        ("[bot.a]\nstrategy = 'rsi_trend'\nfile = 'b.py'\n", "bot.a.strategy", "of its own", "keep one"),
        (
            "[bot.a]\nstrategy = 'rsi_trend'\nsize_mode = 'fixed'\n",
            "bot.a.size_fixed_quote",
            "needs it",
            "notional",
        ),
    ],
)
def test_C1_what_is_wrong_with_a_bot_is_told_under_its_key(
    tmp_path: Path, body: str, key: str, what: str, fix: str
) -> None:
    said = found(tmp_path, bots(body))[key]
    assert what in said.what
    assert fix in said.fix


def test_C1_a_bot_that_is_no_table_is_told(tmp_path: Path) -> None:
    text = SMALLEST.replace('[strategy]\nname = "rsi_trend"\n', "[bot]\na = 1\n")
    assert found(tmp_path, text)["bot.a"].what == "not a table"
    assert found(tmp_path, "bot = 3\n" + SMALLEST)["bot"].what == "not a table of bots"


SHARED = """
[bot.a]
strategy = "rsi_trend"
side = "long"
[bot.b]
strategy = "ema_cross"
symbols = ["ETHUSDT"]
side = "{side}"
"""


def test_two_bots_share_no_symbol_in_netting_mode_whatever_their_sides(tmp_path: Path) -> None:
    said = found(tmp_path, bots(SHARED.format(side="short")))["bot.b.symbols"]
    assert "bot a has ETHUSDT too" in said.what
    assert said.fix == "give each bot symbols of its own"


def test_two_bots_share_a_symbol_in_hedge_mode_on_different_sides_alone(tmp_path: Path) -> None:
    text = bots(SHARED.format(side="short"), mode="hedge")
    assert len(load(tmp_path, text).bots) == 2
    said = found(tmp_path, bots(SHARED.format(side="both"), mode="hedge"))["bot.b.symbols"]
    assert 'side = "short"' in said.fix


def test_a_fixed_size_of_the_account_does_not_bind_a_bot_of_another_mode(tmp_path: Path) -> None:
    risk = '[risk]\nsize_mode = "fixed"\nsize_fixed_quote = 500\n'
    config = load(tmp_path, bots('[bot.a]\nstrategy = "rsi_trend"\nsize_mode = "risk"\n') + risk)
    assert config.bots[0].bot.risk.size_fixed_quote is None
    assert config.risk_settings().size_fixed_quote == 500


def test_bots_of_a_universe_have_each_their_symbols_and_one_alone_may_have_all(tmp_path: Path) -> None:
    text = '[bot.a]\nstrategy = "rsi_trend"\n[bot.b]\nstrategy = "ema_cross"\n'
    several = bots(text).replace('symbols = ["BTCUSDT", "ETHUSDT"]', "symbols = []")
    several += '[universe]\nchosen_by = "filter"\n'
    assert "every symbol" in found(tmp_path, several)["bot.b.symbols"].what
    apart = several.replace("[bot.b]", 'symbols = ["BTCUSDT"]\n[bot.b]\nsymbols = ["ADAUSDT"]')
    assert len(load(tmp_path, apart).bots) == 2
    assert "BTCUSDT" in found(tmp_path, apart.replace("ADAUSDT", "BTCUSDT"))["bot.b.symbols"].what


def test_a_bot_has_the_tables_of_the_account_beside_its_own_risk(tmp_path: Path) -> None:
    config = load(tmp_path, bots('[bot.a]\nstrategy = "rsi_trend"\n') + '[exits]\nstages = "on"\n')
    (bot,) = config.engine_options().bots
    assert bot.bot.risk.exits == config.risk_settings().exits
    assert bot.bot.risk.exits.stages is not None
