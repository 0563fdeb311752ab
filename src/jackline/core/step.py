"""`step(state, event, now) -> (state, effects)`: the whole engine as one pure function.

Facts go in first, through the handler of their event; then every live trade is driven one step towards what its
phase wants. Driving is level-triggered: it looks at what is, not at what just happened, so a lost event costs time
and never protection.
"""

from __future__ import annotations

from typing import assert_never

from jackline.core import (
    accounting,
    adding,
    answering,
    asked_looks,
    asked_orders,
    asking,
    booking,
    bot_switch,
    closing,
    deciding,
    entering,
    exiting,
    limiting,
    limits,
    observing,
    proof,
    protecting,
    sweeping,
    switch,
)
from jackline.core.asked_events import OrderAsked, OrderDropped, TightenAsked
from jackline.core.effects import Effect, Level
from jackline.core.events import (
    AccountedFor,
    AccountHinted,
    Answered,
    AverageMoved,
    BarClosed,
    BotAsked,
    CloseAsked,
    Event,
    ExitSignalled,
    FillHinted,
    FillsAnswered,
    IncomeAnswered,
    IntentDurable,
    JournalBroken,
    JournalMended,
    KillAsked,
    LeverageChanged,
    MarkMoved,
    Now,
    OpeningBooked,
    OrderAnswered,
    OrderHinted,
    ResetAsked,
    ResetDurable,
    RungProven,
    Signalled,
    SnapshotAnswered,
    StopsClaimed,
    StreamChanged,
    Ticked,
)
from jackline.core.ids import FIRST_ENTRY, Role, parse_client_id
from jackline.core.limit_events import LimitsAsked, OutsideTradeTold
from jackline.core.machine import IN_POSITION, Phase
from jackline.core.orders import OrderState
from jackline.core.replacing import replace
from jackline.core.state import State
from jackline.core.trade import ExitReason, SlotState, Trade
from jackline.core.turn import Turn

HINT_PAUSE_MS = 100
"""One fill is told by three events within milliseconds: one look serves them all, and request weight is finite."""


MOVES_MONEY = (
    MarkMoved | FillHinted | FillsAnswered | SnapshotAnswered | IncomeAnswered | AccountedFor | LimitsAsked
)
"""Events that can breach a limit."""


def step(state: State, event: Event, now: Now) -> tuple[State, tuple[Effect, ...]]:
    """Map one event to the next state and the effects it wants, in the order they should start."""
    turn = Turn(state, now)
    _take(turn, event)
    if isinstance(event, MOVES_MONEY):
        limits.judge(turn, before=state)
    for trade in list(turn.trades.values()):
        _drive(turn, trade)
    asked_orders.drive(turn)
    asked_looks.drive(turn)
    accounting.ask(turn)
    return turn.finish()


def _take(turn: Turn, event: Event) -> None:
    """Record the facts of one event."""
    match event:
        case Ticked():
            pass
        case MarkMoved():
            _on_mark(turn, event)
        case BarClosed(bar=bar):
            turn.market(bar.symbol)
        case AverageMoved(average=average):
            averages = {**turn.state.averages, average.symbol: average}
            turn.state = replace(turn.state, averages=averages)
        case Signalled():
            deciding.on_signal(turn, event)
        case ExitSignalled():
            exiting.on_exit_signalled(turn, event)
        case IntentDurable(trade_id=trade_id, entry_id=entry_id):
            if trade_id in turn.trades and entry_id:
                adding.on_intent_durable(turn, turn.trades[trade_id], entry_id)
            elif trade_id in turn.trades:
                entering.on_intent_durable(turn, turn.trades[trade_id])
        case Answered():
            answering.on_answer(turn, event)
        case OrderAnswered():
            answering.on_order_answer(turn, event)
        case SnapshotAnswered():
            observing.on_snapshot(turn, event)
        case FillsAnswered():
            booking.on_fills(turn, event)
        case FillHinted():
            _on_fill_hint(turn, event)
        case OrderHinted():
            _on_order_hint(turn, event)
        case AccountHinted():
            turn.want_snapshot(HINT_PAUSE_MS)
            if event.transfer:
                accounting.hurry(turn, HINT_PAUSE_MS)
        case CloseAsked():
            _on_close_asked(turn, event)
        case StopsClaimed():
            observing.on_claims(turn, event)
        case StreamChanged() | JournalBroken() | JournalMended() | RungProven() | LeverageChanged():
            _on_condition(turn, event)
        case OrderAsked() | OrderDropped() | TightenAsked():
            asking.on_wish(turn, event)
        case BotAsked():
            bot_switch.on_bot_asked(turn, event)
        case LimitsAsked():
            limiting.on_limits_asked(turn, event)
        case OutsideTradeTold():
            limiting.on_outside_trade(turn, event)
        case (
            KillAsked() | ResetAsked() | ResetDurable() | OpeningBooked() | IncomeAnswered() | AccountedFor()
        ):
            _on_account(turn, event)
        case _:
            assert_never(event)


def _on_account(
    turn: Turn, event: KillAsked | ResetAsked | ResetDurable | OpeningBooked | IncomeAnswered | AccountedFor
) -> None:
    """What concerns the account as a whole: its kill switch and its money."""
    match event:
        case KillAsked():
            switch.on_kill(turn, event)
        case ResetAsked():
            switch.on_reset(turn, event)
        case ResetDurable():
            switch.on_reset_durable(turn)
            limits.on_reset(turn)
        case OpeningBooked():
            accounting.on_opening(turn, event)
        case IncomeAnswered():
            accounting.on_income(turn, event)
        case AccountedFor():
            accounting.on_accounted(turn, event)


