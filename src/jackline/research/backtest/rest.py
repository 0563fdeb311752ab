"""Whether an engine has come to rest: nothing is under way that the next price must not overtake."""

from __future__ import annotations

from jackline.core.machine import Phase
from jackline.core.state import State
from jackline.core.trade import SlotState, Trade

_SETTLED = frozenset({SlotState.WORKING, SlotState.GONE, SlotState.REFUSED})


SOON_MS = 400
"""An event of the user stream asks for a look in 100 ms, a doubt in 250: then the engine has not judged it yet. The
guard's own looks are seconds apart."""


def awaits_answer(state: State) -> bool:
    """Something was asked of the exchange and is not answered yet."""
    books = state.money.books
    return (
        bool(state.in_flight or state.asking)
        or state.snapshot_sent_ms is not None
        or any(market.fills_asked_ms is not None for market in state.markets.values())
        or (books is not None and books.income_asked_ms is not None)
    )


def next_due_ms(state: State) -> int | None:
    """Wire time at which the engine does something by itself, where nothing asked is out and every trade is settled.

    Until then its looks at the clock find nothing to do. None where it cannot be told.
    """
    if awaits_answer(state) or not all(_is_settled(trade) for trade in state.trades.values()):
        return None
    due = [state.snapshot_due_ms]
    for market in state.markets.values():
        if market.leftover_ms is not None:
            return None
        if market.fills_due_ms is not None:
            due.append(max(market.fills_due_ms, market.fills_gap_ms))
    if state.money.books is not None:
        due.append(state.money.books.income_due_ms)
    return min(due)


def is_at_rest(state: State, now_ms: int) -> bool:
    """No request is out, nothing is due, every trade is protected as planned, and the ledger explains the wallet.

    `now_ms`: wire time.
    """
    if state.in_flight or state.asking:
        return False
    if state.trades and (state.snapshot_sent_ms is not None or state.snapshot_due_ms <= now_ms + SOON_MS):
        return False
    for market in state.markets.values():
        if market.fills_due_ms is not None or market.fills_asked_ms is not None:
            return False
        if market.leftover_ms is not None:
            return False
    books = state.money.books
    if books is not None and books.gap is not None and not books.unexplained:
        return False
    return all(_is_settled(trade) for trade in state.trades.values())


def _is_settled(trade: Trade) -> bool:
    """Protected, looked at since, and every order of it where it should be."""
    if trade.phase is not Phase.PROTECTED or trade.quantity_ms is None or len(trade.working) > 1:
        return False
    entry = trade.entry
    if entry is not None and entry.target_price is not None and trade.target is None:
        return False
    return all(slot.state in _SETTLED and not slot.cancelling for slot in trade.slots)
