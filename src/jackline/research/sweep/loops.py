"""A setting over all bars, bar by bar; `skipping` passes over those that cannot matter.

Both follow `bar_rules`, and give the same trades and the same sums to the last bit (tests/research). Written for
Numba, and understood by Python as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jackline.core import rules
from jackline.research.sweep import bar_rules as kr
from jackline.research.sweep.arrays import (
    BAR_CLOSE,
    BAR_DAY,
    BAR_FUNDING,
    BAR_HIGH,
    BAR_LOW,
    BAR_OPEN,
    DRAWDOWN,
    ENDED,
    EQUITY,
    HELD,
    HELD_TOO_LONG,
    NET,
    NET_SQUARED,
    OPEN,
    PEAK,
    STOPPED,
    TARGETS,
    TRADES,
    WINS,
    WORST,
    Floats,
    Market,
    Money,
    Rows,
    Setting,
    Whole,
)
from jackline.research.sweep.bar_rules import Frame, Passage, Trade

FAR_TICKS = 2_000_000_000
"""Beyond every price in ticks."""


def whole(value: np.integer) -> int:
    """A number of 64 bits: `int` alone keeps the 32 of the array when it is compiled."""
    return 0 + int(value)


def setting_at(settings: Whole, index: int) -> Setting:
    """A row of the table of settings."""
    return Setting(
        settings[index, 0],
        settings[index, 1],
        settings[index, 2],
        settings[index, 3],
        settings[index, 4],
        settings[index, 5],
        settings[index, 6],
    )


def daily_of(daily: Floats, index: int) -> Floats:
    """A setting's days; nothing where no days are kept."""
    return daily[index] if len(daily) > 0 else daily.reshape(-1)


class Start(NamedTuple):
    """A trade as it was entered. `bar`: at whose open; `row`: of its side."""

    bar: int
    row: int
    disaster: int
    worst: int


def column(market: Market, bar: int, which: int) -> int:
    """A price or a number of a bar."""
    return whole(market.bars[bar, which])


def entered(market: Market, setting: Setting, frame: Frame, bar: int, sign: int) -> tuple[Start, Trade]:
    """The entry decided at the close before `bar`, filled at its open."""
    decided = column(market, bar - 1, BAR_CLOSE)
    worst = kr.worst_fill(decided, sign, frame.collar)
    disaster = kr.disaster_stop(worst, setting.stop, sign)
    target = kr.target_of(decided, setting.target, sign)
    entry = kr.fill_ticks(column(market, bar, BAR_OPEN), sign, frame.slippage)
    trade = kr.opened(sign, entry, disaster, target, setting.stop, setting.trailing)
    return Start(bar, 0 if sign > 0 else 1, disaster, worst), trade


def is_given_up(market: Market, start: Start, trade: Trade) -> bool:
    """The open is beyond the limit of the entry, or beyond the stop that went ahead: nothing is filled.

    The engine cools down from it as from a trade.
    """
    missed = (start.worst - trade.entry) * trade.sign < 0
    return missed or rules.is_beyond(column(market, start.bar, BAR_OPEN), start.disaster, trade.sign)


def quantity_of(money: Money, start: Start) -> float:
    """Units of base that one unit of equity buys, by the risk to the stop and by the cap of the notional."""
    loss = rules.loss_per_unit(float(start.worst), float(start.disaster), money.taker, money.stress)
    return min(money.risk / loss, money.cap / start.worst)


def settled(
    market: Market,
    money: Money,
    start: int,
    entered_at: int,
    sign: int,
    quantity: float,
    passage: Passage,
    bar: int,
    opening: bool,
) -> tuple[float, float]:
    """Net of a trade as a fraction of its notional, and what one unit of equity became by it.

    It began at the open of `start`, at the price `entered_at`, and ended within `bar`; `opening`: at its open.
    """
    entry = float(entered_at)
    # What rests fires at the price itself, before the funding of that moment is booked.
    rested = opening and passage.reason <= kr.TARGET
    first, then = market.bars[start, BAR_FUNDING], market.bars[bar - 1 if rested else bar, BAR_FUNDING]
    funding = 0.0 if first == then else market.funding[then] - market.funding[first]
    paid = money.taker * (entry + passage.price) + sign * funding
    net = (sign * (passage.price - entry) - paid) / entry
    return net, 1.0 + quantity * net * entry


def book(tally: Floats, net: float, growth: float, reason: int, held: int) -> None:
    """Add a trade that was held for so many bars to the tally of its setting."""
    tally[TRADES] += 1.0
    tally[NET] += net
    tally[NET_SQUARED] += net * net
    tally[HELD] += held
    tally[WORST] = min(tally[WORST], net)
    if net > 0.0:
        tally[WINS] += 1.0
    if reason == kr.STOP:
        tally[STOPPED] += 1.0
    elif reason == kr.TARGET:
        tally[TARGETS] += 1.0
    elif reason == kr.MAX_HOLD:
        tally[HELD_TOO_LONG] += 1.0
    else:
        tally[ENDED] += 1.0
    equity = tally[EQUITY] * growth
    tally[EQUITY] = equity
    tally[PEAK] = max(tally[PEAK], equity)
    tally[DRAWDOWN] = max(tally[DRAWDOWN], 1.0 - equity / tally[PEAK])


def book_day(market: Market, daily: Floats, bar: int, net: float) -> None:
    """Add it to the day it ended on, where days are kept."""
    if len(daily) > 0:
        daily[market.bars[bar, BAR_DAY]] += net


