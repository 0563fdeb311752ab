"""Adapter cards: what every venue's adapter must do, written once and played by each on the local exchange.

A card knows the port and nothing of a venue. What differs between venues is in their profile, and in the few facts of
a `Bench`. A new adapter brings a bench and plays them all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Protocol, get_args

import pytest

from jackline.core.ids import ClientId, Role, client_id, mint_trade_id
from jackline.core.instrument import Instrument
from jackline.core.orders import (
    OrderKind,
    OrderState,
    OrderView,
    PositionMode,
    PositionView,
    PriceSource,
    Snapshot,
)
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.plan import Rung
from jackline.core.requests import (
    CancelOrder,
    Mutation,
    ReadFills,
    ReadOrder,
    ReadSnapshot,
    SendEntry,
    SendStop,
)
from jackline.core.values import Side, Symbol, price
from jackline.engine.startup import StreamingVenue
from jackline.venue.canary import CanaryProof, CanaryTask
from jackline.venue.profile import VenueProfile
from jackline.venue.transport.gate import GateMechanics, GateRefused
from tests.venue.local import Local
from tests.venue.makers import (
    TRADE,
    WallClock,
    at_venue,
    entry_plan,
    send_close,
    send_entry,
    send_stop,
    send_target,
)

SIZE = Decimal("0.010")
PATIENCE_S = 6.0
"""For a venue's order window to pass, and a margin for a slow host."""
UNREAD = "clock has not been read"

Sing = Callable[[StreamingVenue, CanaryTask], Awaitable[tuple[CanaryProof, list[str]]]]


class Open(Protocol):
    """A local exchange with the bench's adapter."""

    def __call__(
        self, *, hedge: bool = False, path: dict[int, str] | None = None
    ) -> AbstractAsyncContextManager[Local[Any]]: ...


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One adapter and what is its venue's own.

    Attributes:
        bare: a rung whose entry carries no stop.
        remembers_ids: an id stays taken when its order is over.
        entry_path, stop_path: where orders are placed, for faults.
        amendments: the venue's own ways to change an order, which have no shape here.
    """

    name: str
    symbol: Symbol
    profile: VenueProfile
    open: Open
    gate: Callable[[], GateMechanics]
    sing: Sing
    proves: Rung
    bare: Rung
    remembers_ids: bool
    entry_path: str
    stop_path: str
    amendments: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A bench in use: one exchange, one mode."""

    bench: Bench
    local: Local[Any]
    mode: PositionMode

    @property
    def venue(self) -> StreamingVenue:
        return self.local.venue  # type: ignore[no-any-return] # each bench has its own adapter

    def written(self, request: Mutation, mode: PositionMode | None = None) -> Mutation:
        return at_venue(request, self.bench.symbol, mode or self.mode)

    async def send(self, request: Mutation, mode: PositionMode | None = None) -> Outcome:
        """Send; an entry that is kept back is offered again: the order window passes (K2), and a clock that could not
        be read while the machine stood still is read again (K3)."""
        written = self.written(request, mode)
        async with asyncio.timeout(PATIENCE_S):
            while True:
                outcome = await self.venue.send(written)
                passes = isinstance(outcome, NotSent) and (
                    outcome.why.startswith("K2") or UNREAD in outcome.why
                )
                if not passes:
                    return outcome
                await self.venue.read_clock_offset_ms()

    async def acked(self, request: Mutation) -> OrderView:
        outcome = await self.send(request)
        assert isinstance(outcome, Acked), outcome
        return outcome.order

    async def refused(self, request: Mutation, mode: PositionMode | None = None) -> Refusal:
        outcome = await self.send(request, mode)
        assert isinstance(outcome, Refused), outcome
        return outcome.kind

    async def enter(self, rung: Rung | None = None, **plan: Any) -> OrderView:
        return await self.acked(entry(self.bench.bare if rung is None else rung, **plan))

    async def look(self) -> Snapshot:
        answer = await self.venue.read_snapshot(ReadSnapshot(asked=1, symbols=(self.bench.symbol,)))
        assert isinstance(answer, Snapshot), answer
        return answer

    async def position(self, side: Side = Side.LONG) -> PositionView:
        found = (await self.look()).position(self.bench.symbol, side)
        assert found is not None
        return found

    def question(self, order: OrderView) -> ReadOrder:
        """About this order, by the name that its venue gives it."""
        named = order.key.conditional and not self.bench.profile.stops_are_named
        return ReadOrder(
            symbol=self.bench.symbol,
            client_id=ClientId(order.key.client_id),
            conditional=order.key.conditional,
            venue_id=order.key.venue_id if named else None,
        )

    async def read(self, order: OrderView) -> OrderView:
        answer = await self.venue.read_order(self.question(order))
        assert isinstance(answer, OrderView), answer
        return answer

    async def fault(self, *, executed: bool, path: str) -> None:
        """The next POST to that path is answered with nothing; carried out or not."""
        rule = {"kind": "answer", "form": "empty", "executed": executed, "count": 1}
        await self.local.control("faults", rule | {"methods": ["POST"], "paths": [path]})

    async def instrument(self) -> Instrument:
        found = await self.venue.read_instruments([self.bench.symbol])
        assert isinstance(found, dict), found
        return found[self.bench.symbol]


