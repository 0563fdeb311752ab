"""The scan: each close is asked about once, and what the sockets bring comes between two slices."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from jackline.core.events import AccountHinted, Event, Ticked
from jackline.core.values import Symbol
from jackline.engine.inbox import Inbox
from jackline.engine.scan import LISTEN_TURNS, SLICE_S, Scan

NAMES = tuple(Symbol(f"S{number:03}USDT") for number in range(222))
EACH_S = SLICE_S / 10
SLICE_ASKS = 11
"""Ten questions, and one more where ten tenths are a little less than the whole."""
TURNS = 8
"""Of the loop, that an answer of the venue takes from the socket to the inbox."""
ANSWER = AccountHinted(symbol=NAMES[7])


class Slow:
    """A strategy that takes a tenth of a slice, by a clock of its own; a tick comes in with the last question.

    `story` is what happened, in order: a symbol asked about, an event taken, words of a test.
    """

    def __init__(self, names: tuple[Symbol, ...] = NAMES) -> None:
        self.now_s = 0.0
        self.story: list[object] = []
        self.inbox = Inbox()
        self.scan = Scan(self.ask, now_s=lambda: self.now_s)
        for symbol in names:
            self.scan.add(symbol)

    @property
    def asked(self) -> list[object]:
        return [one for one in self.story if isinstance(one, str) and one.startswith("S")]

    def ask(self, symbol: Symbol) -> None:
        self.story.append(symbol)
        self.now_s += EACH_S
        if not self.scan:
            self.inbox.put(Ticked())

    def asks_between(self, first: object, then: object) -> int:
        """Questions from the one to the other."""
        return sum(one in NAMES for one in self.story[self.story.index(first) : self.story.index(then)])


async def drained(slow: Slow, leave: Callable[[Event], None] = lambda _: None) -> None:
    """The turns of an engine, to the end of the scan; `leave` is what an event leads to."""
    while not isinstance(event := await slow.scan.event(slow.inbox), Ticked):
        slow.story.append(event)
        leave(event)
        slow.scan.give_way()


async def on_its_way(slow: Slow, turns: int, arrive: Callable[[], None]) -> None:
    """A message of so many turns of the loop, handed over in the middle of the scan."""
    while len(slow.asked) < len(NAMES) // 2:  # noqa: ASYNC110 # turns of the loop are what is counted
        await asyncio.sleep(0)
    slow.story.append("readable")
    for _ in range(turns):
        await asyncio.sleep(0)
    arrive()


async def test_every_symbol_is_asked_about_once_in_the_order_of_its_close() -> None:
    slow = Slow()
    await drained(slow)
    assert tuple(slow.asked) == NAMES


@pytest.mark.owns("K2")
async def test_K2_whatever_comes_in_waits_for_one_slice_and_not_for_the_scan() -> None:
    """Somebody who wants the loop at the start of a scan has it after a slice, and again after each."""
    slow = Slow()
    turns: list[int] = []

    async def answers() -> None:
        while len(slow.asked) < len(NAMES):
            turns.append(len(slow.asked))
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        group.create_task(drained(slow))
        group.create_task(answers())
    gaps = [after - before for before, after in pairwise(turns)]
    assert turns[0] <= SLICE_ASKS
    assert max(gaps) <= SLICE_ASKS, "a slice is ten questions, and the one that ends it"
    assert len(turns) >= len(NAMES) // SLICE_ASKS


@pytest.mark.owns("K2")
async def test_K2_an_answer_in_the_middle_of_a_scan_is_handled_before_the_next_question() -> None:
    slow = Slow()
    async with asyncio.TaskGroup() as group:
        group.create_task(drained(slow))
        group.create_task(on_its_way(slow, 0, lambda: slow.inbox.put(ANSWER)))
    assert slow.asks_between("readable", ANSWER) == 0
    assert len(NAMES) // 2 <= slow.asks_between(NAMES[0], ANSWER) < len(NAMES)
    assert tuple(slow.asked) == NAMES, "and the scan goes on behind it"


@pytest.mark.owns("K2")
async def test_K2_an_answer_that_takes_many_turns_of_the_loop_does_not_wait_for_a_slice_at_each() -> None:
    slow = Slow()
    async with asyncio.TaskGroup() as group:
        group.create_task(drained(slow))
        group.create_task(on_its_way(slow, TURNS, lambda: slow.inbox.put(ANSWER)))
    assert slow.asks_between("readable", ANSWER) == 0


@pytest.mark.owns("K2")
async def test_K2_the_stop_that_an_answer_leads_to_leaves_before_the_next_question() -> None:
    """It, too, takes many turns of the loop, from its task to the socket, whichever turn the answer comes in."""
    slow = Slow()

    async def send() -> None:
        for _ in range(TURNS):
            await asyncio.sleep(0)
        slow.story.append("stop sent")

    sent: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:
        group.create_task(drained(slow, lambda _: sent.append(group.create_task(send()))))
        group.create_task(on_its_way(slow, LISTEN_TURNS - TURNS // 2, lambda: slow.inbox.put(ANSWER)))
    assert slow.asks_between(ANSWER, "stop sent") == 0
    assert tuple(slow.asked) == NAMES


async def test_a_scan_within_a_slice_never_leaves_the_loop() -> None:
    """In a world without passing time a scan is one step: the same seed gives the same order."""
    slow = Slow(NAMES[:9])
    ran = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(ran.set_result, None)
    await drained(slow)
    assert not ran.done()
    await ran


async def test_where_no_time_passes_nothing_is_given_way_to() -> None:
    """The same of what an event leads to: worlds do not change by it."""
    slow = Slow(NAMES[:1])
    ran = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(ran.set_result, None)
    slow.scan.give_way()
    await drained(slow)
    assert not ran.done()
    await ran


@pytest.mark.owns("D1")
async def test_D1_two_closes_of_one_symbol_are_two_questions() -> None:
    slow = Slow(NAMES[:2])
    slow.scan.settle(NAMES[0])
    slow.scan.add(NAMES[0])
    slow.scan.settle(NAMES[5])
    await drained(slow)
    assert slow.asked == [NAMES[0], NAMES[1], NAMES[0]]
