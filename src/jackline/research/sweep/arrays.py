"""What the kernel reads: bars in ticks, and for each swept rule one row over all bars, as plain arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bars = NDArray[np.int32]
Flags = NDArray[np.int8]
Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

BLOCK_BARS = 16
"""Bars of a block: one look at its extremes passes over all of them."""
CHUNK_BARS = 256
"""Bars of a block of blocks."""
LONG, SHORT = 0, 1
"""Rows of what differs by side."""
BAR_OPEN, BAR_HIGH, BAR_LOW, BAR_CLOSE, BAR_FUNDING, BAR_DAY = range(6)
"""Columns of a bar: four prices in ticks, how many times of funding lie up to its open, the number of its day."""
BAR_COLUMNS = 8
"""Two are spare: a bar fills half a line of the processor's cache."""


class Market(NamedTuple):
    """Unbroken bars in ticks, oldest first.

    Attributes:
        bars: (bars, 8): columns `BAR_OPEN` … `BAR_DAY`: what is asked of a bar lies side by side in memory.
        adverse, favour: (2, bars), row `LONG` or `SHORT`: the extreme that hurts and the other one, negated for a
            short, so that one comparison serves both sides: a stop is met where ``adverse ≤ sign · stop``.
        adverse_blocks, favour_blocks, adverse_chunks, favour_chunks: (2, …): the worst and the best of `BLOCK_BARS` and
            of `CHUNK_BARS` bars.
        funding: (times + 1,): what a long has paid up to each time of funding, ticks per unit of base.
    """

    bars: Bars
    adverse: Bars
    favour: Bars
    adverse_blocks: Bars
    favour_blocks: Bars
    adverse_chunks: Bars
    favour_chunks: Bars
    funding: Floats


class Rows(NamedTuple):
    """Rules that depend on nothing but the bar: worked out once, a row for each value that is swept.

    Attributes:
        wish: (rows, bars): the side wished for at this close; 0 none.
        next_wish: (rows, bars + 1): twice the first bar from here on with a wish, plus 1 for a short.
        ends: (rows, 2, bars): 1 where an opinion at this close ends a trade of that side.
        next_end: (rows, 2, bars + 1): twice the first such bar from here on.
    """

    wish: Flags
    next_wish: Bars
    ends: Flags
    next_end: Bars


class Money(NamedTuple):
    """Costs and size, as plain fractions.

    Attributes:
        stress: stressed slippage of the stop, part of the risk budget.
        risk: of equity, lost at the stop.
        cap: of equity, the largest notional.
    """

    taker: float
    stress: float
    risk: float
    cap: float


class Setting(NamedTuple):
    """One point of a sweep.

    Attributes:
        stop, target, trailing: distances in parts of `bar_rules.ONE`; 0 for none.
        wish, end: rows of `Rows`.
        hold: bars after which a trade is closed.
        cooldown: bars after the end of a trade in which nothing is decided.
    """

    stop: int
    target: int
    trailing: int
    wish: int
    end: int
    hold: int
    cooldown: int


SETTING_COLUMNS = len(Setting._fields)
STOP_COLUMN, TARGET_COLUMN, TRAIL_COLUMN, WISH_COLUMN, END_COLUMN, HOLD_COLUMN, COOLDOWN_COLUMN = range(
    SETTING_COLUMNS
)


class Log(NamedTuple):
    """Columns of a trade on record. Prices are ticks; `stop` is the one that rested at the end;
    `opening` is 1 where it ended at a bar's open."""

    entry_bar: int
    exit_bar: int
    sign: int
    entry: int
    exit: int
    reason: int
    disaster: int
    stop: int
    opening: int


LOG_COLUMNS = len(Log._fields)

(
    TRADES,
    WINS,
    NET,
    NET_SQUARED,
    WORST,
    STOPPED,
    TARGETS,
    HELD_TOO_LONG,
    ENDED,
    HELD,
    EQUITY,
    PEAK,
    DRAWDOWN,
    OPEN,
) = range(14)
"""Columns of a tally. `NET` sums what trades earned as fractions of their notional, costs paid; `HELD` sums bars;
`EQUITY` is what 1 became, sized as the engine sizes by risk; `OPEN` is 1 where a trade was open at the end, which is
counted nowhere else."""
TALLY_COLUMNS = 14
