"""What the tests of the shared store give and ask."""

from __future__ import annotations

import asyncio

from jackline.store.commands import Command, CommandDesk, CommandKind
from tests.store.making import NOW


async def next_poll() -> None:
    """A thread keeps the desk up and tells nobody: it is looked at again and again, as an engine does."""
    await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.05)


def close_all(desk: CommandDesk, command_id: str) -> bool:
    return desk.submit(
        Command(
            command_id=command_id,
            created_ms=NOW,
            actor="cli:test",
            kind=CommandKind.CLOSE_ALL,
            symbol=None,
            side=None,
            reason="a test",
        )
    )
