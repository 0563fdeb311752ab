"""Keeping a position covered: D until it is read back, W ratcheted over it, the target beside them."""

from __future__ import annotations

from jackline.core import claims, closing, exiting, proof, resizing, rules, slots, trailing
from jackline.core.effects import Level
from jackline.core.ids import Role
from jackline.core.machine import BEFORE_ANSWER, Phase, Trigger
from jackline.core.orders import OrderState, OrderView
from jackline.core.outcomes import Absent, NotSent, Outcome, Refusal, Refused
from jackline.core.replacing import replace
from jackline.core.requests import StopShape
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Price, Quantity, tightest

STOP_BACK_AFTER_ATTEMPTS = 3
"""Closing attempts after which a missing D is placed again beside them."""
RETRY_INVERSE = 3
"""Beyond this third of the deadline a second try at a stop would leave no turn for a close, where turns are few."""
STOP_BACK_INVERSE = 2
"""Twice inside the deadline: closes come ever more slowly, and the venue may take a stop again at any moment."""
CLOSE_LEAD_INVERSE = 6
"""A sixth of the deadline: the venue was exposed before we heard of it, and the close must be under way in time."""
WORKING_STOPS_MAX = 2
"""Two W may overlap while one replaces the other."""


# -- D -------------------------------------------------------------------------------------------------------


def ensure_disaster(turn: Turn, trade: Trade) -> Trade:
    """Level-triggered: bring D one step closer to a read-back, whatever happened before."""
    slot = trade.disaster
    if slot is None:
        # An adopted position may be protected by a stranger's stop: ours is placed when that one is lost. So may any,
        # where the venue has room for one.
        asked = trade.tightenings or any(not order.status.is_over for order in trade.asked)
        # Where somebody asks for stops of ours, ours is the one that they stand beside.
        alone = (trade.entry is None and not asked) or turn.state.traits.stops_per_side_max == 1
        covered = trade.phase is Phase.PROTECTED and alone
        if covered:
            return trade
        if _has_no_time(turn, trade):
            return closing.want(turn, trade, ExitReason.STOP_FAILED)
        return _place_disaster(turn, trade, _first_shape(turn, trade))
    if slot.state in {SlotState.SENT, SlotState.ACKED, SlotState.UNKNOWN}:
        return turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
    if trade.phase not in {Phase.EXPOSED, Phase.PROTECTED}:
        return trade
    if slot.state is SlotState.GONE:
        # It may have fired: only a fresh snapshot with the position still open allows another (observing.py).
        turn.want_snapshot(turn.state.protection.reread_ms)
        return trade
    if slot.state is SlotState.REFUSED:
        if slot.mode is not trade.mode:
            # It was written for the mode of before; the position says in which the account is now.
            return _place_disaster(turn, trade, _first_shape(turn, trade))
        if slot.shape is StopShape.WHOLE_POSITION and trade.quantity > ZERO and not _has_no_time(turn, trade):
            return _place_disaster(turn, trade, StopShape.QUANTITY)
        return closing.want(turn, trade, ExitReason.STOP_FAILED)
    return trade


def _has_no_time(turn: Turn, trade: Trade) -> bool:
    """Where a stop or a close may wait for its turn for two thirds of the deadline, a stop that was tried is not tried
    again if it would leave beyond the first third: the close takes that turn (P1)."""
    pace = turn.state.traits.pace
    if pace is None or trade.attempts == 0 or trade.exposed_ms is None:
        return False
    leaves_ms = pace.turn_ms(turn.state.order_turns, turn.now.wire_ms)
    return leaves_ms - trade.exposed_ms > turn.state.protection.protect_deadline_ms // RETRY_INVERSE


def _first_shape(turn: Turn, trade: Trade) -> StopShape:
    """Whole position where the venue has such a stop in this mode, for it follows fills by itself."""
    # An adopted one may have to leave the venue's only such stop to whoever opened it.
    left = trade.entry is None and turn.state.adopting.leaves_whole_position
    whole = trade.mode in turn.state.traits.whole_position_modes and not left
    return StopShape.WHOLE_POSITION if whole else StopShape.QUANTITY


