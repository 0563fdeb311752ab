"""Two halves of two looks are a look: who waits for a part takes the answer to any asking that left after it began."""

from __future__ import annotations

import asyncio

import pytest

from jackline.venue.transport.part import Part


class Wire:
    """Askings that end when the test says so."""

    def __init__(self) -> None:
        self.part = Part[str, None]()
        self.answers: list[asyncio.Future[str]] = []

    async def ask(self) -> str:
        async def send() -> str:
            answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            self.answers.append(answer)
            return await answer

        return await self.part.asking(send)

    def look(self) -> asyncio.Task[str | None]:
        return asyncio.ensure_future(self.part.first(self.ask))


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.mark.owns("P1")
@pytest.mark.asyncio
async def test_P1_a_look_whose_own_answer_is_lost_takes_the_one_to_a_later_asking() -> None:
    wire = Wire()
    first = wire.look()
    await settle()
    second = wire.look()
    await settle()
    wire.answers[1].set_result("newer")
    assert await first == "newer"
    assert await second == "newer"


@pytest.mark.asyncio
async def test_no_look_takes_the_answer_to_an_asking_that_left_before_it_began() -> None:
    wire = Wire()
    first = wire.look()
    await settle()
    second = wire.look()
    await settle()
    wire.answers[0].set_result("old news")
    assert await first == "old news"
    await settle()
    assert not second.done()
    wire.answers[1].set_result("newer")
    assert await second == "newer"


@pytest.mark.asyncio
async def test_what_an_asking_raises_is_told_to_its_own_look_alone_and_nothing_is_left_behind() -> None:
    wire = Wire()
    first, second = wire.look(), None
    await settle()
    second = wire.look()
    await settle()
    wire.answers[1].set_exception(OSError("gone"))
    with pytest.raises(OSError, match="gone"):
        await second
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await settle()
    assert wire.answers[0].cancelled()
