"""A further entry of an open trade, from its intent to the last word on it.

It leaves once, on a durable intent, while D is read back over the whole position; so what it fills is covered from
its first moment. All the same D is read back after it (rule 10): where it has fired or gone meanwhile, the trade is
exposed again, and protected or closed like any other.
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core import addition_plan, budgets, entering, gates, rules
from jackline.core.effects import Level
from jackline.core.ids import Role
from jackline.core.machine import IN_POSITION, Phase, Trigger
from jackline.core.orders import OrderState, OrderView, Snapshot
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.plan import ProtectedEntry
from jackline.core.requests import ReadOrder, SendEntry
from jackline.core.trade import Addition, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, MarketMs, Quantity, WireMs


def intend(turn: Turn, trade: Trade, plan: ProtectedEntry) -> None:
    """Add a planned entry to its trade, before its intent is durable."""
    trade, client_id, _ = trade.next_client_id(Role.ENTRY)
    addition = Addition(entry=plan, slot=entering.unsent(turn, plan, client_id), before=trade.quantity)
    turn.put(replace(trade, additions=(*trade.additions, addition)))
    # One that fills nothing is forgotten; its cool-down is not.
    until_ms = MarketMs(plan.signal_market_ms + turn.state.risk.cooldown_ms)
    turn.put_market(replace(turn.market(trade.symbol), cooldown_until_ms=until_ms))


def on_intent_durable(turn: Turn, trade: Trade, entry_id: str) -> None:
    """The intent is on disk: it may leave. One that was dropped meanwhile is not here any more."""
    addition = trade.addition(entry_id)
    if addition is not None:
        turn.put(trade.with_addition(replace(addition, is_durable=True)))


# -- driving -------------------------------------------------------------------------------------------------


def tend(turn: Turn, trade: Trade) -> Trade:
    """Drop what can leave no more, and ask for what nobody knows the outcome of, whatever phase the trade is in."""
    addition = trade.open_addition
    if addition is None:
        return trade
    if addition.waits:
        why = _obstacle(turn, trade, addition)
        return trade if why is None else _drop(turn, trade, addition, why)
    slot = addition.slot
    due = turn.now.wire_ms >= (slot.asked_ms or 0) + turn.state.protection.reread_ms
    if slot.state is not SlotState.UNKNOWN or slot.client_id in turn.asking or not due:
        return trade
    turn.ask_order(ReadOrder(symbol=trade.symbol, client_id=slot.client_id, conditional=False))
    return turn.put(trade.with_addition(replace(addition, slot=replace(slot, asked_ms=turn.now.wire_ms))))


def drive(turn: Turn, trade: Trade) -> None:
    """Let the addition leave: once, while D works (O1, P2)."""
    addition = trade.open_addition
    if addition is None or not (addition.waits and addition.is_durable):
        return
    if not addition_plan.is_covered(trade):
        return
    now = turn.now.wire_ms
    slot = replace(addition.slot, state=SlotState.SENT, sent_ms=now, asked_ms=now)
    turn.put(trade.with_addition(replace(addition, slot=slot, waits=False, before=trade.quantity)))
    turn.send(SendEntry(client_id=slot.client_id, entry=addition.entry), trade.symbol)
    # Its answer may be lost, and the position is evidence too.
    turn.want_snapshot(turn.state.protection.reread_ms)


def _obstacle(turn: Turn, trade: Trade, addition: Addition) -> str | None:
    """Why an addition that has not left never will; None while it may."""
    denied = gates.account_denial(turn.state) or budgets.stopped_denial(turn.state, trade.bot)
    if denied is not None:
        return f"{denied.reason}: {denied.detail}"
    if entering.is_late(turn, addition.entry):
        return "it was not ready in time"
    if trade.phase is not Phase.PROTECTED:
        return f"the trade is {trade.phase}"
    mark = turn.market(trade.symbol).mark
    if mark is None or rules.is_beyond(mark, addition.entry.stop.disaster_price, trade.side.sign):
        return "mark has reached its stop before it left"
    return None


# -- evidence ------------------------------------------------------------------------------------------------


def on_outcome(turn: Turn, trade: Trade, client_id: str, outcome: Outcome) -> None:
    """What became of a further entry."""
    addition = trade.addition(client_id)
    if addition is None:
        return
    match outcome:
        case Acked(order=order):
            _on_view(turn, trade, addition, order)
        case Refused(kind=Refusal.DUPLICATE_ID) | Unknown():
            _doubt(turn, trade, addition, str(outcome))
        case Refused() | NotSent():
            _drop(turn, trade, addition, str(outcome))


def on_read(turn: Turn, trade: Trade, client_id: str, answer: OrderView | Absent) -> None:
    """What a query by client id says. Absent counts only past the fence, twice (O3)."""
    addition = trade.addition(client_id)
    if addition is None:
        return
    if isinstance(answer, OrderView):
        _on_view(turn, trade, addition, answer)
        return
    slot = entering.after_miss(turn, addition.slot)
    if slot.state is SlotState.GONE:
        _drop(turn, trade, addition, "it is proven absent past its fence")
    elif slot is not addition.slot:
        turn.put(trade.with_addition(replace(addition, slot=slot)))


def _on_view(turn: Turn, trade: Trade, addition: Addition, order: OrderView) -> None:
    final = not order.state.is_open
    slot = replace(
        addition.slot,
        state=SlotState.GONE if final else SlotState.UNKNOWN,
        venue_id=order.key.venue_id or addition.slot.venue_id,
        filled=order.filled,
        average_price=order.average_price or addition.slot.average_price,
    )
    addition = replace(addition, slot=slot, waits=False)
    trade = turn.put(trade.with_addition(addition))
    if order.filled > ZERO:
        on_fill(turn, trade, client_id=slot.client_id, quantity=order.filled)
    elif order.state in {OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}:
        _drop(turn, trade, addition, f"it is {order.state} with nothing filled")
    else:
        _doubt(turn, trade, addition, f"it is {order.state}")


def on_fill(turn: Turn, trade: Trade, *, client_id: str, quantity: Quantity) -> None:
    """A further entry filled, by its answer or the stream. In a sweep the look that follows says what is open."""
    addition = trade.addition(client_id)
    if addition is None:
        turn.want_fills(trade.symbol)
        turn.want_snapshot()
        return
    grow(turn, trade, Quantity(addition.before + quantity))


def grow(turn: Turn, trade: Trade, quantity: Quantity) -> Trade:
    """The position is, or may be, as large as this: D must be read back since (rule 10)."""
    turn.want_fills(trade.symbol)
    # A read of D that is already out may be older than the fill; a snapshot asked from now on is not.
    turn.want_snapshot()
    if trade.phase not in IN_POSITION:
        return trade
    now, disaster = turn.now.wire_ms, trade.disaster
    stays = trade.phase is not Phase.CLOSING
    if stays and disaster is not None and disaster.state is SlotState.WORKING:
        due_ms = WireMs(now - turn.state.protection.reread_ms)
        disaster = replace(disaster, state=SlotState.ACKED, asked_ms=due_ms)
    trade = replace(trade, disaster=disaster, quantity=max(quantity, trade.quantity), flat_ms=None)
    if trade.phase is Phase.PROTECTED:
        trade = replace(trade, exposed_ms=now)
    return turn.put(trade.on(Trigger.ADDED))


def notice_growth(turn: Turn, snapshot: Snapshot) -> None:
    """A position that has grown while an addition is out is evidence, whether or not that is answered."""
    for trade in list(turn.trades.values()):
        addition = trade.open_addition
        sent_ms = addition.slot.sent_ms if addition is not None else None
        if sent_ms is None or snapshot.asked_ms <= sent_ms:
            continue
        position = snapshot.position(trade.symbol, trade.side)
        if position is not None and position.quantity > trade.quantity:
            grow(turn, trade, position.quantity)


def _doubt(turn: Turn, trade: Trade, addition: Addition, why: str) -> None:
    turn.alert(Level.WARNING, "O1", f"{trade.trade_id} {trade.symbol}: further entry in doubt: {why}")
    turn.want_snapshot()
    slot = replace(addition.slot, state=SlotState.UNKNOWN)
    turn.put(trade.with_addition(replace(addition, slot=slot)))


def _drop(turn: Turn, trade: Trade, addition: Addition, why: str) -> Trade:
    """It is dead and nothing filled. The trade goes on as it was."""
    turn.alert(Level.INFO, "O1", f"{trade.trade_id} {trade.symbol}: nothing added: {why}")
    turn.want_snapshot()
    return turn.put(replace(trade, additions=tuple(one for one in trade.additions if one is not addition)))
