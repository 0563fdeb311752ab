"""The configuration: what it gives to the other rooms, and that everything wrong with it is said at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.config import Config, load_config
from jackline.cli.errors import ExitCode
from jackline.cli.problems import ConfigError, Problem
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.risk_section import STOP_PREFIX, RiskSection, risk_settings
from jackline.core.orders import MarginType, PositionMode
from jackline.core.plan import Rung
from jackline.core.settings import (
    RULE_TARGET_FRACTION,
    ProtectionSettings,
    RiskSettings,
    StopBasis,
    StopSettings,
)
from jackline.strategies.rsi_trend import RsiTrend
from jackline.venue.transport.endpoint import VenueMode

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


def load(
    directory: Path,
    text: str = SMALLEST,
    *,
    overrides: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Config:
    path = directory / "jackline.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, overrides, environment=environment or {})


def problems(
    directory: Path, text: str = SMALLEST, *, environment: Mapping[str, str] | None = None
) -> dict[str, Problem]:
    with pytest.raises(ConfigError) as caught:
        load(directory, text, environment=environment)
    assert caught.value.code is ExitCode.BAD_INPUT
    return {problem.key: problem for problem in caught.value.problems}


def test_the_smallest_file_gives_the_defaults_of_the_core(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.risk_settings() == RiskSettings(target_fraction=RULE_TARGET_FRACTION)
    assert config.protection_settings() == ProtectionSettings()
    options = config.engine_options()
    assert options.state_dir == tmp_path.resolve() / "state"
    assert (options.account, options.mode, options.symbols) == ("main", "paper", ("BTCUSDT",))
    assert (options.interval_ms, options.forced_rung) == (300_000, None)
    assert (options.position_mode, options.margin_type) == (PositionMode.NETTING, MarginType.ISOLATED)
    assert options.strategy == RsiTrend()
    assert options.history_bars >= options.strategy.warmup_bars
    assert config.mode is VenueMode.PAPER


@pytest.mark.parametrize(
    ("lines", "target"),
    [
        ("", "0.05"),
        ("target_fraction = 0.03", "0.03"),
        ('target_of_rules = "off"', None),
        ('target_of_rules = "off"\ntarget_fraction = 0.03', "0.03"),
    ],
)
def test_a_rule_strategy_takes_profit_at_five_percent_unless_the_file_says_otherwise(
    tmp_path: Path, lines: str, target: str | None
) -> None:
    config = load(tmp_path, f"{SMALLEST}\n[risk]\n{lines}\n")
    wanted = None if target is None else Decimal(target)
    assert config.risk_settings().target_fraction == wanted
    outside = load(tmp_path, f"{SMALLEST.replace('rsi_trend', 'manual')}\n[risk]\n{lines}\n")
    assert outside.risk_settings().target_fraction == (None if target == "0.05" else wanted)


def test_every_setting_of_the_core_has_its_key_and_no_key_is_without_one() -> None:
    stop = {STOP_PREFIX + field.name for field in dataclasses.fields(StopSettings)}
    tables = {"stop", "regime", "opportunity", "exits"}
    risk = {field.name for field in dataclasses.fields(RiskSettings)} - tables
    assert set(RiskSection.model_fields) == stop | risk | {"target_of_rules"}
    assert set(ProtectionSection.model_fields) == {
        field.name for field in dataclasses.fields(ProtectionSettings)
    }
    assert risk_settings(RiskSection.model_validate({})) == RiskSettings()


def test_everything_can_be_set(tmp_path: Path) -> None:
    text = SMALLEST.replace(
        'symbols = ["BTCUSDT"]',
        'symbols = ["BTCUSDT", "ETHUSDT"]\nbar_interval = "15m"\nposition_mode = "hedge"\n'
        'margin_type = "cross"\nrung = "after_fill"',
    )
    text += (
        "parameters = { rsi_period = 7, rsi_long = 55.5 }\n"
        '[risk]\nleverage = 10\nstop_basis = "margin"\nstop_value_fraction = 0.1\ntarget_fraction = "0.05"\n'
        "[protection]\nprotect_deadline_ms = 900\n"
    )
    config = load(tmp_path, text)
    options = config.engine_options()
    assert options.symbols == ("BTCUSDT", "ETHUSDT")
    assert (options.interval_ms, options.forced_rung) == (900_000, Rung.AFTER_FILL)
    assert (options.position_mode, options.margin_type) == (PositionMode.HEDGE, MarginType.CROSS)
    assert options.strategy == RsiTrend(rsi_period=7, rsi_long=55.5)
    risk = options.risk
    assert (risk.leverage, risk.stop.basis, risk.target_fraction) == (10, StopBasis.MARGIN, Decimal("0.05"))
    assert options.protection.protect_deadline_ms == 900


def test_decimals_never_pass_a_float(tmp_path: Path) -> None:
    config = load(tmp_path, SMALLEST + "[risk]\nslippage_fraction = 0.0030000000000000001\n")
    assert config.risk_settings().slippage_fraction == Decimal("0.0030000000000000001")


def test_environment_wins_over_the_file_and_options_over_both(tmp_path: Path) -> None:
    text = SMALLEST + "[risk]\nleverage = 2\n"
    environment = {
        "JACKLINE__RISK__LEVERAGE": "3",
        "JACKLINE__VENUE__SYMBOLS": "BTCUSDT,ETHUSDT",
        "JACKLINE__RISK__STOP_VALUE_FRACTION": "0.02",
        "JACKLINE_LOG": "json",
        "HOME": "/",
    }
    config = load(tmp_path, text, environment=environment)
    assert config.risk_settings().leverage == 3
    assert config.symbols == ("BTCUSDT", "ETHUSDT")
    assert config.risk_settings().stop.value_fraction == Decimal("0.02")
    config = load(tmp_path, text, environment=environment, overrides={"risk.leverage": 5})
    assert config.risk_settings().leverage == 5


@pytest.mark.owns("C1")
def test_all_problems_are_told_at_once_each_with_key_value_and_fix(tmp_path: Path) -> None:
    text = """
        colour = "red"
        [account]
        name = "main"
        mode = "paper"
        [venue]
        url = "http://127.0.0.1:8090"
        symbols = ["BTCUSDT", "btc"]
        rung = "fastest"
        [risk]
        leverge = 4
        risk_per_trade_fraction = 0.5
        [protection]
        protect_deadline_ms = 5000
        [strategy]
        name = "rsi_trend"
        parameters = { rsi_perid = 14, rsi_long = 20 }
    """
    found = problems(tmp_path, text, environment={"JACKLINE__RSIK__LEVERAGE": "3"})
    assert set(found) == {
        "colour",
        "rsik",
        "account.state_dir",
        "venue.symbols",
        "venue.rung",
        "risk.leverge",
        "risk.risk_per_trade_fraction",
        "protection.protect_deadline_ms",
        "strategy.parameters.rsi_perid",
        "strategy.parameters.rsi_long",
    }
    assert "did you mean risk.leverage?" in found["risk.leverge"].fix
    assert "did you mean risk?" in found["rsik"].fix
    assert found["rsik"].source == "environment JACKLINE__RSIK__LEVERAGE"
    assert "0.001 … 0.02" in found["risk.risk_per_trade_fraction"].fix
    assert found["risk.risk_per_trade_fraction"].value == Decimal("0.5")
    assert "200 … 1_500" in found["protection.protect_deadline_ms"].fix
    assert '"auto", "attached", "stop_first", "concurrent", "after_fill"' in found["venue.rung"].fix
    assert "rsi_period" in found["strategy.parameters.rsi_perid"].fix
    assert "50 …" in found["strategy.parameters.rsi_long"].fix
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    shown = str(caught.value)
    assert str(tmp_path / "jackline.toml") in shown
    assert "risk.leverge = 4" in shown


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("line", "key", "fix"),
    [
        ("risk_per_trade = 0.75", "risk.risk_per_trade", "name the unit: risk.risk_per_trade_fraction"),
        ("hold_max = 8", "risk.hold_max", "name the unit: risk.hold_max_ms"),
        ("stop_value = 1.5", "risk.stop_value", "name the unit: risk.stop_value_fraction"),
        ("target_percent = 5", "risk.target_percent", "write risk.target_fraction = 0.05"),
        ("slippage_bps = 20", "risk.slippage_bps", "write risk.slippage_fraction = 0.002"),
    ],
)
def test_a_number_without_its_unit_is_refused(tmp_path: Path, line: str, key: str, fix: str) -> None:
    (problem,) = problems(tmp_path, f"{SMALLEST}[risk]\n{line}\n").values()
    assert problem.key == key
    assert fix in problem.fix


@pytest.mark.owns("C1")
@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('slippage_fraction = "0.2%"', "0.2 % is 0.002"),
        ("slippage_fraction = true", "must be a number"),
        ("slippage_fraction = nan", "not one of"),
        ('slippage_fraction = "1e-3"', "must be a number"),
        ("leverage = 4.0", "not one of"),
        ("leverage = true", "not one of"),
        ('leverage = "4"', "not one of"),
        ("leverage = 0", "out of range"),
        ("leverage = 126", "out of range"),
        ("entry_receive_window_ms = 1501", "out of range"),
    ],
)
def test_a_value_of_another_kind_or_out_of_range_is_refused(tmp_path: Path, line: str, what: str) -> None:
    (problem,) = problems(tmp_path, f"{SMALLEST}[risk]\n{line}\n").values()
    assert problem.key == f"risk.{line.partition(' ')[0]}"
    assert what in problem.what
    assert "allowed" in problem.fix


@pytest.mark.parametrize("section", [RiskSection, ProtectionSection])
def test_every_number_has_a_range(section: type[RiskSection | ProtectionSection]) -> None:
    for name, field in section.model_fields.items():
        if not isinstance(field.default, int | Decimal) and name not in {
            "target_fraction",
            "trailing_fraction",
        }:
            continue
        rules = field.metadata
        assert any(hasattr(rule, "ge") or hasattr(rule, "gt") for rule in rules), name
        assert any(hasattr(rule, "le") for rule in rules), name


@pytest.mark.owns("C2")
@pytest.mark.parametrize("mode", ["backtest", "testnet", "live"])
def test_a_mode_without_a_transport_is_refused(tmp_path: Path, mode: str) -> None:
    (problem,) = problems(tmp_path, SMALLEST.replace('"paper"', f'"{mode}"')).values()
    assert (problem.key, problem.value) == ("account.mode", mode)
    assert "C2" in problem.what


@pytest.mark.owns("C2")
@pytest.mark.parametrize(
    "url", ["https://fapi.binance.com", "http://localhost:8090", "http://10.0.0.1:1", "8090"]
)
def test_paper_reaches_only_a_loopback_address(tmp_path: Path, url: str) -> None:
    (problem,) = problems(tmp_path, SMALLEST.replace("http://127.0.0.1:8090", url)).values()
    assert (problem.key, problem.value) == ("venue.url", url)
    assert "127.0.0.1" in problem.fix


@pytest.mark.owns("P7")
def test_a_stop_beyond_liquidation_is_refused_with_the_figures(tmp_path: Path) -> None:
    text = f"{SMALLEST}[risk]\nleverage = 50\nstop_value_fraction = 0.02\n"
    (problem,) = problems(tmp_path, text).values()
    assert problem.key == "risk.stop_value_fraction"
    assert "P7" in problem.what
    assert "lower risk.leverage to 30 or less" in problem.fix
    fixed = load(tmp_path, text.replace("50", "30"))
    assert fixed.risk_settings().leverage == 30


@pytest.mark.parametrize(
    ("lines", "key", "what"),
    [
        ("stop_value_fraction = 0.2\nleverage = 1", "risk.stop_value_fraction", "outside 0.001 … 0.10"),
        (
            'stop_basis = "margin"\nstop_value_fraction = 0.003',
            "risk.stop_value_fraction",
            "of the margin at 4x",
        ),
        (
            "stop_value_fraction = 0.0015\nstop_distance_min_fraction = 0.001",
            "risk.stop_value_fraction",
            "fees",
        ),
        ("stop_distance_min_fraction = 0.02\nstop_distance_max_fraction = 0.01", "", "largest distance"),
    ],
)
def test_a_stop_that_could_never_be_placed_is_refused(
    tmp_path: Path, lines: str, key: str, what: str
) -> None:
    found = problems(tmp_path, f"{SMALLEST}[risk]\n{lines}\n")
    assert any(what in problem.what for problem in found.values()), found
    assert key in found or not key


def test_symbols_stand_once(tmp_path: Path) -> None:
    text = SMALLEST.replace('["BTCUSDT"]', '["BTCUSDT", "BTCUSDT"]')
    assert "more than once" in problems(tmp_path, text)["venue.symbols"].what


def test_an_unknown_strategy_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SMALLEST.replace("rsi_trend", "moon")).values()
    assert (problem.key, problem.value) == ("strategy.name", "moon")
    assert "rsi_trend" in problem.fix


@pytest.mark.parametrize(
    ("text", "what"),
    [(None, "cannot be read"), ("leverage 4", "not TOML"), ("x = 1\n" * 200_000, "longer than")],
)
def test_a_file_that_is_no_configuration(tmp_path: Path, text: str | None, what: str) -> None:
    path = tmp_path / "jackline.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError, match=what) as caught:
        load_config(path, environment={})
    assert caught.value.problems[0].key == str(path)


def with_key_file(directory: Path, content: str, mode: int = 0o600) -> str:
    path = directory / "key.toml"
    path.write_text(content)
    path.chmod(mode)
    return SMALLEST.replace("[strategy]", 'key_file = "key.toml"\n[strategy]')


def test_the_key_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    config = load(tmp_path, with_key_file(tmp_path, 'key = "abc"\nsecret = "hunter2"\n'))
    assert (config.credentials.api_key, config.credentials.secret) == ("abc", "hunter2")


@pytest.mark.owns("S1")
def test_no_secret_is_shown(tmp_path: Path) -> None:
    text = with_key_file(tmp_path, 'key = "abcdef"\nsecret = "hunter2"\n')
    assert "hunter2" not in repr(load(tmp_path, text))
    assert "abcdef" not in repr(load(tmp_path, text))
    loose = SMALLEST.replace("[strategy]", 'secret = "hunter2"\napi_key = "abcdef"\n[strategy]')
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, loose, environment={"JACKLINE__ACCOUNT__PASSWORD": "hunter2"})
    assert {problem.key for problem in caught.value.problems} == {
        "venue.secret",
        "venue.api_key",
        "account.password",
    }
    assert "hunter2" not in str(caught.value)
    assert "abcdef" not in str(caught.value)


@pytest.mark.owns("S1")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    text = with_key_file(tmp_path, 'key = "abc"\nsecret = "hunter2"\n', mode)
    (problem,) = problems(tmp_path, text).values()
    assert f"{mode:04o}" in problem.what
    assert "chmod 600" in problem.fix


@pytest.mark.owns("S1")
@pytest.mark.parametrize(
    "content",
    [
        'key = "abc"',
        'key = "abc"\nsecret = ""',
        'key = "abc"\nsecret = "hunter2"\nextra = 1',
        'secret = hunter2"',
        "key = 1\nsecret = 2",
    ],
)
def test_a_key_file_of_another_shape_is_refused_without_its_content(tmp_path: Path, content: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, with_key_file(tmp_path, content))
    assert caught.value.problems[0].key == "venue.key_file"
    assert "hunter2" not in str(caught.value)
