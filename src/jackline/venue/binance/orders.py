"""Placing, cancelling and asking about orders.

An entry is sent once, whatever happens. Stops, targets and closes may be sent again with the same id when
the venue said that it did not take them (O1, O2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count

from jackline.core.ids import Role, parse_client_id
from jackline.core.orders import OrderKey, OrderView, PositionMode
from jackline.core.outcomes import Absent, Acked, NotSent, OrderAnswer, Outcome, Refusal, Refused, Unknown
from jackline.core.requests import (
    CancelOrder,
    CloseShape,
    Mutation,
    ReadOrder,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
)
from jackline.core.values import Side, Symbol
from jackline.venue.binance.connection import Connection, Section
from jackline.venue.binance.parse import algo_view, order_view, position_view
from jackline.venue.binance.paths import WALLS
from jackline.venue.binance.refusals import BAD_TIMESTAMP, NO_SUCH_ORDER, NOT_TAKEN_CODES, OURS
from jackline.venue.binance.requests import ALGO_ORDER, Params, WireRequest, read_order_request, wire_request
from jackline.venue.binance.rows import AlgoRow, OrderRow, PositionRow
from jackline.venue.binance.wire import failure, read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.budget import Need
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.gate import PlainClose
from jackline.venue.transport.hedge import hedged, through_breaks
from jackline.venue.transport.lanes import Lane

Reduction = SendStop | SendTarget | SendTrailing | SendClose

ENTRY_DEADLINE_S = 2.5
"""Longer than an entry's receive window and a slow answer; then it is unknown and treated as filled."""
REDUCTION_DEADLINE_S = 1.0
"""Of the 1,500 ms of P1: room for a question and a second sending after it."""
READ_DEADLINE_S = 1.0
"""One order or one position."""
RETRY_PAUSES_S = (0.0, 0.05, 0.2)
"""Sendings of a reduction that the venue says it did not take: at most three, well inside P1's deadline."""
BUDGET_WAIT_MS_MAX = 1_000
"""A reduction waits this long for the venue's ceiling; beyond it the core decides anew, with fresh facts."""


