"""What the venue trails: an order beside the stops that follows the best price, where the plan leaves the trail to it.

It covers nothing, for its trigger can be read nowhere: D stands under it, the guard never counts it, and its loss costs
no protection. While it cannot be relied on (refused, lost, clamped, not active yet) the trail is ours, as a W.
"""

from __future__ import annotations

from decimal import Decimal

from jackline.core import closing, rules, slots
from jackline.core.effects import Level
from jackline.core.exit_settings import TrailingBy
from jackline.core.ids import Role, client_id, parse_client_id
from jackline.core.machine import Phase
from jackline.core.orders import OrderKind, OrderState, OrderView, PositionView, Snapshot
from jackline.core.outcomes import Absent, NotSent, Outcome
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder, StopShape
from jackline.core.trade import ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ONE, ZERO, Fraction, Price

CALLBACK_MIN_FRACTION = Fraction(Decimal("0.001"))
CALLBACK_MAX_FRACTION = Fraction(Decimal("0.05"))
"""What every contract of the venue takes; some take more, and say so nowhere."""
LOSSES_MAX = 3
"""Orders refused or lost before the trail is ours for the rest of the trade."""
_LEADS = frozenset({SlotState.SENT, SlotState.ACKED, SlotState.WORKING, SlotState.GONE})
"""One that is gone may be firing just now: two looks decide. One in doubt is not waited for."""


def leads(trade: Trade) -> bool:
    """The venue trails this trade, so we need not: its order is there, as asked for, and active.

    One with an activation price is active from the first better price than that; up to there the trail is the best
    price of before, where a W stands.
    """
    slot = trade.trailing
    if slot is None or trade.trailing_losses >= LOSSES_MAX or slot.state not in _LEADS:
        return False
    if slot.activate_price is None:
        return True
    return trade.best_price is not None and (trade.best_price - slot.activate_price) * trade.side.sign > 0


def drive(turn: Turn, trade: Trade) -> Trade:
    """Level-triggered, under a living D: place what is missing, ask about what was not read back."""
    slot = trade.trailing
    if slot is not None:
        return turn.put(trade.with_slot(slots.pursue(turn, trade, slot)))
    fraction = _wanted_fraction(turn, trade)
    market, best = turn.market(trade.symbol), trade.best_price
    if fraction is None or market.mark is None or best is None:
        return trade
    # Where the best price is behind us the venue must not begin anew from a worse one.
    behind = (best - market.mark) * trade.side.sign >= best * turn.state.protection.ratchet_step_fraction
    level = rules.trailing_level(market.mark, fraction, trade.side.sign)
    trade, placed = slots.place(
        turn,
        trade,
        role=Role.TRAILING,
        shape=StopShape.QUANTITY,
        quantity=trade.quantity,
        trigger_price=turn.state.instruments[trade.symbol].stop_price(level, trade.side),
        callback_fraction=fraction,
        activate_price=best if behind else None,
    )
    return turn.put(replace(trade, trailing=placed, trailing_ms=turn.now.wire_ms))


def _wanted_fraction(turn: Turn, trade: Trade) -> Fraction | None:
    """The distance to ask the venue for; None where nothing is asked of it now."""
    entry, disaster = trade.entry, trade.disaster
    if entry is None or entry.exits.trailing_by is not TrailingBy.VENUE or not turn.state.traits.trails:
        return None
    # Beside a fixed stop, never instead of it; and after a look, for one of before a restart may rest.
    beside = disaster is not None and disaster.state is SlotState.WORKING and trade.quantity_ms is not None
    gap_ms = turn.state.protection.ratchet_gap_ms
    lately = trade.trailing_ms is not None and 0 <= turn.now.wire_ms - trade.trailing_ms < gap_ms
    if not beside or lately or trade.trailing_losses >= LOSSES_MAX:
        return None
    fraction = entry.trailing_fraction
    allowed = fraction is not None and CALLBACK_MIN_FRACTION <= fraction <= CALLBACK_MAX_FRACTION
    return fraction if allowed else None


# -- answers -------------------------------------------------------------------------------------------------


def on_outcome(turn: Turn, trade: Trade, slot: OrderSlot, outcome: Outcome) -> None:
    """The venue's answer to its placement. A refusal closes nothing: the trail is kept otherwise."""
    after = slots.after_outcome(turn, slot, outcome)
    if after.state is not SlotState.REFUSED:
        turn.put(trade.with_slot(after))
        return
    if isinstance(outcome, NotSent):
        turn.alert(Level.CRITICAL, "P2", f"{trade.trade_id}: request gate refused a trail: {outcome.why}")
    _lose(turn, trade, f"is refused: {outcome}")


def on_read(turn: Turn, trade: Trade, slot: OrderSlot, answer: OrderView | Absent) -> None:
    """A read-back: what the venue made of it is compared with what was asked for."""
    after = slots.after_read(turn, trade, slot, answer)
    trade = turn.put(trade.with_slot(after))
    if after.state is SlotState.GONE:
        turn.want_snapshot()
        turn.want_fills(trade.symbol)
    if isinstance(answer, OrderView) and answer.state is OrderState.NEW:
        _distrust(turn, trade, after, answer)


