"""After flat: nothing of ours may stay on the symbol (P6). By id, ours only, after two reads agree (rule 7)."""

from __future__ import annotations

from jackline.core import asked_orders, closing, guard, limits, slots
from jackline.core.adopting import closes
from jackline.core.effects import Level, TradeEnded
from jackline.core.ids import Role, is_ours, parse_client_id
from jackline.core.machine import Trigger
from jackline.core.orders import OrderState, OrderView, Snapshot
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import SUSPECT_MS, Turn
from jackline.core.values import MarketMs, Symbol

UNBALANCED_MS_MAX = 12_000
"""Flat at every look for this long, with the trade list read again each time: what the sum lacks was traded by
somebody else before the trade began. No replica lags so long (rule 7)."""

_STOP_REASONS: dict[Role, ExitReason] = {
    Role.DISASTER: ExitReason.STOP,
    Role.WORKING: ExitReason.TRAILING_STOP,
    Role.WATCHDOG_STOP: ExitReason.STOP,
    Role.TARGET: ExitReason.TARGET,
    Role.ASKED_STOP: ExitReason.STOP,
    Role.ASKED_TARGET: ExitReason.TARGET,
    Role.ASKED_TRAIL: ExitReason.TRAILING_STOP,
    Role.TRAILING: ExitReason.TRAILING_STOP,
}


def drive(turn: Turn, trade: Trade) -> None:
    """Keep looking until the sweep is allowed; resolve orders in doubt meanwhile, without sending any again."""
    for slot in trade.slots:
        trade = turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
    turn.want_snapshot(turn.state.protection.sweep_gap_ms)


