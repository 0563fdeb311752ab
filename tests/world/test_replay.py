"""A simulated engine's tape, replayed: faults, crashes, power cuts and all (D4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jackline.engine.decisions import Agreement, Decisions
from jackline.engine.replay import Replay, Report
from jackline.store.boot import ENGINE_FILE
from jackline.store.disk import Disk
from jackline.store.reader import StoreReader
from jackline.store.tape import TAPE_DIRECTORY, segments
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import simulate
from jackline.world.stage import Stage
from jackline.world.supervisor import STATE_DIR

BYTES_MAX = 64 * 1_024 * 1_024
WORLDS = [
    *(("swarm", seed) for seed in range(1, 9)),
    ("hands", 1),
    ("hands", 2),
    ("disk", 1),
    ("bingx", 1),
    ("trailing", 1),
]


class _Nobody:
    """Reads the disk of a world that is over."""

    def check(self) -> None:
        """It cannot be killed any more."""

    def at_death(self, wish: Callable[[], None]) -> None:
        """It has no death."""


def taped(profile: str, seed: int, *, bytes_max: int = BYTES_MAX) -> tuple[dict[str, bytes], Disk]:
    """Run a world whose engines keep a tape; the segments that are left of it, and its disk."""
    stages: list[Stage] = []

    def keep_tape(stage: Stage) -> None:
        stages.append(stage)
        stage.processes.options = replace(stage.processes.options, tape_bytes_max=bytes_max)

    verdict = simulate(draw(seed, PROFILES[profile]), on_stage=keep_tape)
    assert not verdict.breaches, "the tape is in nobody's way"
    disk = stages[0].disk.process(_Nobody())
    return {path.name: disk.read(path) for path in segments(disk, STATE_DIR / TAPE_DIRECTORY)}, disk


def replayed(tape: dict[str, bytes], replay: Replay) -> Report:
    for name, data in tape.items():
        replay.play(name, data)
    return replay.report


def read_along(tape: dict[str, bytes], disk: Disk) -> tuple[Report, Agreement]:
    decisions = Decisions()
    report = replayed(tape, Replay(watch=decisions.watch))
    with StoreReader(disk, STATE_DIR / ENGINE_FILE) as reader:
        return report, decisions.read_along(reader, ended=report.ended)


@pytest.mark.owns("D4")
@pytest.mark.parametrize(("profile", "seed"), WORLDS)
def test_D4_a_simulated_life_replays_identically(profile: str, seed: int) -> None:
    report, agreement = read_along(*taped(profile, seed))
    assert report.differences == []
    assert report.turns > 100
    assert report.effects > 20
    assert agreement.differences == []
    assert agreement.equal > 0
