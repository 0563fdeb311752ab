"""Entry gates, in order; the first denial wins and its reason is journalled. Reductions never pass here (K2).

The account's gates are asked three times: for the signal, before the entry is sent, and by the request gate in the
moment of signing.
"""

from __future__ import annotations

from jackline.core.budgets import bot_denial
from jackline.core.events import Signalled
from jackline.core.machine import Phase
from jackline.core.outcomes import Denied, Reason
from jackline.core.state import KillLevel, State
from jackline.core.turn import Turn
from jackline.core.values import Side

NEEDING_ORDERS = frozenset({Phase.EXPOSED, Phase.CLOSING})
"""A stop or a close is wanted at once."""
EQUITY_AGE_MS_MAX = 10_000
"""Two idle guard passes: equity that was not read for longer is no ground for a size (A3)."""


def first_denial(turn: Turn, event: Signalled) -> Denied | None:
    """The first gate that says no, with its figures; None when all pass."""
    state = turn.state
    if event.symbol not in state.instruments:
        return _no(Reason.BAD_INPUT, f"{event.symbol} is not an instrument of this venue")
    denied = account_denial(state) or bot_denial(turn, event)
    if denied is not None:
        return denied
    if not state.stream_up:
        return _no(Reason.BLIND, "the user stream is down")
    if state.equity_quote is None:
        return _no(Reason.COLD, "no snapshot of the account yet")
    balance = state.money.balance
    if balance is not None and turn.now.wire_ms - balance.asked_ms > EQUITY_AGE_MS_MAX:
        age_ms = turn.now.wire_ms - balance.asked_ms
        return _no(
            Reason.BLIND, f"equity is {age_ms} ms old; a size is made from at most {EQUITY_AGE_MS_MAX}"
        )
    return _market_gates(turn, event)


def account_denial(state: State) -> Denied | None:
    """Why nothing may enter on this account right now; None when it may."""
    if state.kill_level is not KillLevel.NORMAL:
        return _no(Reason.KILL_LEVEL, f"kill level is {state.kill_level}")
    if state.frozen:
        return _no(Reason.FROZEN, "; ".join(sorted(state.frozen)))
    books = state.money.books
    if books is not None and books.gap is not None:
        # Proven or not: while the listings are unreadable, a deposit stays unproven for as long as that lasts (A3).
        return _no(
            Reason.EQUITY_UNEXPLAINED,
            f"{books.gap.amount_quote:+f} quote of the wallet are not accounted for",
        )
    if not state.journal_ok:
        return _no(Reason.JOURNAL, "the journal cannot be written")
    waiting = [trade for trade in state.trades.values() if trade.phase in NEEDING_ORDERS]
    if state.traits.is_narrow and waiting:
        # Of three orders a second an entry would take the one that a stop or a close is about to need (K2).
        trade = waiting[0]
        return _no(Reason.ORDERS_SCARCE, f"trade {trade.trade_id} on {trade.symbol} is {trade.phase}")
    return None


def _market_gates(turn: Turn, event: Signalled) -> Denied | None:
    """Gates of one symbol: mark, rung, what is open there, cooldown."""
    market = turn.market(event.symbol)
    age_ms = turn.now.wire_ms - market.mark_wire_ms
    if market.mark is None or age_ms > turn.state.protection.mark_age_ms_max:
        return _no(Reason.STALE_MARK, f"mark of {event.symbol} is {age_ms} ms old")
    if market.rung is None:
        return _no(Reason.RUNG, f"no rung of the ladder is proven on {event.symbol}: {market.rung_detail}")
    for side in Side:
        trade = turn.trade_of(event.symbol, side)
        if trade is not None:
            busy = Reason.SWEEP_PENDING if trade.phase is Phase.SWEEPING else Reason.SYMBOL_BUSY
            return _no(busy, f"trade {trade.trade_id} on {event.symbol} {side} is {trade.phase}")
    if market.leftover_ms is not None:
        return _no(Reason.SWEEP_PENDING, f"orders of ours without a trade rest on {event.symbol}")
    if event.symbol in turn.in_flight.values():
        return _no(Reason.SYMBOL_BUSY, f"a request on {event.symbol} is in flight")
    # One that lies further ahead than a cool-down is long belongs to another market that was replayed here before.
    if 0 < market.cooldown_until_ms - event.market_ms <= turn.state.risk.cooldown_ms:
        return _no(Reason.COOLDOWN, f"cooling down until {market.cooldown_until_ms}")
    return None


def _no(reason: Reason, detail: str) -> Denied:
    return Denied(reason=reason, detail=detail)
