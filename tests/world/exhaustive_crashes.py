"""A crash at every scheduling step of a small world, from the wish until the trade is flat and swept.

A survey without a crash lists the steps. A death between two steps after which nothing outside the process has changed
leads to the same world, hash for hash: such neighbours are run once and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from jackline.world.process import Process
from jackline.world.supervisor import ENGINE, WATCHDOG
from tests.world.exhaustive_tally import Tally
from tests.world.exhaustive_world import WISH_S, Ended, Script, SmallWorld, engine_steps

DOWN_S = 1.0
CLEAN_UP_S = 0.5
"""How long cancelled tasks may take to clean up before the process is gone."""
Footprint = tuple[object, ...]


class Death(StrEnum):
    """What happens to the engine."""

    KILL = "kill"
    """SIGKILL: never stepped again."""
    CANCEL = "cancel"
    """Every task is cancelled; clean-up code runs with network and disk still there, then it is gone."""
    POWER = "power cut"
    """Every process of the host is gone, and all that was not synced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crashes:
    """Which sweep: the script, and how the engine dies."""

    script: Script
    death: Death


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The steps at which the engine may die, in groups whose deaths lead to one world."""

    groups: tuple[tuple[int, ...], ...]


def survey(crashes: Crashes) -> Survey:
    """Run the script without a crash and group its steps."""
    world = SmallWorld(crashes.script)
    groups: list[list[int]] = []
    before: Footprint = ()

    def note(step: int) -> None:
        nonlocal before
        if world.stage.loop.time() < WISH_S:
            return
        now = footprint(world, step)
        # Clean-up code sees the memory of the process, which every step may change.
        if groups and now == before and crashes.death is not Death.CANCEL:
            groups[-1].append(step)
        else:
            groups.append([step])
        before = now

    engine_steps(world, note)
    ended = world.run()
    if ended.findings:
        raise AssertionError(f"{crashes.script}: {ended.findings}")
    return Survey(groups=tuple(map(tuple, groups)))


def footprint(world: SmallWorld, step: int) -> Footprint:
    """Everything a death now would leave behind: time, what others did, what was sent, what stands on the disk."""
    stage = world.stage
    directory = stage.disk.directory
    return (
        stage.loop.time(),
        stage.loop.steps - step,
        stage.network.requests,
        tuple((name, inode.number, inode.version) for name, inode in directory.names.items()),
        tuple((name, inode.number) for name, inode in directory.durable.items()),
    )


def crash(crashes: Crashes, step: int, *, keep: int = 1) -> Ended:
    """One world in which the engine dies after this step of its first life."""
    world = SmallWorld(crashes.script, keep=keep)

    def strike(at: int) -> None:
        if at == step:
            _die(world, crashes.death)

    engine_steps(world, strike)
    return world.run()


def sweep(crashes: Crashes, *, stride: int = 1) -> Tally:
    """A crash at every step; with a stride, at the last step of every so many groups."""
    tally = Tally()
    for group in survey(crashes).groups[::stride]:
        tally.take(f"{crashes.death} at step {group[-1]}", crash(crashes, group[-1]), points=len(group))
    return tally


def _die(world: SmallWorld, death: Death) -> None:
    processes = world.stage.processes
    engine: Process = processes.living[ENGINE]
    match death:
        case Death.KILL:
            processes.kill(ENGINE, down_s=DOWN_S)
        case Death.CANCEL:
            engine.cancel()
            world.stage.network.later(
                CLEAN_UP_S, lambda: processes.kill_process(engine, down_s=DOWN_S - CLEAN_UP_S)
            )
        case Death.POWER:
            processes.kill(ENGINE, down_s=DOWN_S)
            processes.kill(WATCHDOG, down_s=DOWN_S)
            processes.disk.power_cut()
