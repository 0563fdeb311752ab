"""Many settings over the same bars. Serial and parallel loops are functions of their own: Numba keeps compiled code by
a function's name, and a loop compiled for one core must never be taken for the other."""

from __future__ import annotations

import numpy as np
from numba import prange

from jackline.research.sweep.arrays import LOG_COLUMNS, TRADES, Floats, Market, Money, Rows, Whole
from jackline.research.sweep.bar_rules import Frame
from jackline.research.sweep.loops import begin, daily_of, run_dense, setting_at, whole
from jackline.research.sweep.sharing import run_together
from jackline.research.sweep.skipping import run_sparse

TILE_BARS = 4_096
"""Bars that all settings of a task are taken through before the next: some 200 KB."""


def one_dense(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    log: Whole,
) -> int:
    """The first setting alone, its trades put on record."""
    tally, last = tallies[0], len(market.bars) - 1
    begin(tally)
    run_dense(market, rows, setting_at(settings, 0), frame, money, tally, daily_of(daily, 0), log, 0, last)
    return int(tally[TRADES])


def one_sparse(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    log: Whole,
) -> int:
    """The same, passing over bars."""
    return run_sparse(
        market, rows, setting_at(settings, 0), frame, money, tallies[0], daily_of(daily, 0), log
    )


def task_dense(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    part: Whole,
) -> None:
    """The settings of these places, bar by bar; all of them through some bars, while these are in the cache."""
    log = np.empty((0, LOG_COLUMNS), np.int64)
    reached = np.zeros(len(part), np.int64)
    for index in part:
        begin(tallies[index])
    for end in range(TILE_BARS, len(market.bars) + TILE_BARS, TILE_BARS):
        for at in range(len(part)):
            index = part[at]
            setting, days = setting_at(settings, index), daily_of(daily, index)
            reached[at] = run_dense(
                market, rows, setting, frame, money, tallies[index], days, log, whole(reached[at]), end
            )


def serial_dense(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    order: Whole,
    tasks: Whole,
) -> None:
    """Every setting bar by bar. `tasks`: shape (tasks, 2), from where to where in `order`."""
    for task in range(len(tasks)):
        part = order[tasks[task, 0] : tasks[task, 1]]
        task_dense(market, rows, settings, frame, money, tallies, daily, part)


def serial_sparse(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    order: Whole,
    tasks: Whole,
) -> None:
    """The same, passing over bars; a task's settings share their walks."""
    for task in range(len(tasks)):
        part = order[tasks[task, 0] : tasks[task, 1]]
        run_together(market, rows, settings, frame, money, tallies, daily, part)


def parallel_dense(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    order: Whole,
    tasks: Whole,
) -> None:
    """Every setting bar by bar, on all cores."""
    for task in prange(len(tasks)):
        part = order[tasks[task, 0] : tasks[task, 1]]
        task_dense(market, rows, settings, frame, money, tallies, daily, part)


def parallel_sparse(
    market: Market,
    rows: Rows,
    settings: Whole,
    frame: Frame,
    money: Money,
    tallies: Floats,
    daily: Floats,
    order: Whole,
    tasks: Whole,
) -> None:
    """The same, passing over bars."""
    for task in prange(len(tasks)):
        part = order[tasks[task, 0] : tasks[task, 1]]
        run_together(market, rows, settings, frame, money, tallies, daily, part)
