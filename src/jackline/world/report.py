"""A campaign in figures, in the shape that programs read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypedDict

from jackline.world.campaign import Tally, known_points
from jackline.world.jury import NakedTime


class Points(TypedDict):
    """Awaits that leave the process, and those at which one died."""

    known: int
    hit: int


class Spread(TypedDict):
    """Milliseconds over the trades of one rung; nearest rank."""

    p50: float
    p99: float
    max: float


class BreachRow(TypedDict):
    """The first breach of a code in a seed."""

    seed: int
    code: str
    detail: str


class CauseRow(TypedDict):
    """Trades that stood naked while a process was able to act, by the worst cause.

    `idle_max_ms`: the longest in which nobody flattened either; P1's deadline is held against it.
    """

    trades: int
    max_ms: float
    idle_max_ms: float


class Report(TypedDict):
    """What `--json` writes.

    `counting_seeds`: those with two entries, one crash and 105 simulated seconds. `limits`: share of CPU time by
    room, of a few seeds run again under a profiler.
    """

    seeds: int
    simulated_hours: float
    cpu_seconds: float
    faults: dict[str, int]
    crash_points: Points
    naked_able_ms: dict[str, Spread]
    sometimes: dict[str, int]
    breaches: list[BreachRow]
    trace_digest: str
    counting_seeds: int
    entries: int
    crashes: int
    requests: int
    steps: int
    throughput_simulated_hours_per_cpu_second: float
    naked_raw_ms: dict[str, Spread]
    naked_trades: dict[str, int]
    naked_able_causes: dict[str, dict[str, CauseRow]]
    crash_points_missed: list[str]
    crash_points_by_aim: int
    limits: dict[str, float]
    profile: str
    first_seed: int
    commit: str
    command: str


def report(
    tally: Tally,
    *,
    by_aim: int,
    limits: Mapping[str, float],
    profile: str,
    first_seed: int,
    commit: str,
    command: str,
) -> Report:
    """Put a campaign into figures."""
    known = known_points()
    rungs = _by_rung(tally.naked)
    hours = tally.simulated_s / 3_600
    return Report(
        seeds=tally.seeds,
        simulated_hours=round(hours, 3),
        cpu_seconds=round(tally.cpu_s, 2),
        faults=dict(sorted(tally.faults.items(), key=lambda row: (-row[1], row[0]))),
        crash_points=Points(known=len(known), hit=len(known) - len(tally.missed)),
        naked_able_ms={rung: spread([one.able_ms for one in rows]) for rung, rows in rungs.items()},
        sometimes=dict(sorted(tally.sometimes.items())),
        breaches=[
            BreachRow(seed=found.seed, code=found.breach.code, detail=found.breach.detail)
            for found in tally.breaches
        ],
        trace_digest=tally.trace_digest,
        counting_seeds=tally.counting,
        entries=tally.entries,
        crashes=tally.crashes,
        requests=tally.requests,
        steps=tally.steps,
        throughput_simulated_hours_per_cpu_second=round(hours / tally.cpu_s, 4) if tally.cpu_s else 0.0,
        naked_raw_ms={rung: spread([one.raw_ms for one in rows]) for rung, rows in rungs.items()},
        naked_trades={rung: len(rows) for rung, rows in rungs.items()},
        naked_able_causes={rung: _causes(rows) for rung, rows in rungs.items()},
        crash_points_missed=list(tally.missed),
        crash_points_by_aim=by_aim,
        limits={room: round(share, 3) for room, share in limits.items()},
        profile=profile,
        first_seed=first_seed,
        commit=commit,
        command=command,
    )


def spread(values: Sequence[float]) -> Spread:
    """Nearest-rank percentiles: values that really occurred. Raises ValueError where there is none."""
    ordered = sorted(values)
    return Spread(p50=_rank(ordered, 0.50), p99=_rank(ordered, 0.99), max=round(max(ordered), 3))


def _rank(ordered: Sequence[float], fraction: float) -> float:
    return round(ordered[max(0, math.ceil(len(ordered) * fraction) - 1)], 3)


def _by_rung(naked: Sequence[NakedTime]) -> dict[str, list[NakedTime]]:
    rungs: dict[str, list[NakedTime]] = {}
    for one in naked:
        rungs.setdefault(one.rung, []).append(one)
    return dict(sorted(rungs.items()))


def _causes(rows: Sequence[NakedTime]) -> dict[str, CauseRow]:
    found: dict[str, CauseRow] = {}
    for one in rows:
        if one.able_ms > 0:
            row = found.setdefault(one.cause, CauseRow(trades=0, max_ms=0.0, idle_max_ms=0.0))
            row["trades"] += 1
            row["max_ms"] = max(row["max_ms"], one.able_ms)
            row["idle_max_ms"] = max(row["idle_max_ms"], one.idle_ms)
    return dict(sorted(found.items()))
