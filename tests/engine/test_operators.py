"""The desk as the engine hears it: a row that cannot be understood costs nobody else's order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from jackline.core.events import CloseAsked, Event, KillAsked, ResetAsked
from jackline.core.state import KillLevel
from jackline.engine.clock import TwoClocks
from jackline.engine.host import HostWorld
from jackline.engine.operators import Operators
from jackline.engine.recorder import Recorder
from jackline.engine.standing_orders import CLOSE_AGE_MS_MAX
from jackline.store.batch import AccountKey
from jackline.store.boot import Store, open_store
from jackline.store.commands import REOPENED_POLLS, Command, CommandDesk, CommandKind
from jackline.store.db import open_writer, transaction
from jackline.store.errors import DbTrouble, TroubleKind
from jackline.store.host_disk import HostDisk
from tests.store.test_desk import CLOSE

KILL = replace(CLOSE, command_id="a2", kind=CommandKind.KILL, symbol=None, side=None, level=KillLevel.FLATTEN)
RESET = replace(
    CLOSE, command_id="r1", kind=CommandKind.RESET, symbol=None, side=None, reason="looked into it"
)


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
            measured=lambda command, _: None,
            answered=lambda command_id: store.read.answer(command_id) is not None,
            has_looked=lambda: True,
            now_ms=lambda: CLOSE.created_ms,
            check_key=lambda name, receipt: None,
            reload=lambda command, receipt: None,
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
                measured=lambda command, _: None,
                answered=lambda _: False,
                has_looked=lambda: True,
                now_ms=lambda: CLOSE.created_ms,
                check_key=lambda name, receipt: None,
                reload=lambda command, receipt: None,
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


class Life:
    """An engine's ears: what it takes, until it ends in order."""

    def __init__(self, directory: Path, *, has_looked: bool = True, later_ms: int = 0) -> None:
        self.directory, self.events, self.has_looked = directory, list[Event](), has_looked
        self.later_ms, self.is_unreadable = later_ms, False

    def answered(self, store: Store, command_id: str) -> bool:
        if self.is_unreadable:
            raise DbTrouble(TroubleKind.IO, "disk I/O error")
        return store.read.answer(command_id) is not None

    def look(self) -> None:
        self.has_looked = True

    def take(self, event: Event) -> tuple[()]:
        self.events.append(event)
        return ()

    async def hear(self, *between: Callable[[], object]) -> list[Event]:
        """Listen once, and once more long after each of these happened."""
        disk = HostDisk()
        desk = CommandDesk(disk, self.directory / "commands.db")
        with open_store(disk, self.directory / "engine.db") as store:
            writer = store.writer(on_broken=pytest.fail, on_mended=lambda: None)
            operators = Operators(
                desk=desk,
                read_to=int(store.read.load_account().get(AccountKey.COMMANDS_READ.value, "0")),
                recorder=Recorder(writer, TwoClocks(HostWorld())),
                take=self.take,
                hear=unheard,
                promote=lambda command, _: None,
                measured=lambda command, _: None,
                answered=partial(self.answered, store),
                has_looked=lambda: self.has_looked,
                now_ms=lambda: CLOSE.created_ms + self.later_ms,
                check_key=lambda name, receipt: None,
                reload=lambda command, receipt: None,
            )
            operators.listen()
            for happens in between:
                happens()
                for _ in range(REOPENED_POLLS):
                    operators.listen()
            assert operators.are_heard
            assert await writer.close(deadline_ms=5_000) == 0
        desk.close()
        return self.events


def closes(directory: Path, *numbers: int) -> None:
    for number in numbers:
        CommandDesk(HostDisk(), directory / "commands.db").submit(replace(CLOSE, command_id=f"c{number}"))


def asides(directory: Path) -> None:
    (directory / "commands.db").rename(directory / "aside.db")


