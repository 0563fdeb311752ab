"""`jackline run`: the whole system under one roof, and what dies in it comes back."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from jackline.cli.config import load_config
from jackline.cli.paper_memory import remembered
from jackline.cli.running import exchange_part, has_token, write_token
from jackline.core.effects import SaveTrade
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.recorder import Recorder
from jackline.store.boot import ENGINE_FILE, open_store
from jackline.store.host_disk import HostDisk
from tests.cli.test_ledger import written
from tests.patience import patience
from tests.processes import LINE_S, Child, Json, spawn, write_config
from tests.store.making import adopted


@asynccontextmanager
async def running(
    directory: Path, *arguments: str, within_s: float = 60
) -> AsyncIterator[tuple[Child, str, str]]:
    """A demo house: the process, its address, and its admin token."""
    token = directory / "token"
    child = await spawn(
        "run",
        "--demo",
        "--port",
        "0",
        "--token-file",
        str(token),
        "--dir",
        str(directory / "demo"),
        *arguments,
    )
    try:
        shown = await child.event("dashboard", within_s=within_s)
        child.drain()
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        yield child, str(shown["url"]).rstrip("/"), token.read_text().strip()
    finally:
        if child.process.returncode is None:
            assert await child.stop() == 0


async def until(url: str, token: str, path: str, wanted: object, *, within_s: float = 2 * LINE_S) -> Json:
    """What a route answers once it is wanted."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as http, patience(within_s):
        while True:
            async with http.get(f"{url}{path}") as answer:
                body = dict(await answer.json())
            if callable(wanted) and wanted(body):
                return body


@pytest.mark.timeout(180)
@pytest.mark.owns("L2")
async def test_L2_a_demo_serves_and_a_killed_engine_is_started_again(tmp_path: Path) -> None:
    async with running(tmp_path) as (child, url, token):
        await until(url, token, "/readyz", lambda body: body["ready"])
        shown = await asyncio.create_subprocess_exec(
            "pgrep", "-P", str(child.process.pid), "-f", "jackline engine", stdout=asyncio.subprocess.PIPE
        )
        told, _ = await shown.communicate()
        os.kill(int(told.split()[0]), signal.SIGKILL)
        await until(url, token, "/readyz", lambda body: not body["ready"])
        await until(url, token, "/readyz", lambda body: body["ready"])


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [(("run",), "jackline run --demo"), (("run", "--demo", "-c", "x.toml"), "jackline run -c")],
    ids=["nothing", "both"],
)
async def test_it_says_what_it_needs(arguments: tuple[str, ...], fix: str) -> None:
    child = await spawn(*arguments)
    child.drain()
    assert await child.process.wait() == 2
    assert child.draining is not None
    await child.draining
    assert any(fix in line for line in child.noise)


@pytest.mark.owns("P1")
async def test_P1_a_venue_that_does_not_answer_takes_nothing_down(tmp_path: Path) -> None:
    config = write_config(tmp_path, "http://127.0.0.1:9", strategy__name='"manual"')
    child = await spawn("run", "-c", str(config), "--market", "none", "--port", "0")
    seen = [await child.event("not_started"), await child.event("dashboard")]
    assert seen[0]["process"] == "engine"
    child.drain()
    assert child.process.returncode is None, "watchdog and page go on"
    assert await child.stop() == 0


def account(directory: Path) -> Path:
    directory.mkdir()
    return write_config(directory, "http://127.0.0.1:9")


async def holding(directory: Path) -> Path:
    """An account whose books know a position."""
    config = account(directory)
    with open_store(HostDisk(), directory / "state" / ENGINE_FILE) as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        recorder = Recorder(writer, TwoClocks(HostWorld()))
        recorder.trade(SaveTrade(trade=adopted(2), why="test", intent=False))
        assert await writer.close(deadline_ms=5_000) == 0
    return config


async def test_A3_a_local_exchange_that_begins_anew_has_the_wallet_of_the_books(
    tmp_path: Path,
) -> None:
    config = load_config(Path(await written(tmp_path)))
    (part,) = exchange_part(config, "generated")
    assert part.arguments[part.arguments.index("--balance") + 1] == "1001.176543211"
    assert remembered(config).positions == ()
    path = await holding(tmp_path / "held")
    assert remembered(load_config(path)).positions == ("BTCUSDT long",)
    empty = load_config(account(tmp_path / "new"))
    (part,) = exchange_part(empty, "generated")
    assert "--balance" not in part.arguments, "the exchange's own, where nothing is on record"


def test_whether_anybody_can_log_in_is_known_at_the_start(tmp_path: Path) -> None:
    config = load_config(write_config(tmp_path, "http://127.0.0.1:9"))
    assert not has_token(config)
    write_token(config, tmp_path / "token")
    assert has_token(config)


@pytest.mark.parametrize("venue", ["binance", "bingx"])
def test_S1_the_exchange_knows_the_account_by_its_key_and_hears_the_secret_through_a_pipe(
    tmp_path: Path, venue: str
) -> None:
    bingx = {"venue__name": '"bingx"', "venue__symbols": '["BTC-USDT"]'} if venue == "bingx" else {}
    path = write_config(tmp_path, "http://127.0.0.1:1", **bingx)
    (tmp_path / "keys.toml").write_text('key = "of-the-account"\nsecret = "said-to-nobody"\n')
    (part,) = exchange_part(load_config(path), "generated")
    assert part.arguments[part.arguments.index("--key") + 1] == "of-the-account"
    assert part.told == "said-to-nobody"
    assert "said-to-nobody" not in f"{part} {part.arguments}"
    names = part.arguments[part.arguments.index("--generate") + 1]
    assert names == ("BTCUSDT" if venue == "bingx" else "BTCUSDT,ETHUSDT")


@pytest.mark.parametrize(
    ("bar", "made_ms"), [("1m", 60_000), ("3m", 180_000), ("5m", 300_000), ("4h", 300_000)]
)
def test_a_generated_market_has_the_bars_that_the_account_decides_on(
    tmp_path: Path, bar: str, made_ms: int
) -> None:
    """A market of five-minute bars answers -1120 for shorter ones, and the engine would wait for ever."""
    path = write_config(tmp_path, "http://127.0.0.1:1", venue__bar_interval=f'"{bar}"')
    (part,) = exchange_part(load_config(path), "generated")
    assert part.arguments[part.arguments.index("--interval-ms") + 1] == str(made_ms)
