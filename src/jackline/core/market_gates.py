"""Gates 1, 3 and 7 to 9: the signal itself, its market, and what is open there."""

from __future__ import annotations

from jackline.core import addition_plan
from jackline.core.asked import Asked, no
from jackline.core.events import Signalled
from jackline.core.machine import Phase
from jackline.core.opportunity import shortcoming
from jackline.core.outcomes import Denied, Reason
from jackline.core.regime_gate import regime_objection
from jackline.core.turn import Turn
from jackline.core.values import ONE, ZERO, Side


def input_denial(asked: Asked) -> Denied | None:
    """Gate 1: a symbol of this venue, and figures that can be figures. Sides are typed: the edge refuses others."""
    signal = asked.signal
    if signal.symbol not in asked.turn.state.instruments:
        return no(Reason.BAD_INPUT, f"{signal.symbol} is not an instrument of this venue")
    sure, price = signal.confidence, signal.price
    if sure is not None and not (sure.is_finite() and ZERO <= sure <= ONE):
        return no(Reason.BAD_INPUT, f"a confidence of {sure}; it is from 0 to 1")
    if price is not None and not (price.is_finite() and price > ZERO):
        return no(Reason.BAD_INPUT, f"a close of {price}; a price is above 0")
    return None


def freshness_denial(asked: Asked) -> Denied | None:
    """Gate 3: the mark, and the bar that was decided on."""
    turn, signal = asked.turn, asked.signal
    market = turn.market(signal.symbol)
    age_ms = turn.now.wire_ms - market.mark_wire_ms
    if market.mark is None or age_ms > turn.state.protection.mark_age_ms_max:
        return no(Reason.STALE_MARK, f"mark of {signal.symbol} is {age_ms} ms old")
    bar_ms, bars = turn.state.bar_ms, turn.state.risk.bar_age_max_bars
    if bar_ms is not None and turn.now.market_ms - signal.market_ms > bars * bar_ms:
        late_ms = turn.now.market_ms - signal.market_ms
        return no(
            Reason.STALE_BAR,
            f"the bar decided on completed {late_ms} ms of market time ago; at most {bars} bars are {bars * bar_ms}",
        )
    return None


def regime_denial(asked: Asked) -> Denied | None:
    """Gate 7: what the slow averages forbid."""
    turn, signal = asked.turn, asked.signal
    objection = regime_objection(
        symbol=signal.symbol,
        side=signal.side,
        confidence=signal.confidence,
        averages=turn.state.averages,
        now_ms=turn.now.market_ms,
        settings=turn.state.risk.regime,
    )
    return None if objection is None else no(Reason.REGIME, objection)


def opportunity_denial(asked: Asked) -> Denied | None:
    """Gate 8: of signals that carry probabilities."""
    said, risk = asked.signal.probabilities, asked.turn.state.risk
    if said is None:
        return None
    lacking = shortcoming(said, asked.signal.side, risk.opportunity, 2 * risk.taker_fraction)
    return None if lacking is None else no(Reason.OPPORTUNITY, lacking)


def symbol_denial(asked: Asked) -> Denied | None:
    """Gate 9: what is open on the symbol, what has just ended there."""
    return _market_gates(asked.turn, asked.signal)


def _market_gates(turn: Turn, event: Signalled) -> Denied | None:
    """One trade a symbol, whichever side it is of: no hedge. Its own side may add to it. Then the sweep, and the
    cool-down."""
    market = turn.market(event.symbol)
    for side in Side:
        trade = turn.trade_of(event.symbol, side)
        if trade is not None and side is event.side and addition_plan.may_grow(turn, trade):
            denied = addition_plan.denial(turn, trade, event)
            if denied is not None:
                return denied
        elif trade is not None:
            busy = Reason.SWEEP_PENDING if trade.phase is Phase.SWEEPING else Reason.SYMBOL_BUSY
            way = "" if side is event.side else f": no {event.side} against it"
            return no(busy, f"trade {trade.trade_id} on {event.symbol} {side} is {trade.phase}{way}")
    if market.leftover_ms is not None:
        return no(Reason.SWEEP_PENDING, f"orders of ours without a trade rest on {event.symbol}")
    if event.symbol in turn.in_flight.values():
        return no(Reason.SYMBOL_BUSY, f"a request on {event.symbol} is in flight")
    # By the moment, not by the bar: one that closed before the trade ended may be decided on after it.
    now_ms = max(turn.now.market_ms, event.market_ms)
    # One that lies further ahead than a cool-down is long belongs to another market that was replayed here before.
    left_ms = market.cooldown_until_ms - now_ms
    if 0 < left_ms <= turn.state.risk.cooldown_ms:
        return no(Reason.COOLDOWN, f"cooling down for another {left_ms / 1_000:g} s")
    return None
