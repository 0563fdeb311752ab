"""What the tests of the shared store give and ask."""

from __future__ import annotations

from jackline.store.commands import Command, CommandDesk, CommandKind
from tests.store.making import NOW


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
