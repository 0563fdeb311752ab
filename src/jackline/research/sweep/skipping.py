"""A setting over all bars, from one bar that can matter to the next: the trades of `loops.run_dense`, sooner.

A bar cannot matter to an open trade while nothing rests in its range and its best price moves no stop. Blocks of bars
are passed over by their extremes.
"""

from __future__ import annotations

from typing import NamedTuple

from jackline.core import rules
from jackline.research.sweep import bar_rules as kr
from jackline.research.sweep.arrays import (
    BAR_CLOSE,
    BAR_HIGH,
    BAR_LOW,
    BAR_OPEN,
    BLOCK_BARS,
    CHUNK_BARS,
    OPEN,
    TRADES,
    Floats,
    Market,
    Money,
    Rows,
    Setting,
    Whole,
)
from jackline.research.sweep.bar_rules import Frame, Passage, Trade
from jackline.research.sweep.loops import (
    FAR_TICKS,
    at_open,
    begin,
    book,
    book_day,
    closing_at,
    column,
    entered,
    inside,
    is_given_up,
    note,
    quantity_of,
    resumed,
    settled,
    whole,
)


def first_event(market: Market, row: int, begin_bar: int, end_bar: int, lower: int, upper: int) -> int:
    """The first bar in the range that meets the lower or the upper bound, both in signed ticks; else `end_bar`."""
    bar = begin_bar
    while bar < end_bar:
        if bar % CHUNK_BARS == 0 and bar + CHUNK_BARS <= end_bar:
            chunk = bar // CHUNK_BARS
            if market.adverse_chunks[row, chunk] > lower and market.favour_chunks[row, chunk] < upper:
                bar += CHUNK_BARS
                continue
        if bar % BLOCK_BARS == 0 and bar + BLOCK_BARS <= end_bar:
            block = bar // BLOCK_BARS
            if market.adverse_blocks[row, block] > lower and market.favour_blocks[row, block] < upper:
                bar += BLOCK_BARS
                continue
        if market.adverse[row, bar] <= lower or market.favour[row, bar] >= upper:
            return bar
        bar += 1
    return end_bar


def moves_from(trade: Trade, frame: Frame) -> int:
    """The nearest favourable price, in signed ticks, from which the trail is worth moving the stop that rests."""
    sign = trade.sign
    wanted = trade.live * (kr.ONE + sign * frame.step) / (kr.ONE - sign * trade.trailing)
    price = int(wanted)
    while not _moves(trade, price, frame):
        price += sign
    while _moves(trade, price - sign, frame):
        price -= sign
    return sign * price


def _moves(trade: Trade, price: int, frame: Frame) -> bool:
    """Where the trail would stand with this best price is worth a move; the plan without a trail rests already."""
    level = rules.trailing_level(price, trade.trailing, trade.sign, kr.ONE)
    return rules.is_worth_moving(kr.stop_ticks(level, trade.sign), trade.live, frame.step, trade.sign, kr.ONE)


def upper_bound(trade: Trade, frame: Frame) -> int:
    """The nearest favourable price, in signed ticks, that ends the trade or moves its stop."""
    upper = FAR_TICKS
    if trade.target != 0:
        upper = trade.sign * trade.target
    if trade.trailing != 0:
        upper = min(upper, moves_from(trade, frame))
    return upper


def moved_on(market: Market, trade: Trade, row: int, bar: int, upper: int, frame: Frame) -> Passage:
    """A later bar that does nothing but move the trail, at its favourable extreme; `MAX_HOLD` where it must be walked.

    Most bars that matter are of this kind: without a jump, no stop or target in the way, and a close behind the stop's
    new place. `upper` is `upper_bound` of the trade.
    """
    sign, favour = trade.sign, whole(market.favour[row, bar])
    must = Passage(kr.MAX_HOLD, 0, trade.live, trade.best)
    if trade.trailing == 0 or (trade.target != 0 and favour >= sign * trade.target):
        return must
    if market.adverse[row, bar] <= sign * trade.live or sign * column(market, bar, BAR_OPEN) >= upper:
        return must
    high, low = column(market, bar, BAR_HIGH), column(market, bar, BAR_LOW)
    if (high - low) * kr.ONE > low * frame.jump:
        return must
    best = sign * favour
    wanted = kr.wanted_stop(trade, best)
    if rules.is_beyond(column(market, bar, BAR_CLOSE), wanted, sign) or rules.is_beyond(best, wanted, sign):
        return must
    return Passage(kr.NONE, 0, wanted, best)


class Walk(NamedTuple):
    """A trade from its entry on.

    Attributes:
        bar: where it ended, or the bar it was followed to; `opening`: it ended at its open.
        passage: its end; the reason is `NONE` where nothing has ended it.
        before: the trade as it was before that bar.
    """

    bar: int
    opening: bool
    passage: Passage
    before: Trade


def walk(market: Market, trade: Trade, row: int, start: int, until: int, frame: Frame) -> Walk:
    """Follow a trade that was entered at the open of `start` up to, and without, the bar `until`."""
    bar, opening, before = start, True, trade
    passage = kr.at_price(trade, column(market, bar, BAR_OPEN), frame)
    while passage.reason == kr.NONE:
        trade = kr.after(trade, passage)
        lower, upper = trade.sign * trade.live, upper_bound(trade, frame)
        bar = first_event(market, row, bar if opening else bar + 1, until, lower, upper)
        if bar >= until:
            return Walk(until, False, passage, trade)
        if bar > start:
            before = trade
            passage = moved_on(market, trade, row, bar, upper, frame)
            if passage.reason == kr.NONE:
                opening = False
                continue
            opening = True
            passage = kr.at_price(trade, column(market, bar, BAR_OPEN), frame)
            if passage.reason != kr.NONE:
                break
            trade = kr.after(trade, passage)
        opening = False
        passage = inside(market, trade, bar, frame)
    return Walk(bar, opening, passage, before)


def run_sparse(
    market: Market,
    rows: Rows,
    setting: Setting,
    frame: Frame,
    money: Money,
    tally: Floats,
    daily: Floats,
    log: Whole,
) -> int:
    """Bars that cannot matter are passed over. Returns the number of trades."""
    begin(tally)
    last = len(market.bars) - 1
    found = whole(rows.next_wish[setting.wish, 0])
    while found // 2 < last:
        bar, sign = found // 2 + 1, 1 - 2 * (found % 2)
        start, trade = entered(market, setting, frame, bar, sign)
        if is_given_up(market, start, trade):
            found = whole(rows.next_wish[setting.wish, min(resumed(setting, bar, True), last)])
            continue
        ending = whole(rows.next_end[setting.end, start.row, bar]) // 2
        forced = min(bar + setting.hold, ending + 1)
        followed = walk(market, trade, start.row, bar, min(forced, last + 1), frame)
        bar, opening, passage = followed.bar, followed.opening, followed.passage
        if passage.reason == kr.NONE:
            if bar > last:
                tally[OPEN] = 1.0
                break
            opening = True
            passage = at_open(market, followed.before, bar, closing_at(rows, setting, start, bar), frame)
        quantity = quantity_of(money, start)
        net, growth = settled(
            market, money, start.bar, trade.entry, trade.sign, quantity, passage, bar, opening
        )
        note(log, int(tally[TRADES]), start, trade, passage, bar, opening)
        book(tally, net, growth, passage.reason, bar - start.bar)
        book_day(market, daily, bar, net)
        found = whole(rows.next_wish[setting.wish, min(resumed(setting, bar, opening), last)])
    return int(tally[TRADES])
