"""The gate on trial: strategies without an edge, and with an edge of known strength, through the very same gate.

Each strategy is a signal, traded with 324 settings; the one with the best Sharpe ratio of the searched part is handed
in, as whoever searches would hand it in. Half of those without an edge draw their signal, the other half are a rule of
past prices on a market that has no memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from statistics import NormalDist

import numpy as np

from jackline.core.settings import RiskSettings
from jackline.data.candles import Candles
from jackline.research.sweep.market import parts, prepare
from jackline.research.sweep.points import Points, base_of, grid_of
from jackline.research.sweep.signals import Signals, signals_of_sides
from jackline.research.validation.gate import Verdict, judge
from jackline.research.validation.holdout import split
from jackline.research.validation.libraries import library
from jackline.research.validation.markets import (
    BARS_A_DAY,
    drawn_signal,
    generated_market,
    planted_signal,
)
from jackline.research.validation.measures import measure
from jackline.research.validation.planted import leaks_caught
from jackline.research.validation.sharpe import Floats
from jackline.research.validation.study import Tried, material
from jackline.research.validation.trading import Desk

COEFFICIENTS = (0.15, 0.23, 0.31, 0.38)
"""Correlation of the planted signal with the return of the next day."""
DAYS = 269
"""215 to search in, and a fifth of all held back."""
HORIZON_BARS = BARS_A_DAY
PLANTED_SHARE, PLANTED_MIN = 0.2, 25
"""Of the strategies without an edge, so many have one of each strength."""
PROBABILITIES = (0.70, 0.80, 0.90, 0.95)
SIDES = ((1, 1), (1, 0), (0, 1))
STOPS = ("0.01", "0.02", "0.03")
TARGETS = ("0.02", "0.05", "0")
HOLDS_MS = tuple(hours * 3_600_000 for hours in (8, 16, 24))
LOOKBACKS = (4, 12, 48, 96, 288)
NORMAL = NormalDist()
RISK = RiskSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What became of one strategy: `passed` by the name of each check."""

    proven: bool
    passed: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Of `strategies` with an edge of this strength, how many were accepted."""

    information_coefficient: float
    strategies: int
    accept_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What the gate lets through. `noise_passed`: of strategies without an edge, by check, which alone let how many
    through: why none of them is a gate."""

    strategies: int
    seed: int
    noise_accept_fraction: float
    noise_passed: Mapping[str, float]
    planted: tuple[Planted, ...]
    leaks_caught: Mapping[str, bool]


def calibrate(
    strategies: int,
    *,
    seed: int,
    jobs: int = 1,
    candles: Candles | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Calibration:
    """Send so many strategies without an edge through the gate, and a share of them with each planted one.

    `candles`: real ones to trade on instead of generated ones; the signals are then all drawn. `jobs` processes share
    the work; the same seed gives the same figures whatever their number.
    """
    planted = max(PLANTED_MIN, round(strategies * PLANTED_SHARE))
    wanted: list[tuple[int, float | None]] = [(number, None) for number in range(strategies)]
    wanted += [(number, one) for one in COEFFICIENTS for number in range(planted)]
    found: list[Trial] = []
    for trial in _trials(wanted, seed, jobs, candles):
        found.append(trial)
        progress(len(found), len(wanted))
    noise = found[:strategies]
    powers = [found[begin : begin + planted] for begin in range(strategies, len(found), planted)]
    return Calibration(
        strategies=strategies,
        seed=seed,
        noise_accept_fraction=_share([one.proven for one in noise]),
        noise_passed={name: _share([one.passed[name] for one in noise]) for name in noise[0].passed},
        planted=tuple(
            Planted(
                information_coefficient=coefficient,
                strategies=planted,
                accept_fraction=_share([one.proven for one in part]),
            )
            for coefficient, part in zip(COEFFICIENTS, powers, strict=True)
        ),
        leaks_caught=leaks_caught(seed),
    )


def trial(number: int, coefficient: float | None, seed: int, candles: Candles | None = None) -> Trial:
    """One strategy through the gate. The same arguments give the same trial."""
    key = [seed, number, 0 if coefficient is None else round(coefficient * 1_000)]
    draws = np.random.default_rng(key)
    market = candles or generated_market(days=DAYS, seed=int(draws.integers(2**32)))
    if coefficient is not None:
        signal = planted_signal(market, HORIZON_BARS, coefficient, draws)
    elif number % 2 and candles is None:
        signal = _rule_of_the_past(market, draws)
    else:
        signal = drawn_signal(len(market), int(draws.choice(LOOKBACKS)), draws)
    verdict = sent_through(market, signal, seed=int(draws.integers(2**31)))
    return Trial(proven=verdict.proven, passed={one.name: one.passed for one in verdict.checks})


def sent_through(market: Candles, signal: Floats, *, seed: int) -> Verdict:
    """The whole way of a signal: 324 settings, the best of them chosen, measured and judged."""
    desk = Desk(prepared=prepare(market), risk=RISK, parallel=False)
    return judge(measure(material(desk, _tried(signal), split(market), seed=seed), seed=seed))


def _tried(signal: Floats) -> Tried:
    exits = _every_exit()
    families = [
        (_signals(signal, probability, long, short), exits)
        for probability in PROBABILITIES
        for long, short in SIDES
    ]
    axes = (PROBABILITIES, SIDES, STOPS, TARGETS, HOLDS_MS)
    places = np.array(list(product(*(range(len(axis)) for axis in axes))), dtype=np.int64)
    return Tried(families=families, places=places)


def _signals(signal: Floats, probability: float, long: int, short: int) -> Signals:
    """Where the signal is rarer than the probability says, on the sides that are allowed."""
    far = NORMAL.inv_cdf(probability)
    return signals_of_sides("drawn", long * (signal >= far) - short * (signal <= -far))


def _every_exit() -> Points:
    base = base_of(RISK, stop=Decimal(STOPS[0]))
    stops, targets = (tuple(parts(Decimal(one)) for one in axis) for axis in (STOPS, TARGETS))
    return grid_of((("stop", stops), ("target", targets), ("hold", HOLDS_MS)), base)


def _rule_of_the_past(candles: Candles, draws: np.random.Generator) -> Floats:
    """Follow or fade the return of the last bars, measured against what is usual so far."""
    back = int(draws.choice(LOOKBACKS))
    moved = np.zeros(len(candles))
    moved[back:] = np.log(candles.close[back:] / candles.close[:-back])
    usual = np.sqrt(np.cumsum(moved**2) / np.arange(1, len(candles) + 1))
    standing = np.divide(moved, usual, out=np.zeros_like(moved), where=usual > 0)
    return standing * float(draws.choice((-1.0, 1.0)))


def _trials(
    wanted: Sequence[tuple[int, float | None]], seed: int, jobs: int, candles: Candles | None
) -> Iterator[Trial]:
    if jobs == 1:
        return (trial(number, coefficient, seed, candles) for number, coefficient in wanted)
    joblib = library("joblib")
    parallel = joblib.Parallel(n_jobs=jobs, return_as="generator")
    found: Iterator[Trial] = parallel(
        joblib.delayed(trial)(number, coefficient, seed, candles) for number, coefficient in wanted
    )
    return found


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values)
