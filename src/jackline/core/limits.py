"""The limits of a day, each judged on the event that can breach it (K5): a mark, a fill, a read of the account for its
loss, the end of a trade for its losing streak."""

from __future__ import annotations

from dataclasses import replace

from jackline.core import switch
from jackline.core.effects import Level, SaveDay
from jackline.core.money import NOTHING, Day
from jackline.core.state import KillLevel
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, Quote, Symbol

DAY_MS = 86_400_000


def judge(turn: Turn) -> None:
    """Begin a new day at midnight, UTC market time; raise the switch when the day's loss reaches its limit.

    A new day begins the counter anew and leaves the switch where it is (K4). A reset within the day does not
    forgive the day's loss: while it stands at the limit, the switch trips again.
    """
    equity = equity_now(turn)
    if equity is None:
        return
    number, day = turn.now.market_ms // DAY_MS, turn.state.money.day
    if not turn.now.market_ms:
        # The market has not spoken since the start: what day it is nobody knows, and the one that was saved goes on.
        if day is None:
            return
        number = day.number
    # A clock may step back over midnight; further back it is another market that is being replayed.
    if day is None or number > day.number or number < day.number - 1:
        _put_day(turn, Day(number=number, equity_quote=equity, capital_quote=NOTHING))
        return
    result = equity - day.equity_quote - day.capital_quote
    worst = -turn.state.risk.daily_loss_max_fraction * day.equity_quote
    if result <= worst and turn.state.kill_level is KillLevel.NORMAL:
        why = f"daily loss {result:.2f} of {day.equity_quote:.2f} quote is at the limit of {worst:.2f}"
        turn.alert(Level.CRITICAL, "K5", why)
        switch.raise_level(turn, KillLevel.NO_NEW_RISK, actor="limit", reason=why)


def on_trade_ended(turn: Turn, trade: Trade) -> None:
    """Count losing trades in a row; at the limit the switch is raised.

    A trade whose fills do not come out at nothing is not counted, for its result is not known (A1).
    """
    day, most = turn.state.money.day, turn.state.risk.losing_streak_max
    if day is None or not trade.exit_order_ids or trade.balance != 0:
        return
    streak = day.losing_streak + 1 if trade.result_quote < 0 else 0
    if streak != day.losing_streak:
        _put_day(turn, replace(day, losing_streak=streak))
    if most is not None and streak >= most and turn.state.kill_level is KillLevel.NORMAL:
        why = f"{streak} closed trades in a row lost; the limit is {most}"
        turn.alert(Level.CRITICAL, "K5", why)
        switch.raise_level(turn, KillLevel.NO_NEW_RISK, actor="limit", reason=why)


def on_reset(turn: Turn) -> None:
    """An operator has reset the switch, if it is down: losses in a row are counted anew."""
    day = turn.state.money.day
    if day is not None and day.losing_streak and turn.state.kill_level is KillLevel.NORMAL:
        _put_day(turn, replace(day, losing_streak=0))


def _put_day(turn: Turn, day: Day) -> None:
    turn.put_money(replace(turn.state.money, day=day))
    turn.effects.append(SaveDay(day=day))


def equity_now(turn: Turn) -> Quote | None:
    """Equity that the ledger explains, moved by the marks since it was read. None before the first read.

    Money that moved and is not accounted for yet is no result: a withdrawal is not a loss.
    """
    balance = turn.state.money.balance
    if balance is None:
        return None
    equity = balance.equity_quote - balance.gap_quote
    for leg in balance.legs:
        mark = turn.market(leg.symbol).mark
        if mark is not None:
            equity = Quote(equity + leg.quantity * (mark - leg.mark) * leg.side.sign)
    return Quote(equity)


def settle_legs(turn: Turn, symbol: Symbol, price: Price) -> None:
    """Something of this symbol was closed at `price`: what it earned is fixed there until the next read.

    Without this, a mark that falls on after a stop has fired would go on counting as our loss.
    """
    balance = turn.state.money.balance
    if balance is None or all(leg.symbol != symbol for leg in balance.legs):
        return
    equity = balance.equity_quote
    for leg in balance.legs:
        if leg.symbol == symbol:
            equity = Quote(equity + leg.quantity * (price - leg.mark) * leg.side.sign)
    kept = tuple(leg for leg in balance.legs if leg.symbol != symbol)
    settled = replace(balance, equity_quote=equity, legs=kept)
    turn.put_money(replace(turn.state.money, balance=settled))
