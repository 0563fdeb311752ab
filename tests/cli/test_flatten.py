"""Closing everything at a venue over a real socket: only reductions, flat read back, strangers untouched."""

from __future__ import annotations

import pytest

from jackline.cli.flatten import Flattened, Flattener, Pace
from jackline.core.orders import OrderView, PositionMode, Snapshot
from jackline.core.outcomes import Acked, Outcome, Refusal, Refused, Unknown
from jackline.core.requests import CancelOrder, CloseShape, Mutation, ReadSnapshot, SendClose
from jackline.core.settings import ProtectionSettings, RiskSettings
from jackline.core.values import Side
from jackline.venue.binance.venue import BinanceVenue
from tests.venue.local import Local, local_exchange
from tests.venue.makers import WallClock, entry_plan, in_mode, send_entry, send_stop, send_target

OURS, STRANGERS = "abc", "zzz"
"""Tag of the orders that `makers` makes, and another account's."""
PACE = Pace(flat_gap_ms=150, retry_ms=20, deadline_s=10)


class Between:
    """A real venue whose answers to closing orders are replaced while `answers` lasts."""

    def __init__(self, venue: BinanceVenue, answers: list[Outcome] | None = None) -> None:
        self._venue = venue
        self._answers = answers or []
        self.sent: list[Mutation] = []

    async def send(self, request: Mutation) -> Outcome:
        self.sent.append(request)
        if isinstance(request, SendClose) and self._answers:
            return self._answers.pop(0)
        return await self._venue.send(request)

    def __getattr__(self, name: str) -> object:
        return getattr(self._venue, name)

    @property
    def shapes(self) -> list[CloseShape]:
        return [request.shape for request in self.sent if isinstance(request, SendClose)]


async def open_position(
    local: Local[BinanceVenue], side: Side = Side.LONG, *, mode: PositionMode = PositionMode.NETTING
) -> None:
    """A protected position: stop first, then the entry."""
    stop = send_stop(side, trigger="59000" if side is Side.LONG else "61000")
    for request in (stop, send_entry(entry_plan(side))):
        assert isinstance(await local.venue.send(in_mode(request, mode)), Acked)


async def flatten(
    venue: BinanceVenue | Between, *, tag: str = OURS, sweep: bool = True, pace: Pace = PACE
) -> Flattened:
    said: list[str] = []
    flattener = Flattener(
        venue=venue,  # type: ignore[arg-type] # `Between` forwards what it does not replace
        clock=WallClock(),
        tag=tag,
        pace=pace,
        sweep=sweep,
        say=said.append,
    )
    done = await flattener.run()
    assert said
    return done


async def look(venue: BinanceVenue) -> Snapshot:
    found = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=None))
    assert isinstance(found, Snapshot)
    return found


@pytest.mark.parametrize("mode", PositionMode)
@pytest.mark.parametrize("side", Side)
async def test_a_protected_position_is_closed_and_then_its_stop_removed(
    mode: PositionMode, side: Side
) -> None:
    async with local_exchange(hedge=mode is PositionMode.HEDGE) as local:
        await open_position(local, side, mode=mode)
        done = await flatten(local.venue)
        assert (done.flat, done.still_open, done.left, done.foreign) == (True, (), (), ())
        assert [(gone.symbol, gone.side) for gone in done.closed] == [("BTCUSDT", side)]
        assert [order.key.client_id for order in done.removed] == [send_stop(side).client_id]
        after = await look(local.venue)
        assert (after.positions, after.orders) == ((), ())


async def test_the_stop_stays_until_the_position_is_flat() -> None:
    async with local_exchange() as local:
        await open_position(local)
        between = Between(local.venue)
        await flatten(between)
        kinds = [type(request) for request in between.sent]
        assert kinds == [SendClose, CancelOrder]


async def test_a_target_goes_with_the_stop() -> None:
    async with local_exchange() as local:
        await open_position(local)
        assert isinstance(await local.venue.send(send_target()), Acked)
        done = await flatten(local.venue)
        assert done.flat
        assert len(done.removed) == 2


@pytest.mark.owns("P6")
async def test_a_strangers_order_is_never_removed() -> None:
    async with local_exchange() as local:
        await open_position(local)
        done = await flatten(local.venue, tag=STRANGERS)
        assert done.flat, "a stranger's position is closed: the operator said all"
        assert done.removed == ()
        assert [order.key.client_id for order in done.foreign] == [send_stop().client_id]
        assert [order.key.client_id for order in (await look(local.venue)).orders] == [send_stop().client_id]