def _place_disaster(turn: Turn, trade: Trade, shape: StopShape) -> Trade:
    """Place D at the plan's price, or at the ratchet when no working stop holds it; never worse (P4)."""
    held = any(slot.state is SlotState.WORKING for slot in trade.working)
    trigger = trade.stop.disaster_price if held else trade.ratchet_price
    mark = turn.market(trade.symbol).mark
    if trade.phase is Phase.EXPOSED and mark is not None and rules.is_beyond(mark, trigger, trade.side.sign):
        return closing.want(turn, trade, ExitReason.STOP_REACHED)
    # An entry in doubt is taken for filled.
    known = trade.quantity or (trade.entry.quantity if trade.entry is not None else trade.quantity)
    quantity = None if shape is StopShape.WHOLE_POSITION else known
    if trade.disaster is not None:
        give_up(turn, trade, trade.disaster)
    trade, slot = slots.place(
        turn, trade, role=Role.DISASTER, shape=shape, quantity=quantity, trigger_price=trigger
    )
    return turn.put(replace(trade, disaster=slot))


def on_stop_outcome(turn: Turn, trade: Trade, slot: OrderSlot, outcome: Outcome) -> None:
    """The venue's answer to the placement of a stop or target."""
    trade = turn.put(trade.with_slot(slots.after_outcome(turn, slot, outcome)))
    if isinstance(outcome, NotSent):
        turn.alert(Level.CRITICAL, "P2", f"{trade.trade_id}: request gate refused a stop: {outcome.why}")
    if not isinstance(outcome, Refused):
        return
    in_position = trade.phase in {Phase.EXPOSED, Phase.PROTECTED}
    reached = outcome.kind is Refusal.STOP_REACHED
    if slot.role is Role.TARGET:
        reason = ExitReason.TARGET if reached else None
    else:
        reason = ExitReason.STOP_REACHED if reached else None
    if outcome.kind is Refusal.NEEDS_POSITION and trade.phase in BEFORE_ANSWER:
        # The venue itself says the symbol is flat: place anew once there is a position (`entering.expose`).
        proof.on_needs_position(turn, trade, outcome)
        return
    if in_position and reason is not None:
        closing.want(turn, trade, reason)
        return
    # Beside a close nothing depends on the next look; each costs ten times the weight of the stop itself, which is 0.
    turn.want_snapshot(turn.state.protection.guard_exposed_ms if trade.phase is Phase.CLOSING else 0)
    text = (
        f"{trade.trade_id} {trade.symbol}: {slot.role.name.lower()} refused ({outcome.code}): {outcome.text}"
    )
    turn.alert(Level.WARNING, "P1", text)


def on_stop_read(turn: Turn, trade: Trade, slot: OrderSlot, answer: OrderView | Absent) -> None:
    """A read-back of a stop: the only thing that makes it working."""
    live = answer if isinstance(answer, OrderView) and answer.state is OrderState.NEW else None
    if live is not None and slot.role is not Role.TARGET and not is_as_planned(trade, slot, live):
        text = f"{trade.trade_id}: {slot.client_id} read back other than planned"
        turn.alert(Level.CRITICAL, "P1", text)
        turn.want_snapshot()
        turn.put(trade.with_slot(replace(slot, state=SlotState.REFUSED)))
        return
    after = slots.after_read(turn, trade, slot, answer)
    trade = turn.put(remember_floor(trade.with_slot(after)))
    if after.state is SlotState.GONE:
        turn.want_snapshot()
        turn.want_fills(trade.symbol)
    if after.state is SlotState.WORKING and len(trade.working) > 1:
        # The tighter W works: a look lets the one it replaces go (P5).
        turn.want_snapshot()
    if after.state is SlotState.WORKING and after.role is Role.DISASTER:
        covers = after.shape is StopShape.WHOLE_POSITION or (after.quantity or ZERO) >= trade.quantity
        if covers and trade.phase is Phase.EXPOSED:
            confirm(turn, trade)


