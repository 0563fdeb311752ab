"""What an engine asks the venue of a key with: `jackline keys validate`, as a process of its own that gives way."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from pathlib import Path

from jackline.cli.errors import ExitCode
from jackline.engine.options import KeyCheck

NICE = 10
TEXT_CHARS_MAX = 400


def key_check(config: Path) -> KeyCheck:
    """Of one configuration. The file of keys is opened by what the host has; nobody sits here to type."""

    async def check(name: str) -> str:
        asking = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "jackline", "keys", "validate", name, "--config", str(config), "--json"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, asking.pid, NICE)
        try:
            said, wrong = await asking.communicate()
        finally:
            if asking.returncode is None:
                asking.kill()
        return told(asking.returncode, said.decode(errors="replace"), wrong.decode(errors="replace"))

    return check


def told(code: int | None, said: str, wrong: str) -> str:
    """The answer of the command in one line."""
    if code not in {ExitCode.DONE, ExitCode.BAD_INPUT} or not said.strip():
        return f"refused: {' '.join(wrong.split())[:TEXT_CHARS_MAX] or f'exit code {code}'}"
    try:
        found = json.loads(said)
        is_accepted, refusals, permissions = (
            found["accepted"],
            found["refusals"],
            found["permissions"].items(),
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        return f"refused: the command said what nobody understands: {' '.join(said.split())[:TEXT_CHARS_MAX]}"
    if not is_accepted:
        return f"refused: {'; '.join(refusals)[:TEXT_CHARS_MAX]}"
    facts = ", ".join(f"{what} {fact}" for what, fact in permissions)
    return f"it may be traded with: {facts}"