def after_cancel(turn: Turn, trade: Trade, slot: OrderSlot) -> None:
    """It was cancelled on purpose: the next one may have another size."""
    if trade.phase is Phase.SWEEPING:
        turn.put(trade.with_slot(replace(slot, cancelling=False)))
    else:
        turn.put(replace(trade, trailing=None, trailing_ms=None))


# -- venue truth ---------------------------------------------------------------------------------------------


def take_up(trade: Trade, order: OrderView) -> Trade:
    """An order of this trade that follows the best price, and whose record was lost: it is cancelled with the rest, and
    neither joined by another nor forgotten."""
    name = parse_client_id(order.key.client_id)
    ours = name is not None and name.trade_id == trade.trade_id and name.role is Role.TRAILING
    if name is None or not ours or trade.trailing is not None or not order.state.is_open:
        return trade
    planned = None if trade.entry is None else trade.entry.trailing_fraction
    slot = OrderSlot(
        client_id=client_id(name.trade_id, name.role, name.attempt),
        role=name.role,
        attempt=name.attempt,
        mode=order.mode,
        shape=StopShape.QUANTITY,
        quantity=order.quantity,
        trigger_price=trade.stop.disaster_price,
        state=SlotState.WORKING,
        asked_ms=order.updated_ms,
        venue_id=order.key.venue_id,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
        callback_fraction=planned or order.callback_fraction or Fraction(ZERO),
        # Since when it follows nobody remembers: from the next better price on it is relied on.
        activate_price=trade.best_price,
    )
    return replace(trade, trailing=slot)


def forgotten(turn: Turn, trade: Trade, gone_before: set[str]) -> Trade:
    """The trade without an order that two looks in a row did not show while the position is open."""
    slot = trade.trailing
    if slot is None or slot.state is not SlotState.GONE or str(slot.client_id) not in gone_before:
        return trade
    return _lose(turn, trade, "is gone")


def observe(turn: Turn, trade: Trade, position: PositionView, snapshot: Snapshot) -> None:
    """Compare it with the position, in a look that shows the position covered by stops: any cancel is harmless (P5)."""
    slot = trade.trailing
    order = None if slot is None else snapshot.order(slot.client_id)
    if slot is None or order is None or trade.phase is not Phase.PROTECTED:
        return
    if order.state is OrderState.TRIGGERING:
        if turn.now.wire_ms - order.updated_ms > turn.state.protection.triggering_ms_max:
            closing.want(turn, trade, ExitReason.STOP_REACHED)
        return
    trade = _distrust(turn, trade, slot, order)
    if trade.trailing_losses >= LOSSES_MAX:
        _cancel(turn, trade, slot, order, "it does not trail as asked")
    elif slot.quantity != position.quantity:
        _cancel(turn, trade, slot, order, "the position has another size")
    elif leads(trade) and _is_overdue(turn, trade, slot, position):
        # It should have fired; the trail is reached, whatever it is doing there (P4).
        turn.alert(Level.WARNING, "P4", f"{trade.trade_id} {trade.symbol}: the trail is reached: closing")
        closing.want(turn, trade, ExitReason.STOP_REACHED)


def _is_overdue(turn: Turn, trade: Trade, slot: OrderSlot, position: PositionView) -> bool:
    """Mark is past the trail by two steps: it may have begun one below us, and have fired since the listing."""
    if trade.best_price is None or slot.callback_fraction is None:
        return False
    sign, step = trade.side.sign, turn.state.protection.ratchet_step_fraction
    level = rules.trailing_level(trade.best_price, slot.callback_fraction, sign)
    return rules.is_beyond(position.mark, Price(level * (ONE - 2 * sign * step)), sign)


def _distrust(turn: Turn, trade: Trade, slot: OrderSlot, order: OrderView) -> Trade:
    """An order that trails by another distance than asked is not relied on, and no other is tried."""
    same = (
        order.kind is OrderKind.TRAILING
        and order.callback_fraction == slot.callback_fraction
        and order.price_source is trade.stop.price_source
        and order.side is trade.side.closes_with
        and not order.price_protect
        and (order.reduce_only or order.position_side is trade.side)
    )
    if same or trade.trailing_losses >= LOSSES_MAX:
        return trade
    text = (
        f"{trade.trade_id} {trade.symbol}: the venue trails by {order.callback_fraction} on {order.price_source}, "
        f"not by {slot.callback_fraction}: the engine trails instead"
    )
    turn.alert(Level.WARNING, "P4", text)
    turn.want_snapshot()
    return turn.put(replace(trade, trailing_losses=LOSSES_MAX))


def _cancel(turn: Turn, trade: Trade, slot: OrderSlot, order: OrderView, why: str) -> None:
    if slot.cancelling:
        return
    turn.send(CancelOrder(trade_id=trade.trade_id, key=order.key, why=why), trade.symbol)
    turn.put(trade.with_slot(replace(slot, cancelling=True)))


def _lose(turn: Turn, trade: Trade, what: str) -> Trade:
    losses = trade.trailing_losses + 1
    if trade.phase is not Phase.PROTECTED:
        return turn.put(replace(trade, trailing=None, trailing_losses=losses))
    then = "the engine trails from here on" if losses >= LOSSES_MAX else "another is placed"
    turn.alert(Level.WARNING, "P4", f"{trade.trade_id} {trade.symbol}: the venue's trail {what}; {then}")
    return turn.put(replace(trade, trailing=None, trailing_losses=losses))
