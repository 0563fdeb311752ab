"""Many seeds: what each of them gave, folded in their order, so that any number of workers gives one result."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from jackline.world.crash_points import inventory, leaves_process
from jackline.world.experiment import Experiment
from jackline.world.judges.breach import Breach
from jackline.world.judges.sometimes import Sometimes
from jackline.world.jury import NakedTime
from jackline.world.simulation import Verdict, simulate

LEAST_S = 105.0
"""A run shorter than this is not counted: faults need time to meet."""
EVENTS_KEPT = 1
"""A campaign only judges; whoever wants to see a breach runs its seed again."""
WORLD_TROUBLE = "WORLD"
"""The code of a run that the simulator itself did not survive: no promise broken, and nothing proven either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one seed gave, small enough to travel between processes.

    Attributes:
        cpu_s: of the worker, while it ran this seed.
        counts: two entries, one crash and 105 simulated seconds.
        hit: keys of the crash points a process died at.
    """

    seed: int
    digest: str
    simulated_s: float
    cpu_s: float
    steps: int
    requests: int
    entries: int
    crashes: int
    counts: bool
    faults: Mapping[str, int]
    sometimes: Mapping[str, int]
    hit: frozenset[str]
    naked: tuple[NakedTime, ...]
    breaches: tuple[Breach, ...]


def run(experiment: Experiment) -> Verdict:
    """The verdict of one experiment, without its events."""
    return simulate(experiment, keep=EVENTS_KEPT)


def run_of(verdict: Verdict, *, cpu_s: float) -> Run:
    """A verdict without what only its reader needs."""
    return Run(
        seed=verdict.experiment.seed,
        digest=verdict.digest,
        simulated_s=verdict.simulated_s,
        cpu_s=cpu_s,
        steps=verdict.steps,
        requests=verdict.requests,
        entries=verdict.entries,
        crashes=verdict.crashes,
        counts=verdict.counts and verdict.simulated_s >= LEAST_S,
        faults=dict(verdict.faults),
        sometimes=dict(verdict.sometimes),
        hit=frozenset(point.key for point in verdict.hit if leaves_process(point)),
        naked=verdict.naked,
        breaches=verdict.breaches,
    )


def failed_run(seed: int, detail: str, *, cpu_s: float) -> Run:
    """A seed that broke the simulator instead of a promise."""
    return Run(
        seed=seed,
        digest="",
        simulated_s=0.0,
        cpu_s=cpu_s,
        steps=0,
        requests=0,
        entries=0,
        crashes=0,
        counts=False,
        faults={},
        sometimes={},
        hit=frozenset(),
        naked=(),
        breaches=(Breach(code=WORLD_TROUBLE, at_ms=0.0, detail=detail),),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A breach and the seed that shows it. `aimed`: it needs the kills of an aimed world too."""

    seed: int
    breach: Breach
    aimed: bool = False


@dataclass(slots=True, kw_only=True)
class Tally:
    """Everything so far. Fold runs in the order of their seeds: the digest is of that order."""

    seeds: int = 0
    counting: int = 0
    simulated_s: float = 0.0
    cpu_s: float = 0.0
    steps: int = 0
    requests: int = 0
    entries: int = 0
    crashes: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    sometimes: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(Sometimes, 0)))
    hit: set[str] = field(default_factory=set)
    naked: list[NakedTime] = field(default_factory=list)
    breaches: list[Found] = field(default_factory=list)
    _digest: hashlib.blake2b = field(default_factory=lambda: hashlib.blake2b(digest_size=16))

    def fold(self, one: Run) -> None:
        """Add a seed."""
        self.seeds += 1
        self.counting += one.counts
        self.simulated_s += one.simulated_s
        self.cpu_s += one.cpu_s
        self.steps += one.steps
        self.requests += one.requests
        self.entries += one.entries
        self.crashes += one.crashes
        self.faults.update(one.faults)
        self.sometimes.update(one.sometimes)
        self.hit.update(one.hit)
        self.naked.extend(one.naked)
        self._digest.update(f"{one.seed}:{one.digest}\n".encode())
        told: set[str] = set()
        for breach in one.breaches:
            if breach.code not in told:  # a broken rule repeats itself, and the first time tells
                told.add(breach.code)
                self.breaches.append(Found(seed=one.seed, breach=breach))

    def aim(self, verdict: Verdict) -> None:
        """Add the crash points of an aimed world, and what broke in it. It is none of the seeds."""
        self.hit.update(run_of(verdict, cpu_s=0.0).hit)
        seed = verdict.experiment.seed
        self.breaches += [Found(seed=seed, breach=breach, aimed=True) for breach in verdict.breaches[:1]]

    @property
    def trace_digest(self) -> str:
        """Hash over the digests of all seeds."""
        return self._digest.hexdigest()

    @property
    def missed(self) -> tuple[str, ...]:
        """Known crash points at which no process died."""
        return tuple(key for key in known_points() if key not in self.hit)


def known_points() -> tuple[str, ...]:
    """Keys of every await of engine and venue that leaves the process."""
    return tuple(point.key for point in inventory() if leaves_process(point))
