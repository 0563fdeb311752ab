"""The smallest experiment that still breaks the same promise: fewer acts, less noise, a shorter time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial

from jackline.world.experiment import Experiment, Noise
from jackline.world.judges.breach import Breach
from jackline.world.loop import Order

TRIES_MAX = 60
"""A run costs about half a second."""
SAFETY_LEAST_S = 5.0
_PLAIN_NETWORK = frozenset({"median_ms", "tail"})

Probe = Callable[[Experiment], Breach | None]
"""Plays an experiment; the breach that is looked for, or None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shrunk:
    """The smallest found, its breach, and how many runs it took. `exhausted`: the tries were over before the ideas."""

    experiment: Experiment
    breach: Breach
    tries: int
    exhausted: bool


class _Spent(Exception):
    """No tries are left."""


class Shrinker:
    """Keeps what still breaks."""

    def __init__(self, experiment: Experiment, breach: Breach, probe: Probe, *, tries_max: int) -> None:
        self._best, self._breach, self._probe = experiment, breach, probe
        self._tries_max = tries_max
        self.tries = 0

    def run(self) -> Shrunk:
        """Acts first, because they explain most; then noise; then time."""
        exhausted = False
        try:
            self._fewer_acts()
            for simpler in _simplifications(self._best):
                self._try(simpler(self._best))
            self._fewer_acts()
            self._shorter()
        except _Spent:
            exhausted = True
        return Shrunk(experiment=self._best, breach=self._breach, tries=self.tries, exhausted=exhausted)

    def _try(self, candidate: Experiment) -> bool:
        if candidate == self._best:
            return False
        if self.tries >= self._tries_max:
            raise _Spent
        self.tries += 1
        breach = self._probe(candidate)
        if breach is None:
            return False
        self._best, self._breach = candidate, breach
        return True

    def _fewer_acts(self) -> None:
        """Remove halves while that works, then quarters, …, then single acts until none can go."""
        self._try(replace(self._best, broken_for_ever=()))
        self._try(replace(self._best, acts=()))
        size = max(1, len(self._best.acts) // 2)
        while True:
            removed = self._sweep(size)
            if size == 1 and not removed:
                return
            size = max(1, size // 2)

    def _sweep(self, size: int) -> bool:
        """Try to remove each block of this size once. Later acts first: they are seldom the cause."""
        removed, start = False, len(self._best.acts) - size
        while start >= 0:
            block = frozenset(range(start, start + size))
            if self._try(self._best.without(block)):
                removed = True
            start -= size
        return removed

    def _shorter(self) -> None:
        """End the hostile time right after the breach, or in half the time; never before the last act."""
        last_s = max((act.at_s for act in self._best.acts), default=0.0)
        for safety_s in (self._breach.at_ms / 1_000 + 1.0, self._best.safety_s / 2, self._best.safety_s / 4):
            if max(last_s, SAFETY_LEAST_S) < safety_s < self._best.safety_s:
                self._try(replace(self._best, safety_s=round(safety_s, 3)))


def shrink(experiment: Experiment, breach: Breach, probe: Probe, *, tries_max: int = TRIES_MAX) -> Shrunk:
    """Shrink within `tries_max` runs. `probe` must find `breach` in `experiment` itself."""
    return Shrinker(experiment, breach, probe, tries_max=tries_max).run()


_Change = Callable[[Experiment], Experiment]


def _simplifications(experiment: Experiment) -> Iterator[_Change]:
    """Everything that is drawn and may not matter, each set to its plainest value. All noise at once goes first."""
    kinds = [
        kind.name
        for kind in fields(Noise)
        if kind.name not in _PLAIN_NETWORK and getattr(experiment.noise, kind.name)
    ]
    if kinds:
        yield lambda best: replace(best, noise=replace(best.noise, **dict.fromkeys(kinds, 0.0)))
        yield from (partial(_without_noise, kind=kind) for kind in kinds)
    yield lambda best: replace(best, clock_offset_ms=0.0, clock_drift_ppm=0.0)
    yield lambda best: replace(best, order=Order.FIFO)
    yield lambda best: replace(best, symbols=best.symbols[:1])
    yield lambda best: replace(best, hedge=False)
    yield lambda best: replace(best, trailing_fraction=None, target_fraction=None)
    yield lambda best: replace(best, trailed=False)
    yield lambda best: replace(best, callback_max_fraction=None)
    yield lambda best: replace(best, staged=False, opinion_rate=0.0, no_progress_ms=None)
    yield lambda best: replace(best, fill_parts=1)
    yield lambda best: replace(best, commit_ms=(0.2, 4.0))
    yield lambda best: replace(
        best, noise=replace(best.noise, median_ms=min(best.noise.median_ms, 8.0), tail=3.0)
    )


def _without_noise(best: Experiment, *, kind: str) -> Experiment:
    return replace(best, noise=replace(best.noise, **{kind: 0.0}))