def is_as_planned(trade: Trade, slot: OrderSlot, order: OrderView) -> bool:
    """Pair assertion: what rests is what was sent. A flag lost on the way would make it another order (P3)."""
    if slot.shape is StopShape.WHOLE_POSITION:
        same_shape = order.close_position
    else:
        reduces = order.reduce_only or order.position_side is trade.side
        same_shape = reduces and order.quantity == slot.quantity
    return (
        same_shape
        and order.is_stop
        and not order.price_protect
        and order.trigger_price == slot.trigger_price
        and order.price_source is trade.stop.price_source
        and order.side is trade.side.closes_with
        and order.position_side in {None, trade.side}
    )


def confirm(turn: Turn, trade: Trade) -> Trade:
    """Read-back stops cover the position: stop the exposure clock, and look again in a while (protocol, 5)."""
    first = trade.first_protected_ms or turn.now.wire_ms
    turn.want_snapshot(turn.state.protection.guard_exposed_ms)
    return turn.put(replace(trade, exposed_ms=None, first_protected_ms=first).on(Trigger.STOP_CONFIRMED))


def forget_lost_disaster(turn: Turn, trade: Trade) -> Trade:
    """The position is open and D is not there any more: forget it, so that another is placed."""
    disaster = trade.disaster
    if disaster is None or disaster.state is not SlotState.GONE:
        return trade
    turn.alert(Level.WARNING, "P1", f"{trade.trade_id} {trade.symbol}: stop {disaster.client_id} is gone")
    give_up(turn, trade, disaster)
    return turn.put(replace(trade, disaster=None))


def give_up(turn: Turn, trade: Trade, slot: OrderSlot) -> None:
    """Another stop takes the place of this one, which may rest all the same: its request may arrive yet, or listing and
    query lagged behind the venue alike. Where it would show without a name it is ours by this record (P6)."""
    if slots.bears_no_name(turn, slot) and not slot.never_rested:
        known = claims.joined(turn.state.claims, (claims.given_up(trade, slot),))
        turn.state = replace(turn.state, claims=known)


def remember_floor(trade: Trade) -> Trade:
    """Raise the floor to the tightest stop that was read back (P4)."""
    floor = trade.ratchet_price
    for slot in trade.stops:
        if slot.state is SlotState.WORKING:
            floor = tightest(trade.side, slot.trigger_price, floor)
    return trade if floor == trade.floor_price else replace(trade, floor_price=floor)


# -- while exposed and protected -----------------------------------------------------------------------------


def drive_exposed(turn: Turn, trade: Trade) -> None:
    """Rest D; at the deadline close (P1)."""
    trade = ensure_disaster(turn, trade)
    exposed_ms = trade.exposed_ms
    if trade.phase is not Phase.EXPOSED or exposed_ms is None:
        return
    deadline_ms = turn.state.protection.protect_deadline_ms
    if turn.now.wire_ms - exposed_ms > deadline_ms - deadline_ms // CLOSE_LEAD_INVERSE:
        turn.alert(
            Level.CRITICAL, "P1", f"{trade.trade_id} {trade.symbol}: no stop read back in time: closing"
        )
        closing.want(turn, trade, ExitReason.DEADLINE)


def drive_protected(turn: Turn, trade: Trade) -> None:
    """Exits that are due, then D, the ratchet and the target."""
    trade = exiting.drive(turn, trade)
    if trade.phase is Phase.PROTECTED:
        trade = ensure_disaster(turn, trade)
    if trade.phase is Phase.PROTECTED:
        trade = trailing.drive(turn, trade)
    if trade.phase is Phase.PROTECTED:
        trade = _ratchet(turn, trade)
    if trade.phase is Phase.PROTECTED:
        _ensure_target(turn, trade)


