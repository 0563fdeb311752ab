"""Sessions by other people's clients, unmodified, each in an environment of its own, against a served exchange.

Long: packages are installed from their locks. What each client said is written down beside this file, and said again by
the short tests.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jackline.exchange.account import AccountSpec
from jackline.exchange.feeds.generator import GeneratedFeed
from jackline.exchange.wire.server import ServeConfig
from tests.conformance import transcript
from tests.exchange.served import KEY, SECRET, exchange, running
from tests.exchange.test_page import FREQTRADE, PYTHON_BINANCE, blocks

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".conformance"
DEADLINE_S = 120.0
SLOW_START_S = 600.0
"""Half a minute on a machine of its own: freqtrade imports all that data scientists have before it does anything."""

BAR_MS = 60_000


async def ran(*command: str) -> str:
    """The last line of a command's output. AssertionError, with its words, where it fails."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(DEADLINE_S):
            out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said.decode()[-4_000:]
    return (out.decode().strip().splitlines() or [""])[-1]


async def environment(client: str) -> str:
    """Its own interpreter, with exactly what the lock says."""
    place = ENVIRONMENTS / client
    python = str(place / "bin/python")
    uv = (sys.executable, "-m", "uv", "-q")
    await ran(*uv, "venv", "--allow-existing", str(place))
    await ran(*uv, "pip", "sync", "--require-hashes", "--python", python, str(HERE / f"{client}.lock"))
    return python


async def session(client: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run it and write down what was said."""
    python = await environment(client)
    script = str(HERE / f"session_{client.replace('-', '_')}.py")
    # Recording begins first: an exchange that is open has bound what answers its requests.
    with transcript.recording(monkeypatch) as lines:
        async with exchange() as served:
            told: dict[str, Any] = json.loads(await ran(python, script, served.url, KEY, SECRET))
            judged = await served.control("witness")
    assert judged["orphans"] == []
    transcript.write(client, lines)
    return told


@pytest.mark.long
async def test_python_binance_opens_protects_trails_closes_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    told = await session("python-binance", monkeypatch)
    assert told["entry"] == ["FILLED", "0.010"]
    assert set(told["events"]) <= {"ALGO_UPDATE", "TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE"}
    assert (told["position"], told["stops"], told["close"], told["flat"]) == ("0.010", 1, True, True)
    assert (told["trades"], told["left"]) == (["BUY", "SELL"], [])


NOT_OURS = {
    "activatePrice",
    "priceRate",
    "icebergQuantity",
    "feeBurn",
    "modifyId",
    "pair",
    "cumBase",
    "baseQty",
    "marginAsset",
}
"""Fields of the SDK's models that the venue fills for other products or order types only."""


@pytest.mark.long
async def test_the_official_sdk_finds_every_answer_of_the_declared_types(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = await session("binance-sdk", monkeypatch)
    assert told["warnings"] == []
    assert (told["entry"], told["close"]) == ("FILLED", "FILLED")
    assert set(told["heard"]) == {
        "AccountUpdate", "AlgoUpdate", "MarkPriceStreamResponse", "OrderTradeUpdate", "TradeLite",
    }  # fmt: skip
    lacking = {name: set(fields) - NOT_OURS for name, fields in told["absent"].items()}
    assert {name: fields for name, fields in lacking.items() if fields} == {}


@pytest.mark.long
async def test_the_page_for_python_binance_runs_as_it_stands(tmp_path: Path) -> None:
    python = await environment("python-binance")
    async with exchange() as served:
        (block,) = blocks("python", served, under=PYTHON_BINANCE)
        script = tmp_path / "page.py"
        script.write_text(block.replace('"local", "local"', f'"{KEY}", "{SECRET}"'))
        assert await ran(python, str(script)) == "ALGO_UPDATE"
        judged = await served.control("witness")
    (episode,) = judged["episodes"]
    assert (episode["max_quantity"], episode["naked_ms"]) == ("0.010", 0)


@pytest.mark.long
@pytest.mark.timeout(2 * SLOW_START_S)
async def test_freqtrade_enters_and_rests_its_stop_with_the_configuration_of_the_page(tmp_path: Path) -> None:
    python = await environment("freqtrade")
    (tmp_path / "strategies").mkdir()
    shutil.copy(HERE / "freqtrade_strategy.py", tmp_path / "strategies" / "hold.py")
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
