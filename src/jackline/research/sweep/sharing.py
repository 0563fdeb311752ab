"""Settings that share their walks: the trades of `skipping.run_sparse`, once for all settings that have them.

What a stop and a trail make of an entry depends on neither the target nor the hold, and what stop, trail and target
make of it on no hold, no opinion and no cool-down. So settings with the same wishes and trail are taken together: each
of their entries is walked once a stop, or once for all stops that the trail has passed at the entry; each target is
looked for once on the way; and what is left of a setting is when its trades are left, and the booking. Every sum is
added in the order of the setting's own trades, to the last bit the same.

Entries are taken a tile at a time, so that their walks and their bars stay in the processor's cache.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jackline.core import rules
from jackline.research.sweep import bar_rules as kr
from jackline.research.sweep.arrays import (
    BAR_CLOSE,
    BAR_OPEN,
    HOLD_COLUMN,
    OPEN,
    WISH_COLUMN,
    Bars,
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
    begin,
    book,
    book_day,
    column,
    daily_of,
    entered,
    inside,
    is_given_up,
    quantity_of,
    resumed,
    setting_at,
    settled,
    whole,
)
from jackline.research.sweep.skipping import first_event, walk

TILE_ENTRIES = 512
"""Entries whose walks are kept at a time: some 90 KB."""
INDEX_BARS = 16
"""Between two places of the index of entries."""
GIVEN_UP = -1
"""In place of the bar at which a walk ended."""
(
    WALK_STOP,
    WALK_BAR,
    WALK_OPENING,
    WALK_REASON,
    WALK_PRICE,
    WALK_LIVE,
    WALK_BEST,
    WALK_ENTRY,
    WALK_FIXED,
    WALK_TRAILED,
    WALK_TARGET,
    WALK_MET,
) = range(12)
END_CASE, END_BAR, END_OPENING, END_REASON = range(4)


class Entries(NamedTuple):
    """What is wished for, in order.

    Attributes:
        marks: (entries,): twice the bar at whose close it is decided, plus 1 for a short.
        first_from: (bars / INDEX_BARS + 1,): the first entry from bar 0, 16, 32 … on.
    """

    marks: Bars
    first_from: Bars


class Tile(NamedTuple):
    """What is known of the entries of a tile.

    Attributes:
        walks: (TILE_ENTRIES, 12): how stop and trail end it. `WALK_STOP`: of which stop that is known; `WALK_LIVE`,
            `WALK_BEST`: the trade before that bar; `WALK_TRAILED`: where the stop rested behind the open of the entry,
            if the trail alone had brought it there, else 0; `WALK_MET`: no bar before it meets `WALK_TARGET`, in
            signed ticks.
        quantity: (TILE_ENTRIES,): units of base for one of equity.
        ends: (TILE_ENTRIES, 4): how stop, trail and target end it; `END_CASE` counts the stops and targets tried.
        sums: (TILE_ENTRIES, 2): net and growth of that end.
    """

    walks: Whole
    quantity: Floats
    ends: Whole
    sums: Floats


def entries_of(rows: Rows, wish: int, bars: int) -> Entries:
    """Every entry that can be filled: decided before the last bar."""
    count, found = 0, whole(rows.next_wish[wish, 0])
    while found // 2 < bars - 1:
        count += 1
        found = whole(rows.next_wish[wish, found // 2 + 1])
    marks, first_from = np.empty(count, np.int32), np.empty(bars // INDEX_BARS + 1, np.int32)
    filled, found = 0, whole(rows.next_wish[wish, 0])
    for entry in range(count):
        marks[entry] = found
        while filled <= found // 2 // INDEX_BARS:
            first_from[filled] = entry
            filled += 1
        found = whole(rows.next_wish[wish, found // 2 + 1])
    first_from[filled:] = count
    return Entries(marks, first_from)


def entry_from(entries: Entries, after: int, bar: int) -> int:
    """The first entry behind `after` that is decided at `bar` or later."""
    entry = max(after + 1, whole(entries.first_from[bar // INDEX_BARS]))
    while entry < len(entries.marks) and entries.marks[entry] < 2 * bar:
        entry += 1
    return entry


def walked(
    market: Market,
    setting: Setting,
    frame: Frame,
    money: Money,
    tile: Tile,
    place: int,
    mark: int,
    until: int,
) -> None:
    """Follow an entry under its stop and its trail alone."""
    bar, sign = mark // 2 + 1, 1 - 2 * (mark % 2)
    start, trade = entered(market, setting, frame, bar, sign)
    known = tile.walks[place]
    known[WALK_STOP] = setting.stop
    if is_given_up(market, start, trade):
        known[WALK_BAR], known[WALK_TRAILED] = GIVEN_UP, 0
        return
    bare = Trade(sign, trade.entry, trade.fixed, trade.live, trade.best, 0, trade.trailing)
    first = kr.at_price(bare, column(market, bar, BAR_OPEN), frame)
    trails = first.reason == kr.NONE and rules.is_beyond(trade.fixed, first.live, sign)
    if not (trails and known[WALK_TRAILED] == first.live):
        found = walk(market, bare, start.row, bar, until, frame)
        known[WALK_BAR] = found.bar
        known[WALK_OPENING] = 1 if found.opening else 0
        known[WALK_REASON] = found.passage.reason
        known[WALK_PRICE] = found.passage.price
        known[WALK_LIVE] = found.before.live
        known[WALK_BEST] = found.before.best
        known[WALK_TRAILED] = first.live if trails else 0
    if known[WALK_BAR] == bar:
        known[WALK_LIVE], known[WALK_BEST] = trade.live, trade.best
    known[WALK_ENTRY] = trade.entry
    known[WALK_FIXED] = trade.fixed
    tile.quantity[place] = quantity_of(money, start)


def first_met(market: Market, tile: Tile, place: int, mark: int, target: int, end: int) -> int:
    """The first bar that meets a target, in signed ticks; `end` where none does before it."""
    known, begin_bar = tile.walks[place], mark // 2 + 1
    if target >= known[WALK_TARGET]:
        begin_bar = whole(known[WALK_MET])
    met = end
    if begin_bar < end:
        met = first_event(market, mark % 2, begin_bar, end, -FAR_TICKS, target)
        known[WALK_TARGET], known[WALK_MET] = target, met
    return met


def targeted(
    market: Market, setting: Setting, frame: Frame, tile: Tile, place: int, mark: int, until: int
) -> tuple[int, bool, Passage]:
    """How a walk ends with a target on its way: at which bar, whether at its open, and as what."""
    start, sign, row = mark // 2 + 1, 1 - 2 * (mark % 2), mark % 2
    one = tile.walks[place]
    bar, opening = whole(one[WALK_BAR]), one[WALK_OPENING] != 0
    passage = Passage(one[WALK_REASON], one[WALK_PRICE], 0, 0)
    target = kr.target_of(column(market, start - 1, BAR_CLOSE), setting.target, sign)
    if target == 0:
        return bar, opening, passage
    end = min(bar + 1, until)
    met = first_met(market, tile, place, mark, sign * target, end)
    if met >= end:
        return bar, opening, passage
    if met < bar:
        opened, adverse = column(market, met, BAR_OPEN), sign * whole(market.adverse[row, met])
        price = kr.target_met(opened, adverse, sign * whole(market.favour[row, met]), target, sign, frame)
        filled = kr.fill_ticks(price, -sign, frame.slippage)
        return met, rules.is_beyond(opened, target, -sign), Passage(kr.TARGET, filled, 0, 0)
    # Stop and target in one bar: which of them comes first is a question of the path.
    trade = Trade(
        sign, one[WALK_ENTRY], one[WALK_FIXED], one[WALK_LIVE], one[WALK_BEST], target, setting.trailing
    )
    passage = kr.at_price(trade, column(market, bar, BAR_OPEN), frame)
    if passage.reason != kr.NONE:
        return bar, True, passage
    return bar, False, inside(market, kr.after(trade, passage), bar, frame)


def ended(
    market: Market,
    setting: Setting,
    frame: Frame,
    money: Money,
    tile: Tile,
    place: int,
    mark: int,
    hold: int,
) -> None:
    """Fill in how an entry ends, whatever the setting's hold is; `hold` is the longest of all that share it."""
    start = mark // 2 + 1
    until = min(start + hold + 1, len(market.bars))
    if tile.walks[place, WALK_STOP] != setting.stop:
        walked(market, setting, frame, money, tile, place, mark, until)
    if tile.walks[place, WALK_BAR] == GIVEN_UP:
        tile.ends[place, END_BAR] = GIVEN_UP
        return
    bar, opening, passage = targeted(market, setting, frame, tile, place, mark, until)
    tile.ends[place, END_BAR] = bar
    tile.ends[place, END_OPENING] = 1 if opening else 0
    tile.ends[place, END_REASON] = passage.reason
    if passage.reason == kr.NONE:
        return
    entry, quantity = whole(tile.walks[place, WALK_ENTRY]), tile.quantity[place]
    net, growth = settled(market, money, start, entry, 1 - 2 * (mark % 2), quantity, passage, bar, opening)
    tile.sums[place, 0], tile.sums[place, 1] = net, growth


