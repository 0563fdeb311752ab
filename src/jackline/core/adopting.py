"""Taking up what nobody planned: positions opened by hand or left by a lost disk, and orders whose record is gone."""

from __future__ import annotations

from dataclasses import replace

from jackline.core import deciding, guard
from jackline.core.asked_found import asked_kind, with_found
from jackline.core.effects import Level
from jackline.core.ids import (
    ASKED_ROLES,
    LEG_ATTEMPT,
    OrderName,
    Role,
    TradeId,
    client_id,
    is_ours,
    mint_trade_id,
    parse_client_id,
)
from jackline.core.machine import Phase
from jackline.core.orders import OrderKind, OrderView, PositionView, Snapshot
from jackline.core.plan import StopPlan
from jackline.core.requests import StopShape
from jackline.core.trade import ATTEMPTS_JUMP, OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, Side, Symbol


def adopt(turn: Turn, position: PositionView, snapshot: Snapshot) -> Trade | None:
    """A position nobody planned becomes a trade in the same turn: protect first, attribute later.

    None, and entries frozen, where the venue gives no filters for the symbol: no stop could be priced.
    """
    instrument = turn.state.instruments.get(position.symbol)
    if instrument is None:
        turn.freeze(unknown_filters(position.symbol))
        return None
    state = turn.state
    turn.state = replace(state, ordinal=state.ordinal + 1)
    trade_id, attempts = mint_trade_id(tag=state.tag, fence=state.fence, ordinal=turn.state.ordinal), 0
    for order in snapshot.orders:
        # After a lost disk the orders still carry the id of the trade they belonged to: take it up again, past every
        # attempt that may have been used (an id is never reused for another intent).
        name = parse_client_id(order.key.client_id) if is_ours(order.key.client_id, state.tag) else None
        same = closes(order, position.symbol, position.side)
        if name is None or not same or name.trade_id in turn.trades:
            continue
        if name.role in {Role.DISASTER, Role.WORKING, Role.TRAILING, Role.WATCHDOG_STOP, *ASKED_ROLES}:
            trade_id, attempts = name.trade_id, max(attempts, name.attempt + ATTEMPTS_JUMP)
    stop = guard.adopted_stop(position, instrument, state.risk, equity_quote=state.equity_quote)
    adopted = _adopted_trade(turn, trade_id, position, stop)
    trade = turn.put(replace(adopted, attempts=attempts))
    turn.alert(
        Level.WARNING,
        "P1",
        f"{trade_id} adopts {position.symbol} {position.side} {position.quantity}, opened by others at "
        f"{position.entry_price}: its stop is planned at {stop.disaster_price}",
    )
    turn.want_snapshot()
    return trade


def tell_looser(turn: Turn, trade: Trade, resting_price: Price | None) -> None:
    """A person should know where a stop of somebody else keeps ours out and stands further away than the plan.

    The position is protected by it, so it is not closed; and the order is not ours, so it is not touched (P1).
    """
    planned = trade.stop.disaster_price
    if resting_price is not None and (planned - resting_price) * trade.side.sign > 0:
        turn.alert(
            Level.WARNING,
            "P1",
            f"{trade.trade_id} {trade.symbol}: the one stop that fits rests at {resting_price} and is not ours; "
            f"the plan is {planned}",
        )


