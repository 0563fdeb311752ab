"""Markets as models learn them: candles with their features and labels, one or several on one clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from jackline.core.values import Side
from jackline.data.candles import Candles
from jackline.models.features import COLUMNS, WINDOW_BARS, Floats, features
from jackline.models.labels import Barriers, Costs, Labels, triple_barrier
from jackline.models.training import TrainingRefused

FIRST = WINDOW_BARS - 1
"""The first bar that has a row of features."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Market:
    """Candles with their features, from bar `FIRST` on, and the labels of both sides.

    `first_bar`: the number of its first bar on the clock of all markets.
    """

    candles: Candles
    costs: Costs
    rows: Floats
    labels: Mapping[Side, Labels]
    first_bar: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Markets:
    """Markets of one interval and one environment. Bar 0 of their clock is the first bar of whichever begins first."""

    each: tuple[Market, ...]

    @property
    def interval_ms(self) -> int:
        """Of a bar, in all of them."""
        return self.each[0].candles.interval_ms

    @property
    def origin_ms(self) -> int:
        """UTC ms at which bar 0 opens."""
        return min(int(one.candles.open_ms[0]) for one in self.each)

    @property
    def symbols(self) -> tuple[str, ...]:
        """In the order of the markets."""
        return tuple(one.candles.symbol for one in self.each)

    @property
    def bars(self) -> int:
        """Of all markets together."""
        return sum(len(one.candles) for one in self.each)

    def close_ms(self, bar: int) -> int:
        """UTC ms at which a bar of the clock closes."""
        return self.origin_ms + (int(bar) + 1) * self.interval_ms


def markets_of(every: Sequence[Candles], barriers: Barriers, costs: Costs) -> Markets:
    """Features and labels of candles, each of one market without a gap.

    Raises:
        TrainingRefused: none, one market twice, markets that do not share interval, environment or the grid of their
            times, or fewer bars than one row and its label need.
    """
    _check(every)
    origin_ms = min(int(one.open_ms[0]) for one in every)
    return Markets(
        each=tuple(
            _market(one, barriers, costs, first_bar=(int(one.open_ms[0]) - origin_ms) // one.interval_ms)
            for one in every
        )
    )


def _check(every: Sequence[Candles]) -> None:
    if not every:
        raise TrainingRefused("markets", "no candles are given", "one set of candles for each market")
    names = [one.symbol for one in every]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        what = f"{', '.join(twice)} is given twice: its bars would teach each other"
        raise TrainingRefused("markets", what, "one set of candles for each market")
    for name, values, fix in (
        ("interval", {one.interval_ms for one in every}, "bars of one length"),
        ("environment", {one.environment for one in every}, "prices of one environment (D3)"),
        (
            "grid",
            {int(one.open_ms[0]) % one.interval_ms for one in every},
            "bars that open at the same times",
        ),
    ):
        if len(values) > 1:
            said = ", ".join(sorted(map(str, values)))
            raise TrainingRefused("markets", f"the markets have more than one {name}: {said}", fix)


def _market(candles: Candles, barriers: Barriers, costs: Costs, *, first_bar: int) -> Market:
    least = WINDOW_BARS + barriers.hold_bars + 1
    if len(candles) < least:
        what = f"{len(candles)} bars; features look {WINDOW_BARS} back, a label {barriers.hold_bars} ahead"
        raise TrainingRefused("rows", what, f"at least {least} bars, thousands to learn anything")
    labels = {side: triple_barrier(candles, side, barriers, costs) for side in Side}
    rows = features(candles.table)
    if not np.isfinite(rows).all():
        strange = ", ".join(COLUMNS[place] for place in np.flatnonzero(~np.isfinite(rows).all(axis=0)))
        what = f"{strange}: not a number (D13)"
        raise TrainingRefused("features", what, "look at prices and volumes of the data")
    return Market(candles=candles, costs=costs, rows=rows, labels=labels, first_bar=first_bar)
