"""Answers of the venue, each handed to the part of its trade that asked."""

from __future__ import annotations

from typing import assert_never

from jackline.core import (
    adding,
    asked_orders,
    closing,
    entering,
    proof,
    protecting,
    resizing,
    sweeping,
    trailing,
)
from jackline.core.events import Answered, OrderAnswered
from jackline.core.ids import ASKED_ROLES, FIRST_ENTRY, Role, parse_client_id
from jackline.core.machine import Phase
from jackline.core.orders import OrderView
from jackline.core.outcomes import Acked, Refusal, Refused, Unknown
from jackline.core.replacing import replace
from jackline.core.requests import (
    CancelOrder,
    Mutation,
    SendClose,
    SendEntry,
    SendStop,
    SendTarget,
    SendTrailing,
)
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Symbol


def on_answer(turn: Turn, event: Answered) -> None:
    """The outcome of a mutation goes to the part of the trade that asked for it."""
    request, outcome = event.request, event.outcome
    turn.settle(request, _symbol(request))
    wrong_mode = isinstance(outcome, Refused) and outcome.kind is Refusal.WRONG_MODE
    if wrong_mode and not isinstance(request, CancelOrder):
        proof.on_mode_refused(turn, request)
    trade = _owner(turn, request)
    match request:
        case SendEntry(client_id=client_id):
            if trade is not None and _is_first(client_id):
                entering.on_entry_outcome(turn, trade, outcome)
            elif trade is not None:
                adding.on_outcome(turn, trade, client_id, outcome)
        case SendStop(client_id=client_id) | SendTarget(client_id=client_id):
            slot = trade.slot(client_id) if trade is not None else None
            if trade is not None and slot is not None and slot.role in ASKED_ROLES:
                asked_orders.on_outcome(turn, trade, slot, outcome)
            elif trade is not None and slot is not None:
                protecting.on_stop_outcome(turn, trade, slot, outcome)
        case SendTrailing(client_id=client_id):
            slot = trade.slot(client_id) if trade is not None else None
            if trade is not None and slot is not None:
                trailing.on_outcome(turn, trade, slot, outcome)
        case SendClose():
            if trade is not None:
                closing.on_outcome(turn, trade, outcome)
        case CancelOrder(key=key):
            slot = trade.slot(key.client_id) if trade is not None else None
            if trade is not None and slot is not None and _is_asked_for(trade, slot):
                asked_orders.on_cancelled(turn, trade, slot, outcome)
            elif trade is not None and slot is not None and slot.role is not Role.DISASTER:
                _after_cancel(turn, trade, key.client_id, acked=isinstance(outcome, Acked))
        case _:
            assert_never(request)


def _is_asked_for(trade: Trade, slot: OrderSlot) -> bool:
    """Somebody asked for it, and the position is open: what a cancel means for it, its wish says."""
    return slot.role in ASKED_ROLES and trade.phase is not Phase.SWEEPING


def _after_cancel(turn: Turn, trade: Trade, client_id: str, *, acked: bool) -> None:
    slot = trade.slot(client_id)
    if slot is None:
        return
    resized = resizing.forget_target(trade, slot) if acked else None
    if acked and slot.role is Role.TRAILING:
        trailing.after_cancel(turn, trade, slot)
    elif resized is not None:
        turn.put(resized)
    elif acked and slot.role is Role.WORKING and trade.phase is not Phase.SWEEPING:
        turn.put(sweeping.forget(trade, slot))
    else:
        turn.put(trade.with_slot(replace(slot, cancelling=False)))


def on_order_answer(turn: Turn, event: OrderAnswered) -> None:
    """The answer to a query by client id: the entry's, or a slot's."""
    request, answer = event.request, event.answer
    turn.asking.discard(request.client_id)
    name = parse_client_id(request.client_id)
    trade = turn.trades.get(name.trade_id) if name is not None else None
    if trade is None or name is None or isinstance(answer, Unknown):
        return
    if name.role is Role.ENTRY:
        if name.attempt == FIRST_ENTRY:
            entering.on_entry_read(turn, trade, answer)
        else:
            adding.on_read(turn, trade, request.client_id, answer)
        return
    slot = trade.slot(request.client_id)
    if slot is None:
        return
    if slot.role in ASKED_ROLES:
        asked_orders.on_read(turn, trade, slot, answer)
        return
    if slot.state is SlotState.GONE:
        if isinstance(answer, OrderView):
            turn.put(trade.with_slot(replace(slot, child_id=answer.child_id or slot.child_id)))
        return
    if slot.role is Role.TRAILING:
        trailing.on_read(turn, trade, slot, answer)
    else:
        protecting.on_stop_read(turn, trade, slot, answer)


def _is_first(client_id: str) -> bool:
    name = parse_client_id(client_id)
    return name is None or name.attempt == FIRST_ENTRY


def _owner(turn: Turn, request: Mutation) -> Trade | None:
    """The live trade a request belongs to; None for a leftover without one."""
    trade_id = request.entry.trade_id if isinstance(request, SendEntry) else request.trade_id
    return turn.trades.get(trade_id) if trade_id is not None else None


def _symbol(request: Mutation) -> Symbol:
    match request:
        case SendEntry(entry=entry):
            return entry.symbol
        case CancelOrder(key=key):
            return key.symbol
        case SendStop() | SendTarget() | SendTrailing() | SendClose():
            return request.symbol
        case _:
            assert_never(request)
