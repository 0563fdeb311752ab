"""The exits of a trade in their order: the first that holds wins. Pure, and each of them closes by one path (K2).

Kill switch, operator and limits do not stand here: they ask `closing.want` for every trade at once, whatever this
table says. The stop at the venue stands under all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from jackline.core import closing, rules, trailing
from jackline.core.events import ExitSignalled
from jackline.core.instrument import Instrument
from jackline.core.machine import Phase
from jackline.core.replacing import replace
from jackline.core.settings import NOTHING_MORE, AdoptSettings
from jackline.core.trade import ExitReason, SlotState, Trade
from jackline.core.turn import Turn
from jackline.core.values import ONE, ZERO, Fraction, MarketMs, Price, Side, tightest

MAY_CLOSE = frozenset({Phase.EXPOSED, Phase.PROTECTED})
"""Where an opinion can close: before, nothing is evidenced, and after, a close is under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the exits of one trade are judged by.

    Attributes:
        mark: None while it is unknown, as after a restart: what needs none is judged all the same.
        unrested_price: where the trail stands and no stop rests yet; None where one does.
        opinion: the strategy's confidence at this bar's close that the trade should end; None is no opinion (M2).
    """

    market_ms: MarketMs
    mark: Price | None = None
    unrested_price: Price | None = None
    opinion: Fraction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Why to close, with the number behind it where there is one."""

    reason: ExitReason
    parameter: Decimal | None = None


def due(trade: Trade, facts: Facts) -> Exit | None:
    """The first exit of the table that holds, or None."""
    for holds in TABLE:
        found = holds(trade, facts)
        if found is not None:
            return found
    return None


# -- the table -----------------------------------------------------------------------------------------------


def _model_exit(trade: Trade, facts: Facts) -> Exit | None:
    """The strategy is sure enough that it is over."""
    if trade.entry is None or facts.opinion is None:
        return None
    exits = trade.entry.exits
    least = exits.model_exit_long_fraction if trade.side is Side.LONG else exits.model_exit_short_fraction
    return Exit(reason=ExitReason.MODEL_EXIT, parameter=facts.opinion) if facts.opinion >= least else None


def _take_profit(trade: Trade, facts: Facts) -> Exit | None:
    """The target rests at the venue. Where the venue refused it, its price is kept by closing; and where it has taken
    the size that it was sent with, and a further entry is still open."""
    target = None if trade.entry is None else trade.entry.target_price
    spent = {SlotState.REFUSED, SlotState.GONE} if trade.additions else {SlotState.REFUSED}
    refused = trade.target is not None and trade.target.state in spent
    if target is None or not refused or facts.mark is None:
        return None
    reached = rules.is_beyond(facts.mark, target, -trade.side.sign)
    return Exit(reason=ExitReason.TARGET) if reached else None


def _trail_reached(trade: Trade, facts: Facts) -> Exit | None:
    """Mark fell back to the trail before a stop could be moved there: the limit is reached, so close (P4)."""
    level, mark = facts.unrested_price, facts.mark
    if level is None or mark is None or not rules.is_beyond(mark, level, trade.side.sign):
        return None
    return Exit(reason=ExitReason.STOP_REACHED)


def _max_hold(trade: Trade, facts: Facts) -> Exit | None:
    """Longest hold, exact from the fill."""
    entry, opened_ms = trade.entry, trade.opened_market_ms
    if entry is None or opened_ms is None or facts.market_ms - opened_ms < entry.hold_max_ms:
        return None
    return Exit(reason=ExitReason.MAX_HOLD)


def _no_progress(trade: Trade, facts: Facts) -> Exit | None:
    """The best mark has not made a step for too long."""
    longest_ms = None if trade.entry is None else trade.entry.exits.no_progress_ms
    since_ms = trade.progress_market_ms or trade.opened_market_ms
    if longest_ms is None or since_ms is None or facts.market_ms - since_ms < longest_ms:
        return None
    return Exit(reason=ExitReason.NO_PROGRESS)


TABLE: tuple[Callable[[Trade, Facts], Exit | None], ...] = (
    _model_exit,
    _take_profit,
    _trail_reached,
    _max_hold,
    _no_progress,
)


# -- where the trail stands ----------------------------------------------------------------------------------


