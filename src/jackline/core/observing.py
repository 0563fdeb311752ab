"""Venue truth comes in: snapshots, through the guard."""

from __future__ import annotations

from decimal import Decimal

from jackline.core import (
    accounting,
    adopting,
    asked_looks,
    claims,
    closing,
    entering,
    guard,
    proof,
    protecting,
    resizing,
    slots,
    sweeping,
    trailing,
    unanswered,
)
from jackline.core.adopting import closes
from jackline.core.coverage import Coverage, coverage, only_reduces
from jackline.core.effects import Level
from jackline.core.events import SnapshotAnswered, StopsClaimed
from jackline.core.guard import PositionKey, Protection
from jackline.core.ids import ASKED_ROLES, is_ours, may_be_ours, parse_client_id
from jackline.core.machine import BEFORE_ANSWER, IN_POSITION, Phase, Trigger
from jackline.core.orders import OrderKey, OrderState, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Unknown
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import MISSES_COUNTED_MAX, Turn
from jackline.core.values import Quantity, Symbol, WireMs, tightest

FOREIGN_REMEMBERED_MAX = 1_000
"""Strangers' orders told once each; beyond this the memory starts over, and some are told again."""
USELESS_STOPS_MAX = 4
"""Stops that rest and yet do not cover: two W and two tries at D. More of the same would fill the venue's list."""
FLATTENING_REREAD_MS = 200
"""How soon to look again at a stop that is firing."""


def on_snapshot(turn: Turn, event: SnapshotAnswered) -> None:
    """Judge every position and order of a snapshot that counts; ask again where it does not (rule 5)."""
    snapshot = event.answer
    asked_again = isinstance(snapshot, Unknown) and event.request.asked < turn.state.asked
    if asked_again or event.request.asked < turn.state.taken:
        # What was asked after it tells more, but not of every symbol.
        if event.request.symbols is None:
            turn.want_full_listing(turn.state.protection.guard_idle_ms)
        return
    turn.state = replace(turn.state, snapshot_sent_ms=None)
    if isinstance(snapshot, Unknown):
        _look_again(turn, snapshot, full=event.request.symbols is None)
        return
    turn.state = replace(turn.state, snapshot_misses=0, taken=event.request.asked)
    snapshot = claims.attribute(snapshot, turn.trades.values(), turn.state.claims)
    if snapshot.equity_quote is not None:
        turn.state = replace(turn.state, equity_quote=snapshot.equity_quote)
    accounting.on_balance(turn, snapshot)
    unanswered.notice_exposure(turn, snapshot)
    unanswered.notice_lost_legs(turn, snapshot)
    for position in snapshot.positions:
        proof.on_position(turn, position)
    open_symbols = {position.symbol for position in snapshot.positions}
    # After a lost disk an order of ours may be all that tells of a symbol that is not traded by us (P6).
    left = {one.key.symbol for one in snapshot.orders if is_ours(one.key.client_id, turn.state.tag)}
    for symbol in sorted(open_symbols | left | set(turn.markets)):
        turn.market(symbol)
        if symbol not in open_symbols:
            turn.thaw(adopting.unknown_filters(symbol))
    for trade in list(turn.trades.values()):
        if turn.is_fresh(snapshot, trade.symbol):
            _observe_slots(turn, trade, snapshot)
            adopting.begin_again(turn, turn.trades[trade.trade_id], snapshot)
    plans: dict[PositionKey, Protection] = {
        (trade.symbol, trade.side): Protection(
            stop_price=trade.ratchet_price, price_source=trade.stop.price_source
        )
        for trade in turn.trades.values()
    }
    findings = guard.guard(
        snapshot,
        plans,
        now_ms=turn.now.wire_ms,
        tag=turn.state.tag,
        triggering_ms_max=turn.state.protection.triggering_ms_max,
    )
    fresh = {symbol for symbol in turn.markets if turn.is_fresh(snapshot, symbol)}
    if any(snapshot.lists(symbol) and symbol not in fresh for symbol in turn.markets):
        # Behind a mutation that is still out nothing can be fresh: wait for its answer, at a pace.
        turn.want_snapshot(turn.state.protection.reread_ms if turn.in_flight else 0)
    for finding in findings:
        _on_finding(turn, finding, snapshot, fresh)
    sweeping.sweep_leftovers(turn, snapshot, fresh, findings)


