"""Gates 2 and 4 to 6: what holds for the whole account, whatever the symbol."""

from __future__ import annotations

from jackline.core import limits
from jackline.core.asked import Asked, no
from jackline.core.budgets import bot_denial
from jackline.core.machine import Phase
from jackline.core.outcomes import Denied, Reason
from jackline.core.state import KillLevel, State

NEEDING_ORDERS = frozenset({Phase.EXPOSED, Phase.CLOSING})
"""A stop or a close is wanted at once."""
EQUITY_AGE_MS_MAX = 10_000
"""Two idle guard passes: equity that was not read for longer is no ground for a size (A3)."""


def standing(asked: Asked) -> Denied | None:
    """Gate 2: kill level, frozen, explained, written down; a bot that may; the stream alive and the account read."""
    turn = asked.turn
    denied = account_denial(turn.state) or bot_denial(turn, asked.signal)
    if denied is not None:
        return denied
    if not turn.state.stream_up:
        return no(Reason.BLIND, "the user stream is down")
    if turn.state.equity_quote is None:
        return no(Reason.COLD, "no snapshot of the account yet")
    balance = turn.state.money.balance
    if balance is not None and turn.now.wire_ms - balance.asked_ms > EQUITY_AGE_MS_MAX:
        age_ms = turn.now.wire_ms - balance.asked_ms
        return no(Reason.BLIND, f"equity is {age_ms} ms old; a size is made from at most {EQUITY_AGE_MS_MAX}")
    return None


def account_denial(state: State) -> Denied | None:
    """Why nothing may enter on this account right now; None when it may."""
    if state.kill_level is not KillLevel.NORMAL:
        return no(Reason.KILL_LEVEL, f"kill level is {state.kill_level}")
    if state.frozen:
        return no(Reason.FROZEN, "; ".join(sorted(state.frozen)))
    books = state.money.books
    if books is not None and books.gap is not None:
        # Proven or not: while the listings are unreadable, a deposit stays unproven for as long as that lasts (A3).
        return no(
            Reason.EQUITY_UNEXPLAINED,
            f"{books.gap.amount_quote:+f} quote of the wallet are not accounted for",
        )
    if not state.journal_ok:
        return no(Reason.JOURNAL, "the journal cannot be written")
    waiting = [trade for trade in state.trades.values() if trade.phase in NEEDING_ORDERS]
    if state.traits.is_narrow and waiting:
        # Of three orders a second an entry would take the one that a stop or a close is about to need (K2).
        trade = waiting[0]
        return no(Reason.ORDERS_SCARCE, f"trade {trade.trade_id} on {trade.symbol} is {trade.phase}")
    return None


def equity_denial(asked: Asked) -> Denied | None:
    """Gate 4: enough equity to trade at all."""
    equity, least = asked.turn.state.equity_quote, asked.turn.state.risk.equity_min_quote
    if equity is not None and equity < least:
        return no(Reason.EQUITY_TOO_SMALL, f"equity {equity} is below {least} quote")
    return None


def loss_denial(asked: Asked) -> Denied | None:
    """Gate 5: the day's loss and the drawdown.

    The switch trips on the event that breaches them (K5). Between an operator's reset and the next such event nothing
    has tripped yet, and the loss still stands.
    """
    lost = limits.daily_loss(asked.turn)
    if lost is not None:
        return no(Reason.DAILY_LOSS, lost)
    fallen = limits.drawdown(asked.turn)
    return None if fallen is None else no(Reason.DRAWDOWN, fallen)


def streak_denial(asked: Asked) -> Denied | None:
    """Gate 6: losing trades in a row, closed ones only. A limit that was lowered while no engine ran holds at once."""
    streak = limits.losing_streak(asked.turn)
    return None if streak is None else no(Reason.LOSING_STREAK, streak)
