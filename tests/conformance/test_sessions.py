"""Sessions by other people's clients, unmodified, each in an environment of its own, against a served exchange.

Long: packages are installed from their locks. What each client said is written down beside this file, and said again by
the short tests.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conformance import transcript
from tests.exchange.served import KEY, SECRET, exchange

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".conformance"
DEADLINE_S = 120.0


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