def on_claims(turn: Turn, event: StopsClaimed) -> None:
    """Somebody else of ours has placed stops: the next look knows them for ours."""
    known = claims.joined(turn.state.claims, event.claims)
    if known != turn.state.claims:
        turn.state = replace(turn.state, claims=known)
        turn.want_snapshot()


def _look_again(turn: Turn, failed: Unknown, *, full: bool) -> None:
    """After a snapshot that failed: soon, then at a pace that a minute's request weight bears; a dear one later."""
    state = turn.state
    if state.snapshot_misses == MISSES_COUNTED_MAX - 1:
        # Once, and not for a single lost answer: a person should know why nothing opens.
        turn.alert(
            Level.WARNING, "L1", f"the venue cannot be read: {failed.cause}; what rests there rests on"
        )
    pause_ms = state.protection.reread_ms * 2**state.snapshot_misses
    turn.state = replace(state, snapshot_misses=min(state.snapshot_misses + 1, MISSES_COUNTED_MAX))
    turn.want_snapshot(pause_ms)
    if full:
        turn.want_full_listing(state.protection.guard_idle_ms)


def _on_finding(turn: Turn, finding: guard.Finding, snapshot: Snapshot, fresh: set[Symbol]) -> None:
    """One finding, where the snapshot counts for its symbol."""
    match finding:
        case guard.Unplanned(position=position) if position.symbol in fresh:
            adopted = adopting.adopt(turn, position, snapshot)
            if adopted is not None:
                _observe_slots(turn, adopted, snapshot)
                _leave_covered(turn, turn.trades[adopted.trade_id], position, snapshot)
        case guard.Covered(position=position) if position.symbol in fresh:
            trade = _observe_position(turn, position, snapshot.asked_ms)
            if trade.phase is Phase.EXPOSED:
                trade = protecting.confirm(turn, trade)
            _cancel_outdone(turn, protecting.forget_lost_disaster(turn, trade), finding.coverage)
            asked_looks.on_covered(turn, turn.trades[trade.trade_id], position, snapshot)
            trailing.observe(turn, turn.trades[trade.trade_id], position, snapshot)
        case guard.Naked(position=position) if position.symbol in fresh:
            naked = _on_naked(turn, _observe_position(turn, position, snapshot.asked_ms), position)
            _close_without_room(turn, naked, position, snapshot)
        case guard.Reached(position=position) if position.symbol in fresh:
            closing.want(
                turn,
                _expose_lost(turn, _observe_position(turn, position, snapshot.asked_ms)),
                ExitReason.STOP_REACHED,
            )
        case guard.Stuck(position=position) if position.symbol in fresh:
            closing.want(turn, _observe_position(turn, position, snapshot.asked_ms), ExitReason.STOP_FAILED)
        case guard.Flattening(position=position) if position.symbol in fresh:
            _observe_position(turn, position, snapshot.asked_ms)
            turn.want_snapshot(FLATTENING_REREAD_MS)
        case guard.Flat(key=(symbol, side)) if symbol in fresh:
            trade_or_none = turn.trade_of(symbol, side)
            if trade_or_none is not None:
                _on_flat(turn, trade_or_none, snapshot)
        case guard.Foreign(order=order) if _shown_name(order) not in turn.state.foreign_seen:
            _note_foreign(turn, order)
        case _:
            pass