class OrderDesk:
    """Sends orders over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def send(self, request: Mutation) -> Outcome:
        """Dispatch by type. Never raises for the venue or the network."""
        match request:
            case CancelOrder():
                return await self._cancel(request)
            case SendEntry():
                return await self._enter(request)
            case SendClose(shape=CloseShape.PLAIN_MARKET, mode=PositionMode.NETTING):
                return await self._close_without_flag(request)
            case _:
                return await self._reduce(request)

    async def ask(self, request: ReadOrder) -> OrderAnswer:
        """Query by client id."""
        wired = read_order_request(request)
        found = await hedged(lambda: self._query(wired.params, conditional=request.conditional))
        if isinstance(found, Refused):
            return Absent() if found.code == NO_SUCH_ORDER else Unknown(cause=f"{found.code}: {found.text}")
        if isinstance(found, OrderView) and found.key.client_id != request.client_id:
            return Unknown(cause=f"asked for {request.client_id}, was told about {found.key.client_id}")
        return found

    async def _enter(self, request: SendEntry) -> Outcome:
        full = self._connection.budget.entry_refusal(self._connection.wire_ms())
        if full is not None:
            return NotSent(why=f"K2: {full}")
        with self._connection.gate.entry(request):
            wired, lane = wire_request(request), Lane.TRADE
            return await self._place(wired, request.client_id, lambda: lane, deadline_s=ENTRY_DEADLINE_S)

    async def _reduce(self, request: Reduction) -> Outcome:
        wired = wire_request(request)
        outcome: Outcome = NotSent(why="no attempt was made")
        for pause_s in RETRY_PAUSES_S:
            await asyncio.sleep(pause_s)
            wait_ms = self._wait_ms(request)
            if wait_ms > BUDGET_WAIT_MS_MAX:
                return Refused(kind=Refusal.OVERLOADED, code=OURS, text=f"paced for {wait_ms} ms more (K2)")
            await asyncio.sleep(wait_ms / 1_000)
            outcome = _meant(request, await self._deliver(request, wired))
            if not (isinstance(outcome, Refused) and self._may_be_taken_yet(request, outcome)):
                break
            if outcome.code == BAD_TIMESTAMP:
                await self._correct_clock()
        return outcome

    def _wait_ms(self, request: Reduction) -> int:
        """How long the venue's ceiling, or a ban that stands on every way, holds this one up (K2)."""
        connection = self._connection
        if _is_canary(request):
            return connection.budget.reduction_wait_ms(connection.wire_ms())
        return connection.paths.wait_ms(connection.wire_ms())

    def _may_be_taken_yet(self, request: Reduction, refused: Refused) -> bool:
        """The venue takes the same request a moment later, or it was turned away before the venue and there is a
        second way."""
        if refused.code in NOT_TAKEN_CODES:
            return True
        another = self._connection.paths.over_socket(0, self._connection.wire_ms())
        return refused.code in WALLS and another and not _is_canary(request)

    async def _deliver(self, request: Reduction, wired: WireRequest) -> Outcome:
        """A stop may arrive twice and is worth it, over both ways in turn; a close is repeated by the core, on fresh
        facts, and leaves over one of them; a canary is in no hurry."""
        connection = self._connection
        sendings = count()

        def lane() -> Lane:
            over_socket = connection.paths.over_socket(next(sendings), connection.wire_ms())
            return Lane.SOCKET if over_socket else Lane.STOPS

        if _is_canary(request):
            return await self._place(wired, request.client_id, lambda: Lane.STOPS)
        if isinstance(request, SendClose):
            return await self._place(wired, request.client_id, lane)
        return await hedged(lambda: self._place(wired, request.client_id, lane, again=True))

    async def _close_without_flag(self, request: SendClose) -> Outcome:
        """The last rung of closing: the position just read stands in for the flag that the venue refuses."""
        connection = self._connection
        asked_ms = connection.venue_ms()
        try:
            rows = await connection.read(
                "positionRisk",
                {"symbol": request.symbol},
                row=list[PositionRow],
                deadline_s=READ_DEADLINE_S,
                section=Section.SIGNED_V3,
                need=Need.COMPLETES,
            )
            views = [view for row in rows if (view := position_view(row)) is not None]
        except WIRE_TROUBLE as error:
            return NotSent(why=f"the position could not be read first: {read_failure(error)}")
        position = next((view for view in views if _is(view.symbol, view.side, request)), None)
        if position is None:
            text = f"no {request.side} position in {request.symbol} to close"
            return Refused(kind=Refusal.NOTHING_TO_REDUCE, code=OURS, text=text)
        sized = replace(request, quantity=min(request.quantity, position.quantity))
        ticket = PlainClose(request=sized, position=position, read_ms=asked_ms)
        with connection.gate.plain_close(ticket):
            return await self._reduce(sized)

    async def _place(
        self,
        wired: WireRequest,
        client_id: str,
        lane: Callable[[], Lane],
        *,
        deadline_s: float = REDUCTION_DEADLINE_S,
        again: bool = False,
    ) -> Outcome:
        """`lane` is asked before each sending. `again`: over another connection at once where one breaks; only what
        may arrive twice (O1, O2)."""
        self._connection.budget.count(self._connection.wire_ms())
        try:
            view = await through_breaks(
                lambda: self._exchange(wired, lane(), deadline_s), may_repeat=lambda: again
            )
        except WIRE_TROUBLE as error:
            return failure(error)
        if view.key.client_id != client_id:
            return Unknown(cause=f"sent {client_id}, was acknowledged {view.key.client_id!r}")
        return Acked(order=view)

    async def _cancel(self, request: CancelOrder) -> Outcome:
        key = request.key
        wired = wire_request(request)
        try:
            if not key.conditional:
                return _gone(key, await self._exchange(wired, Lane.STOPS, REDUCTION_DEADLINE_S))
            await self._connection.call(
                Lane.STOPS,
                "DELETE",
                wired.path,
                wired.params,
                row=dict[str, object],
                deadline_s=REDUCTION_DEADLINE_S,
            )
        except WIRE_TROUBLE as error:
            return failure(error)
        # The cancel of a conditional order answers with ids only: what became of it must be read.
        by_id = {"algoId": str(key.venue_id)} if key.venue_id is not None else {"clientAlgoId": key.client_id}
        found = await self._query(by_id, conditional=True)
        if isinstance(found, OrderView):
            return _gone(key, found)
        return Unknown(cause=f"cancelled, and not readable since: {found}")

    async def _query(self, params: Params, *, conditional: bool) -> OrderView | Failed:
        wired = WireRequest(method="GET", path=ALGO_ORDER if conditional else "order", params=params)
        try:
            return await through_breaks(
                lambda: self._exchange(wired, Lane.STOPS, READ_DEADLINE_S), may_repeat=lambda: True
            )
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _exchange(self, wired: WireRequest, lane: Lane, deadline_s: float) -> OrderView:
        call = partial(
            self._connection.call,
            lane,
            wired.method,
            wired.path,
            wired.params,
            deadline_s=deadline_s,
            need=Need.COMPLETES,
        )
        if wired.path == ALGO_ORDER:
            return algo_view(await call(row=AlgoRow))
        return order_view(await call(row=OrderRow))

    async def _correct_clock(self) -> None:
        try:
            await self._connection.sample_clock()
        except WIRE_TROUBLE:
            return


def _is_canary(request: Reduction) -> bool:
    name = parse_client_id(request.client_id)
    return name is not None and name.role is Role.CANARY


def _is(symbol: Symbol, side: Side, request: SendClose) -> bool:
    return symbol == request.symbol and side is request.side


def _gone(key: OrderKey, found: OrderView) -> Outcome:
    """A cancel is believed when the very order that was named is shown, and is no longer open."""
    same = key.venue_id in {None, found.key.venue_id} and key.client_id in {"", found.key.client_id}
    if not same:
        return Unknown(cause=f"cancelled {key.client_id}, was told about {found.key.client_id!r}")
    if found.state.is_open:
        return Unknown(cause=f"cancelled {key.client_id}, and it still shows as {found.state}")
    return Acked(order=found)


def _meant(request: Reduction, outcome: Outcome) -> Outcome:
    """A stop that is refused because there is nothing to reduce needs a position; a close has met a flat
    one."""
    if isinstance(request, SendClose) or not isinstance(outcome, Refused):
        return outcome
    if outcome.kind is Refusal.NOTHING_TO_REDUCE:
        return replace(outcome, kind=Refusal.NEEDS_POSITION)
    return outcome
