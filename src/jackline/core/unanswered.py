"""Entries that are out without an answer: what a look shows of them."""

from __future__ import annotations

from dataclasses import replace

from jackline.core import adding, entering, protecting
from jackline.core.machine import Phase
from jackline.core.orders import Snapshot
from jackline.core.trade import SlotState
from jackline.core.turn import Turn

UNANSWERED = frozenset({Phase.ENTERING, Phase.DOUBTFUL})
"""The entry has left, and nobody has said yet what became of it."""


def notice_exposure(turn: Turn, snapshot: Snapshot) -> None:
    """A position where an entry of ours is out is exposure, whether or not the entry is answered.

    Only absence needs a snapshot that counts (rule 5).
    """
    adding.notice_growth(turn, snapshot)
    for trade in list(turn.trades.values()):
        sent_ms = trade.entry_slot.sent_ms if trade.entry_slot is not None else None
        if trade.phase not in UNANSWERED or sent_ms is None or snapshot.asked_ms <= sent_ms:
            continue
        position = snapshot.position(trade.symbol, trade.side)
        if position is not None:
            entering.expose(turn, trade, quantity=position.quantity, price=position.entry_price)


def notice_lost_legs(turn: Turn, snapshot: Snapshot) -> None:
    """A look that shows the position shows the leg that came with it, or there is none.

    The answer to the entry is not waited for: it may be lost, and the position stands naked meanwhile (P1). A stop that
    is sent beside a leg that shows late can only reduce.
    """
    for trade in list(turn.trades.values()):
        leg, entry = trade.disaster, trade.entry_slot
        if leg is None or entry is None or not leg.is_leg or leg.state is not SlotState.SENT:
            continue
        alone = turn.flights(trade.symbol) <= {entry.client_id}
        # Positions and orders are listed apart: a look that was out while the entry left may show the one without the
        # other.
        since_ms = turn.state.protection.reread_ms
        later = entry.sent_ms is not None and snapshot.asked_ms - entry.sent_ms >= since_ms
        shown = snapshot.position(trade.symbol, trade.side) is not None and snapshot.lists(trade.symbol)
        if (
            trade.phase is Phase.EXPOSED
            and alone
            and later
            and shown
            and snapshot.order(leg.client_id) is None
        ):
            protecting.forget_lost_disaster(turn, trade.with_slot(replace(leg, state=SlotState.GONE)))
