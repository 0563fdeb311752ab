"""Asked orders from sent to read back, fired or lost, and the durable answer to whoever asked.

What changes at the venue is decided at fresh looks alone (`asked_looks`). Here facts are recorded: an order is `active`
when it was read back, `triggered` when the venue says so, once and for ever.
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core import closing, protecting, rules, slots
from jackline.core.asked_order import (
    LOSSES_MAX,
    AskedKind,
    AskedOrder,
    AskedStatus,
    Tightening,
    Word,
    active,
    refused,
)
from jackline.core.effects import AnswerCommand, Level
from jackline.core.machine import Phase
from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Price

IN_HAND = frozenset({Phase.EXPOSED, Phase.PROTECTED})
"""A position is open and nobody closes it: asked orders are followed."""
ENDING = frozenset({Phase.CLOSING, Phase.SWEEPING})
FIRED = frozenset({OrderState.TRIGGERED, OrderState.FINISHED, OrderState.FILLED, OrderState.PARTIALLY_FILLED})


def with_order(trade: Trade, order: AskedOrder) -> Trade:
    """The trade with a newer version of one of its asked orders."""
    same = (old.terms.order_id == order.terms.order_id for old in trade.asked)
    return replace(
        trade, asked=tuple(order if hit else old for hit, old in zip(same, trade.asked, strict=True))
    )


def order_of(trade: Trade, client_id: str) -> AskedOrder | None:
    """The asked order that an order at the venue belongs to; None for one that was replaced or given up."""
    for order in trade.asked:
        if client_id in order.client_ids:
            return order
    return None


# -- every turn ----------------------------------------------------------------------------------------------


def drive(turn: Turn) -> None:
    """Level-triggered: follow what rests, and answer whoever waits."""
    for trade in list(turn.trades.values()):
        if trade.asked:
            _drive(turn, trade)
        if trade.tightenings:
            _tell_tighter(turn, turn.trades[trade.trade_id])


def _drive(turn: Turn, trade: Trade) -> None:
    if trade.phase in IN_HAND:
        for slot in trade.asked_slots:
            trade = turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
        for order in trade.asked:
            trade = _follow(turn, turn.trades[trade.trade_id], order)
    for order in trade.asked:
        told = _tell(turn, trade, order)
        if told is not order:
            trade = turn.put(with_order(trade, told))


def _follow(turn: Turn, trade: Trade, order: AskedOrder) -> Trade:
    """What the slots of one order say of it now."""
    mark = turn.market(trade.symbol).mark
    now, settings = turn.now.wire_ms, turn.state.protection
    if order.terms.kind is AskedKind.TRAILING and mark is not None and not order.status.is_over:
        best = Price(rules.better_price(order.best_price or mark, mark, trade.side.sign))
        if best != order.best_price:
            order = replace(order, best_price=best)
            trade = turn.put(with_order(trade, order))
    for client_id in order.client_ids:
        slot = trade.slot(client_id)
        if slot is None or order.status.is_over:
            continue
        if slot.child_id is not None and slot.child_id in trade.exit_order_ids:
            return turn.put(with_order(trade, fired(turn, order)))
        if slot.state is SlotState.WORKING and order.status is AskedStatus.PENDING:
            order = replace(order, status=AskedStatus.ACTIVE, read_back_ms=now)
            trade = turn.put(with_order(trade, order))
        if slot.state is SlotState.GONE and now >= slot.asked_ms + settings.reread_ms:
            trade = _ask_what_became(turn, trade, order, slot)
            order = order_of(trade, client_id) or order
    return trade


def _ask_what_became(turn: Turn, trade: Trade, order: AskedOrder, slot: OrderSlot) -> Trade:
    """It rests no more: only the venue knows whether it fired, was cancelled, or was lost."""
    if slots.is_nameless(turn, slot):
        return lost(turn, trade, order, slot, "no listing shows it")
    turn.ask_order(slots.question(trade, slot))
    return turn.put(trade.with_slot(replace(slot, asked_ms=turn.now.wire_ms)))


def fired(turn: Turn, order: AskedOrder) -> AskedOrder:
    """It was triggered: once, however often it is looked at."""
    return replace(order, status=AskedStatus.TRIGGERED, over_ms=turn.now.wire_ms, detail="it has fired")


def over(turn: Turn, order: AskedOrder, status: AskedStatus, detail: str) -> AskedOrder:
    """It ended in another way."""
    return replace(order, status=status, over_ms=turn.now.wire_ms, detail=detail)


def lost(turn: Turn, trade: Trade, order: AskedOrder, slot: OrderSlot, why: str) -> Trade:
    """The venue has it no more, and it has not fired: placed again at a look, a few times; D stands meanwhile."""
    turn.want_snapshot()
    if slot.client_id == order.successor_id:
        return turn.put(with_order(trade, replace(order, successor_id=None)))
    if order.successor_id is not None:
        # What replaces it is there already.
        return turn.put(with_order(trade, replace(order, client_id=order.successor_id, successor_id=None)))
    if order.is_dropped:
        return turn.put(with_order(trade, over(turn, order, AskedStatus.CANCELLED, "dropped")))
    order = replace(order, client_id=None, losses=order.losses + 1)
    if order.losses > LOSSES_MAX:
        text = f"{trade.trade_id} {trade.symbol}: asked order {order.terms.order_id} is lost: {why}"
        turn.alert(Level.WARNING, "P1", text)
        order = over(turn, order, AskedStatus.CANCELLED, f"the venue has lost it {order.losses} times: {why}")
    return turn.put(with_order(trade, order))


# -- answers of the venue ------------------------------------------------------------------------------------


def on_outcome(turn: Turn, trade: Trade, slot: OrderSlot, outcome: Outcome) -> None:
    """The venue's answer to a placement."""
    after = slots.after_outcome(turn, slot, outcome)
    trade, order = turn.put(trade.with_slot(after)), order_of(trade, slot.client_id)
    if isinstance(outcome, NotSent):
        text = f"{trade.trade_id}: request gate refused an asked order: {outcome.why}"
        turn.alert(Level.CRITICAL, "P3", text)
    if order is None or order.status.is_over or not after.never_rested:
        return
    why = outcome.why if isinstance(outcome, NotSent) else "the venue refused it"
    reached = isinstance(outcome, Refused) and outcome.kind is Refusal.STOP_REACHED
    if isinstance(outcome, Refused):
        why = f"the venue refused it ({outcome.code}): {outcome.text}"
    if order.status is AskedStatus.PENDING:
        word = Word.WOULD_TRIGGER if reached else Word.VENUE_REFUSED
        turn.put(with_order(trade, over(turn, order, AskedStatus.REFUSED, refused(word, why))))
    elif reached and slot.client_id == order.client_id:
        at_its_price(turn, trade, order)
    else:
        lost(turn, trade, order, slot, why)


