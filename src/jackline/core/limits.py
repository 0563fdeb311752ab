"""The limits of a day, each judged on the event that can breach it (K5): a mark, a fill, a read of the account for its
loss, the end of a trade for its losing streak."""

from __future__ import annotations

from decimal import Decimal

from jackline.core import switch
from jackline.core.effects import Level, SaveDay
from jackline.core.gate_settings import Rule
from jackline.core.money import NOTHING, Day
from jackline.core.replacing import replace
from jackline.core.state import KillLevel, State
from jackline.core.trade import Trade
from jackline.core.turn import Turn
from jackline.core.values import Price, Quote, Symbol

DAY_MS = 86_400_000
PEAK_STEP_FRACTION = Decimal("0.001")
"""A drawdown is known to a thousandth of the peak."""


def judge(turn: Turn, before: State) -> None:
    """Begin a new day at midnight, UTC market time; raise the switch when the day's loss reaches its limit.

    `before` is the state that the turn began with. A new day begins the counter anew and leaves the switch where it is
    (K4); the event that begins it is judged like any other. A reset within the day does not forgive the day's loss:
    while it stands at the limit, the switch trips again.
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
        day = _begun(turn, before, number, equity)
        _put_day(turn, day)
    peak = _peak(turn, equity)
    if peak != day.peak_quote:
        _put_day(turn, replace(day, peak_quote=peak))
    _trip(turn, daily_loss(turn) or drawdown(turn))


def on_trade_ended(turn: Turn, trade: Trade) -> None:
    """Count losing trades in a row; at the limit the switch is raised.

    A trade whose fills do not come out at nothing is not counted, for its result is not known (A1).
    """
    day = turn.state.money.day
    if day is None or not trade.exit_order_ids or trade.balance != 0:
        return
    streak = day.losing_streak + 1 if trade.result_quote < 0 else 0
    wins = day.winning_streak + 1 if trade.result_quote > 0 else 0
    if turn.state.risk.size_weights is Rule.OFF:
        wins = day.winning_streak  # nobody looks at it: worth no write
    if (streak, wins) != (day.losing_streak, day.winning_streak):
        _put_day(turn, replace(day, losing_streak=streak, winning_streak=wins))
    judge_streak(turn)


def count_loss(turn: Turn) -> int | None:
    """Count a loss that was made elsewhere; the streak with it, judged. None where no day has begun."""
    day = turn.state.money.day
    if day is None:
        return None
    _put_day(turn, replace(day, losing_streak=day.losing_streak + 1, winning_streak=0))
    judge_streak(turn)
    return day.losing_streak + 1


def judge_streak(turn: Turn) -> None:
    """Raise the switch where the losing streak stands at its limit: one that was just tightened too."""
    _trip(turn, losing_streak(turn))


# -- what stands at its limit, with the figures; None where nothing does ---------------------------------------


def daily_loss(turn: Turn) -> str | None:
    """The day's result, realised and not, deposits apart, at or beyond its limit."""
    result, day = day_result(turn), turn.state.money.day
    if result is None or day is None:
        return None
    worst = -turn.state.risk.daily_loss_max_fraction * day.equity_quote
    if result > worst:
        return None
    return f"daily loss {result:.2f} of {day.equity_quote:.2f} quote is at the limit of {worst:.2f}"


def day_result(turn: Turn) -> Quote | None:
    """What the day has earned so far, realised and not, deposits apart; None before equity and day are known."""
    equity, day = equity_now(turn), turn.state.money.day
    if equity is None or day is None:
        return None
    return Quote(equity - day.equity_quote - day.capital_quote)


def drawdown(turn: Turn) -> str | None:
    """How far equity has fallen from its peak, deposits apart: ``1 − equity / peak``."""
    equity, day, most = equity_now(turn), turn.state.money.day, turn.state.risk.drawdown_max_fraction
    if equity is None or day is None or most is None or day.peak_quote is None or day.peak_quote <= 0:
        return None
    fallen = 1 - equity / day.peak_quote
    if fallen < most:
        return None
    return f"equity {equity:.2f} is {fallen:.4f} below its peak of {day.peak_quote:.2f} quote; the limit is {most:f}"


def losing_streak(turn: Turn) -> str | None:
    """Closed trades in a row that lost."""
    day, most = turn.state.money.day, turn.state.risk.losing_streak_max
    if day is None or most is None or day.losing_streak < most:
        return None
    return f"{day.losing_streak} closed trades in a row lost; the limit is {most}"


def _trip(turn: Turn, why: str | None) -> None:
    if why is not None and turn.state.kill_level is KillLevel.NORMAL:
        turn.alert(Level.CRITICAL, "K5", why)
        switch.raise_level(turn, KillLevel.NO_NEW_RISK, actor="limit", reason=why)


def _begun(turn: Turn, before: State, number: int, equity: Quote) -> Day:
    """A new day; the peak goes on.

    It begins with the equity before its first event, for what that brings is of this day; after a start nobody knows
    more than what is read now.
    """
    day, yesterday = turn.state.money.day, before.money.day
    opening, moved = equity_now(Turn(before, turn.now)), NOTHING
    if opening is None or day is None or yesterday is None:
        opening = equity
    else:
        moved = Quote(day.capital_quote - yesterday.capital_quote)
    return Day(number=number, equity_quote=opening, capital_quote=moved, peak_quote=_peak(turn, equity))


def _peak(turn: Turn, equity: Quote) -> Quote | None:
    """The highest equity, in steps that are worth a write: a rising market makes a peak with every mark."""
    if turn.state.risk.drawdown_max_fraction is None:
        return None
    day = turn.state.money.day
    peak = day.peak_quote if day is not None else None
    return equity if peak is None or equity >= peak * (1 + PEAK_STEP_FRACTION) else peak


def on_reset(turn: Turn) -> None:
    """An operator has reset the switch, if it is down: losses in a row and the drawdown are counted anew.

    Else a drawdown would trip again with the next mark, for ever: it has no midnight that forgives it.
    """
    day = turn.state.money.day
    if day is None or turn.state.kill_level is not KillLevel.NORMAL:
        return
    if day.losing_streak or drawdown(turn) is not None:
        peak = None if drawdown(turn) is not None else day.peak_quote
        _put_day(turn, replace(day, losing_streak=0, peak_quote=peak))


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