def note(log: Whole, at: int, start: Start, trade: Trade, passage: Passage, bar: int, opening: bool) -> None:
    """Put the trade on record at this place, where there is room."""
    if at < len(log):
        log[at, 0] = start.bar
        log[at, 1] = bar
        log[at, 2] = trade.sign
        log[at, 3] = trade.entry
        log[at, 4] = passage.price
        log[at, 5] = passage.reason
        log[at, 6] = start.disaster
        log[at, 7] = passage.live
        log[at, 8] = 1 if opening else 0


def begin(tally: Floats) -> None:
    """A tally of nothing."""
    for column in range(len(tally)):
        tally[column] = 0.0
    tally[EQUITY] = 1.0
    tally[PEAK] = 1.0


def closing_at(rows: Rows, setting: Setting, start: Start, bar: int) -> int:
    """Why a trade is closed at this open whatever its price: an opinion at the close before, then the longest hold."""
    if rows.ends[setting.end, start.row, bar - 1] != 0:
        return kr.MODEL_EXIT
    if bar - start.bar >= setting.hold:
        return kr.MAX_HOLD
    return kr.NONE


def at_open(market: Market, trade: Trade, bar: int, closing: int, frame: Frame) -> Passage:
    """The open of a later bar: what rests goes first."""
    price = column(market, bar, BAR_OPEN)
    passage = kr.at_price(trade, price, frame)
    if passage.reason != kr.NONE or closing == kr.NONE:
        return passage
    return Passage(closing, kr.fill_ticks(price, -trade.sign, frame.slippage), trade.live, passage.best)


def inside(market: Market, trade: Trade, bar: int, frame: Frame) -> Passage:
    """The bar behind its open."""
    return kr.through(
        trade,
        column(market, bar, BAR_OPEN),
        column(market, bar, BAR_HIGH),
        column(market, bar, BAR_LOW),
        column(market, bar, BAR_CLOSE),
        frame,
    )


def resumed(setting: Setting, bar: int, at_open: bool) -> int:
    """The first bar at whose close another trade may be decided, after one that ended in this bar.

    A cool-down runs from the moment of the end: within a bar that is behind its open.
    """
    bars = setting.cooldown
    return bar + (max(bars - 1, 0) if at_open else bars)


def quiet_to(market: Market, rows: Rows, setting: Setting, start: Start, trade: Trade, bar: int) -> int:
    """The first bar from here on, or their number, that is not quiet: something rests in its range, a trail sees a
    better price in it, or the trade is closed at its open.

    Every bar is looked at, and on nothing but what a bar must be asked.
    """
    sign = trade.sign
    lower, upper = sign * trade.live, FAR_TICKS
    if trade.target != 0:
        upper = sign * trade.target
    if trade.trailing != 0:
        upper = min(upper, sign * trade.best + 1)
    due = min(start.bar + setting.hold, len(market.bars))
    while (
        bar < due
        and rows.ends[setting.end, start.row, bar - 1] == 0
        and market.adverse[start.row, bar] > lower
        and market.favour[start.row, bar] < upper
    ):
        bar += 1
    return bar


def is_event(market: Market, trade: Trade, row: int, bar: int, frame: Frame) -> bool:
    """Whether anything rests in the bar's range, or its best price moves the stop: then it must be walked."""
    sign, favour = trade.sign, whole(market.favour[row, bar])
    if market.adverse[row, bar] <= sign * trade.live:
        return True
    if trade.target != 0 and favour >= sign * trade.target:
        return True
    wanted = kr.wanted_stop(trade, sign * favour)
    return rules.is_worth_moving(wanted, trade.live, frame.step, sign, kr.ONE)


def run_dense(
    market: Market,
    rows: Rows,
    setting: Setting,
    frame: Frame,
    money: Money,
    tally: Floats,
    daily: Floats,
    log: Whole,
    bar: int,
    until: int,
) -> int:
    """The trades decided from `bar` to before `until`, each to its end: every bar is looked at.

    Returns the bar from which on the next may be decided.
    """
    last = len(market.bars) - 1
    while bar < min(until, last):
        wish = whole(rows.wish[setting.wish, bar])
        bar += 1
        if wish == 0:
            continue
        start, trade = entered(market, setting, frame, bar, wish)
        if is_given_up(market, start, trade):
            bar = resumed(setting, bar, True)
            continue
        opening = True
        passage = kr.at_price(trade, column(market, bar, BAR_OPEN), frame)
        while passage.reason == kr.NONE:
            trade = kr.after(trade, passage)
            if opening:
                opening = False
                passage = inside(market, trade, bar, frame)
                continue
            bar = quiet_to(market, rows, setting, start, trade, bar + 1)
            if bar > last:
                break
            closing = closing_at(rows, setting, start, bar)
            if closing != kr.NONE or is_event(market, trade, start.row, bar, frame):
                opening = True
                passage = at_open(market, trade, bar, closing, frame)
            else:
                seen = trade.sign * whole(market.favour[start.row, bar])
                passage = Passage(kr.NONE, 0, trade.live, seen)
        if passage.reason == kr.NONE:
            tally[OPEN] = 1.0
            return last
        quantity = quantity_of(money, start)
        net, growth = settled(
            market, money, start.bar, trade.entry, trade.sign, quantity, passage, bar, opening
        )
        note(log, int(tally[TRADES]), start, trade, passage, bar, opening)
        book(tally, net, growth, passage.reason, bar - start.bar)
        book_day(market, daily, bar, net)
        bar = resumed(setting, bar, opening)
    return bar
