"""What rests beside D for a fixed quantity, after a further entry has made the position larger than that.

W moves as it always does: place, read back, cancel the old one by id, under a living D. The target goes first and
comes back larger, for nothing depends on it.
"""

from __future__ import annotations

from collections.abc import Sequence

from jackline.core.machine import Phase
from jackline.core.orders import OrderKey
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Side, tighter


def is_outgrown(trade: Trade, stops: Sequence[OrderSlot]) -> bool:
    """These W would all close less than the position that further entries have made."""
    return bool(trade.additions and stops) and all(_is_smaller(trade, slot) for slot in stops)


def outdoes(side: Side, slot: OrderSlot, best: OrderSlot) -> bool:
    """The tighter of two W; of two at one price the larger, and the one sent later where they are alike.

    By what they are, never by where they stand in a list: a look that lags shows one that was cancelled, and two looks
    that chose differently would let both go (P4).
    """
    if slot.trigger_price == best.trigger_price:
        return (slot.quantity or ZERO, slot.attempt) > (best.quantity or ZERO, best.attempt)
    return tighter(side, slot.trigger_price, best.trigger_price)


def let_target_go(turn: Turn, trade: Trade) -> None:
    """Cancel a target that is too small by now; another takes its place once it is gone (`forget_target`)."""
    slot, pause_ms = trade.target, turn.state.protection.guard_exposed_ms
    if slot is None or slot.state is not SlotState.WORKING or slot.cancelling or trade.quantity_ms is None:
        return
    settled = bool(trade.additions) and trade.open_addition is None
    if not settled or not _is_smaller(trade, slot) or turn.now.wire_ms < slot.asked_ms + pause_ms:
        return
    key = OrderKey(symbol=trade.symbol, client_id=slot.client_id, venue_id=slot.venue_id, conditional=True)
    turn.send(CancelOrder(trade_id=trade.trade_id, key=key, why="outgrown by a further entry"), trade.symbol)
    turn.put(trade.with_slot(replace(slot, cancelling=True, asked_ms=turn.now.wire_ms)))


def forget_target(trade: Trade, slot: OrderSlot) -> Trade | None:
    """The trade without the target that was cancelled to be placed larger; None where it was cancelled for another
    reason."""
    resized = slot.cancelling and slot.state is SlotState.WORKING and bool(trade.additions)
    here = trade.target is not None and trade.target.client_id == slot.client_id
    stays = trade.phase in {Phase.EXPOSED, Phase.PROTECTED}
    return replace(trade, target=None) if resized and here and stays else None


def _is_smaller(trade: Trade, slot: OrderSlot) -> bool:
    return slot.quantity is not None and slot.quantity < trade.quantity
