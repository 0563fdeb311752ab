"""Order slots: making the request of a slot, and carrying a slot from sent to read back or lost."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.errors import invariant
from jackline.core.ids import Role
from jackline.core.machine import Phase
from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.requests import ReadOrder, SendStop, SendTarget, StopShape
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, Quantity, WireMs


def place(
    turn: Turn, trade: Trade, *, role: Role, shape: StopShape, quantity: Quantity | None, trigger_price: Price
) -> tuple[Trade, OrderSlot]:
    """Open a new slot under a fresh id and send its order."""
    whole = shape is StopShape.WHOLE_POSITION
    invariant(whole == (quantity is None), "P3", shape=shape, quantity=quantity)
    trade, client_id, attempt = trade.next_client_id(role)
    slot = OrderSlot(
        client_id=client_id,
        role=role,
        attempt=attempt,
        mode=trade.mode,
        shape=shape,
        quantity=quantity,
        trigger_price=trigger_price,
        state=SlotState.SENT,
        asked_ms=turn.now.wire_ms,
        venue_id=None,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
    )
    _send(turn, trade, slot)
    return trade, slot


def pursue(turn: Turn, trade: Trade, slot: OrderSlot) -> OrderSlot:
    """Level-triggered: ask about an acknowledged or doubtful slot, at most every `reread_ms`.

    A placement without an answer for longer than any transport waits is in doubt too.
    """
    settings = turn.state.protection
    waited_ms = turn.now.wire_ms - slot.asked_ms
    if slot.state is SlotState.SENT and waited_ms > settings.answer_timeout_ms:
        slot = replace(slot, state=SlotState.UNKNOWN)
    if slot.state not in {SlotState.ACKED, SlotState.UNKNOWN} or slot.client_id in turn.asking:
        return slot
    if turn.now.wire_ms < slot.asked_ms + settings.reread_ms:
        return slot
    turn.ask_order(ReadOrder(symbol=trade.symbol, client_id=slot.client_id, conditional=True))
    return replace(slot, asked_ms=turn.now.wire_ms)


def after_outcome(turn: Turn, slot: OrderSlot, outcome: Outcome) -> OrderSlot:
    """The slot after the venue's answer to its placement."""
    # The first read-back follows at once; later ones are paced by `pursue`.
    now = WireMs(turn.now.wire_ms - turn.state.protection.reread_ms)
    match outcome:
        case Acked(order=order):
            venue_id = order.key.venue_id
            return replace(
                slot, state=SlotState.ACKED, venue_id=venue_id, asked_ms=now, misses=0, missed_ms=None
            )
        case Refused(kind=Refusal.DUPLICATE_ID):
            # An earlier send of the same intent arrived: adopt it by reading it (O2).
            return replace(slot, state=SlotState.ACKED, asked_ms=now, misses=0, missed_ms=None)
        case Refused(kind=Refusal.OVERLOADED):
            # Not placed, and not the stop's fault: asked about, then sent again under the same id (O2).
            return replace(slot, state=SlotState.UNKNOWN, asked_ms=turn.now.wire_ms)
        case Refused() | NotSent():
            return replace(slot, state=SlotState.REFUSED)
        case Unknown():
            return replace(slot, state=SlotState.UNKNOWN, asked_ms=now)


def after_read(turn: Turn, trade: Trade, slot: OrderSlot, answer: OrderView | Absent) -> OrderSlot:
    """The slot after a query. The re-send of an unanswered stop happens here, under the same id (O2)."""
    now, settings = turn.now.wire_ms, turn.state.protection
    if isinstance(answer, OrderView):
        return seen(slot, answer)
    apart = slot.missed_ms is None or now - slot.missed_ms >= settings.absence_gap_ms
    missed = replace(
        slot,
        misses=slot.misses + (1 if apart else 0),
        missed_ms=now if apart else slot.missed_ms,
        asked_ms=now,
    )
    if slot.state is SlotState.UNKNOWN and trade.phase is not Phase.SWEEPING:
        _send(turn, trade, slot)
        return replace(missed, state=SlotState.SENT)
    # Swept, or acknowledged and not found: read-after-write lag, or dropped. Two misses a second apart decide (O3).
    return replace(missed, state=SlotState.GONE) if missed.misses >= 2 else missed


def seen(slot: OrderSlot, order: OrderView) -> OrderSlot:
    """The slot after the venue showed its order. Only NEW works; whether it *protects* is coverage's question."""
    facts = replace(
        slot,
        venue_id=order.key.venue_id or slot.venue_id,
        child_id=order.child_id or slot.child_id,
        misses=0,
        missed_ms=None,
    )
    if order.state is OrderState.NEW:
        return replace(facts, state=SlotState.WORKING)
    if order.state is OrderState.TRIGGERING:
        # It exists, so it is in doubt no longer; what it becomes only the next read says.
        return facts if slot.state is SlotState.WORKING else replace(facts, state=SlotState.ACKED)
    return replace(facts, state=SlotState.GONE)


def _send(turn: Turn, trade: Trade, slot: OrderSlot) -> None:
    """Emit the placement of a slot; the same slot always gives the same request."""
    source = trade.stop.price_source
    if slot.role is Role.TARGET:
        invariant(slot.quantity is not None, "P3", slot=slot.client_id)
        turn.send(
            SendTarget(
                client_id=slot.client_id,
                trade_id=trade.trade_id,
                symbol=trade.symbol,
                side=trade.side,
                mode=slot.mode,
                quantity=slot.quantity or Quantity(trade.quantity),
                trigger_price=slot.trigger_price,
                price_source=source,
            ),
            trade.symbol,
        )
        return
    turn.send(
        SendStop(
            client_id=slot.client_id,
            trade_id=trade.trade_id,
            symbol=trade.symbol,
            side=trade.side,
            mode=slot.mode,
            shape=slot.shape,
            quantity=slot.quantity,
            trigger_price=slot.trigger_price,
            price_source=source,
        ),
        trade.symbol,
    )
