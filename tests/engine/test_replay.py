"""A paper engine on the local exchange, killed -9 and started again: its tape replays identically, both lives (D4)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from jackline.cli.main import load
from jackline.cli.replay_page import Outcome, play
from jackline.core import turn
from jackline.store.host_disk import HostDisk
from jackline.store.tape import TAPE_DIRECTORY, segments
from tests.processes import exchange, spawn, write_config

KILLED_AFTER_TRADES = 2


async def trade_and_be_killed(directory: Path) -> Path:
    """Two lives of an engine: one killed in the middle, one stopped in order. The state directory.

    A third one, after the tape of both was replayed, takes the verdict.
    """
    async with exchange("--generate", "BTCUSDT,ETHUSDT", "--speed", "1200", "--seed", "3") as venue:
        config = write_config(
            directory,
            venue.url,
            strategy__parameters__rsi_period="2",
            strategy__parameters__ema_period="2",
            strategy__parameters__rsi_long="51",
            strategy__parameters__rsi_short="49",
            risk__trailing_fraction="0.01",
        )
        engine = await spawn("engine", "--config", str(config))
        for _ in range(KILLED_AFTER_TRADES):
            await engine.event("trade_ended", within_s=40)
        await engine.kill()
        engine = await spawn("engine", "--config", str(config))
        await engine.event("recovered")
        await engine.event("trade_ended", within_s=40)
        engine.drain()
        await engine.stop()
        replay: Any = load("replay")
        recorded = ["--config", str(config), "--record"]
        handed = await asyncio.to_thread(CliRunner().invoke, replay, recorded)
        assert handed.exit_code == 0, handed.output
        assert "Handed in" in handed.output
        assert parity(config)["passed"] is False, "a command alone is no evidence"
        engine = await spawn("engine", "--config", str(config))
        await engine.event("command")
        engine.drain()
        await engine.stop()
        noted = parity(config)
        assert noted["passed"] is True
        assert "drift 0.000000 of " in noted["detail"]
    return directory / "state"


def parity(config: Path) -> dict[str, Any]:
    """What the phase says of it, on the command line."""
    phase: Any = load("phase")
    told = CliRunner().invoke(phase, ["status", "--config", str(config), "--json"])
    (found,) = [one for one in json.loads(told.stdout)["checks"] if one["name"] == "parity"]
    return dict(found)


def replayed(state_dir: Path) -> Outcome:
    return play(HostDisk(), state_dir, begin=None, settings=None, say=pytest.fail)


@pytest.mark.timeout(150)
@pytest.mark.owns("D4")
@pytest.mark.long
async def test_D4_a_killed_and_restarted_paper_engine_replays_identically(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state_dir = await trade_and_be_killed(tmp_path)
    outcome = replayed(state_dir)
    report, agreement = outcome.report, outcome.agreement
    assert report.differences == []
    assert report.damage == []
    assert len(report.lives) == 3
    assert report.ended == set(report.lives[1:]), "the first was killed, the others stopped in order"
    assert report.events["Signalled"] > 0
    assert agreement is not None
    assert agreement.differences == []
    assert agreement.equal > 20

    command: Any = load("replay")
    as_json = CliRunner().invoke(command, ["--state-dir", str(state_dir), "--json"])
    assert as_json.exit_code == 0
    assert json.loads(as_json.stdout)["identical"] is True

    with monkeypatch.context() as changed:
        changed.setattr(turn, "FILLS_GAP_MS", turn.FILLS_GAP_MS * 40)
        other = CliRunner().invoke(command, ["--state-dir", str(state_dir)])
    assert other.exit_code == 1, "a rule that decides otherwise is found"
    assert "DIFFER (D4)" in other.stdout
    assert "today" in other.stdout

    path = segments(HostDisk(), state_dir / TAPE_DIRECTORY)[0]
    hurt = bytearray(path.read_bytes())
    hurt[len(hurt) // 2] ^= 0xFF
    path.write_bytes(hurt)
    damaged = CliRunner().invoke(command, ["--state-dir", str(state_dir)])
    assert damaged.exit_code == 6
    assert "DAMAGED" in damaged.stdout

    text = b"".join(path.read_bytes() for path in segments(HostDisk(), state_dir / TAPE_DIRECTORY))
    assert b"secret" not in text