def _observe_slots(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
    """Bring every slot to what a fresh snapshot shows, and adopt orders of ours that the journal lost."""
    gone_before: set[str] = {slot.client_id for slot in trade.slots if not slot.state.may_be_live}
    for slot in trade.slots:
        order = snapshot.order(slot.client_id)
        if order is not None:
            trade = trade.with_slot(slots.seen(slot, order))
        elif slots.unlisted(turn, slot) is not slot:
            trade = trade.with_slot(slots.unlisted(turn, slot))
            turn.want_fills(trade.symbol)
    for order in snapshot.orders:
        trade = trailing.take_up(adopting.take_up_order(trade, order), order)
    if snapshot.position(trade.symbol, trade.side) is not None:
        # Gone at two looks while the position is open: dropped, cancelled or refused; the ratchet tries again. One
        # that is gone since the last look may be firing just now, and is kept as the reason of the exit (A1).
        for slot in trade.working:
            if slot.client_id in gone_before:
                protecting.give_up(turn, trade, slot)
        kept = tuple(slot for slot in trade.working if slot.client_id not in gone_before)
        trade = trailing.forgotten(turn, replace(trade, working=kept), gone_before)
    turn.put(_heed(turn, protecting.remember_floor(trade), snapshot))


def _heed(turn: Turn, trade: Trade, snapshot: Snapshot) -> Trade:
    """No stop goes below one that rests and may be ours, whichever trade's it is: the journal may be old (P4)."""
    floor, position = trade.ratchet_price, snapshot.position(trade.symbol, trade.side)
    for order in snapshot.orders:
        live = order.is_stop and order.state is OrderState.NEW and order.trigger_price is not None
        reduces = position is not None and only_reduces(order, position)
        name = parse_client_id(order.key.client_id)
        planned = name is None or name.role not in ASKED_ROLES
        ours = live and reduces and planned and may_be_ours(order.key.client_id, turn.state.tag)
        if ours and closes(order, trade.symbol, trade.side) and order.trigger_price is not None:
            floor = tightest(trade.side, order.trigger_price, floor)
    return trade if floor == trade.ratchet_price else replace(trade, floor_price=floor)


def _observe_position(turn: Turn, position: PositionView, asked_ms: WireMs) -> Trade:
    """Take quantity and entry price from the venue; a position where none was known is exposure."""
    trade = turn.trade_of(position.symbol, position.side)
    if trade is None:
        raise LookupError(f"no trade for {position.symbol} {position.side}")
    if trade.close is not None and position.quantity < trade.quantity:
        # It moves, if in small pieces, as in a thin book: pauses grow only while nothing does. They do not vanish, for
        # each piece costs a look, and a minute's request weight bears a few of them a second.
        soon = WireMs(turn.now.wire_ms + turn.state.protection.close_retry_ms)
        close = replace(trade.close, attempts=0, next_ms=min(trade.close.next_ms, soon))
        trade = replace(trade, close=close)
    trade = turn.put(
        replace(
            trade,
            quantity=position.quantity,
            quantity_ms=asked_ms,
            entry_price=position.entry_price,
            flat_ms=None,
        )
    )
    if trade.phase in BEFORE_ANSWER | {Phase.SWEEPING}:
        trade = entering.expose(turn, trade, quantity=position.quantity, price=position.entry_price)
    return trade


def _leave_covered(turn: Turn, trade: Trade, position: PositionView, snapshot: Snapshot) -> None:
    """Where a side has room for one stop, and one that covers rests already, whoever placed it: no other is tried."""
    found = coverage(position, snapshot.orders, trade.stop.price_source)
    covered = found.quantity >= position.quantity
    if turn.state.traits.stops_per_side_max == 1 and covered and trade.phase is Phase.EXPOSED:
        protecting.confirm(turn, trade)
        adopting.tell_looser(turn, trade, found.tightest_price)


def _close_without_room(turn: Turn, trade: Trade, position: PositionView, snapshot: Snapshot) -> None:
    """The one stop that a side has room for rests and does not cover: no other can be placed beside it (P1)."""
    taken = any(
        order.is_stop
        and order.state is OrderState.NEW
        and closes(order, trade.symbol, trade.side)
        and only_reduces(order, position)
        for order in snapshot.orders
    )
    if turn.state.traits.stops_per_side_max == 1 and taken and trade.phase is Phase.EXPOSED:
        turn.alert(
            Level.WARNING, "P1", f"{trade.trade_id} {trade.symbol}: its one stop does not cover it: closing"
        )
        closing.want(turn, trade, ExitReason.STOP_FAILED)


def _on_naked(turn: Turn, trade: Trade, position: PositionView) -> Trade:
    """Venue truth says the position is open and under-covered: forget a D that is gone, so that it is replaced."""
    trade = protecting.forget_lost_disaster(turn, trade)
    disaster, instrument = trade.disaster, turn.state.instruments.get(trade.symbol)
    if disaster is not None and disaster.state is SlotState.WORKING:
        # It rests and does not cover: too small (an add), or wrong. It stays, as a W, until a right one works.
        trade = turn.put(replace(trade, disaster=None, working=(*trade.working, disaster)))
    if instrument is not None:
        # Leverage or margin changed under it: the plan moves inside the liquidation price, never back (P7, P4).
        price = guard.inside_liquidation(trade.stop.disaster_price, position, instrument, turn.state.risk)
        trade = turn.put(replace(trade, stop=replace(trade.stop, disaster_price=price)))
    trade = _expose_lost(turn, trade)
    if sum(_is_useless(slot, position) for slot in trade.working) > USELESS_STOPS_MAX:
        turn.alert(
            Level.CRITICAL, "P1", f"{trade.trade_id} {trade.symbol}: no stop that rests covers it: closing"
        )
        trade = closing.want(turn, trade, ExitReason.STOP_FAILED)
    return trade


def _is_useless(slot: OrderSlot, position: PositionView) -> bool:
    """It should cover the position and does not. One that the position has outgrown is only too small: whoever adds
    to it in many small fills must not see it closed for that."""
    whole = slot.quantity is None or slot.quantity >= position.quantity
    return slot.state is SlotState.WORKING and whole


def _expose_lost(turn: Turn, trade: Trade) -> Trade:
    """A protected trade that lost its cover is exposed again, from now."""
    if trade.phase is not Phase.PROTECTED:
        return trade
    return turn.put(replace(trade, exposed_ms=turn.now.wire_ms).on(Trigger.STOP_LOST))


def _on_flat(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
    """No position: the end of one that was open; nothing new for an entry that is not resolved."""
    if trade.phase in IN_POSITION:
        turn.want_fills(trade.symbol)
        first_ms = trade.flat_ms or snapshot.received_ms
        if _is_unseen(trade) and snapshot.asked_ms - first_ms < turn.state.protection.absence_gap_ms:
            turn.put(replace(trade, flat_ms=first_ms))
            turn.want_snapshot(turn.state.protection.reread_ms)
            return
        flat = replace(trade, quantity=Quantity(Decimal(0)), exposed_ms=None, flat_ms=None)
        trade = turn.put(flat.on(Trigger.FLAT_SEEN))
    if trade.phase is Phase.SWEEPING:
        sweeping.on_flat(turn, trade, snapshot)


def _is_unseen(trade: Trade) -> bool:
    """A fill is evidenced, but no position read has shown it and no exit explains that: the read may lag (O3)."""
    return trade.phase is Phase.EXPOSED and trade.quantity_ms is None and not trade.exit_order_ids


def _cancel_outdone(turn: Turn, trade: Trade, coverage: Coverage) -> None:
    """Cancel a W that a tighter, read-back W replaces. D works and covers all the while (P5)."""
    disaster = trade.disaster
    if disaster is None or disaster.client_id not in coverage.working:
        return
    if disaster.quantity is not None and disaster.quantity < trade.quantity:
        return
    working = [slot for slot in trade.working if slot.client_id in coverage.working]
    if len(working) < 2:
        return
    best = working[0]
    for slot in working[1:]:
        best = slot if resizing.outdoes(trade.side, slot, best) else best
    for slot in working:
        if slot.client_id != best.client_id:
            key = OrderKey(
                symbol=trade.symbol, client_id=slot.client_id, venue_id=slot.venue_id, conditional=True
            )
            turn.send(
                CancelOrder(trade_id=trade.trade_id, key=key, why="replaced by a tighter stop"), trade.symbol
            )
            trade = turn.put(trade.with_slot(replace(slot, cancelling=True)))


def _note_foreign(turn: Turn, order: OrderView) -> None:
    seen = (
        turn.state.foreign_seen if len(turn.state.foreign_seen) < FOREIGN_REMEMBERED_MAX else frozenset[str]()
    )
    turn.state = replace(turn.state, foreign_seen=seen | {_shown_name(order)})
    turn.alert(Level.INFO, "P6", f"{order.key.symbol}: order {_shown_name(order)} is not ours: left alone")


def _shown_name(order: OrderView) -> str:
    """Not every venue lets a stop have a client id."""
    return order.key.client_id or f"#{order.key.venue_id}"
