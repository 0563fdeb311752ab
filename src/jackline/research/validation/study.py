"""From signals and settings to the material of the gate: every setting is traded by the sweep kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from jackline.data.candles import Candles
from jackline.research.sweep.points import Points
from jackline.research.sweep.signals import Signals, signals_of_sides
from jackline.research.validation.findings import Finding
from jackline.research.validation.holdout import Split
from jackline.research.validation.measures import Material
from jackline.research.validation.sharpe import Floats, sharpe
from jackline.research.validation.trades import DAY_MS, Bars, Trades, day_of, day_returns
from jackline.research.validation.trading import Desk

RANDOM_RUNS = 100
POSITION_DAYS_MAX = 10
"""A rule that may hold for longer hardly ever does; folds of weeks bear no longer purge."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """Everything that was tried, family by family.

    Attributes:
        families: signals, and the settings that each was traded with.
        places: of every setting in that order, the number of its value on each axis. Shape (settings, axes).
        chosen: the one to be judged; None for the one with the best Sharpe ratio of the searched part, as whoever
            searches chooses.
        others: results by day of what else was tried on these bars, shape (days, settings): counted with the rest, and
            never chosen.
    """

    families: Sequence[tuple[Signals, Points]]
    places: Bars
    chosen: int | None = None
    others: Floats | None = None


def material(
    desk: Desk,
    tried: Tried,
    cut: Split,
    *,
    seed: int,
    looks: int = 1,
    more_trials: int = 0,
    findings: tuple[Finding, ...] = (),
) -> Material:
    """Trade every setting, and what the gate asks of the one that is judged.

    A trade belongs to the searched part where it ended before the holdout began, and to the holdout where it began in
    it; one over the border belongs to neither.
    """
    days = day_of(desk.candles)
    returns = np.concatenate([desk.daily(signals, points) for signals, points in tried.families], axis=1)
    searched = returns[: cut.holdout_day]
    chosen = int(sharpe(searched).argmax()) if tried.chosen is None else tried.chosen
    signals, point = setting_of(tried, chosen)
    every = desk.trades(signals, point)
    trades = every.where(days[every.exit_bar] < cut.holdout_day)
    later = every.where(every.entry_bar >= cut.holdout_bar)
    if tried.others is not None:
        searched = np.concatenate((searched, tried.others[: cut.holdout_day]), axis=1)
    return Material(
        returns=searched,
        places=tried.places,
        chosen=chosen,
        trades=trades,
        holdout_trades=later,
        holdout_returns=day_returns(later, days)[cut.holdout_day :],
        looks=looks,
        more_trials=more_trials,
        random_means=random_means(desk, signals, trades, point, before=cut.holdout_bar, seed=seed),
        position_days=_position_days(tried),
        findings=findings,
    )


def random_means(
    desk: Desk, signals: Signals, trades: Trades, point: Points, *, before: int, seed: int
) -> Floats:
    """Mean result of as many entries by chance, as often long as those of `trades`, with the same exits: also those of
    a model, where `signals` have any.

    Shape (runs,); one number a run, `before` the holdout.
    """
    if not len(trades):
        return np.zeros(RANDOM_RUNS)
    draws = np.random.default_rng(seed)
    busy = int((trades.exit_bar - trades.entry_bar + 1).sum())
    often = len(trades) / max(len(trades), before - busy)
    long_share = float((trades.side > 0).mean())
    found = np.empty(RANDOM_RUNS)
    for run in range(RANDOM_RUNS):
        sides = np.zeros(len(desk.candles), dtype=np.int8)
        entries = np.flatnonzero(draws.random(before) < often)
        sides[entries] = np.where(draws.random(len(entries)) < long_share, 1, -1)
        chance = replace(
            signals_of_sides("chance", sides), end_long=signals.end_long, end_short=signals.end_short
        )
        results = desk.trades(chance, point).net_fraction
        found[run] = results.mean() if len(results) else 0.0
    return found


def buy_and_hold(candles: Candles, cut: Split) -> float:
    """What a position without leverage or exits earned a day in the searched part, as a fraction of its notional."""
    last = cut.holdout_bar - 1
    return float(np.log(candles.close[last] / candles.open[0])) / cut.holdout_day


def setting_of(tried: Tried, number: int) -> tuple[Signals, Points]:
    """The signals of a setting, and the setting alone. Raises IndexError for one that was not tried."""
    for signals, points in tried.families:
        if number < len(points):
            return signals, points.part(number, number + 1)
        number -= len(points)
    raise IndexError(f"setting {number} beyond the last one")


def _position_days(tried: Tried) -> int:
    longest = max(int(points.columns["hold"].max()) for _, points in tried.families)
    return min(ceil(longest / DAY_MS), POSITION_DAYS_MAX)
