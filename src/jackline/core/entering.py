"""From a planned trade to an entry that is filled, dead, or in doubt."""

from __future__ import annotations

from jackline.core import budgets, gates, protecting, rules, slots
from jackline.core.effects import Level
from jackline.core.ids import ClientId
from jackline.core.machine import BEFORE_ANSWER, Phase, Trigger
from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Absent, Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.plan import ProtectedEntry, Rung
from jackline.core.replacing import replace
from jackline.core.requests import ReadOrder, SendEntry
from jackline.core.trade import EntrySlot, ExitReason, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, MarketMs, Price, Quantity, WireMs

ABSENCE_MISSES = 2
"""Queries past the fence that must miss before an entry counts as absent (O3)."""


def unsent(turn: Turn, plan: ProtectedEntry, client_id: ClientId) -> EntrySlot:
    """The one order of an entry before it leaves."""
    settings = turn.state.protection
    fence_ms = (
        plan.entry_latest_ms + plan.receive_window_ms + settings.clock_skew_ms_max + settings.fence_margin_ms
    )
    return EntrySlot(
        client_id=client_id,
        state=SlotState.GONE,
        sent_ms=None,
        fence_ms=WireMs(fence_ms),
        filled=Quantity(ZERO),
        average_price=None,
        venue_id=None,
        misses=0,
        missed_ms=None,
        asked_ms=None,
    )


# -- driving -------------------------------------------------------------------------------------------------


def is_late(turn: Turn, plan: ProtectedEntry) -> bool:
    """The entry may not be signed any more (rule 3)."""
    return turn.now.wire_ms > plan.entry_latest_ms


def drive_arming(turn: Turn, trade: Trade, plan: ProtectedEntry) -> None:
    """Rest D first where the rung says so, then send the entry once."""
    denied = gates.account_denial(turn.state) or budgets.stopped_denial(turn.state, trade.bot)
    if denied is not None or is_late(turn, plan):
        why = "the entry was not ready in time" if denied is None else f"{denied.reason}: {denied.detail}"
        abandon(turn, trade, why)
        return
    if plan.rung.rests_early:
        trade = protecting.ensure_disaster(turn, trade)
    if trade.phase is not Phase.ARMING:
        return
    disaster = trade.disaster
    if plan.rung is Rung.STOP_FIRST and (disaster is None or disaster.state is not SlotState.WORKING):
        if disaster is not None and disaster.state in {SlotState.REFUSED, SlotState.GONE}:
            abandon(turn, trade, f"the stop is {disaster.state} before the entry")
        return
    mark = turn.market(trade.symbol).mark
    if mark is None or rules.is_beyond(mark, plan.stop.disaster_price, trade.side.sign):
        abandon(turn, trade, "mark has reached the stop before the entry")
        return
    send_entry(turn, trade, plan)


def send_entry(turn: Turn, trade: Trade, plan: ProtectedEntry) -> None:
    """Let the entry leave: once per intent, never from a recovered trade (O1)."""
    slot = trade.entry_slot
    if slot is None or slot.sent_ms is not None or trade.recovered:
        return
    now = turn.now.wire_ms
    sent = replace(slot, state=SlotState.SENT, sent_ms=now, asked_ms=now)
    if plan.rung is Rung.ATTACHED:
        trade = replace(trade, disaster=slots.leg(turn, trade, plan))
    turn.put(replace(trade, entry_slot=sent).on(Trigger.ENTRY_SENT))
    turn.send(SendEntry(client_id=sent.client_id, entry=plan), trade.symbol)
    # Its answer may be lost, and its position is evidence too.
    turn.want_snapshot(turn.state.protection.reread_ms)


def drive_doubtful(turn: Turn, trade: Trade) -> None:
    """Treat the entry as filled: rest D, and look at the venue until evidence or the fence ends the doubt (O3)."""
    plan = trade.entry
    if plan is not None and plan.rung is Rung.ATTACHED and trade.disaster is None:
        # The record of the leg was lost, not the leg: a listing tells before another stop is sent.
        trade = turn.put(replace(trade, disaster=slots.leg(turn, trade, plan)))
    trade = protecting.ensure_disaster(turn, trade)
    settings, disaster = turn.state.protection, trade.disaster
    covered = disaster is not None and disaster.state is SlotState.WORKING
    turn.want_snapshot(settings.absence_gap_ms if covered else settings.reread_ms)


def pursue_entry(turn: Turn, trade: Trade) -> Trade:
    """Ask for an entry whose outcome nobody knows, whatever phase the trade has reached meanwhile."""
    slot = trade.entry_slot
    if slot is None or slot.state is not SlotState.UNKNOWN or slot.client_id in turn.asking:
        return trade
    if turn.now.wire_ms < (slot.asked_ms or 0) + turn.state.protection.reread_ms:
        return trade
    turn.ask_order(ReadOrder(symbol=trade.symbol, client_id=slot.client_id, conditional=False))
    return turn.put(replace(trade, entry_slot=replace(slot, asked_ms=turn.now.wire_ms)))


# -- answers -------------------------------------------------------------------------------------------------


def on_entry_outcome(turn: Turn, trade: Trade, outcome: Outcome) -> None:
    """What became of the one entry."""
    if trade.entry_slot is None:
        return
    match outcome:
        case Acked(order=order):
            _on_entry_view(turn, trade, order)
        case Refused(kind=Refusal.DUPLICATE_ID) | Unknown():
            _doubt(turn, trade, str(outcome))
        case Refused() | NotSent():
            dead = replace(trade, entry_slot=replace(trade.entry_slot, state=SlotState.REFUSED))
            abandon(turn, dead, f"entry {outcome}")


