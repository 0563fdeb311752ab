"""Whether a signal may add to a trade that is open, and with what plan: gate 9, and what the plan of a further entry
must hold beside that of a first one.

The position is one at the venue, and so is D: it covers whatever fills, and is never loosened to make room. Money is
judged as if everything were lost at D, whatever W may save.
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core import rules
from jackline.core.asked import no
from jackline.core.bots import SignalSource
from jackline.core.events import Signalled
from jackline.core.machine import Phase
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import PlanContext, ProtectedEntry
from jackline.core.requests import StopShape
from jackline.core.trade import SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Price, Quantity, Quote, tighter


def base_of(turn: Turn, event: Signalled) -> Trade | None:
    """The trade that an entry of this signal would add to; None where it would be a first one."""
    trade = turn.trade_of(event.symbol, event.side)
    return trade if trade is not None and may_grow(turn, trade) else None


def may_grow(turn: Turn, trade: Trade) -> bool:
    """Additions are configured, the venue can bear them, and this trade stands in the phase for one."""
    traits = turn.state.traits
    # In the one slot of a side nothing covers what is added; a leg covers what it came with.
    able = traits.stops_per_side_max > 1 and traits.stops_are_named
    return able and turn.state.risk.trades_per_symbol_max > 1 and trade.phase is Phase.PROTECTED


def denial(turn: Turn, trade: Trade, event: Signalled) -> Denied | None:
    """Gate 9 of a further entry: why none is added to this trade now; None when one may be."""
    most = turn.state.risk.trades_per_symbol_max
    if trade.entry is None or trade.bot != event.bot:
        return _busy(trade, "its position was opened by others")
    if trade.open_addition is not None:
        return _busy(trade, f"entry {trade.open_addition.slot.client_id} is not answered yet")
    if len(trade.entries) >= most:
        return _busy(trade, f"it has {len(trade.entries)} entries of at most {most}")
    if not is_covered(trade) or trade.mode is not turn.state.mode:
        return _busy(trade, "its whole position is not known to be under a working stop")
    last_ms = max(entry.signal_market_ms for entry in trade.entries)
    if event.market_ms <= last_ms:
        return _busy(trade, f"the bar of {event.market_ms} has been decided on")
    if _may_be_heard_again(turn, trade, event):
        return _busy(trade, "its last entry may be this wish, heard again after the start")
    now_ms = max(turn.now.market_ms, event.market_ms)
    until_ms = last_ms + turn.state.risk.cooldown_ms
    if now_ms < until_ms:
        left_s = (until_ms - now_ms) / 1_000
        return no(
            Reason.COOLDOWN, f"{trade.trade_id} has just entered: cooling down for another {left_s:g} s"
        )
    return None


def _may_be_heard_again(turn: Turn, trade: Trade, event: Signalled) -> bool:
    """A wish from outside whose answer was lost in a crash is heard again: it has become an entry already (O1).

    A strategy's wish has its bar to tell by; that of somebody outside is taken to know the newest bar, whichever that
    is by then.
    """
    bot = turn.state.bots.get(event.bot)
    outside = bot is not None and bot.source is not SignalSource.BARS
    return outside and trade.recovered


def is_covered(trade: Trade) -> bool:
    """D works, read back, over whatever the position is or becomes; and the position has been read."""
    disaster = trade.disaster
    return (
        trade.phase is Phase.PROTECTED
        and trade.quantity_ms is not None
        and trade.entry_price is not None
        and disaster is not None
        and disaster.state is SlotState.WORKING
        and disaster.shape is StopShape.WHOLE_POSITION
        and not disaster.cancelling
    )


def fitted(trade: Trade, plan: ProtectedEntry, context: PlanContext) -> ProtectedEntry | Denied:
    """The plan as an addition to this trade: inside D, within its budget at D (P8), the whole inside liquidation (P7).

    Size only ever shrinks.
    """
    disaster = trade.disaster
    if disaster is None or trade.entry_price is None:
        return no(Reason.STOP_OUTSIDE, f"{trade.trade_id} has no stop to stand inside of")
    if tighter(trade.side, disaster.trigger_price, plan.stop.disaster_price):
        return no(
            Reason.STOP_OUTSIDE,
            f"its stop would stand at {plan.stop.disaster_price}, outside the one at {disaster.trigger_price} that "
            f"covers {trade.trade_id} and is never loosened",
        )
    risk, instrument, worst = context.risk, context.instrument, plan.collar_price
    unit_loss = rules.loss_per_unit(
        worst, disaster.trigger_price, risk.taker_fraction, risk.slippage_fraction
    )
    budget = context.equity_quote * risk.risk_per_trade_fraction
    room = min(instrument.quantity_max, instrument.market_quantity_max) - trade.quantity
    quantity = instrument.quantity_down(max(ZERO, min(plan.quantity, budget / unit_loss, room)))
    lower = min(worst, disaster.trigger_price)
    if quantity < instrument.quantity_min or quantity * lower < instrument.notional_min or quantity <= ZERO:
        return no(
            Reason.MINIMUM_ORDER,
            f"at the stop of {disaster.trigger_price} the budget of {budget:.2f} quote allows {quantity} more "
            f"{trade.symbol}; the venue's minimum is {instrument.quantity_min} and {instrument.notional_min} quote",
        )
    whole = Quantity(trade.quantity + quantity)
    denied = _too_large(trade, context, whole, worst=worst, added=quantity)
    return denied or replace(plan, quantity=quantity, risk_quote=Quote(quantity * unit_loss))


def _too_large(
    trade: Trade, context: PlanContext, whole: Quantity, *, worst: Price, added: Quantity
) -> Denied | None:
    """Of the position as it would be: its leverage bracket, and D inside its liquidation price (P7)."""
    disaster, entry_price, risk = trade.disaster, trade.entry_price, context.risk
    if disaster is None or entry_price is None:
        return None
    average = Price((trade.quantity * entry_price + added * worst) / whole)
    leverage_max = context.instrument.leverage_max(whole * average)
    if risk.leverage > leverage_max:
        return no(
            Reason.LEVERAGE,
            f"leverage {risk.leverage} is above the venue's {leverage_max} for {whole} {trade.symbol}",
        )
    liquidation = context.instrument.liquidation_price(
        side=trade.side, entry=average, quantity=whole, leverage=risk.leverage
    )
    distance = abs(average - disaster.trigger_price)
    if liquidation is not None and distance > abs(average - liquidation) * risk.stop.liquidation_share_max:
        return no(
            Reason.LIQUIDATION,
            f"with this one the stop at {disaster.trigger_price} lies {distance:.2f} from the average of "
            f"{average:.2f}; the liquidation price is {liquidation:.2f}: lower leverage or stop",
        )
    return None


def _busy(trade: Trade, why: str) -> Denied:
    return no(
        Reason.SYMBOL_BUSY, f"trade {trade.trade_id} on {trade.symbol} {trade.side} is {trade.phase}: {why}"
    )
