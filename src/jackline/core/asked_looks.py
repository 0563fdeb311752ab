"""What is done about asked orders, at fresh looks alone: place, move, cancel; one change of the account at a time.

A look shows mark, liquidation price, size and everything that rests, so a wish is judged by the venue's truth, and no
cancel can uncover what the look shows to be covered (P5).
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core import asked_orders, closing, guard, rules, slots
from jackline.core.asked_order import AskedKind, AskedOrder, AskedStatus, Word, refused
from jackline.core.asked_orders import IN_HAND, answer, order_of, over, with_order
from jackline.core.coverage import coverage
from jackline.core.instrument import Instrument
from jackline.core.machine import Phase
from jackline.core.orders import OrderKey, PositionView, Snapshot
from jackline.core.requests import CancelOrder, StopShape
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, Quantity, tightest


def drive(turn: Turn) -> None:
    """Ask for the next look early where something waits for it."""
    settings = turn.state.protection
    for trade in turn.trades.values():
        if trade.asked and trade.phase in IN_HAND:
            if any(_is_waiting(turn, trade, order) for order in trade.asked):
                turn.want_snapshot(settings.reread_ms)
            elif _strays(trade):
                turn.want_snapshot(settings.absence_gap_ms)


def _is_waiting(turn: Turn, trade: Trade, order: AskedOrder) -> bool:
    if order.status.is_over:
        return False
    successor = trade.slot(order.successor_id) if order.successor_id is not None else None
    arrived = successor is not None and successor.state is SlotState.WORKING
    return order.client_id is None or order.is_dropped or arrived or _move(turn, trade, order) is not None


def _strays(trade: Trade) -> list[OrderSlot]:
    """Slots that rest and belong to nothing that should: replaced, given up, over."""
    found: list[OrderSlot] = []
    for slot in trade.asked_slots:
        order = order_of(trade, slot.client_id)
        if slot.state is SlotState.WORKING and (order is None or order.status.is_over):
            found.append(slot)
    return found


def on_covered(turn: Turn, trade: Trade, position: PositionView, snapshot: Snapshot) -> None:
    """A fresh look at a position that is covered: take the first step that is due."""
    for order in trade.asked:
        if turn.trades[trade.trade_id].phase is not Phase.PROTECTED or turn.flights(trade.symbol):
            return
        _advance(turn, turn.trades[trade.trade_id], order, position, snapshot)
    trade = turn.trades[trade.trade_id]
    if trade.phase is Phase.PROTECTED and not turn.flights(trade.symbol):
        for slot in _strays(trade)[:1]:
            if not slot.cancelling and _stays_covered(trade, position, snapshot, slot):
                _cancel(turn, trade, slot, "an asked order that is over")


def _advance(turn: Turn, trade: Trade, order: AskedOrder, position: PositionView, snapshot: Snapshot) -> None:
    """The next step of one order, if one is due."""
    if order.status is AskedStatus.TRIGGERED:
        _close_unfilled(turn, trade, order, snapshot)
    elif order.status.is_over:
        return
    elif order.is_dropped:
        _drop(turn, trade, order, position, snapshot)
    elif order.client_id is None:
        _place(turn, trade, order, position)
    elif order.successor_id is not None:
        _replace(turn, trade, order, position, snapshot)
    else:
        wanted = _move(turn, trade, order)
        if wanted is not None:
            _send(turn, trade, order, price=wanted, quantity=_quantity(order, position))


# -- placing -------------------------------------------------------------------------------------------------


def _place(turn: Turn, trade: Trade, order: AskedOrder, position: PositionView) -> None:
    """Rest it, or refuse it with the figures; one that had rested and was lost is placed again where it stood."""
    instrument = turn.state.instruments[trade.symbol]
    price = _level(trade, order, instrument, position.mark)
    no = _no(turn, order, position, instrument, price)
    if not no:
        _send(turn, trade, order, price=price, quantity=_quantity(order, position))
    elif order.status is AskedStatus.PENDING:
        turn.put(with_order(trade, over(turn, order, AskedStatus.REFUSED, no)))
    elif no.startswith(refused(Word.WOULD_TRIGGER, "")):
        asked_orders.at_its_price(turn, trade, order)
    else:
        turn.put(with_order(trade, over(turn, order, AskedStatus.CANCELLED, f"lost, and {no}")))


def _level(trade: Trade, order: AskedOrder, instrument: Instrument, mark: Price) -> Price:
    """Its trigger on the tick, a stop's towards the market: the loss is never larger than asked for (P4)."""
    terms, side = order.terms, trade.side
    if terms.trailing_fraction is not None:
        best = rules.better_price(order.best_price or mark, mark, side.sign)
        level = instrument.stop_price(rules.trailing_level(best, terms.trailing_fraction, side.sign), side)
        return level if order.level_price is None else tightest(side, level, order.level_price)
    raw = terms.trigger_price or mark
    if terms.kind is AskedKind.TARGET:
        return instrument.target_price(raw, side)
    return instrument.stop_price(raw, side)


