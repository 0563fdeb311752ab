"""The scan: each close is asked about once, and what the sockets bring comes between two slices."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from jackline.core.values import Symbol
from jackline.engine.scan import SLICE_S, Scan

NAMES = tuple(Symbol(f"S{number:03}USDT") for number in range(222))
EACH_S = SLICE_S / 10


class Slow:
    """A strategy that takes a tenth of a slice, by a clock of its own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.asked: list[Symbol] = []
        self.scan = Scan(self.ask, now_s=lambda: self.now_s)

    def ask(self, symbol: Symbol) -> None:
        self.asked.append(symbol)
        self.now_s += EACH_S


async def drained(slow: Slow) -> None:
    while slow.scan:
        await slow.scan.next()


async def test_every_symbol_is_asked_about_once_in_the_order_of_its_close() -> None:
    slow = Slow()
    for symbol in NAMES:
        slow.scan.add(symbol)
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

    for symbol in NAMES:
        slow.scan.add(symbol)
    async with asyncio.TaskGroup() as group:
        group.create_task(drained(slow))
        group.create_task(answers())
    gaps = [after - before for before, after in pairwise(turns)]
    assert turns[0] <= 11
    assert max(gaps) <= 11, "a slice is ten questions, and the one that ends it"
    assert len(turns) >= len(NAMES) // 11


async def test_a_scan_within_a_slice_never_leaves_the_loop() -> None:
    """In a world without passing time a scan is one step: the same seed gives the same order."""
    slow = Slow()
    ran = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(ran.set_result, None)
    for symbol in NAMES[:9]:
        slow.scan.add(symbol)
    await drained(slow)
    assert not ran.done()
    await ran


@pytest.mark.owns("D1")
async def test_D1_two_closes_of_one_symbol_are_two_questions() -> None:
    slow = Slow()
    slow.scan.add(NAMES[0])
    slow.scan.settle(NAMES[0])
    slow.scan.add(NAMES[0])
    slow.scan.settle(NAMES[1])
    await drained(slow)
    assert slow.asked == [NAMES[0], NAMES[0]]