async def test_beside_a_living_engine_its_orders_are_left_to_it() -> None:
    """One of them may be the stop of an entry that it is about to send."""
    async with local_exchange() as local:
        await open_position(local)
        done = await flatten(local.venue, sweep=False)
        assert done.flat
        assert [order.key.client_id for order in done.left] == [send_stop().client_id]


@pytest.mark.owns("K2")
async def test_a_refused_market_order_climbs_the_ladder() -> None:
    band = Refused(kind=Refusal.PRICE_BAND, code=-4131, text="outside the band")
    async with local_exchange() as local:
        await open_position(local)
        between = Between(local.venue, [band, band])
        assert (await flatten(between)).flat
        assert between.shapes == [
            CloseShape.REDUCE_ONLY_MARKET,
            CloseShape.IOC_1_PERCENT,
            CloseShape.IOC_3_PERCENT,
        ]
        last = between.sent[2]
        assert isinstance(last, SendClose)
        assert last.limit_price is not None
        assert last.limit_price == 60_000 * 97 // 100


async def test_a_refused_flag_closes_plainly_on_a_fresh_read() -> None:
    flag = Refused(kind=Refusal.FLAG_REFUSED, code=-1106, text="reduceonly not required")
    async with local_exchange() as local:
        await open_position(local)
        between = Between(local.venue, [flag])
        assert (await flatten(between)).flat
        assert between.shapes == [CloseShape.REDUCE_ONLY_MARKET, CloseShape.PLAIN_MARKET]


async def test_after_silence_only_an_order_that_cannot_open_anything_is_sent() -> None:
    flag = Refused(kind=Refusal.FLAG_REFUSED, code=-1106, text="reduceonly not required")
    async with local_exchange() as local:
        await open_position(local)
        between = Between(local.venue, [flag, Unknown(cause="no answer")])
        assert (await flatten(between)).flat
        assert between.shapes == [
            CloseShape.REDUCE_ONLY_MARKET,
            CloseShape.PLAIN_MARKET,
            CloseShape.REDUCE_ONLY_MARKET,
        ]
        names = [request.client_id for request in between.sent if isinstance(request, SendClose)]
        assert len(set(names)) == 3, "an unresolved id is not used for another order"


async def test_a_target_that_holds_the_size_is_removed_and_the_stop_is_not() -> None:
    held = Refused(kind=Refusal.REDUCE_BLOCKED, code=-4118, text="held by resting orders")
    async with local_exchange() as local:
        await open_position(local)
        target = send_target()
        assert isinstance(await local.venue.send(target), Acked)
        between = Between(local.venue, [held])
        assert (await flatten(between)).flat
        first_cancel = between.sent[1]
        assert isinstance(first_cancel, CancelOrder)
        assert first_cancel.key.client_id == target.client_id
        assert isinstance(between.sent[2], SendClose)


async def test_a_venue_that_refuses_for_ever_ends_in_a_report_and_the_stop_stays() -> None:
    never = Refused(kind=Refusal.OTHER, code=-4400, text="reduction not allowed")
    async with local_exchange() as local:
        await open_position(local)
        between = Between(local.venue, [never] * 1_000)
        done = await flatten(between, pace=Pace(flat_gap_ms=150, retry_ms=20, deadline_s=0.5))
        assert not done.flat
        assert [left.symbol for left in done.still_open] == ["BTCUSDT"]
        assert done.removed == ()
        orders: tuple[OrderView, ...] = (await look(local.venue)).orders
        assert [order.key.client_id for order in orders] == [send_stop().client_id]


async def test_nothing_open_is_flat_and_leftovers_of_ours_go() -> None:
    async with local_exchange() as local:
        assert isinstance(await local.venue.send(send_stop()), Acked)
        done = await flatten(local.venue)
        assert (done.flat, done.closed) == (True, ())
        assert [order.key.client_id for order in done.removed] == [send_stop().client_id]


def test_the_second_look_comes_after_every_entry_that_was_under_way() -> None:
    """Rule 3's fence: an entry decided just before the first look has died before the second."""
    risk, protection = RiskSettings(), ProtectionSettings()
    fence_ms = risk.entry_patience_ms + risk.entry_receive_window_ms + protection.clock_skew_ms_max + 1_000
    assert Pace.of(risk, protection).flat_gap_ms >= fence_ms
    assert Pace.of(risk, ProtectionSettings(sweep_gap_ms=30_000)).flat_gap_ms == 30_000
