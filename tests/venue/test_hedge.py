"""Asking again: when, for what, and which answer counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from jackline.core.outcomes import Unknown
from jackline.venue.net import NetTrouble
from jackline.venue.transport.hedge import BREAKS_PAUSES_S, hedged, through_breaks

LOST = Unknown(cause="lost")


class Asking:
    """Answers in turn; a Future among them is waited for."""

    def __init__(self, *answers: str | Unknown | asyncio.Future[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self) -> str | Unknown:
        self.asked += 1
        answer = self.answers.pop(0)
        return await answer if isinstance(answer, asyncio.Future) else answer


async def test_a_clear_answer_is_asked_for_once() -> None:
    asking = Asking("yes", "again")
    assert (await hedged(asking), asking.asked) == ("yes", 1)


async def test_an_unclear_answer_is_asked_for_again_at_once() -> None:
    asking = Asking(LOST, "yes")
    assert (await hedged(asking), asking.asked) == ("yes", 2)


async def test_three_unclear_answers_stay_unclear() -> None:
    asking = Asking(LOST, LOST, LOST)
    assert (await hedged(asking), asking.asked) == (LOST, 3)


@pytest.mark.owns("O2")
async def test_O2_an_answer_that_does_not_come_is_not_waited_for() -> None:
    loop = asyncio.get_running_loop()
    silent: list[asyncio.Future[str]] = [loop.create_future(), loop.create_future()]
    asking = Asking(*silent, "yes")
    assert (await hedged(asking, every_s=0.001), asking.asked) == ("yes", 3)
    await asyncio.gather(*silent, return_exceptions=True)
    assert all(one.cancelled() for one in silent), "nobody waits for the first two any more"


async def test_the_first_answer_counts_where_it_is_late_and_the_second_is_lost() -> None:
    late: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def lost_then_late() -> Unknown:
        late.set_result("late")
        return LOST

    asks: list[Callable[[], Awaitable[str | Unknown]]] = [lambda: late, lost_then_late]

    def ask() -> Awaitable[str | Unknown]:
        return asks.pop(0)()

    assert await hedged(ask, every_s=0.001) == "late"


async def test_a_connection_that_breaks_is_asked_through_at_once_and_a_few_times() -> None:
    asked: list[int] = []

    async def ask() -> int:
        asked.append(len(asked))
        if len(asked) < len(BREAKS_PAUSES_S):
            raise NetTrouble("connection reset by peer")
        return 7

    assert await through_breaks(ask, may_repeat=lambda: True) == 7
    assert len(asked) == len(BREAKS_PAUSES_S)


@pytest.mark.parametrize("may_repeat", [True, False])
async def test_a_connection_that_stays_broken_is_raised(may_repeat: bool) -> None:
    asked: list[int] = []

    async def ask() -> int:
        asked.append(len(asked))
        raise NetTrouble("connection reset by peer")

    with pytest.raises(NetTrouble):
        await through_breaks(ask, may_repeat=lambda: may_repeat)
    assert len(asked) == (len(BREAKS_PAUSES_S) + 1 if may_repeat else 1)