def begin_again(turn: Turn, trade: Trade, snapshot: Snapshot) -> None:
    """The adopted trade with the plan of another position, where whoever trades here was flat and is in again.

    By the old plan the new position might be closed at once, or stand far from its stop. A stop that rests stays, as
    nothing else covers yet, and none is placed worse than it (P4): where it is the tighter one it holds, and where the
    plan is, a W goes there. The same entry price is the same position, which a read that lagged has missed.
    """
    position = snapshot.position(trade.symbol, trade.side)
    instrument = turn.state.instruments.get(trade.symbol)
    swept = trade.phase is Phase.SWEEPING and trade.entry is None
    if not swept or position is None or instrument is None or position.entry_price == trade.entry_price:
        return
    stop = guard.adopted_stop(position, instrument, turn.state.risk, equity_quote=turn.state.equity_quote)
    rests = trade.disaster is not None and trade.disaster.state.may_be_live
    turn.put(
        replace(
            trade,
            stop=stop,
            floor_price=None,
            ratcheted_ms=None,
            disaster=trade.disaster if rests else None,
            working=tuple(slot for slot in trade.working if slot.state.may_be_live),
            close=None,
            exit_reason=None,
            asked=tuple(replace(order, is_dropped=True) for order in trade.asked),
        )
    )


def unknown_filters(symbol: Symbol) -> str:
    """Why entries freeze while such a position is open."""
    return f"{symbol} has a position and no known filters"


def _adopted_trade(turn: Turn, trade_id: TradeId, position: PositionView, stop: StopPlan) -> Trade:
    """A trade for a position nobody planned: exposed from now, with no entry of ours."""
    blank = deciding.blank_trade(
        turn,
        trade_id=trade_id,
        symbol=position.symbol,
        mode=position.mode,
        stop=stop,
        entry=None,
        entry_slot=None,
    )
    return replace(
        blank,
        phase=Phase.EXPOSED,
        quantity=position.quantity,
        quantity_ms=turn.now.wire_ms,
        entry_price=position.entry_price,
        best_price=position.entry_price,
        exposed_ms=turn.now.wire_ms,
        first_exposed_ms=turn.now.wire_ms,
        opened_market_ms=turn.now.market_ms or None,
        recovered=True,
    )


def take_up_order(trade: Trade, order: OrderView) -> Trade:
    """A live stop of this trade that no slot knows: its record was lost in a crash, or the watchdog placed it.

    And a target of it where no id of ours says that it is one: it would never be swept, and another rest beside it.
    """
    name = parse_client_id(order.key.client_id)
    known = trade.slot(order.key.client_id) is not None
    if (
        name is None
        or known
        or name.trade_id != trade.trade_id
        or order.trigger_price is None
        or not (order.is_stop or _is_lost_target(trade, name, order) or asked_kind(name, order))
        or not closes(order, trade.symbol, trade.side)
    ):
        return trade
    slot = OrderSlot(
        client_id=client_id(name.trade_id, name.role, name.attempt),
        role=name.role,
        attempt=name.attempt,
        mode=order.mode,
        shape=StopShape.WHOLE_POSITION if order.close_position else StopShape.QUANTITY,
        quantity=None if order.close_position else order.quantity,
        trigger_price=order.trigger_price,
        state=SlotState.WORKING,
        asked_ms=order.updated_ms,
        venue_id=order.key.venue_id,
        child_id=None,
        misses=0,
        missed_ms=None,
        cancelling=False,
    )
    # What it was sent under is used up: no other intent may get that id (O2).
    trade = replace(trade, attempts=max(trade.attempts, name.attempt))
    if name.role in ASKED_ROLES:
        return with_found(trade, name, order, slot)
    if not order.is_stop:
        return replace(trade, target=slot)
    lost_disaster = trade.disaster is None or not trade.disaster.state.may_be_live
    if (slot.shape is StopShape.WHOLE_POSITION or slot.is_leg) and lost_disaster:
        return replace(trade, disaster=slot)
    return replace(trade, working=(*trade.working, slot))


def _is_lost_target(trade: Trade, name: OrderName, order: OrderView) -> bool:
    lost = name.role is Role.TARGET and name.attempt == LEG_ATTEMPT and trade.target is None
    return lost and order.kind is OrderKind.TARGET_MARKET


def closes(order: OrderView, symbol: Symbol, side: Side) -> bool:
    """The order stands on the closing side of this position: in hedge mode of this leg, not of the other."""
    here = order.key.symbol == symbol and order.position_side in {None, side}
    return here and order.side is side.closes_with
