"""The limits of an account while it runs: tightened at once, loosened only at level normal, never beyond the file.

What is saved may be older than the file: a start takes the tighter of the two, limit by limit.
"""

from __future__ import annotations

from dataclasses import replace

from jackline.core import limits
from jackline.core.effects import AnswerCommand, Level, SaveLimits
from jackline.core.limit_events import LimitsAsked, OutsideTradeTold
from jackline.core.risk_limits import RiskLimits, limits_of, loosened, tightest, with_limits
from jackline.core.state import KillLevel, State
from jackline.core.turn import Turn
from jackline.core.values import ZERO, Quote

RESULT_NOTE = "the day's result comes from the venue's equity and is not changed"


def on_limits_asked(turn: Turn, event: LimitsAsked) -> None:
    """Take the limits, or answer why not; written and answered in one transaction.

    A loosening whose record is lost with the process is tight again at the next start: the careful side.
    """
    before = limits_of(turn.state.risk)
    no = _denial(turn.state, event, before)
    after = before if no else event.after
    if after != before:
        file = turn.state.limits_of_file or before
        turn.state = replace(turn.state, risk=with_limits(turn.state.risk, after), limits_of_file=file)
        looser = ", ".join(loosened(before, after))
        told = f"loosened: {looser}" if looser else "tightened"
        turn.alert(
            Level.WARNING, "K5", f"limits {told} by {event.actor}: {event.reason or 'no reason given'}"
        )
    result = no or ("changed" if after != before else "changed nothing")
    turn.effects.append(
        SaveLimits(
            before=before,
            after=after,
            actor=event.actor,
            reason=event.reason,
            result=result,
            command_id=event.command_id,
            position=event.position,
        )
    )
    limits.judge_streak(turn)


def on_outside_trade(turn: Turn, event: OutsideTradeTold) -> None:
    """Count a loss made elsewhere in the losing streak, and judge it at once (K5).

    A gain ends no streak: whoever could tell one would hide losses with it.
    """
    counted = ""
    if event.pnl_quote < ZERO:
        streak = limits.count_loss(turn)
        if streak is None:
            counted = "refused: no_day: no day has begun: the account has not been read yet"
        else:
            counted = f"counted: losses in a row: {streak}; {RESULT_NOTE}"
    result = counted or f"noted: a gain ends no losing streak; {RESULT_NOTE}"
    turn.effects.append(AnswerCommand(command_id=event.command_id, result=result, position=event.position))


def restored(state: State, saved: RiskLimits) -> State:
    """The state of a start with what was saved: of each limit the tighter one of file and record."""
    file = limits_of(state.risk)
    return replace(state, risk=with_limits(state.risk, tightest(file, saved)), limits_of_file=file)


def _denial(state: State, event: LimitsAsked, now: RiskLimits) -> str:
    """Why these limits are not taken; empty where they are."""
    if event.before != now:
        return "refused: stale: the limits have changed since they were read; read them again"
    wrong = _impossible(event.after)
    if wrong:
        return f"refused: bad_limits: {wrong}"
    beyond = loosened(state.limits_of_file or now, event.after)
    if beyond:
        return f"refused: file: {', '.join(beyond)}: looser than the configuration file; change the file"
    looser = loosened(now, event.after)
    if looser and (state.kill_level is not KillLevel.NORMAL or state.reset_pending):
        return f"refused: tripped: {', '.join(looser)}: no limit is loosened while the kill level is {state.kill_level}"
    if looser and not event.reason.strip():
        return f"refused: no_reason: {', '.join(looser)}: loosening needs a written reason"
    return ""


def _impossible(limits: RiskLimits) -> str:
    """What is no limit at all: a figure that is not finite, or below what it bounds."""
    fractions = {
        "size_cap_fraction": limits.size_cap_fraction,
        "daily_loss_max_fraction": limits.daily_loss_max_fraction,
        "slippage_adverse_max_fraction": limits.slippage_adverse_max_fraction,
        "heat_loss_max_fraction": limits.heat_loss_max_fraction,
        "heat_notional_max_fraction": limits.heat_notional_max_fraction,
    }
    for name, value in fractions.items():
        if not value.is_finite() or value <= ZERO:
            return f"{name}: {value} is no share above 0"
    if not limits.equity_min_quote.is_finite() or limits.equity_min_quote < Quote(ZERO):
        return f"equity_min_quote: {limits.equity_min_quote} is no amount"
    if limits.losing_streak_max is not None and limits.losing_streak_max < 1:
        return f"losing_streak_max: {limits.losing_streak_max} is no number of trades"
    return ""