def on_flat(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
    """A fresh snapshot without the position: the first, the second, or one after the leftovers were cancelled."""
    settings = turn.state.protection
    if trade.flat_ms is None:
        turn.put(replace(trade, flat_ms=snapshot.received_ms))
        turn.want_snapshot(settings.sweep_gap_ms)
        return
    remaining_ms = settings.sweep_gap_ms - (snapshot.asked_ms - trade.flat_ms)
    if remaining_ms > 0:
        turn.want_snapshot(remaining_ms)
        return
    # An adopted position's opening fills may be older than anything we read: two flat snapshots must do. An entry
    # that filled must have its exit in the list, else position and list lag behind it alike.
    filled = trade.entry_slot is not None and trade.entry_slot.filled > 0
    # The list may hold the first entry and its exit, and lag behind a further one.
    exited = trade.is_listed and (not filled or bool(trade.exit_order_ids))
    balanced = trade.entry is None or (trade.balance == 0 and exited)
    outwaited = snapshot.asked_ms - trade.flat_ms >= UNBALANCED_MS_MAX
    if not (trade.is_resolved and turn.fills_settled(trade.symbol) and (balanced or outwaited)):
        turn.want_snapshot(settings.absence_gap_ms)
        if not balanced and turn.fills_settled(trade.symbol):
            # Not while a read is out: each look would find the next one out, and the trade would never end (L1).
            turn.want_fills(trade.symbol, settings.absence_gap_ms)
        return
    leftovers = [order for order in snapshot.orders if _is_leftover(turn, trade, order)]
    for order in leftovers:
        turn.send(CancelOrder(trade_id=trade.trade_id, key=order.key, why="position is flat"), trade.symbol)
    if leftovers:
        if all(map(_is_firing, leftovers)):
            turn.put(replace(turn.trades[trade.trade_id], flat_ms=snapshot.received_ms))
        turn.want_snapshot(settings.reread_ms)
        return
    if _ask_how_it_ended(turn, trade):
        turn.want_snapshot(settings.reread_ms)
        return
    if not balanced:
        text = f"{trade.trade_id} {trade.symbol}: flat, and its fills sum to {trade.balance}"
        turn.alert(Level.WARNING, "P6", text)
    _end(turn, trade)


def sweep_leftovers(
    turn: Turn, snapshot: Snapshot, fresh: set[Symbol], findings: tuple[guard.Finding, ...]
) -> None:
    """Orders of ours on symbols without position or trade: canaries and records lost with a disk."""
    found: dict[Symbol, list[OrderView]] = {}
    for finding in findings:
        if isinstance(finding, guard.Leftover):
            found.setdefault(finding.order.key.symbol, []).append(finding.order)
    for symbol in sorted(fresh):
        orders, market = found.get(symbol, []), turn.market(symbol)
        if not orders:
            suspect_ms = market.suspect_ms
            if suspect_ms is not None and snapshot.asked_ms - suspect_ms > SUSPECT_MS:
                suspect_ms = None
            turn.put_market(replace(market, leftover_ms=None, suspect_ms=suspect_ms))
        elif market.leftover_ms is None:
            turn.put_market(replace(market, leftover_ms=snapshot.received_ms))
            turn.want_snapshot(turn.state.protection.sweep_gap_ms)
        elif snapshot.asked_ms - market.leftover_ms >= turn.state.protection.sweep_gap_ms:
            for order in orders:
                turn.send(CancelOrder(trade_id=None, key=order.key, why="no trade owns it"), symbol)
            if all(map(_is_firing, orders)):
                turn.put_market(replace(market, leftover_ms=snapshot.received_ms))
            turn.want_snapshot(turn.state.protection.reread_ms)


def _is_firing(order: OrderView) -> bool:
    """A stop that fires ends by itself, and most venues refuse to cancel it: that is tried at a pace, which leaves room
    below the ceiling for others (K2)."""
    return order.state is OrderState.TRIGGERING


def _is_leftover(turn: Turn, trade: Trade, order: OrderView) -> bool:
    """Ours, on this position, and not of another live trade.

    What closes the other side is not on this position: it may be the stop of one that was opened since (P5).
    """
    name = parse_client_id(order.key.client_id)
    if name is None or not is_ours(order.key.client_id, turn.state.tag) or order.key.symbol != trade.symbol:
        return False
    if name.trade_id == trade.trade_id:
        return True
    return closes(order, trade.symbol, trade.side) and name.trade_id not in turn.trades


def _ask_how_it_ended(turn: Turn, trade: Trade) -> bool:
    """Ask the venue which child order a vanished stop became, once each: the exit reason comes from evidence (A1)."""
    if exit_reason(trade) is not ExitReason.UNRESOLVED:
        return False
    asked = False
    for slot in trade.slots:
        untold = slot.state is SlotState.GONE and slot.child_id is None and slot.misses == 0
        if untold and not slots.is_nameless(turn, slot):
            turn.ask_order(slots.question(trade, slot))
            turn.put(trade.with_slot(replace(slot, misses=1)))
            trade = turn.trades[trade.trade_id]
            asked = True
    return asked


def exit_reason(trade: Trade) -> ExitReason:
    """Why the position ended, from the orders whose fills reduced it; unknown stays unresolved (A1)."""
    if not trade.exit_order_ids:
        return ExitReason.NEVER_FILLED if trade.entry is not None else ExitReason.UNRESOLVED
    last = trade.exit_order_ids[-1]
    if trade.close is not None and last in trade.close.order_ids:
        return trade.close.reason
    for slot in trade.slots:
        if slot.child_id == last:
            return _STOP_REASONS.get(slot.role, ExitReason.STOP)
    return ExitReason.UNRESOLVED


def _end(turn: Turn, trade: Trade) -> None:
    reason = exit_reason(trade)
    if reason is ExitReason.UNRESOLVED:
        reason = ExitReason.ELSEWHERE
    ended = asked_orders.ended(turn, replace(trade, exit_reason=reason).on(Trigger.SWEPT))
    del turn.trades[trade.trade_id]
    until_ms = MarketMs(turn.now.market_ms + turn.state.risk.cooldown_ms)
    market = replace(turn.market(trade.symbol), cooldown_until_ms=until_ms, suspect_ms=turn.now.wire_ms)
    turn.put_market(market)
    turn.thaw(closing.frozen_reason(trade))
    turn.ended.append(ended)
    turn.effects.append(TradeEnded(trade=ended, reason=reason))
    limits.on_trade_ended(turn, ended)


def forget(trade: Trade, slot: OrderSlot) -> Trade:
    """The trade without a W that was cancelled on purpose."""
    return replace(trade, working=tuple(old for old in trade.working if old.client_id != slot.client_id))
