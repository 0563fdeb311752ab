"""The desk as the engine hears it: a row that cannot be understood costs nobody else's order."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jackline.core.events import CloseAsked, Event, KillAsked
from jackline.core.state import KillLevel
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.operators import Operators
from jackline.engine.recorder import Recorder
from jackline.store.boot import open_store
from jackline.store.commands import Command, CommandDesk, CommandKind
from jackline.store.db import open_writer, transaction
from jackline.store.host_disk import HostDisk
from tests.store.test_desk import CLOSE

KILL = replace(CLOSE, command_id="a2", kind=CommandKind.KILL, symbol=None, side=None, level=KillLevel.FLATTEN)


def unheard(command: Command) -> str:
    raise AssertionError(command)


async def taken(directory: Path, *rows: tuple[str, str]) -> tuple[list[Event], str | None, bool]:
    """What an engine takes of a close, these rows (kind, arguments) and a kill; the first row's answer; all heard."""
    disk, events = HostDisk(), list[Event]()
    desk = CommandDesk(disk, directory / "commands.db")
    desk.submit(CLOSE)
    with closing(open_writer(disk, directory / "commands.db")) as db, transaction(db):
        for number, (kind, args) in enumerate(rows):
            db.run(
                "INSERT INTO commands (id, created_ms, actor, kind, args, reason) VALUES (?, 1, 'x', ?, ?, '')",
                (f"strange{number}", kind, args),
            )
    desk.submit(KILL)

    def take(event: Event) -> tuple[()]:
        events.append(event)
        return ()

    with open_store(disk, directory / "engine.db") as store:
        writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
        operators = Operators(
            desk=desk,
            read_to=0,
            recorder=Recorder(writer, TwoClocks(HostWorld())),
            take=take,
            hear=unheard,
            promote=lambda command, _: None,
        )
        operators.listen()
        assert await writer.close(deadline_ms=5_000) == 0
        answer = store.read.answer("strange0")
    desk.close()
    return events, None if answer is None else answer.result, operators.are_heard


@pytest.mark.owns("K1", "K2")
@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("dance", '{"v":4,"body":{"symbol":null,"side":null}}'),
        ("close", '{"v":4,"body":{"symbol":null,"side":null}}'),
        ("kill", '{"v":4,"body":{"level":"normal"}}'),
        ("close", '{"v":9,"body":{"symbol":"BTCUSDT","side":null}}'),
        ("alert", "half a li"),
    ],
    ids=["of-a-later-program", "contradictory", "no-level", "of-a-later-version", "damaged"],
)
def test_K2_a_row_that_nobody_understands_is_answered_and_a_kill_behind_it_is_heard(
    tmp_path: Path, kind: str, args: str
) -> None:
    events, answer, are_heard = asyncio.run(taken(tmp_path, (kind, args)))
    assert [type(event) for event in events] == [CloseAsked, KillAsked]
    assert answer is not None
    assert "not understood" in answer
    assert are_heard


@pytest.mark.owns("K1")
def test_K1_while_the_desk_cannot_be_read_nothing_may_enter(tmp_path: Path) -> None:
    async def play() -> None:
        disk, path = HostDisk(), tmp_path / "commands.db"
        desk = CommandDesk(disk, path)
        desk.submit(CLOSE)
        with open_store(disk, tmp_path / "engine.db") as store:
            writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
            operators = Operators(
                desk=desk,
                read_to=0,
                recorder=Recorder(writer, TwoClocks(HostWorld())),
                take=lambda _: (),
                hear=unheard,
                promote=lambda command, _: None,
            )
            operators.listen()
            assert operators.are_heard
            desk.close()
            whole = path.read_bytes()
            path.write_bytes(b"no desk" * 1_000)
            operators.listen()
            assert not operators.are_heard, "a kill may be waiting in it"
            path.write_bytes(whole)
            operators.listen()
            assert operators.are_heard
            assert await writer.close(deadline_ms=5_000) == 0
        desk.close()

    asyncio.run(play())