def at_its_price(turn: Turn, trade: Trade, order: AskedOrder) -> None:
    """One that had rested was lost, and mark is where it would have fired: what it was for is done by closing (P4)."""
    if order.terms.quantity is None:
        reason = ExitReason.STOP_REACHED if order.is_stop else ExitReason.TARGET
        closing.want(turn, trade, reason)
        return
    text = f"{trade.trade_id} {trade.symbol}: asked order {order.terms.order_id} was lost and mark is past it"
    turn.alert(Level.WARNING, "P4", text)
    detail = "the venue lost it, and mark has passed it; the rest of the position keeps its stop"
    turn.put(with_order(trade, over(turn, order, AskedStatus.CANCELLED, detail)))


def on_read(turn: Turn, trade: Trade, slot: OrderSlot, answer: OrderView | Absent) -> None:
    """A read-back by id: the only thing, beside a fresh listing, that makes an order active or ends it."""
    order, view = order_of(trade, slot.client_id), answer if isinstance(answer, OrderView) else None
    wrong = view is not None and view.state is OrderState.NEW and not _is_as_asked(trade, slot, view)
    if wrong and order is not None and not order.status.is_over:
        text = f"{trade.trade_id}: {slot.client_id} read back other than asked"
        turn.alert(Level.CRITICAL, "P3", text)
        order = over(turn, order, AskedStatus.REFUSED, refused(Word.VENUE_REFUSED, "it rests otherwise"))
        trade = turn.put(with_order(trade, order))
    if slot.state is SlotState.GONE and view is not None:
        after = replace(slot, child_id=view.child_id or slot.child_id)
    else:
        after = slots.after_read(turn, trade, slot, answer)
    if after.state is not slot.state:
        turn.want_snapshot()
        turn.want_fills(trade.symbol)
    trade = turn.put(trade.with_slot(after))
    if order is None or order.status.is_over or after.state is not SlotState.GONE:
        return
    if view is None and after.misses >= 2:
        lost(turn, trade, order, after, "nobody has seen it twice")
    elif view is not None and trade.phase in IN_HAND:
        _explain(turn, trade, order, after, view)


