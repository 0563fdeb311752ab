"""Wishes about the stops of one position come in: taken, or refused with one word and the figures behind it.

What only the venue can tell (mark, liquidation price, the position's size) is judged by the next fresh look, and the
answer comes when an order is read back (`asked_orders`). Reductions pass every kill level (K2); at a level that closes
everything a wish is refused, for its position is on its way out.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import assert_never

from jackline.core import asked_orders, closing, rules
from jackline.core.asked_events import OrderAsked, OrderDropped, TightenAsked
from jackline.core.asked_order import (
    ASKED_KEPT_MAX,
    ASKED_MAX,
    AskedKind,
    AskedOrder,
    AskedStatus,
    AskedTerms,
    Tightening,
    Word,
    refused,
)
from jackline.core.effects import AnswerCommand
from jackline.core.machine import Phase
from jackline.core.state import KillLevel
from jackline.core.trade import ExitReason, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ONE, ZERO, Price, Side, Symbol, tightest

HOLDS_POSITION = frozenset({Phase.EXPOSED, Phase.PROTECTED})
"""A position is evidenced, and nobody closes it."""

Wish = OrderAsked | OrderDropped | TightenAsked


def on_wish(turn: Turn, wish: Wish) -> None:
    """Take a wish, or answer why not."""
    match wish:
        case OrderAsked():
            word = _on_asked(turn, wish)
        case OrderDropped():
            word = _on_dropped(turn, wish)
        case TightenAsked():
            word = _on_tighten(turn, wish)
        case _:
            assert_never(wish)
    turn.effects.append(
        AnswerCommand(command_id=wish.command_id, result=word or None, position=wish.position)
    )


# -- an order ------------------------------------------------------------------------------------------------


def _on_asked(turn: Turn, wish: OrderAsked) -> str:
    """The answer that can be given at once; empty where it comes later."""
    terms = wish.terms
    if any(order.command_id == wish.command_id for trade in turn.trades.values() for order in trade.asked):
        return ""  # heard before the life that took it ended: its answer is on its way
    trade = turn.trade_of(terms.symbol, terms.side)
    no = _no_holding(turn, trade, terms.symbol, terms.side) or _bad_terms(turn, terms)
    if no or trade is None:
        return no
    for holder in turn.trades.values():
        for order in holder.asked:
            if order.terms.order_id == terms.order_id and _is_in_use(order):
                return refused(Word.ORDER_ID_USED, f"{terms.order_id} is {order.status}")
    if sum(not order.status.is_over for order in trade.asked) >= ASKED_MAX:
        return refused(Word.TOO_MANY, f"{trade.symbol} has {ASKED_MAX} asked orders, the most that may rest")
    known = tuple(order for order in trade.asked if order.terms.order_id != terms.order_id)
    asked = AskedOrder(terms=terms, command_id=wish.command_id)
    turn.put(_forgetting(replace(trade, asked=(*known, asked))))
    turn.want_snapshot()
    return ""


def _is_in_use(order: AskedOrder) -> bool:
    """A cancelled or refused one makes room for another of its name; a triggered one has done what it was for."""
    return order.status in {AskedStatus.PENDING, AskedStatus.ACTIVE, AskedStatus.TRIGGERED}


def _forgetting(trade: Trade) -> Trade:
    """The trade without the oldest of its asked orders that are over, and without slots that no order names."""
    asked = trade.asked
    for order in trade.asked:
        if len(asked) > ASKED_KEPT_MAX and order.status.is_over and not _may_rest(trade, order):
            asked = tuple(kept for kept in asked if kept is not order)
    named = {client_id for order in asked for client_id in order.client_ids}
    slots = tuple(slot for slot in trade.asked_slots if slot.client_id in named or slot.state.may_be_live)
    return replace(trade, asked=asked, asked_slots=slots)


def _may_rest(trade: Trade, order: AskedOrder) -> bool:
    return any(slot.client_id in order.client_ids and slot.state.may_be_live for slot in trade.asked_slots)


def _no_holding(turn: Turn, trade: Trade | None, symbol: Symbol, side: Side) -> str:
    """Why nothing can be asked for here; empty where it can."""
    if turn.state.kill_level is KillLevel.LOCKED:
        return refused(Word.LOCKED, "the kill level is locked: every position is being closed")
    if trade is not None and trade.phase is Phase.CLOSING:
        return refused(Word.CLOSING, f"{symbol} {side} is being closed")
    if trade is None or trade.phase not in HOLDS_POSITION or trade.quantity <= ZERO:
        return refused(Word.NO_POSITION, f"there is no open position {symbol} {side}")
    if symbol not in turn.state.instruments:
        return refused(Word.UNKNOWN_FILTERS, f"the venue gives no filters for {symbol}")
    return ""


def _bad_terms(turn: Turn, terms: AskedTerms) -> str:
    """Why these terms fit no position of this venue; empty where they may."""
    price, distance, quantity = terms.trigger_price, terms.trailing_fraction, terms.quantity
    trails = terms.kind is AskedKind.TRAILING
    if (price is None) != trails or (distance is None) == trails:
        text = "a stop or target has a trigger price, a trailing stop its distance, and neither has both"
        return refused(Word.BAD_FRACTION if trails else Word.BAD_PRICE, text)
    if price is not None and not _is_positive(price):
        return refused(Word.BAD_PRICE, f"{price} is not a price: a finite number above 0")
    if distance is not None and not (_is_positive(distance) and distance < ONE):
        return refused(Word.BAD_FRACTION, f"{distance} is not a distance: above 0 and below 1")
    if quantity is not None:
        instrument = turn.state.instruments[terms.symbol]
        if not _is_positive(quantity) or quantity % instrument.quantity_step:
            step = f"{instrument.quantity_step:f}"
            return refused(Word.BAD_QUANTITY, f"{quantity} is not a quantity above 0 in steps of {step}")
    if terms.kind is not AskedKind.TARGET and turn.state.traits.stops_per_side_max == 1:
        text = "this venue takes one stop a side, and it stays where it is; tighten it instead"
        return refused(Word.ONE_STOP_PER_SIDE, text)
    return ""


def _is_positive(figure: Decimal) -> bool:
    return figure.is_finite() and figure > ZERO


# -- away with one -------------------------------------------------------------------------------------------


def _on_dropped(turn: Turn, wish: OrderDropped) -> str:
    found = [
        (trade, order)
        for trade in turn.trades.values()
        for order in trade.asked
        if order.terms.order_id == wish.order_id
    ]
    if not found:
        return refused(Word.UNKNOWN_ORDER, f"no open position has an order {wish.order_id}")
    trade, order = found[-1]
    if order.drop_id == wish.command_id:
        return ""
    if order.status.is_over:
        return refused(Word.IS_OVER, f"{wish.order_id} is {order.status}: {order.detail}")
    if wish.close:
        closing.want(turn, trade, ExitReason.OPERATOR)
        return f"closing: {trade.symbol} {trade.side} is being closed, and {wish.order_id} goes with it"
    if trade.phase not in HOLDS_POSITION:
        return f"closing: {trade.symbol} {trade.side} ends, and {wish.order_id} goes with it"
    if order.drop_id and order.drop_owes_answer:
        return refused(Word.DROPPED, f"{wish.order_id} is being dropped by command {order.drop_id}")
    dropped = replace(
        order,
        drop_id=wish.command_id,
        drop_owes_answer=True,
        replace_with=wish.replace_with,
        is_dropped=True,
    )
    turn.put(asked_orders.with_order(trade, dropped))
    turn.want_snapshot()
    return ""


# -- tighter -------------------------------------------------------------------------------------------------


def _on_tighten(turn: Turn, wish: TightenAsked) -> str:
    """The floor rises to the price, and the ratchet rests a W there: place, read back, cancel the old one by id."""
    trade = turn.trade_of(wish.symbol, wish.side)
    if trade is not None and any(one.command_id == wish.command_id for one in trade.tightenings):
        return ""
    no = _no_holding(turn, trade, wish.symbol, wish.side)
    if no or trade is None:
        return no
    raw = _break_even(turn, trade) if wish.price is None else wish.price
    mark = turn.market(trade.symbol).mark
    if raw is None or not _is_positive(raw):
        return refused(Word.BAD_PRICE, f"{raw} is not a price: a finite number above 0")
    if mark is None:
        return refused(Word.NO_MARK, f"no mark of {trade.symbol} is known yet; ask again in a moment")
    price = turn.state.instruments[trade.symbol].stop_price(raw, trade.side)
    if rules.is_beyond(mark, price, trade.side.sign):
        return refused(Word.WOULD_TRIGGER, f"mark {mark:f} has reached {price:f} already; close instead")
    rests = trade.ratchet_price
    for slot in trade.stops:
        if slot.state is SlotState.WORKING:
            rests = tightest(trade.side, slot.trigger_price, rests)
    step = turn.state.protection.ratchet_step_fraction
    if (price - rests) * trade.side.sign < rests * step:
        bps = f"{step * 10_000:f}".rstrip("0").rstrip(".")
        return refused(Word.LOOSER, f"{price:f} is not tighter than {rests:f} by {bps} bps")
    if turn.state.traits.stops_per_side_max == 1:
        turn.put(replace(trade, floor_price=price))
        return f"kept: {price:f}: the one stop of this side stays at {rests:f}; at {price:f} it is closed"
    if len(trade.tightenings) >= ASKED_MAX:
        return refused(Word.TOO_MANY, f"{ASKED_MAX} tighter stops are on their way already")
    waiting = Tightening(command_id=wish.command_id, price=price)
    turn.put(replace(trade, floor_price=price, tightenings=(*trade.tightenings, waiting)))
    return ""


def _break_even(turn: Turn, trade: Trade) -> Price | None:
    """Entry, and what a round trip costs beyond it: ``entry · (1 + sign · costs)``."""
    if trade.entry_price is None:
        return None
    risk = turn.state.risk
    costs = rules.round_trip_costs(risk.taker_fraction, risk.slippage_fraction)
    if trade.entry is not None and trade.entry.costs_fraction:
        costs = trade.entry.costs_fraction
    return Price(trade.entry_price * (1 + trade.side.sign * costs))
