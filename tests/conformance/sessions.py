"""Runs a script of somebody else's client in an environment of its own against a served exchange, and writes down what
was said.

A lock names one package and all that it needs; it is cut with `uv pip compile --universal --python-version 3.11
--generate-hashes --no-annotate --no-header`, and that of ccxt with `-c requirements.lock` besides: it is our version.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jackline.exchange.wire.wires import Wire
from tests.conformance import transcript
from tests.exchange.served import KEY, SECRET, exchange

HERE = Path(__file__).parent
ENVIRONMENTS = HERE.parent.parent / ".conformance"
DEADLINE_S = 180.0
"""Of one command; a busy machine takes a minute to import ccxt."""
TEST_TIMEOUT_S = 3 * DEADLINE_S
"""Of a test: the environment is made, filled, and used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`script` and `transcript` are files beside this one, without their endings; so is `lock`, which says what is
    installed in `environment`."""

    transcript: str
    script: str
    lock: str
    environment: str
    wire: Wire = Wire.BINANCE


def _trader(client: str, *, lock: str | None = None, wire: Wire = Wire.BINANCE) -> Session:
    """The usual names: all are the client's."""
    script = f"session_{client.replace('-', '_')}"
    return Session(transcript=client, script=script, lock=lock or client, environment=client, wire=wire)


PYTHON_BINANCE = _trader("python-binance")
BINANCE_SDK = _trader("binance-sdk")
CCXT = _trader("ccxt")
CCXT_PRO = _trader("ccxt-pro", lock="ccxt")
CCXT_BINGX = _trader("ccxt-bingx", lock="ccxt", wire=Wire.BINGX)
REFEREE = Session(
    transcript="binance-sdk-referee",
    script="referee_binance_sdk",
    lock="binance-sdk",
    environment="binance-sdk",
)
EVERY = (PYTHON_BINANCE, BINANCE_SDK, CCXT, CCXT_PRO, CCXT_BINGX, REFEREE)


async def run(session: Session, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the script says it saw. AssertionError where it fails, or leaves an order behind."""
    python = await environment(session.environment, lock=session.lock)
    script = str(HERE / f"{session.script}.py")
    with transcript.recording(monkeypatch) as lines:
        async with exchange(wire=session.wire) as served:
            await served.advance(2)
            told: dict[str, Any] = json.loads(await ran(python, script, served.url, KEY, SECRET))
            judged = await served.control("witness")
    assert judged["orphans"] == []
    assert not any(episode["naked_now"] for episode in judged["episodes"])
    transcript.write(session.transcript, lines)
    return told


async def environment(name: str, *, lock: str | None = None) -> str:
    """Its own interpreter, with exactly what the lock says: that of its name, unless another is given."""
    place = ENVIRONMENTS / name
    python = str(place / "bin/python")
    uv = (sys.executable, "-m", "uv", "-q")
    await ran(*uv, "venv", "--allow-existing", str(place))
    await ran(*uv, "pip", "sync", "--require-hashes", "--python", python, str(HERE / f"{lock or name}.lock"))
    return python


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
