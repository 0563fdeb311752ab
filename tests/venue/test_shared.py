"""One question for all who want the same: who joins, who does not, and what becomes of one nobody wants any more."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jackline.venue.transport.shared import SharedQuestion
from jackline.venue.transport.turns import TooLong


class Door:
    """A turn that comes when it is opened, and answers that come when they are given."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.too_long = False
        self.asked = 0
        self.answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def turn(self) -> None:
        await self.opened.wait()
        if self.too_long:
            raise TooLong("no turn")

    async def ask(self, turn: None) -> str:
        self.asked += 1
        return await self.answered

    def question(self) -> SharedQuestion[None, str]:
        return SharedQuestion(turn=self.turn, ask=self.ask)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@asynccontextmanager
async def askers(question: SharedQuestion[None, str], count: int) -> AsyncIterator[list[asyncio.Task[str]]]:
    tasks = [asyncio.ensure_future(question.answer()) for _ in range(count)]
    await settled()
    yield tasks
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.owns("K2")
async def test_K2_whoever_asks_while_it_waits_for_its_turn_shares_it() -> None:
    door = Door()
    async with askers(door.question(), 3) as tasks:
        door.opened.set()
        await settled()
        assert door.asked == 1
        door.answered.set_result("all of it")
    assert [task.result() for task in tasks] == ["all of it"] * 3


async def test_one_that_has_left_is_older_than_who_asks_now() -> None:
    door = Door()
    question = door.question()
    door.opened.set()
    async with askers(question, 1), askers(question, 1):
        assert door.asked == 2
        door.answered.set_result("told")


async def test_whoever_gives_up_disturbs_nobody() -> None:
    door = Door()
    async with askers(door.question(), 2) as (impatient, patient):
        impatient.cancel()
        await settled()
        door.opened.set()
        door.answered.set_result("told")
    assert impatient.cancelled()
    assert patient.result() == "told"
    assert door.asked == 1


async def test_what_nobody_waits_for_any_more_is_not_asked_and_the_next_one_begins_anew() -> None:
    door = Door()
    question = door.question()
    async with askers(question, 2) as tasks:
        for task in tasks:
            task.cancel()
        await settled()
    door.opened.set()
    await settled()
    assert door.asked == 0
    door.answered.set_result("told")
    assert await question.answer() == "told"
    assert door.asked == 1


async def test_a_turn_that_does_not_come_is_told_to_all_and_the_next_one_begins_anew() -> None:
    door = Door()
    question = door.question()
    async with askers(question, 2) as tasks:
        door.too_long = True
        door.opened.set()
        await settled()
        assert all(isinstance(task.exception(), TooLong) for task in tasks)
    door.too_long = False
    door.answered.set_result("told")
    assert await question.answer() == "told"
