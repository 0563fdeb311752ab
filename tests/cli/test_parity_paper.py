"""A paper engine on the local exchange, and the backtest of what it did: decisions and fills are the same (D4)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jackline.cli.main import load
from tests.processes import Exchange, exchange, spawn, write_config
from tests.research.parity_making import INTERVAL_MS, candle_file

SPEED = 40
"""Market seconds per wall second: what takes the wire three seconds, a sweep, takes the market two minutes."""
HOLD_MS = 21 * 60_000
"""A trade ends four minutes before a close, so that its sweep is over when the strategy is asked."""
BARS_PLAYED = 20


@pytest.mark.long
@pytest.mark.timeout(420)
@pytest.mark.owns("D4")
async def test_D4_a_paper_run_is_what_its_backtest_says(tmp_path: Path) -> None:
    data = candle_file(tmp_path, bars=500)
    async with exchange("--data", str(data), "--hold") as venue:
        config = write_config(
            tmp_path,
            venue.url,
            venue__symbols='["BTCUSDT"]',
            strategy__parameters__rsi_period="2",
            strategy__parameters__ema_period="5",
            strategy__parameters__rsi_long="60",
            strategy__parameters__rsi_short="40",
            risk__hold_max_ms=str(HOLD_MS),
            risk__cooldown_ms="30000",
        )
        engine = await spawn("engine", "--config", str(config))
        await engine.event("rung", within_s=40)
        engine.drain()
        started = await venue.get("state")
        stop_ms = started["market_ms"] + BARS_PLAYED * INTERVAL_MS
        await venue.post("market", {"hold_at_ms": stop_ms, "hold": False, "ratio": SPEED})
        await until_held(venue)
        await engine.stop()
        found = await asyncio.to_thread(parity, config, data)
        assert found["differing"] == 0, found["differences"]
        assert found["equal_trades"] >= 3
        assert abs(float(found["entry_bps"]["worst"])) <= 1.5, (
            "half a spread, which the paper venue does not have"
        )

        command: Any = load("parity")
        handed = await asyncio.to_thread(
            CliRunner().invoke, command, [str(config), "--data", str(data), "--record"]
        )
        assert handed.exit_code == 0, handed.output
        assert "Handed in" in handed.output
        engine = await spawn("engine", "--config", str(config))
        await engine.event("command")
        engine.drain()
        await engine.stop()
    phase: Any = load("phase")
    told = await asyncio.to_thread(CliRunner().invoke, phase, ["status", "--config", str(config), "--json"])
    (check,) = [one for one in json.loads(told.stdout)["checks"] if one["name"] == "parity"]
    assert "against a backtest, allowed 0.05" in check["detail"]
    assert check["passed"] is False, "a backtest does not stand for a replay of the tape"


async def until_held(
    venue: Exchange, *, within_s: float = 2 * BARS_PLAYED * INTERVAL_MS / 1_000 / SPEED
) -> None:
    """Until the market stands still; a busy machine lets it slip."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + within_s
    while not (state := await venue.get("state"))["held"]:
        assert loop.time() < ends, state
        looked = loop.create_future()
        loop.call_later(0.5, looked.set_result, None)
        await looked


def parity(config: Path, data: Path) -> dict[str, Any]:
    command: Any = load("parity")
    told = CliRunner().invoke(command, [str(config), "--data", str(data), "--json"])
    assert told.exit_code in {0, 1}, told.output
    return dict(json.loads(told.stdout))