def _ratchet(turn: Turn, trade: Trade) -> Trade:
    """Move W up behind the best price: place, read back, and only a snapshot lets the old one go (P4, P5)."""
    for slot in trade.working:
        trade = turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
    mark = turn.market(trade.symbol).mark
    if mark is None:
        return trade
    one_slot, disaster = turn.state.traits.stops_per_side_max == 1, trade.disaster
    # Where another stop than D covers, as one of the watchdog's or a person's, the plan is kept by closing too.
    elsewhere = trade.entry is not None if disaster is None else trade.ratchet_price != disaster.trigger_price
    if one_slot and elsewhere and rules.is_beyond(mark, trade.ratchet_price, trade.side.sign):
        return closing.want(turn, trade, ExitReason.STOP_REACHED)
    wanted = _trailing_price(turn, trade)
    if wanted is None:
        return trade
    if rules.is_beyond(mark, wanted, trade.side.sign):
        return closing.want(turn, trade, ExitReason.STOP_REACHED)
    trade = replace(trade, ratcheted_ms=turn.now.wire_ms)
    if one_slot:
        # D may not be joined by a W, nor moved without a gap: the trail is remembered, and kept by closing.
        return turn.put(replace(trade, floor_price=wanted))
    trade, slot = slots.place(
        turn,
        trade,
        role=Role.WORKING,
        shape=StopShape.QUANTITY,
        quantity=trade.quantity,
        trigger_price=wanted,
    )
    live = tuple(old for old in trade.working if old.state.may_be_live)
    return turn.put(replace(trade, working=(*live, slot)))


def _trailing_price(turn: Turn, trade: Trade) -> Price | None:
    """A new W's price, or None when it need not or may not move now."""
    settings, disaster = turn.state.protection, trade.disaster
    one_slot = turn.state.traits.stops_per_side_max == 1
    if disaster is None and not (one_slot and trade.entry is not None):
        return None
    if disaster is not None and disaster.state is not SlotState.WORKING:
        return None
    if trade.quantity_ms is None:
        # No snapshot yet, as after a restart: a tighter W than the journal remembers may rest (P4).
        return None
    live_slots = [slot for slot in trade.working if slot.state.may_be_live]
    settled = all(slot.state is SlotState.WORKING and not slot.cancelling for slot in live_slots)
    if not settled or len(live_slots) >= WORKING_STOPS_MAX:
        return None
    if trade.ratcheted_ms is not None and turn.now.wire_ms - trade.ratcheted_ms < settings.ratchet_gap_ms:
        return None
    wanted = exiting.stop_price(trade, turn.state.instruments[trade.symbol], turn.state.adopting)
    live = trade.ratchet_price if one_slot or disaster is None else disaster.trigger_price
    for slot in live_slots:
        live = tightest(trade.side, slot.trigger_price, live)
    if resizing.is_outgrown(trade, live_slots):
        return tightest(trade.side, wanted, live)
    worth = rules.is_worth_moving(wanted, live, settings.ratchet_step_fraction, trade.side.sign)
    return wanted if worth else None


def _ensure_target(turn: Turn, trade: Trade) -> None:
    """Rest the target once, if the plan has one. Its failure never matters to protection."""
    entry, slot = trade.entry, trade.target
    if entry is None or entry.target_price is None:
        return
    if slot is not None:
        resizing.let_target_go(turn, turn.put(trade.with_slot(slots.pursue(turn, trade, slot))))
        return
    if trade.quantity_ms is None and not turn.state.traits.stops_are_named:
        # As after a restart: one whose record was lost may rest, and only a look shows it.
        return
    trade, slot = slots.place(
        turn,
        trade,
        role=Role.TARGET,
        shape=StopShape.QUANTITY,
        quantity=Quantity(trade.quantity),
        trigger_price=entry.target_price,
    )
    turn.put(replace(trade, target=slot))


def keep_disaster(turn: Turn, trade: Trade) -> Trade:
    """While a close keeps failing, both attempts go on: put D back if it is missing and mark allows it (P1)."""
    slot, mark = trade.disaster, turn.market(trade.symbol).mark
    if trade.close is None or trade.close.attempts < STOP_BACK_AFTER_ATTEMPTS:
        return trade
    if slot is not None and slot.state in {SlotState.ACKED, SlotState.UNKNOWN}:
        return turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
    missing = slot is None or slot.state in {SlotState.GONE, SlotState.REFUSED}
    # Without a mark, as after a restart while the symbol is halted, the venue says whether it is too late for a stop.
    if not missing or (mark is not None and rules.is_beyond(mark, trade.ratchet_price, trade.side.sign)):
        return trade
    pause_ms = turn.state.protection.protect_deadline_ms // STOP_BACK_INVERSE
    if slot is not None and turn.now.wire_ms < slot.asked_ms + pause_ms:
        return trade
    return _place_disaster(turn, trade, _first_shape(turn, trade))
