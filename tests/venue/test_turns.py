"""Turns at a narrow door: never too many, the urgent first, entries never on what is kept. On virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.venue.profile import BINGX_SWAP, OrderWindow
from jackline.venue.transport.turns import MARGIN_MS, Rank, TooLong, Turns
from jackline.world.loop import Order, VirtualLoop

STEPS_MAX = 100_000
THREE = (OrderWindow(orders=3, window_ms=1_000, kept=2),)


def on_virtual_time(play: Callable[[Turns, VirtualLoop], Awaitable[None]]) -> None:
    loop = VirtualLoop(Random(1), Order.FIFO, steps_max=STEPS_MAX)

    async def played() -> None:
        await play(Turns(THREE), loop)

    try:
        loop.run_until_complete(played())
    finally:
        loop.close()


@pytest.mark.owns("K2")
@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(["entry", *Rank])), min_size=1, max_size=40))
def test_K2_no_second_has_more_than_three_and_no_entry_in_it_but_the_first(
    wishes: list[tuple[int, str | Rank]],
) -> None:
    passed: list[tuple[float, bool]] = []

    async def play(turns: Turns, loop: VirtualLoop) -> None:
        async def reduce(rank: Rank) -> None:
            await turns.take(rank, within_s=1e6)
            passed.append((loop.time(), False))

        tasks = []
        for gap_ms, wish in wishes:
            due = loop.create_future()
            loop.call_later(gap_ms / 1_000, due.set_result, None)
            await due
            if isinstance(wish, Rank):
                tasks.append(asyncio.ensure_future(reduce(wish)))
            elif turns.entry_refusal() is None:
                passed.append((loop.time(), True))
        await asyncio.gather(*tasks)

    on_virtual_time(play)
    for at_s, entered in passed:
        before = [one for one, _ in passed if at_s - 1.0 < one <= at_s]
        assert len(before) <= 3
        if entered:
            assert [one for one in before if one < at_s] == []


@pytest.mark.owns("K2")
def test_K2_a_stop_passes_what_came_before_it() -> None:
    passed: list[str] = []

    async def play(turns: Turns, _: VirtualLoop) -> None:
        async def want(name: str, rank: Rank) -> None:
            await turns.take(rank, within_s=60)
            passed.append(name)

        names = [(f"cancel {number}", Rank.TIDY) for number in range(6)]
        tasks = [asyncio.ensure_future(want(*one)) for one in names]
        await asyncio.sleep(0)
        tasks.append(asyncio.ensure_future(want("stop", Rank.PROTECT)))
        await asyncio.sleep(0)
        refusal = turns.entry_refusal()
        assert refusal is not None
        assert "wait for their turn" in refusal
        await asyncio.gather(*tasks)

    on_virtual_time(play)
    assert passed.index("stop") == 3
    assert len(passed) == 7


def test_a_turn_that_does_not_come_in_time_uses_nothing_up() -> None:
    async def play(turns: Turns, loop: VirtualLoop) -> None:
        for _ in range(3):
            await turns.take(Rank.TIDY, within_s=1)
        with pytest.raises(TooLong):
            await turns.take(Rank.PROTECT, within_s=0.5)
        began_s = loop.time()
        for _ in range(3):
            await turns.take(Rank.PROTECT, within_s=1)
        assert loop.time() - began_s == pytest.approx((1_000 + MARGIN_MS) / 1_000 - 0.5, abs=0.002)

    on_virtual_time(play)


def test_a_ban_holds_everybody() -> None:
    async def play(turns: Turns, loop: VirtualLoop) -> None:
        turns.ban(5_000)
        refusal = turns.entry_refusal()
        assert refusal is not None
        assert "banned" in refusal
        await turns.take(Rank.PROTECT, within_s=10)
        assert loop.time() == pytest.approx(5.0, abs=0.002)

    on_virtual_time(play)


@pytest.mark.owns("K2")
def test_K2_an_entry_at_bingx_leaves_two_of_three_orders_a_second_to_protection() -> None:
    (window,) = BINGX_SWAP.windows
    assert (window.orders, window.kept) == (3, 2)


@pytest.mark.owns("P1")
def test_P1_who_waits_behind_an_engine_goes_on_when_it_is_dead() -> None:
    async def play(turns: Turns, loop: VirtualLoop) -> None:
        for _ in range(3):
            await turns.take(Rank.PROTECT, within_s=0.1)
        engine = [True]
        loop.call_later(0.35, engine.clear)
        begun_s = loop.time()
        await turns.take_while(Rank.PROTECT, within_s=2.5, wanted=lambda: bool(engine))
        assert 0.35 <= loop.time() - begun_s <= 0.45
        engine.append(True)
        await turns.take_while(Rank.PROTECT, within_s=2.5, wanted=lambda: bool(engine))
        assert loop.time() - begun_s >= 1.0, "a turn of its own, behind the three"
        turns.ban(60_000)
        with pytest.raises(TooLong):
            await turns.take_while(Rank.PROTECT, within_s=2.5, wanted=lambda: True)

    on_virtual_time(play)


@pytest.mark.owns("P1")
def test_P1_a_turn_that_was_given_back_is_nobodys() -> None:
    async def play(turns: Turns, loop: VirtualLoop) -> None:
        begun_s = loop.time()
        taken = [await turns.take(Rank.PROTECT, within_s=0.1) for _ in range(3)]
        waits = asyncio.ensure_future(turns.take(Rank.PROTECT, within_s=0.5))
        loop.call_later(0.2, taken[2].give_back)
        await waits
        assert loop.time() - begun_s == pytest.approx(0.2, abs=0.01), "who was waiting goes on at once"
        with pytest.raises(TooLong):
            await turns.take(Rank.PROTECT, within_s=0.5)

    on_virtual_time(play)
