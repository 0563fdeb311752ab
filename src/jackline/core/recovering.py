"""After a start: what the journal remembers, turned into trades that trust nothing but the venue.

A recovered entry is never sent again: whatever had not been answered is in doubt (O1). A stop that worked must be
read back. Attempt counters jump, because records of reducing requests may have been lost with the process (an id
is never reused for another intent, O2); and by the trade's age, because a backup of before several lives may have been
put in the journal's place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from jackline.core.asked_order import AskedOrder
from jackline.core.events import Now
from jackline.core.ids import fence_of
from jackline.core.machine import BEFORE_ANSWER, IN_POSITION, Phase, Trigger
from jackline.core.state import MarketState, State
from jackline.core.trade import (
    ATTEMPTS_JUMP,
    NOTHING_OPENED,
    NOTHING_YET,
    Addition,
    EntrySlot,
    OrderSlot,
    SlotState,
    Trade,
)
from jackline.core.values import Symbol

ATTEMPTS_PER_S = 8
"""No life of a trade makes so many attempts a second."""
AGED_MAX = 16_000
"""Of the 46,655 attempts that an id can name, so many may be skipped by age: the last half hour is told apart."""

_RECOVERED_SLOT = {
    SlotState.SENT: SlotState.UNKNOWN,
    SlotState.ACKED: SlotState.ACKED,
    SlotState.WORKING: SlotState.ACKED,
    SlotState.UNKNOWN: SlotState.UNKNOWN,
    SlotState.REFUSED: SlotState.REFUSED,
    SlotState.GONE: SlotState.GONE,
}


def recover(state: State, trades: Iterable[Trade], fills_read_to: Mapping[Symbol, int], now: Now) -> State:
    """The state of a fresh engine with the journal's live trades in it.

    `fills_read_to` is how far the ledger has booked each symbol's trade list; a live trade moves it back to its own
    start, because its balance is counted anew.
    """
    markets = dict(state.markets)
    for symbol, fill_id in fills_read_to.items():
        market = markets.get(symbol, MarketState(symbol=symbol))
        markets[symbol] = replace(market, fills_read_to=fill_id, booked_to=fill_id, fills_due_ms=now.wire_ms)
    recovered: dict[str, Trade] = {}
    for trade in trades:
        recovered[trade.trade_id] = _recover_trade(trade, now, fence=state.fence)
        market = markets.get(trade.symbol, MarketState(symbol=trade.symbol))
        start = min(market.fills_read_to, trade.fills_after)
        markets[trade.symbol] = replace(market, fills_read_to=start, fills_due_ms=now.wire_ms)
    return replace(state, trades={trade.trade_id: trade for trade in recovered.values()}, markets=markets)


def _recover_trade(trade: Trade, now: Now, *, fence: int) -> Trade:
    """One trade as it stands after a crash: everything live must prove itself again."""
    aged = (fence - fence_of(trade.trade_id)) * ATTEMPTS_PER_S % AGED_MAX
    trade = replace(
        trade,
        recovered=True,
        attempts=max(trade.attempts + ATTEMPTS_JUMP, aged),
        disaster=_slot(trade.disaster),
        working=tuple(slot for old in trade.working if (slot := _slot(old)) is not None),
        target=_slot(trade.target),
        asked=tuple(_owing(order) for order in trade.asked),
        asked_slots=tuple(slot for old in trade.asked_slots if (slot := _slot(old)) is not None),
        trailing=_slot(trade.trailing),
        trailing_ms=None,
        entry_slot=_entry(trade),
        additions=tuple(map(_addition, trade.additions)),
        balance=Decimal(0),
        result_quote=NOTHING_YET,
        opened=NOTHING_OPENED,
        exit_order_ids=(),
        flat_ms=None,
        quantity_ms=None,
        best_price=trade.best_price or trade.entry_price,
        ratcheted_ms=None,
    )
    # By the phase and not by the close it keeps: one that was closed and exposed again has a deadline too (P1).
    clocked = trade.phase in IN_POSITION and trade.phase is not Phase.CLOSING
    exposed_ms = now.wire_ms if clocked else None
    close = None if trade.close is None else replace(trade.close, in_flight=False, next_ms=now.wire_ms)
    return replace(trade, close=close, exposed_ms=exposed_ms).on(Trigger.RECOVERED)


def _owing(order: AskedOrder) -> AskedOrder:
    """The answer may have been lost with the process, unlike the record of the order. The first one written stays."""
    return replace(order, owes_answer=True, drop_owes_answer=bool(order.drop_id))


def _slot(slot: OrderSlot | None) -> OrderSlot | None:
    if slot is None:
        return None
    return replace(slot, state=_RECOVERED_SLOT[slot.state], misses=0, missed_ms=None, cancelling=False)


def _addition(addition: Addition) -> Addition:
    """One that is not resolved is in doubt, whether or not it is known to have left: none leaves from here (O1)."""
    if not addition.is_open:
        return addition
    slot = replace(addition.slot, state=SlotState.UNKNOWN, misses=0, missed_ms=None, asked_ms=None)
    return replace(addition, slot=slot, waits=False)


def _entry(trade: Trade) -> EntrySlot | None:
    """An entry without a final answer is in doubt, whether or not it is known to have left."""
    slot = trade.entry_slot
    if slot is None:
        return None
    resolved = slot.state in {SlotState.GONE, SlotState.REFUSED} and slot.sent_ms is not None
    if resolved or trade.phase not in BEFORE_ANSWER:
        return slot if resolved else replace(slot, state=SlotState.UNKNOWN, asked_ms=None)
    return replace(slot, state=SlotState.UNKNOWN, misses=0, missed_ms=None, asked_ms=None)