def _explain(turn: Turn, trade: Trade, order: AskedOrder, slot: OrderSlot, view: OrderView) -> None:
    """How one that rests no more ended, by the venue's word."""
    if view.state in FIRED or view.child_id is not None:
        turn.put(with_order(trade, fired(turn, order)))
    elif view.state.is_open:
        # It is there after all, or fires just now: the next look says more.
        turn.put(trade.with_slot(slots.seen(slot, view)))
        turn.want_snapshot()
    elif view.state is OrderState.CANCELED and order.successor_id is None and not slot.cancelling:
        word = "dropped" if order.is_dropped else "cancelled at the venue by somebody else"
        turn.put(with_order(trade, over(turn, order, AskedStatus.CANCELLED, word)))
    else:
        lost(turn, trade, order, slot, f"it is {view.state}")


def _is_as_asked(trade: Trade, slot: OrderSlot, view: OrderView) -> bool:
    if slot.role is not AskedKind.TARGET.role:
        return protecting.is_as_planned(trade, slot, view)
    reduces = view.reduce_only or view.position_side is trade.side
    same = view.quantity == slot.quantity and view.trigger_price == slot.trigger_price
    return reduces and same and view.side is trade.side.closes_with


def on_cancelled(turn: Turn, trade: Trade, slot: OrderSlot, outcome: Outcome) -> None:
    """The answer to a cancel. Refused, it may be firing: the next look tells, and the order itself is asked."""
    order = order_of(trade, slot.client_id)
    turn.want_snapshot()
    if not isinstance(outcome, Acked):
        turn.put(trade.with_slot(replace(slot, cancelling=False)))
        return
    gone = replace(slot, cancelling=False, state=SlotState.GONE)
    if order is None:
        kept = tuple(one for one in trade.asked_slots if one.client_id != slot.client_id)
        turn.put(replace(trade, asked_slots=kept))
    elif slot.client_id == order.client_id and order.successor_id is not None and not order.is_dropped:
        kept = tuple(one for one in trade.asked_slots if one.client_id != slot.client_id)
        moved = replace(order, client_id=order.successor_id, successor_id=None, read_back_ms=turn.now.wire_ms)
        turn.put(with_order(replace(trade, asked_slots=kept), moved))
    elif order.status.is_over or slot.client_id == order.successor_id:
        turn.put(trade.with_slot(gone))
    else:
        why = "dropped" if order.is_dropped else "it stood in the way of a close"
        turn.put(with_order(trade.with_slot(gone), over(turn, order, AskedStatus.CANCELLED, why)))


# -- answers to whoever asked --------------------------------------------------------------------------------