@pytest.mark.owns("K2")
@pytest.mark.parametrize("more", [(), (4, 5, 6)], ids=["shorter", "grown-beyond-it"])
def test_K2_a_desk_in_the_place_of_another_is_read_from_its_beginning(
    tmp_path: Path, more: tuple[int, ...]
) -> None:
    """It counts from 1 again; behind the place that was reached in the old one nothing would ever be heard."""
    closes(tmp_path, 1, 2, 3)
    assert len(asyncio.run(Life(tmp_path).hear())) == 3
    assert asyncio.run(Life(tmp_path).hear()) == [], "each is heard once"
    asides(tmp_path)
    closes(tmp_path, 3, *more)  # given again under its id: it is answered
    CommandDesk(HostDisk(), tmp_path / "commands.db").submit(KILL)
    heard = asyncio.run(Life(tmp_path).hear())
    assert [type(event) for event in heard] == [*[CloseAsked] * len(more), KillAsked]


@pytest.mark.owns("K2")
def test_K2_a_desk_that_is_moved_aside_while_an_engine_runs_is_left(tmp_path: Path) -> None:
    closes(tmp_path, 1, 2)

    def moved() -> None:
        asides(tmp_path)
        closes(tmp_path, 2, 7)

    heard = asyncio.run(Life(tmp_path).hear(moved, lambda: closes(tmp_path, 8)))
    assert len(heard) == 4, "the two of before, and the two that are new"


def answer_of(directory: Path, command_id: str) -> str | None:
    with open_store(HostDisk(), directory / "engine.db") as store:
        answer = store.read.answer(command_id)
    return None if answer is None else answer.result


@pytest.mark.owns("K3")
def test_K3_a_close_from_before_the_first_look_names_what_the_look_shows_too(tmp_path: Path) -> None:
    """What stands on no record, a journal put back say, is known by the first look only."""
    closes(tmp_path, 1)
    first = Life(tmp_path, has_looked=False)
    heard = asyncio.run(first.hear(first.look))
    assert [type(event) for event in heard] == [CloseAsked, CloseAsked], "at once, and again behind the look"
    assert "closing" in (answer_of(tmp_path, "c1") or "")
    assert asyncio.run(Life(tmp_path).hear()) == []


@pytest.mark.owns("K3")
def test_K3_a_close_outlives_an_engine_that_never_looked_and_holds_up_no_kill(tmp_path: Path) -> None:
    closes(tmp_path, 1)
    CommandDesk(HostDisk(), tmp_path / "commands.db").submit(KILL)
    heard = asyncio.run(Life(tmp_path, has_looked=False).hear())
    assert [type(event) for event in heard] == [CloseAsked, KillAsked]
    assert answer_of(tmp_path, "c1") is None, "nobody has looked yet"
    heard = asyncio.run(Life(tmp_path).hear())
    assert [type(event) for event in heard] == [CloseAsked, KillAsked], "nothing here has answered the kill"
    assert "closing" in (answer_of(tmp_path, "c1") or "")


@pytest.mark.owns("K3")
def test_K3_an_old_close_names_what_was_open_when_it_was_given(tmp_path: Path) -> None:
    """What was opened by hand since, and stands on no record, is not closed for it."""
    closes(tmp_path, 1)
    late = Life(tmp_path, has_looked=False, later_ms=CLOSE_AGE_MS_MAX + 1)
    assert [type(event) for event in asyncio.run(late.hear(late.look))] == [CloseAsked]
    assert answer_of(tmp_path, "c1") is not None


@pytest.mark.owns("K2", "K4")
def test_K2_a_kill_waits_for_no_store_and_a_reset_is_not_obeyed_unchecked(tmp_path: Path) -> None:
    """A store that cannot say what was answered ends no engine; what may raise risk waits in its order."""
    desk, life = CommandDesk(HostDisk(), tmp_path / "commands.db"), Life(tmp_path)
    seen: list[list[type[Event]]] = []

    def note() -> None:
        seen.append([type(event) for event in life.events])

    def fails() -> None:
        life.is_unreadable = True
        for command in (KILL, RESET, replace(CLOSE, command_id="c9")):
            desk.submit(command)

    def reads() -> None:
        note()
        life.is_unreadable = False

    heard = asyncio.run(life.hear(fails, reads, note))
    assert seen == [[KillAsked], [KillAsked, ResetAsked, CloseAsked]]
    assert [type(event) for event in heard] == [KillAsked, ResetAsked, CloseAsked], "each once"
