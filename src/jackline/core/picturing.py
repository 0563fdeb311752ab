"""Making the picture: the engine's state, with what the venue's last word says of it."""

from __future__ import annotations

from decimal import Decimal

from jackline.core import heat, limits
from jackline.core.coverage import coverage
from jackline.core.events import Now
from jackline.core.machine import Phase
from jackline.core.orders import PositionView, Snapshot
from jackline.core.phases import confirm_ms
from jackline.core.picture import (
    AccountPicture,
    LimitPicture,
    MarketPicture,
    PositionPicture,
    StopPicture,
)
from jackline.core.state import State
from jackline.core.trade import OrderSlot, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Price, Quantity, Quote, tightest


def picture(state: State, now: Now, *, look: Snapshot | None, denied: str) -> AccountPicture:
    """The account as `state` and the venue's last word have it. `denied`: why nothing may enter; empty when it may."""
    turn = Turn(state, now)
    day, balance = state.money.day, state.money.balance
    result = limits.day_result(turn)
    return AccountPicture(
        wire_ms=now.wire_ms,
        market_ms=now.market_ms,
        looked_ms=None if look is None else look.asked_ms,
        kill_level=state.kill_level.value,
        frozen=tuple(sorted(state.frozen)),
        denied=denied,
        stream_up=state.stream_up,
        journal_ok=state.journal_ok,
        equity_quote=limits.equity_now(turn),
        wallet_quote=None if balance is None else balance.wallet_quote,
        day_number=None if day is None else day.number,
        day_start_quote=None if day is None else day.equity_quote,
        day_result_quote=result,
        losing_streak=0 if day is None else day.losing_streak,
        positions=tuple(
            position_picture(trade, turn, look)
            for trade in sorted(state.trades.values(), key=lambda one: (one.symbol, one.trade_id))
            if trade.quantity > ZERO or trade.phase is not Phase.SWEEPING
        ),
        limits=limit_pictures(turn, result),
        markets=tuple(
            MarketPicture(
                symbol=market.symbol,
                mark=market.mark,
                mark_wire_ms=market.mark_wire_ms,
                rung=None if market.rung is None else market.rung.value,
                rung_detail=market.rung_detail,
            )
            for market in sorted(state.markets.values(), key=lambda one: one.symbol)
        ),
        bots_stopped=tuple(sorted(state.bots_stopped)),
        foreign_orders=len(state.foreign_seen),
    )


def position_picture(trade: Trade, turn: Turn, look: Snapshot | None) -> PositionPicture:
    """One trade, its slots, and what the venue's last word says of both."""
    seen = None if look is None else look.position(trade.symbol, trade.side)
    mark = turn.market(trade.symbol).mark or (None if seen is None else seen.mark)
    sent = [slot for slot in trade.stops if slot.state.may_be_live]
    working = [slot for slot in sent if slot.state is SlotState.WORKING]
    moved = None
    if mark is not None and trade.entry_price is not None:
        moved = Quote((mark - trade.entry_price) * trade.quantity * trade.side.sign)
    return PositionPicture(
        trade_id=trade.trade_id,
        symbol=trade.symbol,
        side=trade.side.value,
        bot=trade.bot,
        adopted=trade.entry is None,
        phase=trade.phase.value,
        quantity=trade.quantity,
        entry_price=trade.entry_price,
        mark=mark,
        liquidation_price=None if seen is None else seen.losing_liquidation_price,
        notional_quote=None if mark is None else Quote(mark * trade.quantity),
        unrealised_quote=moved,
        intended_price=trade.ratchet_price,
        sent_price=_tightest(trade, sent),
        confirmed_price=_tightest(trade, working),
        target_price=None if trade.target is None else trade.target.trigger_price,
        covered_quantity=_covered(trade, working, seen, look),
        stops=tuple(_stop(slot, look) for slot in trade.slots if slot.state.may_be_live),
        naked_since_ms=trade.exposed_ms,
        first_exposed_ms=trade.first_exposed_ms,
        confirm_ms=confirm_ms(trade),
        opened_market_ms=trade.opened_market_ms,
        heat_quote=heat.loss_at_stop(trade, turn.state.risk),
        exit_reason=trade.exit_words or ("" if trade.close is None else trade.close.reason.value),
        close_attempts=0 if trade.close is None else trade.close.attempts,
    )


def limit_pictures(turn: Turn, result: Quote | None) -> tuple[LimitPicture, ...]:
    """Every limit of the account with what is used of it; a profit uses nothing."""
    state, risk, day = turn.state, turn.state.risk, turn.state.money.day
    equity = limits.equity_now(turn)
    start = ZERO if day is None else day.equity_quote
    basis = start if equity is None else equity
    peak = None if day is None else day.peak_quote
    fallen = ZERO if not peak or equity is None else max(ZERO, 1 - equity / peak)
    lost = ZERO if result is None else max(ZERO, -result)
    trades = tuple(state.trades.values())
    return (
        LimitPicture(name="daily_loss", unit="quote", used=lost, limit=risk.daily_loss_max_fraction * start),
        LimitPicture(name="drawdown", unit="fraction", used=fallen, limit=risk.drawdown_max_fraction),
        LimitPicture(
            name="losing_streak",
            unit="trades",
            used=Decimal(0 if day is None else day.losing_streak),
            limit=None if risk.losing_streak_max is None else Decimal(risk.losing_streak_max),
        ),
        LimitPicture(
            name="heat_loss",
            unit="quote",
            used=heat.heat_loss(trades, risk),
            limit=risk.heat_loss_max_fraction * basis,
        ),
        LimitPicture(
            name="heat_notional",
            unit="quote",
            used=heat.heat_notional(trades),
            limit=risk.heat_notional_max_fraction * basis,
        ),
    )


def _tightest(trade: Trade, slots: list[OrderSlot]) -> Price | None:
    best: Price | None = None
    for slot in slots:
        best = slot.trigger_price if best is None else tightest(trade.side, slot.trigger_price, best)
    return best


def _covered(
    trade: Trade, working: list[OrderSlot], seen: PositionView | None, look: Snapshot | None
) -> Quantity:
    """By the venue's word where it has one on this position; before it, by what was read back one by one."""
    if seen is not None and look is not None and look.lists(trade.symbol):
        return coverage(seen, look.orders, trade.stop.price_source).quantity
    total = sum((trade.quantity if slot.quantity is None else slot.quantity for slot in working), ZERO)
    return Quantity(min(total, trade.quantity))


def _stop(slot: OrderSlot, look: Snapshot | None) -> StopPicture:
    shown = None if look is None else look.order(slot.client_id)
    return StopPicture(
        client_id=slot.client_id,
        role=slot.role.name.lower(),
        state=slot.state.value,
        trigger_price=slot.trigger_price,
        quantity=slot.quantity,
        venue_id=slot.venue_id,
        confirmed_ms=None if shown is None or look is None else look.asked_ms,
    )
