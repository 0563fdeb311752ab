"""docs/first-steps.md: every command of it, run as it is printed, by a stranger in a directory of his own."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from pathlib import Path

import pytest

from tests.patience import patience

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/first-steps.md"
PRINTED = re.compile(r"python3 x\.py jackline (\S.*)")
UP_S = 150.0


def commands() -> list[list[str]]:
    """What stands in the fences of the page, one command a line."""
    fences = re.findall(r"```\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return [match[1].split() for fence in fences for match in PRINTED.finditer(fence)]


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
        "new", "new", "run", "doctor", "status", "positions", "signal", "drill",
    ]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_every_command_of_the_page_does_what_it_says(tmp_path: Path) -> None:
    _, new, run, doctor, status, positions, signal_, drill = commands()
    code, said = await ended(await start(tmp_path, [*new, "--for", "manual"]), 60)
    assert code == 0, said
    running = await start(tmp_path, run)
    try:
        assert running.stdout is not None
        drain = asyncio.create_task(running.stdout.read())
        async with patience(UP_S):
            while (await ended(await start(tmp_path, status), 60))[0] not in {0}:
                pass
        code, said = await ended(await start(tmp_path, doctor), 120)
        assert code == 0, said
        code, said = await ended(await start(tmp_path, positions), 60)
        assert code == 0, said
        code, said = await ended(await start(tmp_path, signal_), 60)
        assert code in {0, 3}, said  # 3: no bar is complete yet, or a gate says no
    finally:
        running.send_signal(signal.SIGINT)
        await running.wait()
    await drain
    code, said = await ended(await start(tmp_path, drill), 400)
    assert code == 0, said