def entry(rung: Rung, *, side: Side = Side.LONG, size: str = "0.010", ordinal: int = 1) -> SendEntry:
    """`ordinal` tells entries apart: each is a trade of its own."""
    trade = mint_trade_id(tag="abc", fence=1_790_000_000, ordinal=ordinal)
    return send_entry(replace(entry_plan(side, size=size, trade_id=trade), rung=rung))


def stop(attempt: int = 2, *, trigger: str = "59000", size: str = "0.010") -> SendStop:
    return send_stop(size=size, trigger=trigger, attempt=attempt)


# -- the cards -----------------------------------------------------------------------------------------------


async def a01_place(table: Table) -> None:
    """Entry, stop and target are acknowledged under our ids and the venue's."""
    taken = [await table.enter(), await table.acked(stop()), await table.acked(send_target())]
    assert [order.key.client_id for order in taken] == [
        entry(Rung.AFTER_FILL).client_id,
        stop().client_id,
        send_target().client_id,
    ]
    ids = [order.key.venue_id for order in taken]
    assert None not in ids
    assert len(set(ids)) == 3
    assert [order.key.conditional for order in taken] == [False, True, True]
    assert (taken[0].state, taken[0].filled) == (OrderState.FILLED, SIZE)
    position = await table.position()
    assert (position.quantity, position.mode) == (SIZE, table.mode)


async def a02_read(table: Table) -> None:
    """A read shows what was sent; an order nobody has sent is absent; what cannot be named is unknown."""
    filled = await table.read(await table.enter())
    assert (filled.state, filled.average_price) == (OrderState.FILLED, price(60_000))
    resting = await table.read(await table.acked(stop()))
    assert (resting.kind, resting.state) == (OrderKind.STOP_MARKET, OrderState.NEW)
    assert (resting.quantity, resting.trigger_price) == (SIZE, price(59_000))
    assert resting.price_source is PriceSource.MARK
    assert resting.side is Side.LONG.closes_with
    assert resting.reduce_only or resting.position_side is Side.LONG
    nobody = ReadOrder(
        symbol=table.bench.symbol, client_id=client_id(TRADE, Role.ENTRY, 77), conditional=False
    )
    assert await table.venue.read_order(nobody) == Absent()
    unnamed = await table.venue.read_order(replace(nobody, conditional=True))
    assert unnamed == Absent() if table.bench.profile.stops_are_named else isinstance(unnamed, Unknown)
    if not table.bench.profile.stops_are_named:
        assert await table.venue.read_order(replace(nobody, conditional=True, venue_id=4_711)) == Absent()


async def a03_amend(table: Table) -> None:
    """Nothing is amended: there is no such verb, and the venue's own ways have no shape. A stop moves by two slots."""
    verbs = {verb.__name__ for verb in get_args(Mutation)}
    assert verbs == {"SendEntry", "SendStop", "SendTarget", "SendTrailing", "SendClose", "CancelOrder"}
    placed = await table.acked(stop()) if table.bench.profile.stops_are_named else await table.enter()
    gate = table.bench.gate()
    for method, path in table.bench.amendments:
        with pytest.raises(GateRefused) as refused:
            gate.check(
                method=method,
                url=f"{table.local.root}{path}?orderId={placed.key.venue_id}&quantity=1",
                body=None,
            )
        assert refused.value.code in {"C2", "P2"}