def _no(turn: Turn, order: AskedOrder, position: PositionView, instrument: Instrument, price: Price) -> str:
    """Why it cannot rest on this position; empty where it can."""
    terms, sign = order.terms, position.side.sign
    if not instrument.price_min <= price <= instrument.price_max:
        return refused(
            Word.BAD_PRICE, f"{price:f} is outside {instrument.price_min:f} … {instrument.price_max:f}"
        )
    pending = order.status is AskedStatus.PENDING
    if pending and terms.quantity is not None and terms.quantity > position.quantity:
        text = f"{terms.quantity:f} is more than the position, {position.quantity:f}"
        return refused(Word.QUANTITY_ABOVE_POSITION, text)
    if rules.is_beyond(position.mark, price, sign if order.is_stop else -sign):
        word = "below" if (sign > 0) is order.is_stop else "above"
        text = f"a {terms.kind} of a {position.side} stands {word} mark {position.mark:f}, not at {price:f}"
        return refused(Word.WOULD_TRIGGER, text)
    if not order.is_stop:
        return ""
    bound = guard.inside_liquidation(price, position, instrument, turn.state.risk)
    if bound != price:
        text = f"{price:f} is too near to liquidation or beyond it; {bound:f} is the furthest (P7)"
        return refused(Word.BEYOND_LIQUIDATION, text)
    return ""


def _send(turn: Turn, trade: Trade, order: AskedOrder, *, price: Price, quantity: Quantity) -> None:
    """Place an order of it: its first, or one that replaces what rests once both are read back."""
    role = order.terms.kind.role
    trade, slot = slots.place(
        turn, trade, role=role, shape=StopShape.QUANTITY, quantity=quantity, trigger_price=price
    )
    order = replace(order, level_price=price, moved_ms=turn.now.wire_ms)
    if order.client_id is None:
        order = replace(order, client_id=slot.client_id)
    else:
        order = replace(order, successor_id=slot.client_id)
    turn.put(with_order(replace(trade, asked_slots=(*trade.asked_slots, slot)), order))


def _quantity(order: AskedOrder, position: PositionView) -> Quantity:
    """What an order of it reduces: never more than is open (P3)."""
    return Quantity(min(order.terms.quantity or position.quantity, position.quantity))


# -- moving --------------------------------------------------------------------------------------------------


def _move(turn: Turn, trade: Trade, order: AskedOrder) -> Price | None:
    """Where an order that rests should stand instead: tighter by a step worth a request, or as large as the position
    has grown. None where it is right, or was moved just now."""
    slot = trade.slot(order.client_id) if order.client_id is not None else None
    instrument, mark = turn.state.instruments.get(trade.symbol), turn.market(trade.symbol).mark
    settings, now = turn.state.protection, turn.now.wire_ms
    if slot is None or slot.state is not SlotState.WORKING or instrument is None or mark is None:
        return None
    if order.successor_id is not None or now - (order.moved_ms or 0) < settings.ratchet_gap_ms:
        return None
    price = _level(trade, order, instrument, mark)
    whole, held = order.terms.quantity is None, slot.quantity or trade.quantity
    grown = whole and trade.quantity > held
    gained = (price - slot.trigger_price) * trade.side.sign
    trails = order.terms.kind is AskedKind.TRAILING
    risen = trails and gained >= slot.trigger_price * settings.ratchet_step_fraction
    sign = trade.side.sign if order.is_stop else -trade.side.sign
    if not (grown or risen) or rules.is_beyond(mark, price, sign):
        return None
    return price


def _replace(turn: Turn, trade: Trade, order: AskedOrder, position: PositionView, snapshot: Snapshot) -> None:
    """What replaces it was read back: the old one goes, by id, where nothing is uncovered by that (P5)."""
    old = trade.slot(order.client_id or "")
    successor = trade.slot(order.successor_id or "")
    if old is None or successor is None or successor.state is not SlotState.WORKING:
        return
    if old.state is not SlotState.WORKING or old.cancelling or snapshot.order(successor.client_id) is None:
        return
    if not order.is_stop or _stays_covered(trade, position, snapshot, old):
        _cancel(turn, trade, old, "replaced by a tighter or larger one")