def through_tile(
    market: Market,
    rows: Rows,
    setting: Setting,
    frame: Frame,
    money: Money,
    entries: Entries,
    tile: Tile,
    first: int,
    entry: int,
    case: int,
    hold: int,
    tally: Floats,
    daily: Floats,
) -> int:
    """A setting's trades that begin in the tile from the entry `first` on; the entry behind them."""
    last, end = len(market.bars) - 1, min(first + TILE_ENTRIES, len(entries.marks))
    while entry < end:
        place, mark = entry - first, whole(entries.marks[entry])
        start, row, sign = mark // 2 + 1, mark % 2, 1 - 2 * (mark % 2)
        if tile.ends[place, END_CASE] != case:
            tile.ends[place, END_CASE] = case
            ended(market, setting, frame, money, tile, place, mark, hold)
        bar, opening = tile.ends[place, END_BAR], tile.ends[place, END_OPENING] != 0
        if bar == GIVEN_UP:
            entry = entry_from(entries, entry, min(resumed(setting, start, True), last))
            continue
        ending = whole(rows.next_end[setting.end, row, start]) // 2 + 1
        forced = min(start + setting.hold, ending, last + 1)
        if bar < forced or (bar == forced and opening):
            reason, net, growth = tile.ends[place, END_REASON], tile.sums[place, 0], tile.sums[place, 1]
        elif forced > last:
            tally[OPEN] = 1.0
            return len(entries.marks)
        else:
            bar, opening, reason = forced, True, kr.MODEL_EXIT if ending == forced else kr.MAX_HOLD
            price = kr.fill_ticks(column(market, bar, BAR_OPEN), -sign, frame.slippage)
            passage = Passage(reason, price, 0, 0)
            opened, quantity = whole(tile.walks[place, WALK_ENTRY]), tile.quantity[place]
            net, growth = settled(market, money, start, opened, sign, quantity, passage, bar, opening)
        book(tally, net, growth, reason, bar - start)
        book_day(market, daily, bar, net)
        entry = entry_from(entries, entry, min(resumed(setting, bar, opening), last))
    return entry


