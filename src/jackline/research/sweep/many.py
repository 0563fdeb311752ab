"""Many settings over the same bars. Serial and parallel loops are functions of their own: Numba keeps compiled code by
a function's name, and a loop compiled for one core must never be taken for the other."""

from __future__ import annotations

import numpy as np
from numba import prange

from jackline.research.sweep.arrays import LOG_COLUMNS, Floats, Market, Money, Rows, Setting, Whole
from jackline.research.sweep.bar_rules import Frame
from jackline.research.sweep.loops import run_dense
from jackline.research.sweep.skipping import run_sparse


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
    return run_dense(market, rows, setting_at(settings, 0), frame, money, tallies[0], daily_of(daily, 0), log)


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


def serial_dense(
    market: Market, rows: Rows, settings: Whole, frame: Frame, money: Money, tallies: Floats, daily: Floats
) -> None:
    """Every setting, one after the other."""
    log = np.empty((0, LOG_COLUMNS), np.int64)
    for index in range(len(settings)):
        setting, days = setting_at(settings, index), daily_of(daily, index)
        run_dense(market, rows, setting, frame, money, tallies[index], days, log)


def serial_sparse(
    market: Market, rows: Rows, settings: Whole, frame: Frame, money: Money, tallies: Floats, daily: Floats
) -> None:
    """The same, passing over bars."""
    log = np.empty((0, LOG_COLUMNS), np.int64)
    for index in range(len(settings)):
        setting, days = setting_at(settings, index), daily_of(daily, index)
        run_sparse(market, rows, setting, frame, money, tallies[index], days, log)


def parallel_dense(
    market: Market, rows: Rows, settings: Whole, frame: Frame, money: Money, tallies: Floats, daily: Floats
) -> None:
    """Every setting, on all cores."""
    log = np.empty((0, LOG_COLUMNS), np.int64)
    for index in prange(len(settings)):
        setting, days = setting_at(settings, index), daily_of(daily, index)
        run_dense(market, rows, setting, frame, money, tallies[index], days, log)


def parallel_sparse(
    market: Market, rows: Rows, settings: Whole, frame: Frame, money: Money, tallies: Floats, daily: Floats
) -> None:
    """The same, passing over bars."""
    log = np.empty((0, LOG_COLUMNS), np.int64)
    for index in prange(len(settings)):
        setting, days = setting_at(settings, index), daily_of(daily, index)
        run_sparse(market, rows, setting, frame, money, tallies[index], days, log)
