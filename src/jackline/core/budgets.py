"""What a bot may still open: its own symbols and sides, while it runs, within its budget. Entries alone ask."""

from __future__ import annotations

from dataclasses import replace

from jackline.core.bots import Bot
from jackline.core.events import Signalled
from jackline.core.machine import Phase
from jackline.core.orders import PositionMode
from jackline.core.outcomes import Denied, Reason
from jackline.core.plan import ProtectedEntry
from jackline.core.settings import RiskSettings
from jackline.core.state import State
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Quote

FREE = frozenset({Phase.SWEEPING, Phase.DONE})
"""Flat: such a trade binds nothing any more."""


def bot_denial(turn: Turn, event: Signalled) -> Denied | None:
    """Why this bot opens nothing here, whatever the size; None where it may, and in a core that knows of no bots."""
    state = turn.state
    if not state.bots:
        return None
    bot = state.bots.get(event.bot)
    if bot is None:
        return _no(Reason.BOT, f"{event.bot!r} is no bot of this account: {', '.join(sorted(state.bots))}")
    stopped = stopped_denial(state, bot.name)
    if stopped is not None:
        return stopped
    if not bot.trades(event.symbol) or event.side not in bot.sides:
        return _no(Reason.BOT, f"{event.symbol} {event.side} is not bot {bot.name}'s")
    return _owned(turn, event) or _spent(turn, bot)


def stopped_denial(state: State, bot: str) -> Denied | None:
    """An operator has stopped the bot: asked of its signals, and again until its entry has left."""
    if bot not in state.bots_stopped:
        return None
    return _no(Reason.BOT_STOPPED, f"bot {bot} is stopped; what it has open is guarded on")


def budget_denial(turn: Turn, event: Signalled, plan: ProtectedEntry) -> Denied | None:
    """Why this plan does not fit the rest of the bot's budget; None when it does. Never a smaller plan instead."""
    bot, equity = turn.state.bots.get(event.bot), turn.state.equity_quote
    if bot is None or equity is None:
        return None
    bound, wanted, budget = bound_quote(turn, bot.name), _margin(plan), _budget(bot, equity)
    if bound + wanted <= budget:
        return None
    return _no(
        Reason.BUDGET,
        f"bot {bot.name} binds {bound:.2f} quote of its {budget:.2f}; this entry would bind {wanted:.2f} more",
    )


def risk_of(state: State, bot: str) -> RiskSettings:
    """What a bot plans with; the account's own where nobody has that name."""
    found = state.bots.get(bot)
    if found is None:
        return state.risk
    cap, file = state.risk.size_cap_fraction, state.limits_of_file
    if file is None or cap >= min(file.size_cap_fraction, found.risk.size_cap_fraction):
        return found.risk
    # Tightened while it runs: the account's cap holds for a bot that has one of its own, too.
    return replace(found.risk, size_cap_fraction=cap)


def bound_quote(turn: Turn, bot: str) -> Quote:
    """Margin that the bot's trades bind: of each what was planned, from its intent until it is flat."""
    return Quote(sum((_margin(plan) for trade in _open(turn, bot) for plan in trade.entries), ZERO))


def _owned(turn: Turn, event: Signalled) -> Denied | None:
    """One owner a position: in netting mode that is the symbol's, in hedge mode the side's."""
    for trade in turn.trades.values():
        same = trade.symbol == event.symbol and (
            turn.state.mode is PositionMode.NETTING or trade.side is event.side
        )
        if same and trade.bot != event.bot:
            owner = f"bot {trade.bot}" if trade.bot else "no bot: it was adopted"
            return _no(
                Reason.SYMBOL_OWNED, f"trade {trade.trade_id} on {trade.symbol} {trade.side} is of {owner}"
            )
    return None


def _spent(turn: Turn, bot: Bot) -> Denied | None:
    """The number of open trades; the margin is compared with the plan."""
    count = sum(1 + len(trade.additions) for trade in _open(turn, bot.name))
    if bot.trades_max is not None and count >= bot.trades_max:
        return _no(Reason.BUDGET, f"bot {bot.name} has {count} open trades, and may have {bot.trades_max}")
    return None


def _open(turn: Turn, bot: str) -> list[Trade]:
    return [trade for trade in turn.trades.values() if trade.bot == bot and trade.phase not in FREE]


def _margin(plan: ProtectedEntry) -> Quote:
    """At the worst fill that the collar allows: margin = quantity · price / leverage."""
    return Quote(plan.quantity * plan.collar_price / plan.leverage)


def _budget(bot: Bot, equity: Quote) -> Quote:
    return Quote(equity * bot.budget_fraction)


def _no(reason: Reason, detail: str) -> Denied:
    return Denied(reason=reason, detail=detail)
