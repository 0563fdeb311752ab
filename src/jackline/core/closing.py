"""One closing path for every reason. The stop stays; each rung is verified by position, not by acknowledgement."""

from __future__ import annotations

from decimal import Decimal

from jackline.core import slots
from jackline.core.effects import Level
from jackline.core.errors import invariant
from jackline.core.ids import TARGET_ROLES, Role
from jackline.core.machine import BEFORE_ANSWER, Phase, Trigger
from jackline.core.orders import OrderKey, PositionMode
from jackline.core.outcomes import Acked, NotSent, Outcome, Refusal, Refused, Unknown
from jackline.core.replacing import replace
from jackline.core.requests import CancelOrder, CloseShape, SendClose
from jackline.core.trade import CloseSlot, ExitReason, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Fraction, Price, Quantity, WireMs

WISHES = frozenset({ExitReason.OPERATOR, ExitReason.KILL_SWITCH})
"""Reasons that outlive an entry in doubt: the position is closed as soon as it is evidenced."""
ALARMING_ATTEMPTS = 5
"""After this many attempts without a flat position the account is frozen for entries and a human is paged."""
PLAIN_READ_AGE_MS_MAX = 300
"""A close without the reduce-only flag uses a position read younger than this."""
PLAIN_READ_WAIT_MS = 1_000
"""So long such a read is waited for, then the flag is tried again."""

IOC_BAND_FRACTION: dict[CloseShape, Fraction] = {
    CloseShape.IOC_1_PERCENT: Fraction(Decimal("0.01")),
    CloseShape.IOC_3_PERCENT: Fraction(Decimal("0.03")),
    CloseShape.IOC_10_PERCENT: Fraction(Decimal("0.10")),
}
"""How far beyond mark a rung with a limit may fill."""
AFTER_BAND_REFUSAL: dict[CloseShape, CloseShape] = {
    CloseShape.REDUCE_ONLY_MARKET: CloseShape.IOC_1_PERCENT,
    CloseShape.IOC_1_PERCENT: CloseShape.IOC_3_PERCENT,
    CloseShape.IOC_3_PERCENT: CloseShape.IOC_10_PERCENT,
    CloseShape.IOC_10_PERCENT: CloseShape.REDUCE_ONLY_MARKET,
    CloseShape.PLAIN_MARKET: CloseShape.IOC_1_PERCENT,
}
"""The next rung where the venue's price bands refused this one; round and round, for bands move."""


def want(turn: Turn, trade: Trade, reason: ExitReason) -> Trade:
    """Start closing, from whatever phase holds a position. Idempotent: the first reason stays."""
    if trade.phase in BEFORE_ANSWER:
        return turn.put(replace(trade, exit_reason=reason).on(Trigger.CLOSE_WANTED))
    if trade.phase not in {Phase.EXPOSED, Phase.PROTECTED}:
        return trade
    slot = CloseSlot(
        reason=reason,
        shape=CloseShape.REDUCE_ONLY_MARKET,
        client_id=None,
        attempts=0,
        in_flight=False,
        wanted_ms=turn.now.wire_ms,
        next_ms=turn.now.wire_ms,
        order_ids=(),
    )
    trade = replace(trade, close=slot, exit_reason=reason).on(Trigger.CLOSE_WANTED)
    return drive(turn, turn.put(trade))


def drive(turn: Turn, trade: Trade) -> Trade:
    """Send the next closing order when none is in flight and its time has come; for ever, with a capped pause."""
    slot = trade.close
    if trade.phase is not Phase.CLOSING or slot is None:
        return trade
    overdue = turn.now.wire_ms - slot.next_ms > turn.state.protection.answer_timeout_ms
    if (slot.in_flight and not overdue) or turn.now.wire_ms < slot.next_ms:
        return trade
    invariant(trade.quantity > ZERO, "P3", trade_id=trade.trade_id, quantity=trade.quantity)
    shape = slot.shape
    if shape is CloseShape.PLAIN_MARKET and _is_stale(turn, trade):
        turn.want_snapshot(turn.state.protection.reread_ms)
        if turn.now.wire_ms - slot.next_ms <= PLAIN_READ_WAIT_MS:
            return trade
        # Reads are slower than they may be old: attempts must go on, for they bring D back and call a human.
        shape = CloseShape.REDUCE_ONLY_MARKET
    instrument = turn.state.instruments[trade.symbol]
    trade, client_id, _ = trade.next_client_id(Role.CLOSE)
    limit_price = _limit_price(turn, trade, shape)
    if shape in IOC_BAND_FRACTION and limit_price is None:
        # No mark yet, as after a restart: what needs none is tried meanwhile.
        shape = CloseShape.REDUCE_ONLY_MARKET
    turn.send(
        SendClose(
            client_id=client_id,
            trade_id=trade.trade_id,
            symbol=trade.symbol,
            side=trade.side,
            mode=trade.mode,
            shape=shape,
            quantity=Quantity(min(trade.quantity, instrument.market_quantity_max)),
            limit_price=limit_price,
        ),
        trade.symbol,
    )
    attempts = slot.attempts + 1
    if attempts == ALARMING_ATTEMPTS:
        turn.freeze(frozen_reason(trade))
    settings = turn.state.protection
    pause_ms = min(settings.close_retry_ms * 2 ** min(attempts - 1, 10), settings.close_retry_ms_max)
    sent = replace(
        slot,
        client_id=client_id,
        attempts=attempts,
        in_flight=True,
        next_ms=WireMs(turn.now.wire_ms + pause_ms),
    )
    # The quantity we knew is from before this order: without the flag it may open what it should close (P3).
    return turn.put(replace(trade, close=sent, quantity_ms=None))


