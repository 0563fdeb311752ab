"""One run: a hostile time, then everything heals or stays broken, the system must come to rest, and the verdict."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from jackline.world.acts import Act
from jackline.world.crash_points import CrashPoint
from jackline.world.crashing import Crashing
from jackline.world.deeds.means import Means
from jackline.world.errors import Deadlock, Livelock
from jackline.world.experiment import Experiment
from jackline.world.hands import Hands
from jackline.world.judges.breach import Breach
from jackline.world.jury import Jury, NakedTime
from jackline.world.logs import captured
from jackline.world.operator import Operator
from jackline.world.stage import Stage
from jackline.world.trace import LAST_EVENTS, Noted
from jackline.world.watching import Arrival
from jackline.world.wires import is_entry, is_taken

ENTRIES_MIN, CRASHES_MIN = 2, 1
STRETCH_S = 15.0
STRETCHES_MAX = 12
"""A world in which two entries do not come within three more minutes is reported as such, not as a success."""
BACKUP_S = 15.0
"""When the copy is made that an act may put back."""
FLAT_S = 19.0
"""What the last closing and its sweep may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of one experiment.

    Attributes:
        counts: at least two entries were executed, where any are meant to be, and one process was killed.
        naked: one entry per trade, by rung.
        digest: hash of everything that happened.
        last: the last events, oldest first.
    """

    experiment: Experiment
    breaches: tuple[Breach, ...]
    simulated_s: float
    steps: int
    choices: int
    requests: int
    entries: int
    crashes: int
    faults: Counter[str]
    sometimes: Counter[str]
    hit: frozenset[CrashPoint]
    naked: tuple[NakedTime, ...]
    digest: str
    last: tuple[Noted, ...]

    @property
    def counts(self) -> bool:
        """Whether the run is one of those that are asked for."""
        entered = self.entries >= ENTRIES_MIN or self.experiment.guards
        return entered and self.crashes >= CRASHES_MIN


def simulate(
    experiment: Experiment,
    *,
    keep: int = LAST_EVENTS,
    aims: Iterable[CrashPoint] = (),
    on_stage: Callable[[Stage], None] = lambda _: None,
) -> Verdict:
    """Run one world to its end. The same experiment gives the same verdict, digest included.

    `aims`: awaits at which the first process that stands there is killed, beside what the experiment does.
    `on_stage`: is shown the world before it is set in motion.
    """
    stage = Stage(experiment, keep=keep)
    on_stage(stage)
    run = _Run(stage, aims)
    error = ""
    # A collection in the middle would run clean-up code of processes that are dead.
    gc.disable()
    try:
        with captured(stage.trace, stage.loop, keep=keep > LAST_EVENTS):
            stage.loop.run_until_complete(run.play())
    except (Deadlock, Livelock) as stuck:
        error = f"{type(stuck).__name__}: {stuck}"
    finally:
        run.close()
        troubles = list(stage.loop.troubles)
        stage.close()
        gc.enable()
    if troubles:
        raise troubles[0]
    return run.verdict(error)


class _Run:
    """The course of one run."""

    def __init__(self, stage: Stage, aims: Iterable[CrashPoint]) -> None:
        self._stage = stage
        self._entries = 0
        self._crashing = Crashing(
            processes=stage.processes, network=stage.network, trace=stage.trace, aims=set(aims)
        )
        self._crashing.watch()
        self._operator = Operator(stage)
        self._hands = Hands(Means(stage=stage, crashing=self._crashing, operator=self._operator))
        self._jury = Jury(stage)
        self._crashing.before_damage = self._jury.read_journals
        stage.processes.before_mend = self._jury.read_journals
        stage.watchers.append(self._jury.panel)
        stage.on_arrival = self._on_arrival

    async def play(self) -> None:
        """Safety, liveness, the end."""
        stage, experiment = self._stage, self._stage.experiment
        stage.begin()
        for act in experiment.acts:
            stage.network.later(act.at_s, partial(self._hands.do, act))
        stage.network.later(BACKUP_S, self._crashing.take_backup)
        await asyncio.sleep(experiment.safety_s)
        await self._until_enough()
        self._heal(experiment.broken_for_ever)
        await asyncio.sleep(experiment.calm_s)
        self._operator.flatten()
        await asyncio.sleep(FLAT_S)
        self._jury.finish(calm_ms=(experiment.calm_s + FLAT_S) * 1_000, healed=not experiment.broken_for_ever)

    async def _until_enough(self) -> None:
        for _ in range(STRETCHES_MAX):
            entered = self._entries >= ENTRIES_MIN or self._stage.experiment.guards
            if entered and self._crashing.crashes >= CRASHES_MIN:
                return
            if self._crashing.crashes < CRASHES_MIN:
                self._stage.processes.kill("engine", down_s=1.0)
            self._operator.close_all()  # an adopted position is held for ever, and nothing is opened beside it
            await asyncio.sleep(STRETCH_S)

    def _heal(self, broken_for_ever: tuple[Act, ...]) -> None:
        stage = self._stage
        self._hands.end()
        stage.heal()
        for act in broken_for_ever:
            self._hands.do(act)
        self._operator.reset()
        self._operator.account_for()
        stage.trace.note(stage.now_ms(), "world", "healed")

    def close(self) -> None:
        """Let go of the disk."""
        self._jury.close()

    def _on_arrival(self, arrival: Arrival) -> None:
        self._crashing.on_arrival(arrival)
        if is_entry(arrival.departure):
            self._entries += is_taken(arrival)

    def verdict(self, error: str) -> Verdict:
        stage = self._stage
        breaches = list(self._jury.panel.breaches)
        at_ms = stage.now_ms()
        breaches += [Breach(code="L2", at_ms=at_ms, detail=bug) for bug in stage.processes.bugs]
        if stage.experiment.guards and self._entries:
            breaches.append(
                Breach(code="P2", at_ms=at_ms, detail=f"a guard has entered {self._entries} times")
            )
        if error:
            breaches.append(Breach(code="L1", at_ms=at_ms, detail=error))
        return Verdict(
            experiment=stage.experiment,
            breaches=tuple(breaches),
            simulated_s=stage.loop.time(),
            steps=stage.loop.steps,
            choices=stage.loop.choices,
            requests=stage.network.requests,
            entries=self._entries,
            crashes=self._crashing.crashes,
            faults=stage.trace.faults,
            sometimes=stage.trace.sometimes,
            hit=frozenset(self._crashing.hit),
            naked=self._jury.naked(),
            digest=stage.trace.digest(),
            last=tuple(stage.trace.last),
        )
