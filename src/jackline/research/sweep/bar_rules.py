"""What happens to a trade within one bar, as scalar functions of whole numbers: the semantics of the sweep kernel.

Prices are ticks, fractions are parts of `ONE`, sides are +1 and −1: all arithmetic is exact, interpreted or compiled,
and rounds as the engine's decimals do. Levels, distances and comparisons are the functions of `core.rules`.

A bar is walked open → the extreme that hurts → the other extreme → close. A leg is continuous, so that a stop within
it is filled at its trigger, unless it is longer than `Frame.jump` of the price it starts from: then it is four equal
steps, and a stop is filled at the first step beyond it.
"""

from __future__ import annotations

from typing import NamedTuple

from jackline.core import rules

ONE = 100_000_000
"""What fractions are parts of: 0.01 is 1,000,000."""
STEPS_PER_JUMP = 4

NONE, STOP, TARGET, MAX_HOLD, MODEL_EXIT = range(5)
"""Why a trade ended. `STOP` is any stop of ours: as planned, moved closer, or a trail that was reached."""


class Frame(NamedTuple):
    """What is the same for every setting of a sweep. Shares of price, in parts of `ONE`.

    Attributes:
        collar: how far beyond the close decided on an entry may fill.
        slippage: by how much each fill at the market is worse.
        step: the least improvement that moves a stop.
        jump: a longer leg is a jump.
    """

    collar: int
    slippage: int
    step: int
    jump: int


class Trade(NamedTuple):
    """An open trade, in ticks.

    Attributes:
        fixed: where the stop is wanted without a trail.
        live: the stop that rests.
        best: most favourable price seen at a turn of the path.
        target: 0 for none.
        trailing: distance of the trail in parts of `ONE`; 0 for none.
    """

    sign: int
    entry: int
    fixed: int
    live: int
    best: int
    target: int
    trailing: int


class Passage(NamedTuple):
    """A trade after a stretch of the path. `price`: of its end, in ticks; `reason` is `NONE` while it is open."""

    reason: int
    price: int
    live: int
    best: int


# -- rounding ------------------------------------------------------------------------------------------------