def _drive(turn: Turn, trade: Trade) -> None:
    """One step towards what the trade's phase wants."""
    trade = adding.tend(turn, entering.pursue_entry(turn, trade))
    if turn.state.kill_level.closes:
        trade = closing.want(turn, trade, ExitReason.KILL_SWITCH)
    match trade.phase:
        case Phase.INTENDED:
            if trade.entry is not None and entering.is_late(turn, trade.entry):
                entering.abandon(turn, trade, "its intent did not become durable in time")
        case Phase.DONE:
            pass
        case Phase.ARMING:
            if trade.entry is not None:
                entering.drive_arming(turn, trade, trade.entry)
        case Phase.ENTERING:
            if trade.disaster is not None or _rests_early(trade):
                protecting.ensure_disaster(turn, trade)
        case Phase.DOUBTFUL:
            entering.drive_doubtful(turn, trade)
        case Phase.EXPOSED | Phase.PROTECTED if (
            trade.exit_reason is not None and trade.exit_reason in closing.WISHES
        ):
            # Asked for while the entry was out: nothing could be closed then.
            closing.want(turn, trade, trade.exit_reason)
        case Phase.EXPOSED:
            protecting.drive_exposed(turn, trade)
        case Phase.PROTECTED:
            protecting.drive_protected(turn, trade)
            adding.drive(turn, turn.trades[trade.trade_id])
        case Phase.CLOSING:
            closing.drive(turn, protecting.keep_disaster(turn, trade))
        case Phase.SWEEPING:
            sweeping.drive(turn, trade)
        case _:
            assert_never(trade.phase)


def _rests_early(trade: Trade) -> bool:
    """The rung rests D without waiting for a fill."""
    return trade.entry is not None and trade.entry.rung.rests_early


# -- hints ---------------------------------------------------------------------------------------------------


def _on_mark(turn: Turn, event: MarkMoved) -> None:
    """Keep the mark, and the best price of open trades for the trail."""
    market = turn.market(event.symbol)
    turn.put_market(
        replace(market, mark=event.mark, mark_wire_ms=turn.now.wire_ms, mark_market_ms=event.market_ms)
    )
    for trade in list(turn.trades.values()):
        if trade.symbol == event.symbol and trade.phase in IN_POSITION:
            moved = exiting.with_best(trade, event.mark, event.market_ms)
            if moved is not trade:
                turn.put(moved)


def _on_fill_hint(turn: Turn, event: FillHinted) -> None:
    """The stream saw a fill: start the clock of an entry, wake the controller for anything else."""
    turn.want_fills(event.symbol)
    name = parse_client_id(event.client_id)
    trade = turn.trades.get(name.trade_id) if name is not None else None
    if trade is not None and name is not None and name.role is Role.ENTRY:
        if name.attempt != FIRST_ENTRY:
            adding.on_fill(turn, trade, client_id=event.client_id, quantity=event.quantity)
            return
        entering.on_entry_fill(turn, trade, quantity=event.quantity, price=event.price)
        return
    limits.settle_legs(turn, event.symbol, event.price)
    turn.want_snapshot(HINT_PAUSE_MS)


def _on_order_hint(turn: Turn, event: OrderHinted) -> None:
    """The stream saw an order of ours change: remember the child it became, and look."""
    name = parse_client_id(event.client_id)
    trade = turn.trades.get(name.trade_id) if name is not None else None
    slot = trade.slot(event.client_id) if trade is not None else None
    if trade is None or slot is None:
        return
    if event.child_id is not None and slot.child_id is None:
        turn.put(trade.with_slot(replace(slot, child_id=event.child_id)))
    if slot.state is SlotState.WORKING and event.state is not OrderState.NEW and not slot.cancelling:
        turn.want_snapshot(HINT_PAUSE_MS)


def _on_close_asked(turn: Turn, event: CloseAsked) -> None:
    """Close what the operator, a limit or the kill switch names."""
    for trade in list(turn.trades.values()):
        same_symbol = event.symbol is None or trade.symbol == event.symbol
        same_side = event.side is None or trade.side is event.side
        if same_symbol and same_side:
            closing.want(turn, trade, event.reason)


def _on_condition(
    turn: Turn, event: StreamChanged | JournalBroken | JournalMended | RungProven | LeverageChanged
) -> None:
    """Something that opens or shuts the gate for entries; protection never depends on it."""
    match event:
        case StreamChanged(up=up):
            turn.state = replace(turn.state, stream_up=up)
            turn.want_snapshot()
            accounting.want_fills(turn)
        case JournalBroken(detail=detail):
            turn.state = replace(turn.state, journal_ok=False)
            turn.alert(Level.CRITICAL, "O4", f"journal: {detail}: no new risk until it is written")
        case JournalMended():
            turn.state = replace(turn.state, journal_ok=True)
        case LeverageChanged():
            proof.on_leverage(turn, event)
        case RungProven(symbol=symbol, rung=rung, detail=detail):
            market = turn.market(symbol)
            turn.put_market(replace(market, rung=rung, rung_detail=detail, suspect_ms=turn.now.wire_ms))
            if rung is None:
                turn.want_snapshot()
