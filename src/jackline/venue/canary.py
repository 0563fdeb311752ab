"""The canary: a far stop on a flat symbol proves, on this account and in this position mode, what the
venue takes.

It is a journalled trade of quantity 0: each step is announced before it is sent. It opens nothing, because a
whole-position stop without a position has nothing to close (P3).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from jackline.core.ids import Role, TradeId, client_id
from jackline.core.instrument import Instrument
from jackline.core.orders import OrderKey, OrderState, OrderView, PositionMode, PriceSource
from jackline.core.outcomes import Absent, Acked, OrderAnswer, Outcome, Refusal, Refused
from jackline.core.plan import Rung
from jackline.core.ports import Clock
from jackline.core.requests import CancelOrder, ReadOrder, SendStop, StopShape
from jackline.core.values import Price, Side, WireMs
from jackline.venue.port import Venue

FAR_FRACTION = Decimal("0.5")
"""Half the price away on the losing side of a long: it cannot fire by accident in the second it lives."""

OnStop = Callable[[SendStop], Awaitable[None]]
OnCancel = Callable[[CancelOrder], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryProof:
    """What was proven. `rung` None: nothing was, and entries on this symbol stay blocked for the reason
    given."""

    rung: Rung | None
    position_mode: PositionMode
    evidence: str
    wire_ms: WireMs


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryTask:
    """Where and as what trade the canary sings. `attempt` is the first of three used for its ids."""

    trade_id: TradeId
    attempt: int
    instrument: Instrument
    mark: Price
    position_mode: PositionMode
    price_source: PriceSource


async def prove_rung(
    *, venue: Venue, task: CanaryTask, on_stop: OnStop, on_cancel: OnCancel, clock: Clock
) -> CanaryProof:
    """Place, read back, cancel by id, read back. Anything short of all four proves nothing.

    `on_stop` is waited for before the stop leaves; `on_cancel` is told, for a removal waits for no disk.
    """
    stop = _far_stop(task)
    await on_stop(stop)
    placed = await venue.send(stop)
    if isinstance(placed, Refused) and placed.kind is Refusal.NEEDS_POSITION:
        return _proof(task, clock, Rung.AFTER_FILL, f"refused while flat: {placed.code} {placed.text}")
    question = ReadOrder(symbol=stop.symbol, client_id=stop.client_id, conditional=True)
    resting = await venue.read_order(question)
    cancelled = await _remove(venue, stop, resting, on_cancel)
    if not isinstance(placed, Acked):
        return _proof(task, clock, None, _not_placed(placed, task))
    if not (isinstance(resting, OrderView) and _is_the_stop(resting, stop)):
        return _proof(task, clock, None, f"reading back: {resting}")
    if not isinstance(cancelled, Acked):
        return _proof(task, clock, None, f"cancelling: {cancelled}")
    gone = await venue.read_order(question)
    if not (isinstance(gone, Absent) or (isinstance(gone, OrderView) and gone.state is OrderState.CANCELED)):
        return _proof(task, clock, None, f"after cancelling: {gone}")
    evidence = (
        f"stop {stop.client_id} at {stop.trigger_price} while flat: NEW as order {resting.key.venue_id}"
    )
    return _proof(task, clock, Rung.STOP_FIRST, evidence)


def _not_placed(placed: Outcome, task: CanaryTask) -> str:
    """In words that a person can act on: why no canary rests."""
    if not isinstance(placed, Refused):
        return f"placing: {placed}"
    if placed.kind is Refusal.WRONG_MODE:
        return (
            f"the account is not in {task.position_mode} mode, as configured: {placed.code} {placed.text}"
            " Fix: change the mode at the venue while flat, or venue.position_mode"
        )
    return f"placing: {placed.kind}: {placed.code} {placed.text}"


async def _remove(venue: Venue, stop: SendStop, resting: OrderAnswer, on_cancel: OnCancel) -> Outcome | None:
    """Cancel unless the venue says there is nothing. A canary in doubt is cancelled too: by name, it is
    ours."""
    if isinstance(resting, Absent) or (isinstance(resting, OrderView) and not resting.state.is_open):
        return None
    key = OrderKey(symbol=stop.symbol, client_id=stop.client_id, venue_id=None, conditional=True)
    if isinstance(resting, OrderView):
        key = replace(key, venue_id=resting.key.venue_id)
    cancel = CancelOrder(trade_id=stop.trade_id, key=key, why="canary")
    on_cancel(cancel)
    return await venue.send(cancel)


def _far_stop(task: CanaryTask) -> SendStop:
    return SendStop(
        client_id=client_id(task.trade_id, Role.CANARY, task.attempt),
        trade_id=task.trade_id,
        symbol=task.instrument.symbol,
        side=Side.LONG,
        mode=task.position_mode,
        shape=StopShape.WHOLE_POSITION,
        quantity=None,
        trigger_price=task.instrument.stop_price(task.mark * FAR_FRACTION, Side.LONG),
        price_source=task.price_source,
    )


def _is_the_stop(order: OrderView, stop: SendStop) -> bool:
    """The read-back is the very order that was sent, and alive."""
    return (
        order.state is OrderState.NEW
        and order.is_stop
        and order.close_position
        and order.side is stop.side.closes_with
        and order.trigger_price == stop.trigger_price
        and order.price_source is stop.price_source
        and not order.price_protect
    )


def _proof(task: CanaryTask, clock: Clock, rung: Rung | None, evidence: str) -> CanaryProof:
    return CanaryProof(
        rung=rung, position_mode=task.position_mode, evidence=evidence, wire_ms=clock.now().wire_ms
    )