def up(amount: int, unit: int) -> int:
    """The quotient, rounded up."""
    return -(-amount // unit)


def nearest(amount: int, unit: int) -> int:
    """The quotient, rounded to the nearest, ties to the even one: as the local exchange rounds a fill."""
    low = amount // unit
    twice = 2 * (amount - low * unit)
    if twice > unit or (twice == unit and low % 2 == 1):
        return low + 1
    return low


def stop_ticks(level: int, sign: int) -> int:
    """A stop or target level on the tick: up for a long, down for a short (`Instrument.stop_price`)."""
    return up(level, ONE) if sign > 0 else level // ONE


def collar_ticks(level: int, sign: int) -> int:
    """An entry's worst price on the tick: down for a long, up for a short (`Instrument.collar_price`)."""
    return level // ONE if sign > 0 else up(level, ONE)


def fill_ticks(price: int, order_sign: int, slippage: int) -> int:
    """What an order at the market gets: `order_sign` +1 buys, −1 sells."""
    return nearest(rules.target_level(price, slippage, order_sign, ONE), ONE)


# -- the life of a trade -------------------------------------------------------------------------------------


def worst_fill(close: int, sign: int, collar: int) -> int:
    """The limit of an entry decided at this close."""
    return collar_ticks(rules.worst_fill_level(close, collar, sign, ONE), sign)


def disaster_stop(worst: int, stop: int, sign: int) -> int:
    """Where the stop rests that travels with the entry: planned from the worst fill."""
    return stop_ticks(rules.stop_level(worst, stop, sign, ONE), sign)


def target_of(close: int, target: int, sign: int) -> int:
    """Where profit is taken, from the close decided on; 0 for none."""
    if target == 0:
        return 0
    return stop_ticks(rules.target_level(close, target, sign, ONE), sign)


def wanted_stop(trade: Trade, best: int) -> int:
    """The tighter of plan and trail."""
    if trade.trailing == 0:
        return trade.fixed
    level = stop_ticks(rules.trailing_level(best, trade.trailing, trade.sign, ONE), trade.sign)
    return rules.better_price(trade.fixed, level, trade.sign)


def opened(sign: int, entry: int, disaster: int, target: int, stop: int, trailing: int) -> Trade:
    """A trade that was filled at `entry`, under its disaster stop alone."""
    planned = stop_ticks(rules.stop_level(entry, stop, sign, ONE), sign)
    fixed = rules.better_price(disaster, planned, sign)
    return Trade(sign, entry, fixed, disaster, entry, target, trailing)


def at_price(trade: Trade, price: int, frame: Frame) -> Passage:
    """At a price of the path: what rests fires first, then a stop that is worth it moves closer.

    One that would move to where price already is ends the trade now.
    """
    sign = trade.sign
    if rules.is_beyond(price, trade.live, sign):
        return Passage(STOP, fill_ticks(price, -sign, frame.slippage), trade.live, trade.best)
    if trade.target != 0 and rules.is_beyond(price, trade.target, -sign):
        return Passage(TARGET, fill_ticks(price, -sign, frame.slippage), trade.live, trade.best)
    best = rules.better_price(trade.best, price, sign)
    wanted = wanted_stop(trade, best)
    if not rules.is_worth_moving(wanted, trade.live, frame.step, sign, ONE):
        return Passage(NONE, 0, trade.live, best)
    if rules.is_beyond(price, wanted, sign):
        return Passage(STOP, fill_ticks(price, -sign, frame.slippage), trade.live, best)
    return Passage(NONE, 0, wanted, best)


def after(trade: Trade, passage: Passage) -> Trade:
    """The trade as a stretch of the path left it."""
    return Trade(
        trade.sign, trade.entry, trade.fixed, passage.live, passage.best, trade.target, trade.trailing
    )


def along(trade: Trade, begin: int, end: int, frame: Frame) -> Passage:
    """From one price to the next, without the first."""
    if abs(end - begin) * ONE > begin * frame.jump:
        passage = Passage(NONE, 0, trade.live, trade.best)
        for step in range(1, STEPS_PER_JUMP + 1):
            price = nearest(begin * STEPS_PER_JUMP + (end - begin) * step, STEPS_PER_JUMP)
            passage = at_price(trade, price, frame)
            if passage.reason != NONE:
                return passage
            trade = after(trade, passage)
        return passage
    # What rests on the way is met at its own price; nothing else can end the leg before its end.
    if rules.is_beyond(end, trade.live, trade.sign):
        return at_price(trade, trade.live, frame)
    if trade.target != 0 and rules.is_beyond(end, trade.target, -trade.sign):
        return at_price(trade, trade.target, frame)
    return at_price(trade, end, frame)


def through(trade: Trade, open_: int, high: int, low: int, close: int, frame: Frame) -> Passage:
    """From behind the open of a bar to its close."""
    first = low if trade.sign > 0 else high
    second = high if trade.sign > 0 else low
    passage = along(trade, open_, first, frame)
    if passage.reason != NONE:
        return passage
    trade = after(trade, passage)
    passage = along(trade, first, second, frame)
    if passage.reason != NONE:
        return passage
    return along(after(trade, passage), second, close, frame)


def target_met(open_: int, adverse: int, favour: int, target: int, sign: int, frame: Frame) -> int:
    """The price of the path at which a target within a bar is met, where no stop ends the trade before.

    The open, where it is beyond the target already; else on the leg from the extreme that hurts to the other one.
    """
    if rules.is_beyond(open_, target, -sign):
        return open_
    if abs(favour - adverse) * ONE > adverse * frame.jump:
        for step in range(1, STEPS_PER_JUMP + 1):
            price = nearest(adverse * STEPS_PER_JUMP + (favour - adverse) * step, STEPS_PER_JUMP)
            if rules.is_beyond(price, target, -sign):
                return price
    return target
