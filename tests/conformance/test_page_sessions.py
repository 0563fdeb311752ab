"""The blocks of docs/exchange.md for python-binance and freqtrade, each run by the real one as it stands."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from decimal import Decimal
from pathlib import Path

import pytest

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.generator import GeneratedFeed
from jackline.exchange.wire.server import ServeConfig
from tests.conformance import sessions
from tests.exchange.served import KEY, SECRET, exchange, running
from tests.exchange.test_page import FREQTRADE, PYTHON_BINANCE, blocks

SLOW_START_S = 600.0
"""Half a minute on a machine of its own: freqtrade imports all that data scientists have before it does anything."""

BAR_MS = 60_000


@pytest.mark.long
@pytest.mark.timeout(sessions.TEST_TIMEOUT_S)
async def test_the_page_for_python_binance_runs_as_it_stands(tmp_path: Path) -> None:
    python = await sessions.environment("python-binance")
    async with exchange() as served:
        (block,) = blocks("python", served, under=PYTHON_BINANCE)
        script = tmp_path / "page.py"
        script.write_text(block.replace('"local", "local"', f'"{KEY}", "{SECRET}"'))
        assert await sessions.ran(python, str(script)) == "ALGO_UPDATE"
        judged = await served.control("witness")
    (episode,) = judged["episodes"]
    assert (episode["max_quantity"], episode["naked_ms"]) == ("0.010", 0)


@pytest.mark.long
@pytest.mark.timeout(2 * SLOW_START_S)
async def test_freqtrade_enters_and_rests_its_stop_with_the_configuration_of_the_page(tmp_path: Path) -> None:
    python = await sessions.environment("freqtrade")
    (tmp_path / "strategies").mkdir()
    shutil.copy(sessions.HERE / "freqtrade_strategy.py", tmp_path / "strategies" / "hold.py")
    start_ms = int(time.time() * 1_000) // BAR_MS * BAR_MS
    config = ServeConfig(
        port=0,
        feed=GeneratedFeed(["BTCUSDT"], 1, BAR_MS, bars=60, start_ms=start_ms),
        accounts=(AccountSpec(name="main", key="local", secret="local", balance=Decimal(10_000)),),
    )
    async with running(config) as served:
        (block,) = blocks("json", served, under=FREQTRADE)
        (tmp_path / "config.json").write_text(block)
        said = await _until_the_stop_rests(python, tmp_path)
        judged = await served.control("witness")
    (episode,) = judged["episodes"]
    (stop,) = judged["algos"]
    assert (episode["side"], episode["naked_now"]) == ("BUY", False), said[-4_000:]
    assert (stop["type"], stop["status"], stop["reducing"]) == ("STOP_MARKET", "NEW", True)


async def _until_the_stop_rests(python: str, place: Path) -> str:
    """Run freqtrade until it says that its stop is placed, then end it as a person would; all that it said."""
    process = await asyncio.create_subprocess_exec(
        python, "-m", "freqtrade", "trade", "--config", str(place / "config.json"), "--userdir", str(place),
        "--strategy", "Hold", "--db-url", "sqlite://",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, env=os.environ | {"COLUMNS": "1000"},
    )  # fmt: skip
    said: list[str] = []
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SLOW_START_S):
            async for line in process.stdout:
                said.append(line.decode())
                if "stoploss market order added" in said[-1]:
                    break
            process.terminate()
            await process.communicate()
    except TimeoutError:
        pytest.fail("".join(said)[-4_000:])
    finally:
        if process.returncode is None:
            process.kill()
    return "".join(said)
