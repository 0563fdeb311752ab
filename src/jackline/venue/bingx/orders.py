"""Placing, cancelling and asking about orders.

Everything is sent once: conditional orders carry no id of ours here, so that a second sending would be a second order.
What the venue says that it did not take is sent again (O1, O2); what nobody knows is resolved by a listing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

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
from jackline.venue.bingx.connection import Connection, Section
from jackline.venue.bingx.parse import is_same_leg, order_view, placed_view, position_view
from jackline.venue.bingx.refusals import (
    AMBIGUOUS_ID,
    AMBIGUOUS_MODE,
    BAD_TIMESTAMP,
    NO_SUCH_ORDER,
    NOT_TAKEN_CODES,
    OURS,
    TOO_OFTEN,
)
from jackline.venue.bingx.requests import WireRequest, read_order_request, wire_request
from jackline.venue.bingx.rows import ModeRow, PlacedAnswer, PositionRow
from jackline.venue.bingx.rows import OrderAnswer as OrderAnswerRow
from jackline.venue.bingx.wire import failure, read_failure
from jackline.venue.port import Failed
from jackline.venue.transport.failures import WIRE_TROUBLE
from jackline.venue.transport.gate import PlainClose
from jackline.venue.transport.hedge import hedged
from jackline.venue.transport.lanes import Lane
from jackline.venue.transport.turns import Rank, Turn

Conditional = SendStop | SendTarget
Reduction = Conditional | SendClose

ENTRY_DEADLINE_S = 2.5
"""Longer than an entry's receive window and a slow answer; then it is unknown and treated as filled."""
REDUCTION_DEADLINE_S = 1.0
"""Of the 1,500 ms of P1: room for a question and a second sending after it."""
READ_DEADLINE_S = 1.0
"""One order or one position."""
RETRY_PAUSES_S = (0.0, 0.35, 0.7)
"""Sendings of a reduction that the venue says it did not take: a ceiling of a second is over at the third."""
TURN_S = 1.2
"""A reduction waits this long for its turn, a little more than the window; beyond it the core decides anew, with fresh
facts."""
READ_AGAIN_S = 0.6
"""Two questions a second are all that an address has."""
READ_ASKS = 2


