"""Real processes for tests: the local exchange, the engine and the watchdog, started as a user would start them.

Waiting is always for something: a line a process prints, an answer of a route, the end of a process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from tests.patience import patience

LINE_S = 20.0
"""Longest wait for a line or an answer; a loaded machine starts Python in a few seconds."""
LINE_BYTES_MAX = 1 << 20
HANDS = "127.0.0.2"
"""Where a test's own requests come from."""

Json = dict[str, Any]


@dataclass
class Child:
    """A running process and the JSON lines it prints."""

    process: asyncio.subprocess.Process
    seen: list[Json] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    draining: asyncio.Task[None] | None = None

    async def line(self, wanted: Callable[[Json], bool], *, within_s: float = LINE_S) -> Json:
        """The next JSON line that is wanted; the end of the process is a failure that shows what it said."""
        assert self.process.stdout is not None
        async with patience(within_s):
            while raw := await self.process.stdout.readline():
                text = raw.decode(errors="replace").strip()
                try:
                    line = json.loads(text)
                except ValueError:
                    self.noise.append(text)
                    continue
                self.seen.append(line)
                if wanted(line):
                    return dict(line)
        raise AssertionError(f"process ended, code {await self.process.wait()}: {self.noise[-15:]}")

    async def event(self, name: str, *, within_s: float = LINE_S) -> Json:
        """The next log event of this name."""
        return await self.line(lambda line: line.get("event") == name, within_s=within_s)

    def drain(self) -> None:
        """Read on in the background until the process ends, so that a full pipe never holds it up."""
        self.draining = self.draining or asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        assert self.process.stdout is not None
        while raw := await self.process.stdout.readline():
            self.noise.append(raw.decode(errors="replace").strip())

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
        await self._end()

    async def _end(self) -> int:
        """Read to the end of the pipe, so that its transport is closed with the process."""
        self.drain()
        assert self.draining is not None
        await self.draining
        return await self.process.wait()

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        async with patience(LINE_S):
            return await self._end()


async def spawn(*arguments: str, log_level: str = "info", under: Sequence[str] = ()) -> Child:
    """Start ``python -m jackline ARGUMENTS`` with JSON logs; `under` is a command that becomes it."""
    process = await asyncio.create_subprocess_exec(
        *under,
        sys.executable,
        "-m",
        "jackline",
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=LINE_BYTES_MAX,
        env={**os.environ, "JACKLINE_LOG": "json", "JACKLINE_LOG_LEVEL": log_level},
    )
    return Child(process)


@dataclass
class Exchange:
    """A served local exchange."""

    child: Child
    port: int
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def get(self, route: str) -> Json:
        """A control route's answer."""
        async with self.http.get(f"{self.url}/local/v1/{route}") as answer:
            return dict(await answer.json())

    async def post(self, route: str, body: Json) -> Json:
        """Order something at the control surface."""
        async with self.http.post(f"{self.url}/local/v1/{route}", json=body) as answer:
            assert answer.status == 200, await answer.text()
            return dict(await answer.json())

    async def signed(self, method: str, route: str, **parameters: str) -> Json:
        """A signed request of the venue's own wire, as the account's owner would make it by hand."""
        query = urlencode({**parameters, "timestamp": str(time.time_ns() // 1_000_000), "recvWindow": "5000"})
        signature = hmac.new(b"local", query.encode(), hashlib.sha256).hexdigest()
        address = URL(f"{self.url}{route}?{query}&signature={signature}", encoded=True)
        async with self.http.request(method, address, headers={"X-MBX-APIKEY": "local"}) as answer:
            body = await answer.json()
            assert answer.status == 200, body
            return {"rows": body} if isinstance(body, list) else dict(body)

    async def witnessed(self, wanted: Callable[[Json], bool]) -> Json:
        """What the witness says once it is wanted; asked again and again until then."""
        async with patience(LINE_S):
            while True:
                testimony = await self.get("witness")
                if wanted(testimony):
                    return testimony


@asynccontextmanager
async def exchange(
    *arguments: str, under: Sequence[str] = (), connector: aiohttp.BaseConnector | None = None
) -> AsyncIterator[Exchange]:
    """Serve a local exchange on a port the system chooses; `connector` is how this test reaches it.

    From an address of its own unless told otherwise: request weight is counted by address, and what a test asks, again
    and again and the faster the machine is, must not be missing to the engine.
    """
    connector = connector or aiohttp.TCPConnector(local_addr=(HANDS, 0))
    child = await spawn("exchange", "serve", "--ready-json", "--key", "local", *arguments, under=under)
    try:
        ready = await child.line(lambda line: "port" in line)
        timeout = aiohttp.ClientTimeout(total=3 * LINE_S)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
            yield Exchange(child, int(ready["port"]), http)
    finally:
        await child.kill()


def write_config(directory: Path, url: str, **changes: str) -> Path:
    """A configuration file and its key file. `changes` replaces or adds lines: ``risk__leverage="5"``; an empty one
    takes its line out."""
    keys = directory / "keys.toml"
    keys.write_text('key = "local"\nsecret = "local"\n')
    keys.chmod(0o600)
    values: dict[str, dict[str, str]] = {
        "account": {"name": '"test"', "mode": '"paper"', "state_dir": f'"{directory / "state"}"'},
        "venue": {
            "name": '"binance"',
            "url": f'"{url}"',
            "symbols": '["BTCUSDT", "ETHUSDT"]',
            "bar_interval": '"5m"',
            "position_mode": '"netting"',
            "margin_type": '"isolated"',
            "rung": '"auto"',
            "key_file": f'"{keys}"',
        },
        "risk": {
            "leverage": "4",
            "stop_value_fraction": "0.01",
            "losing_streak_max": "100",
            "target_of_rules": '"off"',
            "trades_per_symbol_max": "1",
        },
        "regime": {
            "gate": '"off"'
        },  # a generated market may be up: a test of shorts must not hang on its seed
        "strategy": {"name": '"rsi_trend"'},
    }
    for name, value in changes.items():
        section, _, key = name.rpartition("__")
        values.setdefault(section.replace("__", "."), {})[key] = value
    lines = []
    for section, entries in values.items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {value}" for key, value in entries.items() if value]
    path = directory / "jackline.toml"
    path.write_text("\n".join(lines) + "\n")
    return path