async def a04_cancel(table: Table) -> None:
    """By the venue's id, once; the same order is gone afterwards, from the listing too."""
    await table.enter()
    resting = await table.acked(stop())
    named = CancelOrder(trade_id=TRADE, key=resting.key, why="test")
    gone = await table.acked(named)
    assert (gone.state, gone.key.venue_id) == (OrderState.CANCELED, resting.key.venue_id)
    assert (await table.look()).orders == ()
    assert await table.refused(named) is Refusal.ORDER_GONE
    unnamed = replace(named, key=replace(resting.key, client_id="", venue_id=None))
    assert isinstance(await table.send(unnamed), NotSent)


async def a05_attached_leg(table: Table) -> None:
    """Where the venue attaches, the leg rests from the first moment and closes the position; elsewhere such an entry
    does not leave, for it would be bare."""
    if table.bench.profile.leg_scope is None:
        outcome = await table.send(entry(Rung.ATTACHED))
        assert isinstance(outcome, NotSent)
        assert "P2" in outcome.why
        assert (await table.local.witness())["fills"] == []
        return
    plan = entry(Rung.ATTACHED).entry
    await table.enter(Rung.ATTACHED)
    (leg,) = (await table.look()).orders
    assert (leg.kind, leg.state) == (OrderKind.STOP_MARKET, OrderState.NEW)
    assert (leg.trigger_price, leg.quantity) == (plan.stop.disaster_price, plan.quantity)
    assert leg.price_source is PriceSource.MARK
    assert leg.side is Side.LONG.closes_with
    assert leg.reduce_only or leg.position_side is Side.LONG
    await table.local.run_to(3)
    assert (await table.look()).positions == ()
    page = await table.venue.read_fills(ReadFills(symbol=table.bench.symbol, after_fill_id=0))
    assert not isinstance(page, Unknown)
    assert page.fills[-1].order_id == leg.key.venue_id
    (episode,) = (await table.local.witness())["episodes"]
    assert episode["naked_ms"] == 0


async def a06_partial_fill(table: Table) -> None:
    """An immediate order that fills in part says so and is over; a leg covers what there is."""
    await table.local.control("switches", {"whims": {"market_depth": {"BTCUSDT": "0.004"}}})
    attaches = table.bench.profile.leg_scope is not None
    part = await table.enter(Rung.ATTACHED if attaches else None)
    read = await table.read(part)
    assert (read.filled, read.quantity) == (Decimal("0.004"), SIZE)
    assert not read.state.is_open
    seen = await table.look()
    position = seen.position(table.bench.symbol, Side.LONG)
    assert position is not None
    assert position.quantity == Decimal("0.004")
    if attaches:
        assert sum(order.quantity for order in seen.orders if order.is_stop) >= position.quantity


async def a07_reduce_only_clash(table: Table) -> None:
    """What only reduces never opens: not while flat, not by more than there is."""
    assert await table.refused(send_close()) is Refusal.NOTHING_TO_REDUCE
    await table.enter()
    await table.acked(send_target())
    outcome = await table.send(send_close(size="0.020", attempt=9))
    seen = await table.look()
    if isinstance(outcome, Refused):
        assert outcome.kind in {Refusal.NOTHING_TO_REDUCE, Refusal.REDUCE_BLOCKED}
        assert [position.quantity for position in seen.positions] == [SIZE]
    else:
        assert isinstance(outcome, Acked)
        assert outcome.order.filled <= SIZE
        assert seen.positions == ()
    assert seen.position(table.bench.symbol, Side.SHORT) is None


async def a08_ambiguous_submit(table: Table) -> None:
    """No answer is unknown, whether it was carried out or not; and nothing is placed twice."""
    bench = table.bench
    await table.fault(executed=False, path=bench.entry_path)
    lost = entry(bench.bare, ordinal=2)
    assert isinstance(await table.send(lost), Unknown)
    await table.fault(executed=True, path=bench.entry_path)
    taken = entry(bench.bare, ordinal=3)
    assert isinstance(await table.send(taken), Unknown)
    asked = ReadOrder(symbol=bench.symbol, client_id=lost.client_id, conditional=False)
    assert await table.venue.read_order(asked) == Absent()
    found = await table.venue.read_order(replace(asked, client_id=taken.client_id))
    assert isinstance(found, OrderView)
    assert found.state is OrderState.FILLED
    await table.fault(executed=True, path=bench.stop_path)
    outcome = await table.send(stop())
    doubtful = Refused if bench.profile.stops_are_named else Unknown
    assert isinstance(outcome, doubtful), outcome
    (resting,) = (await table.look()).orders
    assert resting.trigger_price == stop().trigger_price
    witness = await table.local.witness()
    assert (len(witness["orders"]), len(witness["algos"])) == (1, 1)


