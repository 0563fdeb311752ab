"""Which bars may be entered at and left at, worked out once for each value that is swept."""

from __future__ import annotations

from jackline.core import opportunity
from jackline.research.sweep.arrays import Bars, Flags, Whole
from jackline.research.sweep.bar_rules import ONE

OFF, EXPECTED_VALUE, THRESHOLDS = range(3)
"""Forms of the opportunity gate (`core.gate_settings.OpportunityForm`)."""


def next_marked(marks: Flags, found: Bars) -> None:
    """For every bar twice the first from it on that is marked, plus 1 where its mark is below 0.

    Twice the number of bars where there is none.
    """
    bars = len(marks)
    found[bars] = 2 * bars
    for back in range(bars):
        bar = bars - 1 - back
        mark = marks[bar]
        if mark == 0:
            found[bar] = found[bar + 1]
        else:
            found[bar] = 2 * bar + (1 if mark < 0 else 0)


def passing(p_long: Whole, p_short: Whole, wanted: Whole, gate: Whole, form: int, sides: Flags) -> None:
    """The side that a strategy driven by a model wishes for at each close, and that the opportunity gate lets pass.

    All in parts of `ONE`: `p_long` and `p_short`, shape (bars,), are −1 for no opinion; `wanted` holds the strategy's
    least probabilities of a long and of a short; `gate` gate 8's least long, least short, gain, loss, least edge and
    costs. `form` is one of `OFF`, `EXPECTED_VALUE`, `THRESHOLDS`. `sides` is filled with +1, −1 or 0; shape (bars,).
    """
    for bar in range(len(sides)):
        long, short = p_long[bar], p_short[bar]
        side = 0
        if long >= wanted[0]:
            side = 1
        elif short >= wanted[1]:
            side = -1
        if side != 0 and form == EXPECTED_VALUE:
            p = long if side > 0 else short
            if opportunity.expected_value(p, gate[2], gate[3], gate[5], ONE) <= 0:
                side = 0
        elif side != 0 and form == THRESHOLDS:
            found = opportunity.threshold_side(long, short, gate[0], gate[1], gate[2], gate[3], gate[4], ONE)
            if found != side:
                side = 0
        sides[bar] = side