def on_entry_read(turn: Turn, trade: Trade, answer: OrderView | Absent) -> None:
    """What a query by client id says about the entry. Absent counts only past the fence, twice (O3)."""
    slot = trade.entry_slot
    if slot is None:
        return
    if isinstance(answer, OrderView):
        _on_entry_view(turn, trade, answer)
        return
    missed = after_miss(turn, slot)
    trade = turn.put(replace(trade, entry_slot=missed)) if missed is not slot else trade
    if missed.state is SlotState.GONE and missed is not slot and trade.phase in BEFORE_ANSWER:
        abandon(turn, trade, "the entry is proven absent past its fence")


def after_miss(turn: Turn, slot: EntrySlot) -> EntrySlot:
    """The entry after a query that missed it, past its fence; the very same where the miss does not count (O3)."""
    now, gap_ms = turn.now.wire_ms, turn.state.protection.absence_gap_ms
    apart = slot.missed_ms is None or now - slot.missed_ms >= gap_ms
    if now <= slot.fence_ms or not apart:
        return slot
    missed = replace(slot, misses=slot.misses + 1, missed_ms=now)
    return missed if missed.misses < ABSENCE_MISSES else replace(missed, state=SlotState.GONE)


def _on_entry_view(turn: Turn, trade: Trade, order: OrderView) -> None:
    slot = trade.entry_slot
    if slot is None:
        return
    final = not order.state.is_open
    state = SlotState.GONE if final else SlotState.UNKNOWN
    updated = replace(
        slot,
        state=state,
        venue_id=order.key.venue_id or slot.venue_id,
        filled=order.filled,
        average_price=order.average_price or slot.average_price,
    )
    trade = turn.put(replace(trade, entry_slot=updated))
    if order.filled > ZERO:
        on_entry_fill(turn, trade, quantity=order.filled, price=order.average_price)
    elif order.state in {OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED}:
        abandon(turn, trade, f"entry {order.state} with nothing filled")
    else:
        _doubt(turn, trade, f"entry is {order.state}")


def on_entry_fill(turn: Turn, trade: Trade, *, quantity: Quantity, price: Price | None) -> None:
    """The entry filled, by its answer or the stream. Old news for a position that came and went meanwhile."""
    if trade.phase is not Phase.SWEEPING or trade.first_exposed_ms is None:
        expose(turn, trade, quantity=quantity, price=price)


def expose(turn: Turn, trade: Trade, *, quantity: Quantity, price: Price | None) -> Trade:
    """First evidence of exposure: start the clock, and have D read back again (rule 10)."""
    turn.want_fills(trade.symbol)
    if trade.phase not in BEFORE_ANSWER | {Phase.SWEEPING}:
        return trade
    # A read of D that is already out may be older than the fill; a snapshot asked from now on is not.
    turn.want_snapshot()
    now = turn.now.wire_ms
    disaster = trade.disaster
    if disaster is not None and disaster.state is SlotState.WORKING:
        due_ms = WireMs(now - turn.state.protection.reread_ms)
        disaster = replace(disaster, state=SlotState.ACKED, asked_ms=due_ms)
    elif disaster is not None and disaster.state is SlotState.REFUSED:
        # Refused for want of a position, perhaps: now there is one.
        disaster = None
    exposed = replace(
        trade,
        quantity=max(quantity, trade.quantity),
        entry_price=price or trade.entry_price,
        best_price=price or trade.entry_price,
        exposed_ms=trade.exposed_ms or now,
        first_exposed_ms=trade.first_exposed_ms or now,
        opened_market_ms=trade.opened_market_ms or turn.now.market_ms or _signal_ms(trade),
        disaster=disaster,
        flat_ms=None,
    )
    return turn.put(exposed.on(Trigger.EXPOSURE_SEEN))


def _signal_ms(trade: Trade) -> MarketMs | None:
    """When the entry was decided: it stands for its fill while the market of a new start has not spoken yet (C2)."""
    return (trade.entry.signal_market_ms if trade.entry is not None else None) or None


def abandon(turn: Turn, trade: Trade, why: str) -> None:
    """The entry is dead and nothing filled: sweep what was rested for it."""
    turn.alert(Level.INFO, "O1", f"{trade.trade_id} {trade.symbol}: no position: {why}")
    turn.want_snapshot()
    ended = replace(trade, exit_reason=trade.exit_reason or ExitReason.NEVER_FILLED)
    turn.put(ended.on(Trigger.ENTRY_DEAD))


def _doubt(turn: Turn, trade: Trade, why: str) -> None:
    if trade.entry_slot is None or trade.phase is Phase.DOUBTFUL:
        return
    turn.alert(Level.WARNING, "O1", f"{trade.trade_id} {trade.symbol}: entry in doubt: {why}")
    turn.want_snapshot()
    doubtful = replace(trade, entry_slot=replace(trade.entry_slot, state=SlotState.UNKNOWN))
    turn.put(doubtful.on(Trigger.ENTRY_DOUBTFUL))


def on_intent_durable(turn: Turn, trade: Trade) -> None:
    """The intent is on disk: the rung's requests may leave."""
    turn.put(trade.on(Trigger.INTENT_DURABLE))