def run_together(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    order: Whole,
) -> None:
    """The settings at these places: of the same wishes and trail, sorted by stop and target (`tasks`)."""
    hold = 0
    for index in order:
        hold = max(hold, whole(settings[index, HOLD_COLUMN]))
        begin(tallies[index])
    entries = entries_of(rows, whole(settings[order[0], WISH_COLUMN]), len(market.bars))
    tile = Tile(
        np.empty((TILE_ENTRIES, 12), np.int64),
        np.empty(TILE_ENTRIES),
        np.zeros((TILE_ENTRIES, 4), np.int64),
        np.empty((TILE_ENTRIES, 2)),
    )
    reached = np.zeros(len(order), np.int64)
    case = 0
    for first in range(0, len(entries.marks), TILE_ENTRIES):
        tile.walks[:, WALK_STOP] = -1
        tile.walks[:, WALK_TRAILED] = 0
        tile.walks[:, WALK_TARGET] = FAR_TICKS
        stop, target = -1, -1
        for at in range(len(order)):
            if reached[at] >= first + TILE_ENTRIES:
                continue
            index = order[at]
            setting = setting_at(settings, index)
            if setting.stop != stop or setting.target != target:
                case += 1
                stop, target = setting.stop, setting.target
            days, entry = daily_of(daily, index), whole(reached[at])
            reached[at] = through_tile(
                market,
                rows,
                setting,
                frame,
                money,
                entries,
                tile,
                first,
                entry,
                case,
                hold,
                tallies[index],
                days,
            )
