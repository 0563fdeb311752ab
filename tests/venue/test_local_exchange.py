"""Every verb against the local exchange, over a real socket, in both position modes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from jackline.core.events import BarClosed, Event, FillHinted, MarkMoved, OrderHinted, StreamChanged
from jackline.core.ids import ClientId, Role, client_id
from jackline.core.orders import (
    IncomeKind,
    MarginType,
    OrderKey,
    OrderState,
    OrderView,
    PositionMode,
    PriceSource,
    Snapshot,
)
from jackline.core.outcomes import Absent, Acked, NotSent, Refusal, Refused
from jackline.core.plan import Rung
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    ReadFills,
    ReadIncome,
    ReadOrder,
    ReadSnapshot,
    SendStop,
)
from jackline.core.values import MarketMs, OrderSide, Side, Symbol, WireMs, price
from jackline.exchange.values import StopWhileFlat
from jackline.venue.binance.venue import BinanceVenue
from jackline.venue.canary import CanaryProof, CanaryTask, prove_rung
from jackline.venue.port import AccountFacts, FillPage, IncomePage, SymbolFacts
from tests.venue.local import MINUTE, START_MS, Local, local_exchange
from tests.venue.makers import (
    BTC,
    TRADE,
    WallClock,
    cancel,
    entry_plan,
    in_mode,
    instrument,
    send_close,
    send_entry,
    send_stop,
    send_target,
)

MODES = pytest.mark.parametrize("mode", PositionMode)


async def acked(venue: BinanceVenue, request: Mutation) -> OrderView:
    outcome = await venue.send(request)
    assert isinstance(outcome, Acked), outcome
    return outcome.order


async def snapshot(venue: BinanceVenue) -> Snapshot:
    answer = await venue.read_snapshot(ReadSnapshot(asked=1, symbols=None))
    assert isinstance(answer, Snapshot), answer
    return answer


async def read_back(venue: BinanceVenue, name: str, *, conditional: bool = True) -> OrderView:
    asked = ReadOrder(symbol=BTC, client_id=client_id(TRADE, Role.ENTRY, 1), conditional=conditional)
    answer = await venue.read_order(replace(asked, client_id=ClientId(name)))
    assert isinstance(answer, OrderView), answer
    return answer


async def all_fills(venue: BinanceVenue) -> FillPage:
    page = await venue.read_fills(ReadFills(symbol=BTC, after_fill_id=0))
    assert isinstance(page, FillPage), page
    return page


@MODES
@pytest.mark.parametrize("side", list(Side))
async def test_a_whole_trade_stop_first(mode: PositionMode, side: Side) -> None:
    """Stop, read back, entry, working stop, target, snapshot, cancel, close, sweep, fills."""
    beyond, better = ("58000", "63000") if side is Side.LONG else ("62000", "57000")
    inside = "59500" if side is Side.LONG else "60500"
    async with local_exchange(hedge=mode is PositionMode.HEDGE) as local:
        venue = local.venue
        disaster, working = (
            send_stop(side, trigger=beyond),
            send_stop(side, size="0.010", trigger=inside, attempt=5),
        )
        target = send_target(side, trigger=better)
        await acked(venue, in_mode(disaster, mode))
        assert (await read_back(venue, disaster.client_id)).state is OrderState.NEW
        entry = await acked(venue, in_mode(send_entry(entry_plan(side)), mode))
        assert (entry.state, entry.filled) == (OrderState.FILLED, Decimal("0.01"))
        assert (await read_back(venue, entry.key.client_id, conditional=False)).average_price == 60_000
        for request in (working, target):
            await acked(venue, in_mode(request, mode))
        seen = await snapshot(venue)
        position = seen.position(BTC, side)
        assert position is not None
        assert position.quantity == Decimal("0.01")
        assert position.entry_price == position.mark == price(60_000)
        assert {order.key.client_id for order in seen.orders} == {
            disaster.client_id,
            working.client_id,
            target.client_id,
        }
        resting = seen.order(disaster.client_id)
        assert resting is not None
        assert resting.close_position
        assert resting.price_source is PriceSource.MARK
        assert resting.position_side is (side if mode is PositionMode.HEDGE else None)
        assert resting.side is side.closes_with
        for request in (working, target):
            assert (await acked(venue, cancel(request))).state is OrderState.CANCELED
        await acked(venue, in_mode(send_close(side), mode))
        flat = await snapshot(venue)
        assert flat.positions == ()
        assert [order.key.client_id for order in flat.orders] == [disaster.client_id]
        await acked(venue, cancel(disaster, venue_id=resting.key.venue_id))
        assert (await snapshot(venue)).orders == ()
        page = await all_fills(venue)
        assert page.complete
        assert sum(fill.quantity * (1 if fill.side is OrderSide.BUY else -1) for fill in page.fills) == 0
        last = page.fills[-1].fill_id
        assert await venue.read_fills(ReadFills(symbol=BTC, after_fill_id=last)) == FillPage(
            fills=(), complete=True
        )
        assert (await local.witness())["orphans"] == []


@MODES
async def test_o2_the_same_stop_twice_is_a_duplicate_and_harmless(mode: PositionMode) -> None:
    async with local_exchange(hedge=mode is PositionMode.HEDGE) as local:
        await acked(local.venue, in_mode(send_stop(size="0.010"), mode))
        again = await local.venue.send(in_mode(send_stop(size="0.010"), mode))
        assert isinstance(again, Refused)
        assert again.kind is Refusal.DUPLICATE_ID


async def test_refusals_have_the_protocols_names() -> None:
    async with local_exchange() as local:
        venue = local.venue

        async def kind(request: Mutation) -> Refusal:
            outcome = await venue.send(request)
            assert isinstance(outcome, Refused), outcome
            return outcome.kind

        assert await kind(send_stop(trigger="60500")) is Refusal.STOP_REACHED
        assert await kind(send_close()) is Refusal.NOTHING_TO_REDUCE
        assert await kind(send_close(shape=CloseShape.PLAIN_MARKET)) is Refusal.NOTHING_TO_REDUCE
        assert await kind(cancel(send_stop(attempt=99))) is Refusal.ORDER_GONE
        await acked(venue, send_stop())
        assert await kind(send_stop(trigger="58000", attempt=8)) is Refusal.STOP_EXISTS
        assert await kind(send_entry(entry_plan(size="9"))) is Refusal.OTHER
        nobody = ReadOrder(symbol=BTC, client_id=client_id(TRADE, Role.WORKING, 77), conditional=True)
        assert await venue.read_order(nobody) == Absent()
        assert await venue.read_order(replace(nobody, conditional=False)) == Absent()


async def test_the_closing_ladder_reaches_the_position_on_each_rung() -> None:
    async with local_exchange() as local:
        venue = local.venue
        await acked(venue, send_entry())
        ioc = await acked(
            venue, send_close(shape=CloseShape.IOC_1_PERCENT, limit="59400", size="0.004", attempt=11)
        )
        assert ioc.filled == Decimal("0.004")
        await acked(venue, send_close(shape=CloseShape.PLAIN_MARKET, size="0.010", attempt=12))
        seen = await snapshot(venue)
        assert seen.positions == ()
        assert [fill.quantity for fill in (await all_fills(venue)).fills] == [
            Decimal("0.010"),
            Decimal("0.004"),
            Decimal("0.006"),
        ]


@pytest.mark.owns("K2")
async def test_k2_the_permit_stops_entries_and_nothing_else() -> None:
    async with local_exchange(permit=lambda _: "kill level flatten") as local:
        outcome = await local.venue.send(send_entry())
        assert isinstance(outcome, NotSent)
        assert "kill level flatten" in outcome.why
        await acked(local.venue, send_stop())
        assert (await local.witness())["fills"] == []


@MODES
async def test_account_symbol_and_instrument_are_read_back(mode: PositionMode) -> None:
    async with local_exchange(hedge=mode is PositionMode.HEDGE) as local:
        venue = local.venue
        account = await venue.read_account()
        assert isinstance(account, AccountFacts)
        assert account.mode is mode
        assert account.equity_quote == account.wallet_quote == Decimal(10_000)
        for leverage, margin in ((7, MarginType.CROSS), (7, MarginType.CROSS), (3, MarginType.ISOLATED)):
            facts = SymbolFacts(symbol=BTC, leverage=leverage, margin_type=margin)
            assert await venue.prepare_symbol(BTC, leverage, margin) == facts
        assert isinstance(await venue.prepare_symbol(BTC, 1_000, MarginType.CROSS), Refused)
        found = await venue.read_instruments([BTC, Symbol("NOSUCHUSDT")])
        assert isinstance(found, dict)
        assert set(found) == {BTC}
        assert found[BTC].price_tick > 0
        assert len(found[BTC].tiers) > 1
        offset = await venue.read_clock_offset_ms()
        assert isinstance(offset, int)
        assert abs(offset) < 100
        page = await venue.read_income(ReadIncome(after_ms=WireMs(0)))
        assert page == IncomePage(rows=(), complete=True)


@pytest.mark.owns("D1")
async def test_d1_history_ends_before_the_forming_bar() -> None:
    async with local_exchange() as local:
        before = await local.venue.read_bars(BTC, MINUTE, 300)
        assert isinstance(before, tuple)
        assert [bar.open_ms for bar in before] == [START_MS + minute * MINUTE for minute in range(-300, 0)]
        await local.run_to(7)
        later = await local.venue.read_bars(BTC, MINUTE, 5)
        assert isinstance(later, tuple)
        assert len(later) == 5
        assert later[-1].open_ms < START_MS + 8 * MINUTE
        five = await local.venue.read_bars(BTC, 5 * MINUTE, 2)
        assert isinstance(five, tuple)
        assert five[-1].open_ms + 5 * MINUTE <= START_MS + 8 * MINUTE


# -- streams -------------------------------------------------------------------------------------------------


class Inbox:
    def __init__(self) -> None:
        self.events: list[Event] = []
        self._more = asyncio.Event()

    def put(self, event: Event) -> None:
        self.events.append(event)
        self._more.set()

    async def until(self, kind: type[Event], count: int = 1) -> list[Event]:
        async with asyncio.timeout(10):
            while len(found := [event for event in self.events if isinstance(event, kind)]) < count:
                self._more.clear()
                await self._more.wait()
        return found


@asynccontextmanager
async def listening(local: Local[BinanceVenue], inbox: Inbox) -> AsyncIterator[None]:
    task = asyncio.ensure_future(local.venue.user_stream(inbox.put).run())
    try:
        await inbox.until(StreamChanged)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@MODES
async def test_a_stop_that_fires_is_told_filled_and_linked_to_its_child(mode: PositionMode) -> None:
    inbox = Inbox()
    async with (
        local_exchange(hedge=mode is PositionMode.HEDGE, path={3: "58500"}) as local,
        listening(local, inbox),
    ):
        venue = local.venue
        stop = await acked(venue, in_mode(send_stop(), mode))
        entry = await acked(venue, in_mode(send_entry(), mode))
        (told,) = await inbox.until(FillHinted)
        assert isinstance(told, FillHinted)
        assert (told.client_id, told.order_id) == (entry.key.client_id, entry.key.venue_id)
        await local.run_to(3)
        fills = await inbox.until(FillHinted, 2)
        assert isinstance(fills[1], FillHinted)
        assert fills[1].price == price(58_500)
        finished = await read_back(venue, stop.key.client_id)
        assert finished.state is OrderState.FINISHED
        assert finished.child_id == fills[1].order_id
        assert (await snapshot(venue)).positions == ()
        hints = [event for event in inbox.events if isinstance(event, OrderHinted)]
        states = [event.state for event in hints if event.client_id == stop.key.client_id]
        assert states[0] is OrderState.NEW
        assert states[-1] is OrderState.FINISHED
        page = await all_fills(venue)
        assert page.fills[-1].order_id == finished.child_id
        assert page.fills[-1].market_ms < START_MS + 4 * MINUTE


async def test_a_fill_in_parts_is_hinted_in_parts() -> None:
    inbox = Inbox()
    async with local_exchange(fill_parts=5) as local, listening(local, inbox):
        await acked(local.venue, send_entry())
        before = len(await inbox.until(FillHinted))
        await acked(local.venue, send_close())
        told = (await inbox.until(FillHinted, before + 5))[before:]
        assert sum(event.quantity for event in told if isinstance(event, FillHinted)) == Decimal("0.010")


async def test_d1_every_bar_of_a_running_market_arrives_once_in_order_and_joins_the_history() -> None:
    inbox = Inbox()
    async with local_exchange(path={5: "60100.5"}) as local:
        history = await local.venue.read_bars(BTC, MINUTE, 10)
        assert isinstance(history, tuple)
        stream = local.venue.market_stream(
            symbols=[BTC], interval_ms=MINUTE, after={BTC: history[-1].open_ms}, sink=inbox.put
        )
        task = asyncio.ensure_future(stream.run())
        await local.run_to(9)
        # What closed before the socket stood is read when the next bar shows the gap, or at the opening.
        bars = [event.bar for event in await inbox.until(BarClosed, 9) if isinstance(event, BarClosed)]
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert [bar.open_ms for bar in bars[:9]] == [MarketMs(START_MS + minute * MINUTE) for minute in range(9)]
    assert bars[5].close == price("60100.5")
    marks = [event for event in inbox.events if isinstance(event, MarkMoved)]
    assert all(mark.market_ms < START_MS + 10 * MINUTE for mark in marks)


# -- canary --------------------------------------------------------------------------------------------------


async def sing(local: Local[BinanceVenue], *, mode: PositionMode) -> tuple[CanaryProof, list[str]]:
    """Prove a rung; the proof and the steps announced before they were sent."""
    steps: list[str] = []

    async def on_stop(stop: SendStop) -> None:
        placed = [order["client_id"] for order in (await local.witness())["algos"]]
        steps.append(f"{type(stop).__name__} after {len(placed)} placed")

    def on_cancel(cancel: CancelOrder) -> None:
        steps.append(type(cancel).__name__)

    task = CanaryTask(
        trade_id=TRADE,
        attempt=1,
        instrument=instrument(),
        mark=price(60_000),
        position_mode=mode,
        price_source=PriceSource.MARK,
    )
    proof = await prove_rung(
        venue=local.venue, task=task, on_stop=on_stop, on_cancel=on_cancel, clock=WallClock()
    )
    return proof, steps


@MODES
@pytest.mark.owns("C4")
async def test_c4_a_canary_proves_stop_first_and_leaves_nothing(mode: PositionMode) -> None:
    async with local_exchange(hedge=mode is PositionMode.HEDGE) as local:
        proof, steps = await sing(local, mode=mode)
        assert (proof.rung, proof.position_mode) == (Rung.STOP_FIRST, mode)
        assert client_id(TRADE, Role.CANARY, 1) in proof.evidence
        assert steps == ["SendStop after 0 placed", "CancelOrder"]
        seen = await snapshot(local.venue)
        assert (seen.orders, seen.positions) == ((), ())


async def test_c4_a_venue_that_wants_a_position_first_is_after_fill() -> None:
    async with local_exchange(stop_while_flat=StopWhileFlat.REFUSE) as local:
        proof, steps = await sing(local, mode=PositionMode.NETTING)
        assert proof.rung is Rung.AFTER_FILL
        assert "refused while flat" in proof.evidence
        assert len(steps) == 1


async def test_c4_anything_unclear_proves_nothing() -> None:
    async with local_exchange() as local:
        await acked(local.venue, send_stop(trigger="58000"))
        proof, _ = await sing(local, mode=PositionMode.NETTING)
        assert proof.rung is None
        assert "stop_exists" in proof.evidence


async def test_p6_a_strangers_order_is_listed_and_a_cancel_needs_its_name() -> None:
    async with local_exchange() as local:
        await acked(local.venue, send_stop())
        key = OrderKey(symbol=BTC, client_id="", venue_id=None, conditional=True)
        outcome = await local.venue.send(replace(cancel(), key=key))
        assert isinstance(outcome, NotSent)
        assert len((await snapshot(local.venue)).orders) == 1


async def test_A3_the_wallet_comes_with_the_snapshot_and_the_listing_explains_it() -> None:
    async with local_exchange() as local:
        before = await local.venue.read_snapshot(ReadSnapshot(asked=1, symbols=(BTC,)))
        await acked(local.venue, send_stop())
        await acked(local.venue, send_entry())
        # The position is news: the balance that was read before it is not used again.
        await local.venue.read_snapshot(ReadSnapshot(asked=2, symbols=(BTC,)))
        after = await local.venue.read_snapshot(ReadSnapshot(asked=3, symbols=(BTC,)))
        page = await local.venue.read_income(ReadIncome(after_ms=WireMs(0)))
    assert isinstance(before, Snapshot)
    assert isinstance(after, Snapshot)
    assert isinstance(page, IncomePage)
    assert before.balance is not None
    assert after.balance is not None
    assert {row.kind for row in page.rows} == {IncomeKind.TRADE}
    moved = after.balance.wallet_quote - before.balance.wallet_quote
    assert moved == sum(row.amount_quote for row in page.rows) < 0