# -- away with it --------------------------------------------------------------------------------------------


def _drop(turn: Turn, trade: Trade, order: AskedOrder, position: PositionView, snapshot: Snapshot) -> None:
    """Cancel what was dropped, unless it is the last that protects; then the drop is refused, and nothing changes."""
    resting = [slot for client_id in order.client_ids if (slot := trade.slot(client_id)) is not None]
    live = [slot for slot in resting if slot.state.may_be_live]
    if not live:
        if all(slot.state is SlotState.REFUSED for slot in resting):
            turn.put(with_order(trade, over(turn, order, AskedStatus.CANCELLED, "dropped")))
        return
    no = _may_not_go(trade, order, position, snapshot)
    if no:
        if order.drop_owes_answer:
            answer(turn, order.drop_id, no)
            kept = replace(order, is_dropped=False, drop_id="", drop_owes_answer=False, replace_with="")
            turn.put(with_order(trade, kept))
        return
    for slot in live[:1]:
        if slot.state is SlotState.WORKING and not slot.cancelling:
            _cancel(turn, trade, slot, "dropped by whoever asked for it")


def _may_not_go(trade: Trade, order: AskedOrder, position: PositionView, snapshot: Snapshot) -> str:
    """Why it stays; empty where it may go."""
    if order.replace_with:
        named = [other for other in trade.asked if other.terms.order_id == order.replace_with]
        slot = trade.slot(named[0].client_id or "") if named else None
        rests = slot is not None and slot.state is SlotState.WORKING and named[0] is not order
        whole = slot is not None and (slot.quantity or position.quantity) >= position.quantity
        active = rests and whole and named[0].is_stop and named[0].status is AskedStatus.ACTIVE
        if not active:
            text = f"{order.replace_with} is no active stop of the whole position"
            return refused(Word.REPLACEMENT_NOT_ACTIVE, text)
    gone = tuple(slot for slot in trade.asked_slots if slot.client_id in order.client_ids)
    if order.is_stop and not _stays_covered(trade, position, snapshot, *gone):
        text = (
            f"without {order.terms.order_id} no stop at {trade.stop.disaster_price:f} or inside covers "
            f"{position.quantity:f} {trade.symbol}; name a replacement, or close"
        )
        return refused(Word.LAST_PROTECTION, text)
    return ""


def _stays_covered(trade: Trade, position: PositionView, snapshot: Snapshot, *going: OrderSlot) -> bool:
    """Without these, and what else is on its way out, stops at the plan's price or inside cover the position (P5)."""
    away = {slot.client_id for slot in going}
    away |= {slot.client_id for slot in trade.slots if slot.cancelling}
    plan, sign = trade.stop.disaster_price, trade.side.sign
    kept = tuple(
        order
        for order in snapshot.orders
        if order.key.client_id not in away
        and order.trigger_price is not None
        and (order.trigger_price - plan) * sign >= 0
    )
    return coverage(position, kept, trade.stop.price_source).quantity >= position.quantity


def _cancel(turn: Turn, trade: Trade, slot: OrderSlot, why: str) -> None:
    key = OrderKey(symbol=trade.symbol, client_id=slot.client_id, venue_id=slot.venue_id, conditional=True)
    turn.send(CancelOrder(trade_id=trade.trade_id, key=key, why=why), trade.symbol)
    turn.put(trade.with_slot(replace(slot, cancelling=True)))


def _close_unfilled(turn: Turn, trade: Trade, order: AskedOrder, snapshot: Snapshot) -> None:
    """It has fired for the whole position, nothing came of that, and the position is still there: close (P4)."""
    if order.terms.quantity is not None or order.over_ms is None or not turn.fills_settled(trade.symbol):
        return
    patience_ms = turn.state.protection.triggering_ms_max
    children = [slot.child_id for slot in trade.asked_slots if slot.client_id in order.client_ids]
    executed = any(child in trade.exit_order_ids for child in children if child is not None)
    if not executed and patience_ms < snapshot.asked_ms - order.over_ms < 5 * patience_ms:
        reason = ExitReason.STOP_REACHED if order.is_stop else ExitReason.TARGET
        closing.want(turn, trade, reason)
