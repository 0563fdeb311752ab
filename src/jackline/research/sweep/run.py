"""A sweep: many settings over the same bars, on one machine or several, by a grid or by a search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import numpy as np

from jackline.core.settings import RiskSettings
from jackline.research.sweep.arrays import EQUITY, NET, NET_SQUARED, TRADES, Floats
from jackline.research.sweep.market import Prepared
from jackline.research.sweep.points import NAMES, Points
from jackline.research.sweep.runs import Results, run_points
from jackline.research.sweep.signals import Signals

CHUNK_POINTS = 4_096
"""Settings between two words of progress, and of one task of another process."""
TOGETHER = ("target", "stop", "trail", "edge", "gate_short", "gate_long", "short", "long")
"""Names by which settings are sorted into parts, the last first: those of a part then share their walks (`sharing`)."""
TRADES_MIN = 30
"""Below so many a mean says nothing, and a search is told that the setting is worthless."""
WORTHLESS = -1e9


class Measure(StrEnum):
    """What a search looks for, and the results are sorted by."""

    T_VALUE = "t"
    """Mean net result of a trade over its standard error."""
    NET = "net"
    """Mean net result of a trade."""
    EQUITY = "equity"
    """What 1 became."""


class Over(StrEnum):
    """Where settings are computed. The results are the same to the last bit."""

    THREADS = "threads"
    PROCESSES = "processes"
    RAY = "ray"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What every task of a sweep is given."""

    prepared: Prepared
    signals: Signals
    risk: RiskSettings
    daily: bool = False
    sparse: bool = True

    def writable(self) -> Job:
        """The same with arrays of its own. Other processes are lent theirs to read, and Numba would compile the loops
        anew for such."""
        market, signals = self.prepared.market, self.signals
        return replace(
            self,
            prepared=replace(self.prepared, market=market._replace(**_copied(market._asdict()))),
            signals=replace(
                signals, **_copied({one.name: getattr(signals, one.name) for one in fields(signals)})
            ),
        )


def _copied(arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Those that may not be written to, copied."""
    return {
        name: np.array(one)
        for name, one in arrays.items()
        if isinstance(one, np.ndarray) and not one.flags.writeable
    }


Tell = Callable[[int, int], None]
"""Hears how many settings are done, of how many."""


def measured(tallies: Floats, measure: Measure) -> Floats:
    """The measure of each setting, shape (points,); nan with fewer than two trades."""
    count = tallies[:, TRADES]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = tallies[:, NET] / count
        if measure is Measure.NET:
            found = mean
        elif measure is Measure.EQUITY:
            found = np.where(count > 0, tallies[:, EQUITY], np.nan)
        else:
            variance = (tallies[:, NET_SQUARED] - count * mean * mean) / (count - 1)
            found = mean / np.sqrt(np.maximum(variance, 0) / count)
    return np.where((count >= 2) & np.isfinite(found), found, np.nan)


def run_grid(
    job: Job,
    points: Points,
    *,
    over: Over = Over.THREADS,
    workers: int = -1,
    address: str = "",
    tell: Tell | None = None,
) -> Results:
    """Every point. `address` is that of a Ray cluster. Raises ResearchRefused where `over` cannot be had."""
    order = np.lexsort([points.columns[name] for name in TOGETHER])
    sorted_points = points.at(order)
    parts = [sorted_points.part(at, at + CHUNK_POINTS) for at in range(0, len(points), CHUNK_POINTS)]
    done, found = 0, []
    for part in _computed(job, parts, over, workers, address):
        found.append(part)
        done += len(part.points)
        if tell is not None:
            tell(done, len(points))
    return joined(sorted_points, found).at(np.argsort(order))


def joined(points: Points, parts: Sequence[Results]) -> Results:
    """The results of consecutive parts."""
    return Results(
        points=points,
        tallies=np.concatenate([one.tallies for one in parts]),
        daily=np.concatenate([one.daily for one in parts]),
    )


def run_part(job: Job, points: Points, *, parallel: bool) -> Results:
    """One task."""
    return run_points(
        job.prepared, job.signals, points, job.risk, parallel=parallel, daily=job.daily, sparse=job.sparse
    )


def _computed(job: Job, parts: Sequence[Points], over: Over, workers: int, address: str) -> Iterator[Results]:
    match over:
        case Over.THREADS:
            for part in parts:
                yield run_part(job, part, parallel=True)
        case Over.PROCESSES:
            import joblib  # type: ignore[import-untyped]  # noqa: PLC0415 # only who asks for processes waits for it

            tasks = (joblib.delayed(run_elsewhere)(job, part) for part in parts)
            yield from joblib.Parallel(n_jobs=workers, return_as="generator")(tasks)
        case Over.RAY:
            from jackline.research.sweep.cluster import over_cluster  # noqa: PLC0415 # only a fleet has Ray

            yield from over_cluster(run_elsewhere, job, parts, address)


def run_elsewhere(job: Job, points: Points) -> Results:
    """One task of another process: on one core, for what is shared out already is not shared out again."""
    return run_part(job.writable(), points, parallel=False)


def search(
    job: Job,
    axes: Sequence[tuple[str, tuple[int, ...]]],
    base: dict[str, int],
    *,
    trials: int,
    seed: int,
    measure: Measure,
    tell: Tell | None = None,
) -> Results:
    """So many settings chosen one after the other by Optuna's tree-structured Parzen estimator, the same by one seed.

    Every one of them is a trial, as the points of a grid are.
    """
    import optuna  # noqa: PLC0415 # a grid needs no search

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    found: list[Results] = []

    def objective(trial: Any) -> float:
        columns = {name: np.array([base[name]], np.int64) for name in NAMES}
        for name, values in axes:
            columns[name] = np.array([values[trial.suggest_int(name, 0, len(values) - 1)]], np.int64)
        one = run_part(job, Points(columns=columns), parallel=False)
        found.append(one)
        if tell is not None:
            tell(len(found), trials)
        value = float(measured(one.tallies, measure)[0])
        return value if one.tallies[0, TRADES] >= TRADES_MIN and np.isfinite(value) else WORTHLESS

    study.optimize(objective, n_trials=trials)
    points = Points(
        columns={name: np.concatenate([one.points.columns[name] for one in found]) for name in NAMES}
    )
    return joined(points, found)
