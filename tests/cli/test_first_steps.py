"""docs/first-steps.md: every command of it, run as it is printed, by a stranger in a directory of his own."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from tests.patience import patience

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/first-steps.md"
PRINTED = re.compile(r"python3 x\.py jackline (\S.*)")
UP_S = 150.0


def commands() -> list[list[str]]:
    """What stands in the fences of the page, one command a line."""
    fences = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [match[1].split() for kind, text in fences if not kind for match in PRINTED.finditer(text)]


async def start(directory: Path, arguments: list[str]) -> Process:
    """As printed, but for the interpreter, which the page's own sets up, and ports that others may have."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jackline", *arguments),
        cwd=directory,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **ports(directory)},
    )


def ports(directory: Path) -> dict[str, str]:
    """The variables that move the account of this test away from whatever runs here."""
    if not (directory / "paper/jackline.toml").exists():
        return {}
    file = directory / "port"
    if not file.exists():
        with socket.create_server(("127.0.0.1", 0)) as free:
            file.write_text(str(free.getsockname()[1]))
    return {"JACKLINE__VENUE__URL": f"http://127.0.0.1:{file.read_text()}", "JACKLINE__WEB__PORT": "0"}


async def ended(process: Process, within_s: float) -> tuple[int, str]:
    async with patience(within_s):
        said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


def test_the_page_has_the_whole_way() -> None:
    assert [words[0] for words in commands()] == [
        "new", "new", "run", "doctor", "status", "positions", "signal", "kill", "reset", "incident", "proof", "proof",
        "alerts", "drill", "phase", "phase", "data", "backtest",
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(1_800)
async def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    every = commands()
    of = {words[0]: words for words in every}
    shutil.copytree(ROOT / "examples", tmp_path / "examples")

    async def does(words: list[str], *codes: int, within_s: float = 120) -> str:
        code, said = await ended(await start(tmp_path, words), within_s)
        assert code in (codes or (0,)), f"{words}: {code}\n{said}"
        return said

    await does([*of["new"], "--for", "manual"])
    async with receiver() as (address, received):
        (tmp_path / "paper/alerts.urls").write_text(f"phone = {address}\n")
        (tmp_path / "paper/alerts.urls").chmod(0o600)
        named(tmp_path, '[alerts]\nurls_file = "alerts.urls"')
        await does(of["alerts"])
        assert "this is a test" in received.get_nowait()
        async with running(tmp_path, of["run"]):
            async with patience(UP_S):
                while (await ended(await start(tmp_path, of["status"]), 60))[0]:
                    pass
            await does(of["positions"])
            await does(of["signal"], 0, 3)  # 3: no bar is complete yet, or a gate says no
            assert "Flat" in await does(of["kill"])
            assert "normal" in await does(of["reset"])
            for words in (one for one in every if one[0] in {"incident", "proof"}):
                await does(words)
            async with patience(UP_S):
                while "K3" not in await received.get():
                    pass
            await does(of["doctor"])  # the alerts are up: they were heard
    key, promote = (one for one in every if one[0] == "phase")
    await does(key)
    named(tmp_path, '[phase]\nkey_file = "phase.key.toml"')
    async with running(tmp_path, of["run"]), patience(UP_S):
        while "no engine" in (said := await does(promote, 2, 3, 4)) or "key_file" in said:
            pass
    assert "lacking:" in said, said
    assert "strategy validated" in said
    assert "were not accounted" not in await does(of["status"], 0, 1, 4)
    await does(of["drill"], within_s=400)
    await does(of["data"])
    assert "evidence of nothing" in await does(of["backtest"], within_s=600)


def named(directory: Path, section: str) -> None:
    """A section at the end of the account's file, as the page says."""
    file = directory / "paper/jackline.toml"
    file.write_text(f"{file.read_text()}\n{section}\n")


@asynccontextmanager
async def running(directory: Path, run: list[str]) -> AsyncIterator[None]:
    """The account, until Ctrl-C."""
    process = await start(directory, run)
    assert process.stdout is not None
    drain = asyncio.create_task(process.stdout.read())
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)
        await process.wait()
        await drain


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, asyncio.Queue[str]]]:
    """Somebody's address on loopback, and the messages that came there."""
    received: asyncio.Queue[str] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait(await request.text())
        return web.Response()

    app = web.Application()
    app.router.add_post("/{any:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        yield f"json://127.0.0.1:{port}/alerts", received
    finally:
        await runner.cleanup()
