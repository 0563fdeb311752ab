"""Order slots: making the request of a slot, and carrying a slot from sent to read back or lost."""

from __future__ import annotations

from jackline.core.errors import invariant
from jackline.core.ids import LEG_ATTEMPT, TARGET_ROLES, Role, client_id
from jackline.core.machine import Phase
from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.plan import ProtectedEntry
from jackline.core.replacing import replace
from jackline.core.requests import ReadOrder, SendStop, SendTarget, SendTrailing, StopShape
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Fraction, Price, Quantity, WireMs


def place(
    turn: Turn,
    trade: Trade,
    *,
    role: Role,
    shape: StopShape,
    quantity: Quantity | None,
    trigger_price: Price,
    callback_fraction: Fraction | None = None,
    activate_price: Price | None = None,
) -> tuple[Trade, OrderSlot]:
    """Open a new slot under a fresh id and send its order. The last two only for one that the venue trails."""
    whole = shape is StopShape.WHOLE_POSITION
    invariant(whole == (quantity is None), "P3", shape=shape, quantity=quantity)
    trade, fresh_id, attempt = trade.next_client_id(role)
    slot = OrderSlot(
        client_id=fresh_id,
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
        callback_fraction=callback_fraction,
        activate_price=activate_price,
    )
    _send(turn, trade, slot)
    return trade, slot


def leg(turn: Turn, trade: Trade, plan: ProtectedEntry) -> OrderSlot:
    """The slot of the stop that travels inside the entry. Nothing is sent for it, and only a listing shows it."""
    return OrderSlot(
        client_id=client_id(trade.trade_id, Role.DISASTER, LEG_ATTEMPT),
        role=Role.DISASTER,
        attempt=LEG_ATTEMPT,
        mode=trade.mode,
        shape=StopShape.QUANTITY,
        quantity=plan.quantity,
        trigger_price=plan.stop.disaster_price,
        state=SlotState.SENT,
        asked_ms=turn.now.wire_ms,
        venue_id=None,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
    )


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
    if is_nameless(turn, slot):
        turn.want_snapshot()
    else:
        turn.ask_order(question(trade, slot))
    return replace(slot, asked_ms=turn.now.wire_ms)


def question(trade: Trade, slot: OrderSlot) -> ReadOrder:
    """How to ask the venue for the order of a slot."""
    return ReadOrder(symbol=trade.symbol, client_id=slot.client_id, conditional=True, venue_id=slot.venue_id)


def bears_no_name(turn: Turn, slot: OrderSlot) -> bool:
    """A listing shows its order without a client id: whose it is only records tell."""
    return slot.is_leg or not turn.state.traits.stops_are_named


def is_nameless(turn: Turn, slot: OrderSlot) -> bool:
    """Nothing at the venue can be asked for by name: only a listing tells, and a stop is not sent again unlisted."""
    return slot.venue_id is None and bears_no_name(turn, slot)


def unlisted(turn: Turn, slot: OrderSlot) -> OrderSlot:
    """The slot after a fresh listing that does not hold its order (rule 5).

    One merely acknowledged stays: a listing may lag, and queries by id decide about it (O3). One that cannot be asked
    for is given up, for a second stop beside one that shows late can only reduce.
    """
    lost = slot.state is SlotState.WORKING or (slot.state.may_be_live and is_nameless(turn, slot))
    return replace(slot, state=SlotState.GONE) if lost else slot


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
        case Refused(kind=Refusal.STOP_EXISTS) if turn.state.traits.stops_per_side_max == 1:
            # The one slot is taken, by a good stop perhaps, whoever placed it: a look says whether it covers.
            return replace(slot, state=SlotState.GONE, asked_ms=turn.now.wire_ms, never_rested=True)
        case Refused(kind=Refusal.OVERLOADED):
            # Not placed, and not the stop's fault: asked about, then sent again under the same id (O2).
            return replace(slot, state=SlotState.UNKNOWN, asked_ms=turn.now.wire_ms)
        case Refused() | NotSent():
            return replace(slot, state=SlotState.REFUSED, never_rested=True)
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
        never_rested=False,
    )
    if facts.is_leg:
        # Venues show what was filled, or follow the position.
        whole = order.close_position
        facts = replace(
            facts,
            shape=StopShape.WHOLE_POSITION if whole else StopShape.QUANTITY,
            quantity=None if whole else order.quantity,
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
    if slot.callback_fraction is not None:
        turn.send(
            SendTrailing(
                client_id=slot.client_id,
                trade_id=trade.trade_id,
                symbol=trade.symbol,
                side=trade.side,
                mode=slot.mode,
                quantity=slot.quantity or Quantity(trade.quantity),
                callback_fraction=slot.callback_fraction,
                activate_price=slot.activate_price,
                price_source=source,
            ),
            trade.symbol,
        )
        return
    if slot.role in TARGET_ROLES:
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