async def a09_listing_completeness(table: Table) -> None:
    """A look shows every open order and the position, or it is no look."""
    await table.enter()
    ids = {(await table.acked(request)).key.venue_id for request in (stop(), send_target())}
    seen = await table.look()
    assert {order.key.venue_id for order in seen.orders} == ids
    assert {order.kind for order in seen.orders} == {OrderKind.STOP_MARKET, OrderKind.TARGET_MARKET}
    assert seen.lists(table.bench.symbol)
    assert seen.balance is not None
    await table.local.control(
        "faults", {"kind": "answer", "form": "html", "executed": True, "methods": ["GET"]}
    )
    blind = await table.venue.read_snapshot(ReadSnapshot(asked=2, symbols=(table.bench.symbol,)))
    assert isinstance(blind, Unknown)


async def a10_duplicate_id(table: Table) -> None:
    """The same id again is the same intent: refused by that name, and nothing is added.

    Where ids are unique among open orders only, an entry that has filled could be sent again: nothing but our sending
    it once stands before that (O1).
    """
    await table.enter()
    if table.bench.remembers_ids:
        assert await table.refused(entry(table.bench.bare)) is Refusal.DUPLICATE_ID
    again = await table.refused(stop()) if isinstance(await table.send(stop()), Acked) else None
    named = table.bench.profile.stops_are_named
    assert again is (Refusal.DUPLICATE_ID if named else Refusal.STOP_EXISTS)
    witness = await table.local.witness()
    assert (len(witness["orders"]), len(witness["algos"])) == (1, 1)


async def a11_mode_mismatch(table: Table) -> None:
    """What is written for the mode that the account is not in is refused by that name, and changes nothing."""
    assert await table.refused(entry(table.bench.bare), table.mode.other) is Refusal.WRONG_MODE
    flagged = await table.refused(stop(), table.mode.other)
    assert flagged in {Refusal.WRONG_MODE, Refusal.FLAG_REFUSED}, (
        "in hedge mode the flag itself may be what is refused"
    )
    witness = await table.local.witness()
    assert (witness["orders"], witness["algos"]) == ([], [])
    await table.enter()


async def a12_canary(table: Table) -> None:
    """The best rung of the venue is proven on a flat symbol, each step announced first, and nothing is left."""
    task = CanaryTask(
        trade_id=TRADE,
        attempt=1,
        instrument=await table.instrument(),
        mark=price(60_000),
        position_mode=table.mode,
        price_source=PriceSource.MARK,
    )
    proof, steps = await table.bench.sing(table.venue, task)
    assert (proof.rung, proof.position_mode) == (table.bench.proves, table.mode), proof.evidence
    assert proof.rung is table.bench.profile.rungs[0]
    assert steps
    assert client_id(TRADE, Role.CANARY, 1) in proof.evidence
    seen = await table.look()
    assert (seen.orders, seen.positions) == ((), ())
    witness = await table.local.witness()
    assert (witness["fills"], witness["episodes"], witness["orphans"]) == ([], [], [])


Card = Callable[[Table], Awaitable[None]]
CARDS: dict[str, Card] = {
    "A01": a01_place,
    "A02": a02_read,
    "A03": a03_amend,
    "A04": a04_cancel,
    "A05": a05_attached_leg,
    "A06": a06_partial_fill,
    "A07": a07_reduce_only_clash,
    "A08": a08_ambiguous_submit,
    "A09": a09_listing_completeness,
    "A10": a10_duplicate_id,
    "A11": a11_mode_mismatch,
    "A12": a12_canary,
}


async def play(bench: Bench, card: Card, mode: PositionMode) -> None:
    """One card on a fresh exchange, whose market falls below every stop in minute 3."""
    async with bench.open(hedge=mode is PositionMode.HEDGE, path={3: "58500"}) as local:
        await card(Table(bench=bench, local=local, mode=mode))


def announced(steps: list[str]) -> tuple[Callable[[object], Awaitable[None]], Callable[[object], None]]:
    """The two listeners of a canary: one that is waited for, one that is told."""

    async def waited(request: object) -> None:
        steps.append(type(request).__name__)

    def told(request: object) -> None:
        steps.append(type(request).__name__)

    return waited, told


CLOCK = WallClock()
