"""The banner of a start: what the engine decides with, whatever the file says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.cli.exits_section import ExitsSection
from jackline.cli.guard_section import GuardSection
from jackline.cli.logs import below_each_other
from jackline.cli.page import WIDTH
from jackline.cli.protection_section import ProtectionSection
from jackline.cli.regime_section import OpportunitySection, RegimeSection
from jackline.cli.risk_section import RiskSection
from jackline.cli.universe_section import UniverseSection
from jackline.core.orders import MarginType, PositionMode
from jackline.core.plan import Rung
from jackline.core.settings import ProtectionSettings, RiskSettings, StopSettings
from jackline.core.universe import UniverseRules
from jackline.core.values import Fraction, Symbol
from jackline.engine.banner import EVENT, banner
from jackline.engine.options import EngineOptions
from jackline.strategies.rsi_trend import RsiTrend
from tests.core.making import cold_state
from tests.processes import LINE_S, exchange, spawn, write_config

OPTIONS = EngineOptions(
    account="main",
    mode="paper",
    state_dir=Path("state"),
    symbols=(Symbol("BTCUSDT"),),
    interval_ms=300_000,
    position_mode=PositionMode.NETTING,
    margin_type=MarginType.ISOLATED,
    forced_rung=None,
    risk=RiskSettings(leverage=99),
    protection=ProtectionSettings(guard_idle_ms=999),
    strategy=RsiTrend(rsi_period=7),
)
"""Its risk and protection are not those of the state below: a banner of what was asked for would show them."""
LIVE = RiskSettings(leverage=3, stop=StopSettings(value_fraction=Fraction(Decimal("0.020"))))


def test_it_tells_what_the_core_steps_with_and_not_what_was_asked_for() -> None:
    told = banner(OPTIONS, cold_state(risk=LIVE))
    assert (told["risk"]["leverage"], told["risk"]["stop_value_fraction"]) == (3, "0.020")
    assert told["protection"]["guard_idle_ms"] == 5_000


def test_it_has_every_key_under_its_name_in_the_configuration() -> None:
    told = banner(OPTIONS, cold_state(risk=LIVE))
    # What target_of_rules comes to is the target itself.
    assert set(told["risk"]) == set(RiskSection.model_fields) - {"target_of_rules"}
    assert set(told["exits"]) == set(ExitsSection.model_fields)
    assert set(told["protection"]) == set(ProtectionSection.model_fields)
    assert set(told["regime"]) == set(RegimeSection.model_fields)
    assert set(told["opportunity"]) == set(OpportunitySection.model_fields)
    assert told["account"] == {"name": "main", "mode": "paper", "state_dir": "state", "tape_mib_max": 0}
    assert told["venue"] == {
        "symbols": ["BTCUSDT"],
        "bar_interval_ms": 300_000,
        "position_mode": "netting",
        "margin_type": "isolated",
        "rung": "auto",
    }
    assert told["universe"] == {"chosen_by": "name"}
    filtered = banner(replace(OPTIONS, universe=UniverseRules(deny=("X*",))), cold_state())
    assert set(filtered["universe"]) == set(UniverseSection.model_fields)
    assert filtered["universe"]["deny"] == ["X*"]
    assert set(told["guard"]) == {"alone", *GuardSection.model_fields}
    assert told["strategy"] == {
        "name": "rsi_trend",
        "rsi_period": 7,
        "rsi_long": 60.0,
        "rsi_short": 40.0,
        "ema_period": 100,
    }
    forced = banner(replace(OPTIONS, forced_rung=Rung.AFTER_FILL), cold_state())
    assert forced["venue"]["rung"] == "after_fill"


def test_for_people_it_is_a_block_that_fits_the_terminal() -> None:
    event = {"event": EVENT, "level": "info", "fence": 7, **banner(OPTIONS, cold_state(risk=LIVE))}
    shown = below_each_other(None, "info", event)
    assert set(shown) == {"event", "level"}
    lines = shown["event"].splitlines()
    assert lines[0] == "running fence=7"
    assert lines[1] == "  account      name=main mode=paper state_dir=state tape_mib_max=0"
    assert any(line.startswith("  risk         leverage=3 ") for line in lines)
    assert "trailing_fraction=–" in shown["event"]
    assert max(len(line) for line in lines) <= WIDTH


def test_other_events_stay_as_they_are() -> None:
    line = {"event": "recovered", "booked": {"BTCUSDT": 0}}
    assert below_each_other(None, "info", line) is line


@pytest.mark.owns("C1")
async def test_C1_a_started_engine_says_what_it_runs_with_and_not_what_the_file_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACKLINE__RISK__LEVERAGE", "3")
    monkeypatch.setenv("JACKLINE__PROTECTION__GUARD_EXPOSED_MS", "1900")
    monkeypatch.setenv("QT_TRAIL_CALLBACK", "3.0")
    async with exchange("--generate", "BTCUSDT,ETHUSDT") as venue:
        config = write_config(tmp_path, venue.url, risk__leverage="4")
        engine = await spawn("engine", "--config", str(config), "--rung", "after_fill")
        warned = await engine.event("old_variables_not_read")
        said = await engine.event(EVENT)
        engine.drain()
        await engine.stop()
    assert warned["names"] == ["QT_TRAIL_CALLBACK"]
    assert said["risk"]["leverage"] == 3
    assert said["risk"]["trailing_fraction"] is None, "an old variable is never imported by an engine"
    assert said["protection"]["guard_exposed_ms"] == 1_900
    assert said["account"]["mode"] == "paper"
    assert said["venue"]["symbols"] == ["BTCUSDT", "ETHUSDT"]
    assert said["venue"]["rung"] == "after_fill"
    assert said["strategy"]["rsi_period"] == 14


@pytest.mark.owns("C2")
def test_C2_an_old_switch_that_says_another_mode_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_PAPER_TRADING", "false")
    config = write_config(tmp_path, "http://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-m", "jackline", "engine", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=LINE_S * 2,
        check=False,
    )
    said = " ".join(done.stderr.split())
    assert done.returncode == 2
    assert 'QT_PAPER_TRADING = "false" means account.mode = "live"' in said
    assert "Fix: unset QT_PAPER_TRADING: account.mode alone decides" in said
    assert not (tmp_path / "state").exists(), "nothing was started"
