"""The market: gaps, wicks, strays, empty books, cascades, and what the venue does to positions in them."""

from __future__ import annotations

from decimal import Decimal

from jackline.world.acts import Act
from jackline.world.deeds.means import DONE, NOTHING_THERE, Means, Result, Undo, exact

TICKS_PER_S = 2


def jump(means: Means, act: Act) -> Result:
    """Up to 3 % at once, either way."""
    means.prices(act).jump((act.size - 0.5) * 0.06)
    return DONE


def through_stop(means: Means, act: Act) -> Result:
    """A gap from here to beyond a stop."""
    algo = means.a_stop(act)
    if algo is None:
        return NOTHING_THERE
    beyond = 1 + algo.side.sign * exact(0.002 + 0.05 * act.size)
    means.stage.markets[algo.symbol].jump_to(algo.trigger_price * beyond)
    return DONE


def touch_stop(means: Means, act: Act) -> Result:
    """Exactly the trigger, and not a tick more."""
    algo = means.a_stop(act)
    if algo is None:
        return NOTHING_THERE
    means.stage.markets[algo.symbol].jump_to(algo.trigger_price)
    return DONE


def through_target(means: Means, act: Act) -> Result:
    """A gap in favour, and back through the stop a moment later."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    sign = 1 if position.amount > 0 else -1
    prices = means.stage.markets[position.symbol]
    prices.jump(sign * (0.013 + 0.03 * act.size))
    if act.pick < 0.5:
        means.stage.network.later(0.3, lambda: prices.jump(-sign * 0.08))
    return DONE


def mark_apart(means: Means, act: Act) -> Result:
    """Mark leaves the last price by up to 3 %."""
    means.prices(act).stray((act.pick - 0.5) * 0.06 * act.size, 1 + int(act.lasts_s * TICKS_PER_S))
    return DONE


def spread(means: Means, act: Act) -> Result:
    """The spread blows out."""
    venue, symbol = means.stage.venue, means.symbol(act)
    venue.set_spread(symbol, exact(0.001 + 0.02 * act.size, 5))
    return lambda: venue.set_spread(symbol, None)


def empty_book(means: Means, act: Act) -> Result:
    """Nobody on the other side."""
    return _depth(means, act, Decimal(0))


def thin_book(means: Means, act: Act) -> Result:
    """Almost nobody."""
    return _depth(means, act, Decimal("0.002"))


def cascade(means: Means, act: Act) -> Result:
    """Everything falls by up to a quarter within seconds, into a thin book."""
    undo = _depth(means, act, Decimal("0.05"))
    for prices in means.stage.markets.values():
        prices.glide(-(0.03 + 0.22 * act.size), max(1, int(act.lasts_s * TICKS_PER_S / 2)))
    return undo


def adl(means: Means, act: Act) -> Result:
    """The venue takes the position, or half of it."""
    position = means.a_position(act)
    if position is None:
        return NOTHING_THERE
    part = Decimal(1) if act.size > 0.5 else Decimal("0.5")
    means.stage.venue.adl(means.stage.account, position.symbol, position.side, part)
    means.deliver()
    return DONE


def funding(means: Means, act: Act) -> Result:
    """Funding is paid right now."""
    means.stage.venue.fund(means.symbol(act), Decimal("0.0001") if act.pick < 0.5 else Decimal("-0.003"))
    means.deliver()
    return DONE


def _depth(means: Means, act: Act, depth: Decimal) -> Undo:
    depths, symbol = means.stage.venue.whims.market_depth, means.symbol(act)
    depths[symbol] = depth

    def undo() -> None:
        depths.pop(symbol, None)

    return undo
