"""Portfolio heat, both ways: what all open trades together lose at their stops, and what they are worth (gate 11)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from jackline.core.machine import BEFORE_ANSWER
from jackline.core.settings import RiskSettings
from jackline.core.trade import SlotState, Trade
from jackline.core.values import ZERO, Price, Quantity, Quote

_MAY_FILL_ON = frozenset({SlotState.SENT, SlotState.UNKNOWN})


def heat_loss(trades: Iterable[Trade], risk: RiskSettings) -> Quote:
    """Quote lost if every disaster stop fired now: distance, fees both ways, stressed slippage (`policy.md`, gate 11).

    A stop on the winning side of its entry takes nothing off: one trade's gain is no other's budget.
    """
    return Quote(sum((loss_at_stop(trade, risk) for trade in trades), ZERO))


def heat_notional(trades: Iterable[Trade]) -> Quote:
    """Quote that all open trades together are worth at their entry prices, both sides added."""
    return Quote(sum((_worth(trade) for trade in trades), ZERO))


def _worth(trade: Trade) -> Decimal:
    """One whose further entry may fill yet counts as if it had, at its worst."""
    plans = (one.entry for one in trade.additions if one.is_open)
    added = sum((plan.quantity * plan.collar_price for plan in plans), ZERO)
    return at_stake(trade) * worst_fill(trade) + added


def loss_at_stop(trade: Trade, risk: RiskSettings) -> Quote:
    """Quote lost at D, where P7, P8 and heat are judged; never below 0."""
    entry, stop = worst_fill(trade), trade.stop.disaster_price
    distance = (entry - stop) * trade.side.sign
    costs = risk.taker_fraction * (entry + stop) + risk.slippage_fraction * stop
    added = sum((one.entry.risk_quote for one in trade.additions if one.is_open), ZERO)
    return Quote(at_stake(trade) * max(distance + costs, ZERO) + added)


def at_stake(trade: Trade) -> Quantity:
    """What the trade holds, or may come to hold while its entry can still fill."""
    plan, slot = trade.entry, trade.entry_slot
    if plan is not None and (
        trade.phase in BEFORE_ANSWER or (slot is not None and slot.state in _MAY_FILL_ON)
    ):
        return max(trade.quantity, plan.quantity)
    return trade.quantity


def worst_fill(trade: Trade) -> Price:
    """Where it was entered, or the worst price that its entry allows; D's own for a position nobody knows more of."""
    if trade.entry_price is not None:
        return trade.entry_price
    return trade.stop.disaster_price if trade.entry is None else trade.entry.collar_price