class OrderDesk:
    """Sends orders over a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def send(self, request: Mutation) -> Outcome:
        """Dispatch by type. Never raises for the venue or the network."""
        match request:
            case CancelOrder(key=OrderKey(conditional=True, venue_id=None)):
                return NotSent(why="P6: a conditional order has no name here but the venue's id")
            case CancelOrder():
                return await self._in_turn(Rank.TIDY, lambda: self._cancel(request))
            case SendEntry():
                return await self._enter(request)
            case SendClose(shape=CloseShape.PLAIN_MARKET, mode=PositionMode.NETTING):
                return await self._in_turn(Rank.PROTECT, lambda: self._close_without_flag(request))
            case SendTrailing():
                return NotSent(
                    why="P3: a side has room for one stop here, and none beside it that follows the price"
                )
            case SendStop(quantity=None, mode=PositionMode.NETTING):
                text = "no closePosition in one-way mode: it takes a quantity"
                return Refused(kind=Refusal.FLAG_REFUSED, code=OURS, text=text)
            case _:
                return await self._reduce(request)

    async def ask(self, request: ReadOrder) -> OrderAnswer:
        """Query by the venue's id where it is known, else by ours."""
        if request.conditional and request.venue_id is None:
            return Unknown(cause="stops carry no client id here: it takes a listing")
        wired = read_order_request(request)
        found = await hedged(lambda: self._query(wired), every_s=READ_AGAIN_S, asks=READ_ASKS)
        if isinstance(found, Refused):
            return Absent() if found.code in NO_SUCH_ORDER else Unknown(cause=f"{found.code}: {found.text}")
        if isinstance(found, OrderView) and not _is_asked_for(request, found):
            asked = request.client_id if request.venue_id is None else request.venue_id
            return Unknown(cause=f"asked for {asked}, was told about {found.key}")
        return found

    # -- placing ---------------------------------------------------------------------------------------------

    async def _enter(self, request: SendEntry) -> Outcome:
        full = self._connection.turns.entry_refusal()
        if full is not None:
            return NotSent(why=f"K2: {full}")
        with self._connection.gate.entry(request):
            outcome = await self._place(request, wire_request(request), Lane.TRADE, ENTRY_DEADLINE_S)
        return await self._explained(request, outcome)

    async def _reduce(self, request: Reduction) -> Outcome:
        wired = wire_request(request)
        rank = Rank.TIDY if isinstance(request, SendTarget) else Rank.PROTECT
        outcome: Outcome = NotSent(why="no attempt was made")
        for pause_s in RETRY_PAUSES_S:
            await asyncio.sleep(pause_s)
            turn = await self._turn(rank)
            if isinstance(turn, Refused):
                return turn
            outcome = await self._place(request, wired, Lane.STOPS, REDUCTION_DEADLINE_S)
            if not (isinstance(outcome, Refused) and outcome.code in NOT_TAKEN_CODES):
                break
            if outcome.code == TOO_OFTEN:
                turn.give_back()
            if outcome.code == BAD_TIMESTAMP:
                await self._correct_clock()
        return _meant(request, await self._explained(request, outcome))

    async def _in_turn(self, rank: Rank, send: Callable[[], Awaitable[Outcome]]) -> Outcome:
        turn = await self._turn(rank)
        return turn if isinstance(turn, Refused) else await send()

    async def _turn(self, rank: Rank) -> Turn | Refused:
        """The turn of a reduction, or why it was not sent: none in time."""
        try:
            return await self._connection.turns.take(rank, within_s=TURN_S)
        except TimeoutError:
            return Refused(
                kind=Refusal.OVERLOADED,
                code=OURS,
                text=f"no turn within {TURN_S} s: three orders a second (K2)",
            )

    async def _place(
        self, request: SendEntry | Reduction, wired: WireRequest, lane: Lane, deadline_s: float
    ) -> Outcome:
        try:
            answer = await self._connection.call(
                lane, wired.method, wired.path, wired.params, row=PlacedAnswer, deadline_s=deadline_s
            )
            view = placed_view(answer.order)
        except WIRE_TROUBLE as error:
            return failure(error)
        if isinstance(request, Conditional):
            if not _is_the_one_sent(request, view):
                return Unknown(cause=f"sent {request.client_id}, was acknowledged {view}"[:300])
            # The venue echoes no id of ours; this answer is to this very request.
            return Acked(order=replace(view, key=replace(view.key, client_id=request.client_id)))
        if view.key.client_id != request.client_id:
            return Unknown(cause=f"sent {request.client_id}, was acknowledged {view.key.client_id!r}")
        leg = wired.params.get("stopLoss")
        if leg is not None and not is_same_leg(leg, answer.order.stopLoss):
            # Taken, and perhaps bare: to the core it is filled until the venue shows more.
            return Unknown(
                cause=f"entry {request.client_id} was taken with the leg {answer.order.stopLoss!r}"
            )
        return Acked(order=view)

    async def _explained(self, request: SendEntry | Reduction, outcome: Outcome) -> Outcome:
        """Two numbers mean two things each: what the venue shows decides, never the words of the refusal."""
        if not isinstance(outcome, Refused):
            return outcome
        if outcome.code == AMBIGUOUS_ID and not isinstance(request, Conditional):
            symbol = request.entry.symbol if isinstance(request, SendEntry) else request.symbol
            question = ReadOrder(symbol=symbol, client_id=request.client_id, conditional=False)
            answer = await self.ask(question)
            kind = Refusal.OTHER if isinstance(answer, Absent) else Refusal.DUPLICATE_ID
            return replace(outcome, kind=kind)
        if outcome.code == AMBIGUOUS_MODE:
            return replace(outcome, kind=await self._kind_by_mode(request.mode))
        return outcome

    async def _kind_by_mode(self, written_for: PositionMode) -> Refusal:
        try:
            mode = await self._connection.read(
                "positionSide/dual",
                {},
                row=ModeRow,
                deadline_s=READ_DEADLINE_S,
                lane=Lane.STOPS,
                section=Section.SIGNED_V1,
            )
        except WIRE_TROUBLE:
            return Refusal.OTHER
        return Refusal.OTHER if mode.mode is written_for else Refusal.WRONG_MODE

    async def _close_without_flag(self, request: SendClose) -> Outcome:
        """The last rung of closing: the position just read stands in for the flag that the venue refuses."""
        connection = self._connection
        asked_ms = connection.venue_ms()
        try:
            rows = await connection.call(
                Lane.STOPS,
                "GET",
                "user/positions",
                {"symbol": request.symbol},
                row=list[PositionRow],
                deadline_s=READ_DEADLINE_S,
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
            outcome = await self._place(sized, wire_request(sized), Lane.STOPS, REDUCTION_DEADLINE_S)
        return await self._explained(sized, outcome)

    # -- cancelling and asking -------------------------------------------------------------------------------

    async def _cancel(self, request: CancelOrder) -> Outcome:
        wired = wire_request(request)
        try:
            answer = await self._connection.call(
                Lane.STOPS,
                wired.method,
                wired.path,
                wired.params,
                row=OrderAnswerRow,
                deadline_s=REDUCTION_DEADLINE_S,
            )
            return _gone(request.key, order_view(answer.order))
        except WIRE_TROUBLE as error:
            return failure(error)

    async def _query(self, wired: WireRequest) -> OrderView | Failed:
        try:
            answer = await self._connection.read(
                wired.path,
                wired.params,
                row=OrderAnswerRow,
                deadline_s=READ_DEADLINE_S,
                lane=Lane.STOPS,
            )
            return order_view(answer.order)
        except WIRE_TROUBLE as error:
            return read_failure(error)

    async def _correct_clock(self) -> None:
        try:
            await self._connection.sample_clock()
        except WIRE_TROUBLE:
            return


def _is(symbol: Symbol, side: Side, request: SendClose) -> bool:
    return symbol == request.symbol and side is request.side


def _is_asked_for(request: ReadOrder, found: OrderView) -> bool:
    if request.venue_id is not None:
        return found.key.venue_id == request.venue_id
    return found.key.client_id == request.client_id


def _is_the_one_sent(request: Conditional, view: OrderView) -> bool:
    """Pair assertion in place of an echoed id: what was acknowledged is what was sent."""
    return (
        view.key.conditional
        and view.key.symbol == request.symbol
        and view.side is request.side.closes_with
        and view.position_side is (request.side if request.mode is PositionMode.HEDGE else None)
        and view.trigger_price == request.trigger_price
        and (request.quantity is None or view.quantity == request.quantity)
    )


def _gone(key: OrderKey, found: OrderView) -> Outcome:
    """A cancel is believed when the very order that was named is shown, and is no longer open."""
    by_name = found.key.client_id == key.client_id
    same = by_name if key.venue_id is None else found.key.venue_id == key.venue_id
    if not same:
        return Unknown(cause=f"cancelled {key}, was told about {found.key}")
    if found.state.is_open:
        return Unknown(cause=f"cancelled {key}, and it still shows as {found.state}")
    return Acked(order=replace(found, key=replace(found.key, client_id=found.key.client_id or key.client_id)))


def _meant(request: Reduction, outcome: Outcome) -> Outcome:
    """A stop that is refused because there is nothing to reduce needs a position; a close has met a flat
    one."""
    if isinstance(request, SendClose) or not isinstance(outcome, Refused):
        return outcome
    if outcome.kind is Refusal.NOTHING_TO_REDUCE:
        return replace(outcome, kind=Refusal.NEEDS_POSITION)
    return outcome
