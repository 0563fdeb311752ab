"""The socket of orders beside REST: what reduces gets through while one of two ways lives, and entries never use it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from jackline.core.ids import Role, client_id
from jackline.core.orders import OrderState, OrderView, Snapshot
from jackline.core.outcomes import Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.requests import ReadOrder, ReadSnapshot, SendStop
from jackline.core.values import Side
from jackline.venue.binance.order_socket import OrderSocket
from jackline.venue.binance.paths import UNANSWERED_MAX, Paths
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.net import NetTrouble
from jackline.venue.profile import BINANCE_USDM
from jackline.venue.transport.budget import OrderBudget
from tests.venue.local import MINUTE, Local, local_exchange
from tests.venue.makers import BTC, TRADE, send_close, send_entry, send_stop
from tests.venue.scripted import serving, tells
from tests.venue.switched_net import SwitchedNet, Way

DEAD = pytest.mark.parametrize("rest", [Way.CUT, Way.SILENT, Way.FIREWALL, Way.BANNED])


@dataclass
class Both:
    """An exchange, our adapter with both ways open, and the switches."""

    local: Local[BinanceVenue]
    net: SwitchedNet

    async def send(self, request: SendStop) -> Outcome:
        return await self.local.venue.send(request)

    async def resting(self) -> set[str]:
        self.net.rest = Way.OPEN
        answer = await self.local.venue.read_snapshot(ReadSnapshot(asked=1, symbols=(BTC,)))
        assert isinstance(answer, Snapshot)
        return {order.key.client_id for order in answer.orders}

    def placements(self) -> list[str]:
        return [what for what in self.net.asked if what in {"POST v1/order", "POST v1/algoOrder"}]


@asynccontextmanager
async def both_ways() -> AsyncIterator[Both]:
    net = SwitchedNet()
    async with local_exchange(net=net) as local:
        kept = asyncio.ensure_future(local.venue.keep_clock())
        try:
            await net.until(lambda: net.dialled == 1)
            net.asked.clear()
            yield Both(local=local, net=net)
        finally:
            kept.cancel()
            await asyncio.gather(kept, return_exceptions=True)


@pytest.mark.owns("P1", "O2")
@DEAD
async def test_P1_a_stop_rests_though_rest_is_dead(rest: Way) -> None:
    stop = send_stop()
    async with both_ways() as both:
        both.net.rest = rest
        outcome = await both.send(stop)
        assert isinstance(outcome, Acked), outcome
        assert outcome.order.key.client_id == stop.client_id
        assert {json.loads(frame)["params"]["clientAlgoId"] for frame in both.net.frames} == {stop.client_id}
        if rest is not Way.BANNED:
            assert await both.resting() == {stop.client_id}


async def test_O2_a_stop_that_rest_took_without_a_word_is_a_duplicate_and_rests_once() -> None:
    stop = send_stop()
    async with both_ways() as both:
        both.net.rest = Way.UNHEARD
        outcome = await both.send(stop)
        assert isinstance(outcome, Refused)
        assert outcome.kind is Refusal.DUPLICATE_ID
        assert await both.resting() == {stop.client_id}


async def test_a_stop_goes_over_rest_while_rest_answers() -> None:
    async with both_ways() as both:
        assert isinstance(await both.send(send_stop()), Acked)
        assert (both.placements(), both.net.frames) == (["POST v1/algoOrder"], [])


@pytest.mark.parametrize("socket", [Way.CUT, Way.SILENT])
async def test_a_dead_socket_costs_a_stop_nothing_and_is_dialled_again(socket: Way) -> None:
    stop = send_stop()
    async with both_ways() as both:
        both.net.rest, both.net.socket = Way.CUT, socket
        sending = asyncio.ensure_future(both.send(stop))
        await both.net.until(lambda: both.net.frames != [])
        both.net.rest = Way.OPEN
        assert isinstance(await sending, Acked)
        both.net.rest, both.net.socket = Way.CUT, Way.OPEN
        await both.net.until(lambda: both.net.dialled == 2)
        other = send_stop(size="0.010", attempt=8)
        outcome = await both.send(other)
        assert isinstance(outcome, Acked | Refused), outcome
        assert other.client_id in both.net.frames[-1]


@pytest.mark.owns("O1")
@DEAD
async def test_O1_an_entry_leaves_over_rest_once_and_never_over_the_socket(rest: Way) -> None:
    async with both_ways() as both:
        await both.local.venue.read_clock_offset_ms()
        both.net.asked.clear()
        both.net.rest = rest
        outcome = await both.local.venue.send(send_entry())
        assert isinstance(outcome, Unknown | Refused), outcome
        assert (both.placements(), both.net.frames) == (["POST v1/order"], [])


async def test_a_close_leaves_over_one_way_at_a_time() -> None:
    """Over REST while it may be alive, over the socket once it has failed often enough; never over both."""
    async with both_ways() as both:
        assert isinstance(await both.local.venue.send(send_entry()), Acked)
        both.net.asked.clear()
        both.net.rest = Way.CUT
        ways: list[tuple[int, int]] = []
        outcome: Outcome = Unknown(cause="nothing was sent")
        for attempt in range(UNANSWERED_MAX + 1):
            placed, framed = len(both.placements()), len(both.net.frames)
            outcome = await both.local.venue.send(send_close(attempt=4 + attempt))
            ways.append((len(both.placements()) - placed, len(both.net.frames) - framed))
        assert ways == [(1, 0)] * UNANSWERED_MAX + [(0, 1)]
        assert isinstance(outcome, Acked)
        assert outcome.order.state is OrderState.FILLED


async def test_a_close_that_a_firewall_turned_away_goes_over_the_socket_at_once() -> None:
    async with both_ways() as both:
        assert isinstance(await both.local.venue.send(send_entry()), Acked)
        both.net.rest = Way.FIREWALL
        assert isinstance(await both.local.venue.send(send_close()), Acked)
        assert len(both.net.frames) == 1


@pytest.mark.owns("K2")
async def test_K2_a_ban_holds_entries_and_history_and_a_stop_takes_the_other_way() -> None:
    async with both_ways() as both:
        venue = both.local.venue
        await venue.read_clock_offset_ms()
        both.net.rest = Way.BANNED
        assert isinstance(await both.send(send_stop()), Acked)
        both.net.asked.clear()
        assert isinstance(await both.send(send_stop(size="0.010", attempt=8)), Acked | Refused)
        entered = await venue.send(send_entry())
        assert isinstance(entered, NotSent)
        assert "banned" in entered.why
        history = await venue.read_bars(BTC, MINUTE, 5)
        assert isinstance(history, Refused)
        assert history.kind is Refusal.OVERLOADED
        # A ban grows by every request that meets it.
        assert both.net.asked == []
        assert len(both.net.frames) == 2


@pytest.mark.owns("K2")
async def test_K2_a_ban_on_both_ways_is_asked_once_each() -> None:
    async with both_ways() as both:
        await both.local.control("faults", {"kind": "refuse", "code": -1003, "status": 418, "for_ms": 60_000})
        for attempt in (2, 3):
            outcome = await both.send(send_stop(attempt=attempt))
            assert isinstance(outcome, Refused)
            assert outcome.kind is Refusal.OVERLOADED
        assert (both.placements(), len(both.net.frames)) == (["POST v1/algoOrder"], 1)


async def test_a_canary_keeps_to_rest() -> None:
    canary = replace(send_stop(), client_id=client_id(TRADE, Role.CANARY, 1))
    async with both_ways() as both:
        both.net.rest = Way.FIREWALL
        assert isinstance(await both.send(canary), Refused)
        assert both.net.frames == []


async def test_a_refusal_over_the_socket_is_judged_by_its_number() -> None:
    async with both_ways() as both:
        both.net.rest = Way.CUT
        reached = await both.send(send_stop(Side.LONG, trigger="61000"))
        assert isinstance(reached, Refused)
        assert (reached.kind, reached.code) == (Refusal.STOP_REACHED, -2021)


async def test_what_was_placed_over_the_socket_is_read_back_over_rest() -> None:
    stop = send_stop()
    async with both_ways() as both:
        both.net.rest = Way.CUT
        assert isinstance(await both.send(stop), Acked)
        both.net.rest = Way.OPEN
        found = await both.local.venue.read_order(
            ReadOrder(symbol=BTC, client_id=stop.client_id, conditional=True)
        )
        assert isinstance(found, OrderView)
        assert (found.state, found.close_position) == (OrderState.NEW, True)


def test_the_ways_alternate_and_a_way_that_does_not_serve_is_left_out() -> None:
    budget, is_open = OrderBudget(BINANCE_USDM.windows), True
    paths = Paths(budget, socket_open=lambda: is_open)

    def over_socket() -> list[bool]:
        return [paths.over_socket(sending, 0) for sending in range(4)]

    assert over_socket() == [False, True, False, True]
    for _ in range(UNANSWERED_MAX):
        paths.note(answered=False)
    assert over_socket() == [True, False, True, False]
    paths.note(answered=True)
    assert over_socket() == [False, True, False, True]
    budget.ban(1)
    assert over_socket() == [True] * 4
    budget.ban_socket(1)
    assert over_socket() == [False] * 4
    is_open = False
    assert over_socket() == [False] * 4


@pytest.mark.parametrize("said", ["<html>502</html>", "", '{"status":200}'])
async def test_a_gateways_words_end_the_socket_and_every_wait_on_it(said: str) -> None:
    async with serving(tells(said), tells()) as server:
        orders = OrderSocket(net=SwitchedNet(), root=server.root)
        kept = asyncio.ensure_future(orders.run())
        try:
            await server.until(lambda server: len(server.dialled) == 2)
            assert server.dialled[0] == "/ws-fapi/v1"
        finally:
            kept.cancel()
            await asyncio.gather(kept, return_exceptions=True)
        assert not orders.is_open
        with pytest.raises(NetTrouble):
            await orders.fetch("POST", orders.url, {}, '{"id":1}')