def _tell(turn: Turn, trade: Trade, order: AskedOrder) -> AskedOrder:
    """The order after whatever can be answered now was answered."""
    if order.owes_answer:
        text = _said(trade, order)
        if text:
            answer(turn, order.command_id, text)
            order = replace(order, owes_answer=False)
    if order.drop_owes_answer:
        text = _said_of_drop(trade, order)
        if text:
            answer(turn, order.drop_id, text)
            order = replace(order, drop_owes_answer=False)
    return order


def _said(trade: Trade, order: AskedOrder) -> str:
    """The answer of the wish; empty while nothing is read back."""
    slot = trade.slot(order.client_id) if order.client_id is not None else None
    match order.status:
        case AskedStatus.REFUSED:
            return order.detail
        case AskedStatus.CANCELLED:
            return refused(Word.DROPPED, order.detail)
        case AskedStatus.TRIGGERED:
            return f"triggered: {order.terms.order_id}"
        case AskedStatus.ACTIVE:
            if slot is None or order.read_back_ms is None:
                return ""
            return active(
                trigger_price=slot.trigger_price,
                client_id=slot.client_id,
                venue_id=slot.venue_id,
                read_back_ms=order.read_back_ms,
            )
        case AskedStatus.PENDING:
            if trade.phase in ENDING:
                return refused(Word.CLOSING, f"{trade.symbol} {trade.side} is being closed")
            return ""


def _said_of_drop(trade: Trade, order: AskedOrder) -> str:
    if order.status is AskedStatus.TRIGGERED:
        return refused(Word.IS_OVER, f"{order.terms.order_id} is triggered: {order.detail}")
    if order.status.is_over:
        return f"cancelled: {order.terms.order_id}"
    if trade.phase in ENDING:
        return f"closing: {trade.symbol} {trade.side} ends, and {order.terms.order_id} goes with it"
    return ""


def answer(turn: Turn, command_id: str, text: str) -> None:
    """Answer a command that was taken before. One that was answered already keeps its first answer."""
    if command_id:
        turn.effects.append(AnswerCommand(command_id=command_id, result=text, position=None))


def _tell_tighter(turn: Turn, trade: Trade) -> None:
    """A stop at the price or inside it was read back, or the position ends."""
    waiting: list[Tightening] = []
    for one in trade.tightenings:
        slot = _rests_inside(trade, one.price)
        if trade.phase in ENDING:
            answer(turn, one.command_id, f"closing: {trade.symbol} {trade.side} is being closed")
        elif slot is not None:
            text = active(
                trigger_price=slot.trigger_price,
                client_id=slot.client_id,
                venue_id=slot.venue_id,
                read_back_ms=turn.now.wire_ms,
            )
            answer(turn, one.command_id, text)
        else:
            waiting.append(one)
    if len(waiting) < len(trade.tightenings):
        turn.put(replace(trade, tightenings=tuple(waiting)))


def _rests_inside(trade: Trade, price: Price) -> OrderSlot | None:
    for slot in trade.stops:
        whole = slot.quantity is None or slot.quantity >= trade.quantity
        inside = (slot.trigger_price - price) * trade.side.sign >= 0
        if slot.state is SlotState.WORKING and whole and inside and not slot.cancelling:
            return slot
    return None


def ended(turn: Turn, trade: Trade) -> Trade:
    """The trade as it ends: what fired is triggered, and the rest was swept with the position."""
    for order in trade.asked:
        if not order.status.is_over:
            children = {slot.child_id for slot in trade.asked_slots if slot.client_id in order.client_ids}
            hit = any(child in trade.exit_order_ids for child in children if child is not None)
            done = fired(turn, order)
            if not hit:
                done = over(turn, order, AskedStatus.CANCELLED, "the position was closed")
            trade = with_order(trade, done)
    return replace(
        trade,
        asked=tuple(_tell(turn, trade, order) for order in trade.asked),
        asked_slots=tuple(slot for slot in trade.asked_slots if order_of(trade, slot.client_id)),
    )
