"""The bounds of a long run, each with its reason, and what broke them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import linear_regression
from typing import Final

from jackline.cli.soak.samples import Life, Sample
from jackline.core.settings import ProtectionSettings
from jackline.engine.heartbeat import PERIOD_AT_RISK_MS, STALE_AT_RISK_MS
from jackline.venue.aiohttp_net import CONNECTIONS_MAX
from jackline.venue.transport.budget import WEIGHT_MAX

WARM_UP_FRACTION: Final = 0.25
"""Caches fill, histories are read and the allocator takes its share: nothing grows by right after this part."""
SLOPE_SAMPLES_MIN: Final = 8
SLOPE_DAYS_MIN: Final = 1.0
"""A line through fewer points, or over less time, says nothing; the bound is then not judged, and that is said."""
ENTRIES_MIN: Final = 20
"""The store has a size before its first row."""
FILES_SAMPLES_MIN: Final = 2
"""A quarter of the run with fewer has seen no pool at rest."""
PARTS: Final = 8
"""A run that opens nothing in one of so many equal parts measures an engine that stands still."""
GROWTH_MIB: Final = 64.0
"""A service has 512 MiB in the shipped unit and starts with about half."""
RUN_DAYS: Final = 30.0
"""From one restart for an upgrade to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """`measure` gives the figure that must not be above `most`; None where there is too little to tell."""

    name: str
    unit: str
    most: float
    why: str
    measure: Callable[[Sequence[Sample]], float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A bound and what was measured against it."""

    name: str
    unit: str
    most: float
    why: str
    found: float | None

    @property
    def broken(self) -> bool:
        return self.found is not None and self.found > self.most


def warm(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Those after the warm-up."""
    return samples[int(len(samples) * WARM_UP_FRACTION) :]


def _slope(of: Callable[[Sample], Life]) -> Callable[[Sequence[Sample]], float | None]:
    """MiB of resident memory a market day, by least squares over the samples after the warm-up."""

    def measure(samples: Sequence[Sample]) -> float | None:
        late = warm(samples)
        if len(late) < SLOPE_SAMPLES_MIN or late[-1].market_day - late[0].market_day < SLOPE_DAYS_MIN:
            return None
        days = [one.market_day for one in late]
        return linear_regression(days, [of(one).rss_kib / 1_024 for one in late]).slope

    return measure


def _more_files(of: Callable[[Sample], Life]) -> Callable[[Sequence[Sample]], float | None]:
    """The fewest open files in the last quarter, less the fewest in the one after the warm-up.

    Pools of connections fill with every burst and empty when it is over: they leave the fewest where they were, and a
    leak does not.
    """

    def measure(samples: Sequence[Sample]) -> float | None:
        quarter = len(samples) // 4
        if quarter < FILES_SAMPLES_MIN:
            return None
        early, last = samples[quarter : 2 * quarter], samples[-quarter:]
        return float(min(of(one).files for one in last) - min(of(one).files for one in early))

    return measure


def _worst(of: Callable[[Sample], float]) -> Callable[[Sequence[Sample]], float | None]:
    return lambda samples: max(map(of, samples), default=None)


def _tape(samples: Sequence[Sample]) -> float | None:
    return max((one.tape_bytes / (1 << 20) for one in samples), default=None)


def _store_per_entry(samples: Sequence[Sample]) -> float | None:
    """KiB of journal and ledger a position, over the samples after the warm-up."""
    late = warm(samples)
    if not late or late[-1].entries - late[0].entries < ENTRIES_MIN:
        return None
    return (late[-1].store_bytes - late[0].store_bytes) / 1_024 / (late[-1].entries - late[0].entries)


def _idle_parts(samples: Sequence[Sample]) -> float | None:
    """How many of the eighths of the market time opened no position."""
    if not samples or samples[-1].market_day < SLOPE_DAYS_MIN or len(samples) < 2 * PARTS:
        return None
    end = samples[-1].market_day
    opened = [
        max((one.entries for one in samples if one.market_day <= end * part / PARTS), default=0)
        for part in range(PARTS + 1)
    ]
    return float(sum(later == earlier for earlier, later in pairwise(opened)))


def bounds(*, tape_mib_max: int, protection: ProtectionSettings) -> tuple[Bound, ...]:
    """The table."""
    slope, month = GROWTH_MIB / RUN_DAYS, f"{GROWTH_MIB:g} MiB in {RUN_DAYS:g} days"
    lag_ms = STALE_AT_RISK_MS - PERIOD_AT_RISK_MS
    return (
        Bound(name="engine memory", unit="MiB/day", most=slope, why=month, measure=_slope(lambda s: s.engine)),
        Bound(
            name="watchdog memory", unit="MiB/day", most=slope, why=month, measure=_slope(lambda s: s.watchdog)
        ),
        Bound(
            name="engine files", unit="more", most=CONNECTIONS_MAX, why="one pool may be empty early and full late",
            measure=_more_files(lambda s: s.engine),
        ),
        Bound(
            name="watchdog files", unit="more", most=CONNECTIONS_MAX, why="one pool may be empty early and full late",
            measure=_more_files(lambda s: s.watchdog),
        ),
        Bound(
            name="waiting events", unit="events", most=1_000, why="a second of a fast market, not a backlog",
            measure=_worst(lambda s: s.inbox_max),
        ),
        Bound(
            name="loop lag", unit="ms", most=lag_ms, why="silence to the watchdog (L2); without its waiting for a core",
            measure=_worst(lambda s: s.own_lag_ms_max),
        ),
        Bound(
            name="journal lag", unit="ms", most=protection.protect_deadline_ms, why="an intent waits for it",
            measure=_worst(lambda s: s.journal_lag_ms_max),
        ),
        Bound(
            name="store", unit="KiB/entry", most=512, why="some hundred rows a position",
            measure=_store_per_entry,
        ),
        Bound(
            name="tape", unit="MiB", most=tape_mib_max + 1.0, why="account.tape_mib_max, and what is being written",
            measure=_tape,
        ),
        Bound(
            name="request weight", unit="a minute", most=WEIGHT_MAX, why="the venue's limit; a ban beyond",
            measure=_worst(lambda s: s.weight_max),
        ),
        Bound(
            name="refused", unit="requests", most=0, why="whoever is told to stop and asks on is banned (K2)",
            measure=_worst(lambda s: s.refused),
        ),
        Bound(
            name="idle", unit="eighths", most=0, why="an engine that opens nothing proves nothing",
            measure=_idle_parts,
        ),
        Bound(
            name="naked, first stop", unit="ms", most=protection.protect_deadline_ms, why="P1",
            measure=_worst(lambda s: s.naked_first_ms_max),
        ),
        Bound(
            name="naked, later", unit="ms", most=protection.repair_deadline_ms, why="P1",
            measure=_worst(lambda s: s.naked_later_ms_max),
        ),
        Bound(name="liquidated", unit="positions", most=0, why="P7", measure=_worst(lambda s: s.liquidated)),
    )  # fmt: skip


def judge(samples: Sequence[Sample], table: Sequence[Bound]) -> tuple[Finding, ...]:
    """Every bound with its figure."""
    return tuple(
        Finding(name=one.name, unit=one.unit, most=one.most, why=one.why, found=one.measure(samples))
        for one in table
    )