def on_outcome(turn: Turn, trade: Trade, outcome: Outcome) -> None:
    """Choose the next rung from the venue's answer; whether it worked only the position says."""
    slot = trade.close
    turn.want_snapshot()
    turn.want_fills(trade.symbol)
    if slot is None:
        return
    landed = replace(slot, in_flight=False)
    match outcome:
        case Acked(order=order):
            if order.key.venue_id is not None:
                landed = replace(landed, order_ids=(*slot.order_ids, order.key.venue_id))
        case Refused(kind=Refusal.PRICE_BAND):
            landed = replace(landed, shape=AFTER_BAND_REFUSAL[slot.shape])
        case Refused(kind=Refusal.REDUCE_BLOCKED | Refusal.NOTHING_TO_REDUCE):
            # A resting target can hold the reducible size: the target goes, never the stop.
            blocked = outcome.kind is Refusal.REDUCE_BLOCKED and not _target_may_rest(trade)
            # Not ours, then: a stranger's order is not cancelled, and must not keep a position open either.
            landed = replace(landed, shape=CloseShape.PLAIN_MARKET) if blocked else landed
            trade = _cancel_target(turn, trade)
        case Refused(kind=Refusal.FLAG_REFUSED):
            landed = replace(landed, shape=CloseShape.PLAIN_MARKET)
        case Refused() | NotSent() | Unknown():
            judged = isinstance(outcome, Refused) and outcome.kind is not Refusal.OVERLOADED
            if judged and slot.shape in IOC_BAND_FRACTION:
                # Whatever is wrong with this limit, the same one would be refused again, for ever (K3).
                landed = replace(landed, shape=AFTER_BAND_REFUSAL[slot.shape])
            if isinstance(outcome, Unknown) and slot.shape is CloseShape.PLAIN_MARKET:
                # It may still execute: a second one without the flag could open what both should close (P3).
                landed = replace(landed, shape=CloseShape.REDUCE_ONLY_MARKET)
            turn.alert(Level.WARNING, "P1", f"{trade.trade_id} {trade.symbol}: close attempt: {outcome}")
    turn.put(replace(trade, close=landed))


def _target_may_rest(trade: Trade) -> bool:
    return bool(_resting_targets(trade))


def _resting_targets(trade: Trade) -> list[OrderSlot]:
    """The plan's, and those that somebody asked for."""
    return [
        slot
        for slot in trade.slots
        if slot.role in TARGET_ROLES and not slot.cancelling and slot.state.may_be_live
    ]


def _cancel_target(turn: Turn, trade: Trade) -> Trade:
    for slot in _resting_targets(trade):
        if slots.is_nameless(turn, slot):
            # Its answer was lost, and it has no name: the next listing says under which id it rests, if it does.
            turn.want_snapshot()
            continue
        key = OrderKey(
            symbol=trade.symbol, client_id=slot.client_id, venue_id=slot.venue_id, conditional=True
        )
        turn.send(CancelOrder(trade_id=trade.trade_id, key=key, why="target blocks the close"), trade.symbol)
        trade = turn.put(trade.with_slot(replace(slot, cancelling=True, state=SlotState.GONE)))
    return trade


def frozen_reason(trade: Trade) -> str:
    """Why entries freeze while this trade does not close; its end thaws them."""
    return f"{trade.symbol} {trade.side} does not close"


def _is_stale(turn: Turn, trade: Trade) -> bool:
    """The position's quantity is too old for a close that could open what it should close. A hedge leg says itself
    what is reduced."""
    age_ms = turn.now.wire_ms - (trade.quantity_ms or 0)
    return trade.mode is PositionMode.NETTING and age_ms > PLAIN_READ_AGE_MS_MAX


def _limit_price(turn: Turn, trade: Trade, shape: CloseShape) -> Price | None:
    """Price of an IOC rung: that far beyond mark on the side that fills."""
    band, mark = IOC_BAND_FRACTION.get(shape), turn.market(trade.symbol).mark
    if band is None or mark is None:
        return None
    raw = mark * (1 - trade.side.sign * band)
    instrument = turn.state.instruments[trade.symbol]
    return instrument.collar_price(raw, trade.side)