def stop_price(trade: Trade, instrument: Instrument, adopting: AdoptSettings = NOTHING_MORE) -> Price:
    """Where the tightest stop should be: the plan from the average fill, the plans of what was added, trail, stages,
    never under the floor (P4).

    An adopted position keeps the stop it was given, and trails only where `adopting` says so. What the venue trails at
    the moment is not trailed here too.
    """
    entry, side, wanted = trade.entry, trade.side, trade.ratchet_price
    levels: list[Decimal] = []
    if entry is not None and trade.entry_price is not None:
        levels.append(rules.stop_level(trade.entry_price, trade.stop.distance_fraction, side.sign))
    levels += [one.entry.stop.disaster_price for one in trade.additions if one.slot.filled > ZERO]
    fraction = adopting.trailing_fraction if entry is None else entry.trailing_fraction
    if fraction is not None and trade.best_price is not None and not trailing.leads(trade):
        levels.append(rules.trailing_level(trade.best_price, fraction, side.sign))
    stages = None if entry is None else entry.exits.stages
    if entry is not None and stages and trade.entry_price is not None and trade.best_price is not None:
        levels += rules.staged_levels(
            trade.entry_price,
            trade.best_price,
            costs_fraction=entry.costs_fraction,
            break_even=stages.break_even_gain_fraction,
            lock=(stages.lock_gain_fraction, stages.lock_fraction),
            peak=(stages.peak_gain_fraction, stages.peak_distance_fraction),
            sign=side.sign,
        )
    if not levels:
        return wanted
    level = max(levels) if side is Side.LONG else min(levels)
    return tightest(side, instrument.stop_price(level, side), wanted)


def unrested_price(
    trade: Trade, instrument: Instrument, step_fraction: Fraction, adopting: AdoptSettings = NOTHING_MORE
) -> Price | None:
    """`stop_price` where it is tighter than every stop that rests, or fires, by a step worth a request; else None.

    One that is gone may be firing just now: two looks decide, and then no slot of the trade holds it any more.
    """
    wanted = stop_price(trade, instrument, adopting)
    live = trade.stop.disaster_price
    for slot in trade.stops:
        if slot.state is not SlotState.REFUSED:
            live = tightest(trade.side, slot.trigger_price, live)
    return wanted if rules.is_worth_moving(wanted, live, step_fraction, trade.side.sign) else None


# -- in a turn -----------------------------------------------------------------------------------------------


def drive(turn: Turn, trade: Trade) -> Trade:
    """Close a protected trade when one of its exits holds. What needs no mark waits for none."""
    return _close_if_due(turn, trade, opinion=None)


def on_exit_signalled(turn: Turn, event: ExitSignalled) -> None:
    """A strategy's opinion on its open trades. Stale, out of range or of before the fill is none (M2)."""
    sure = event.confidence
    if not sure.is_finite() or not ZERO <= sure <= ONE or turn.now.market_ms - event.market_ms > event.bar_ms:
        return
    for trade in list(turn.trades.values()):
        here = trade.symbol == event.symbol and trade.side is event.side and trade.phase in MAY_CLOSE
        if here and event.market_ms > (trade.opened_market_ms or 0):
            _close_if_due(turn, trade, opinion=sure)


def with_best(trade: Trade, mark: Price, market_ms: MarketMs) -> Trade:
    """The trade after a mark that may be its best, and may be a step of progress. The same trade where it is not."""
    if trade.best_price is None or (mark - trade.best_price) * trade.side.sign <= 0:
        return trade
    trade = replace(trade, best_price=mark)
    exits = None if trade.entry is None else trade.entry.exits
    last = trade.progress_price or trade.entry_price
    if exits is None or exits.no_progress_ms is None or last is None:
        return trade
    if (mark - last) * trade.side.sign < last * exits.progress_step_fraction:
        return trade
    return replace(trade, progress_price=mark, progress_market_ms=market_ms)


def _close_if_due(turn: Turn, trade: Trade, *, opinion: Fraction | None) -> Trade:
    instrument = turn.state.instruments.get(trade.symbol)
    step, adopting = turn.state.protection.ratchet_step_fraction, turn.state.adopting
    facts = Facts(
        market_ms=turn.now.market_ms,
        mark=turn.market(trade.symbol).mark,
        unrested_price=None if instrument is None else unrested_price(trade, instrument, step, adopting),
        opinion=opinion,
    )
    found = due(trade, facts)
    if found is None:
        return trade
    return closing.want(turn, replace(trade, exit_parameter=found.parameter), found.reason)
