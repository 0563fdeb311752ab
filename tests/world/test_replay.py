"""A simulated engine's tape, replayed: faults, crashes, power cuts and all (D4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jackline.engine.replay import Replay, Report
from jackline.store.tape import SUFFIX, TAPE_DIRECTORY
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import simulate
from jackline.world.stage import Stage
from jackline.world.supervisor import STATE_DIR

BYTES_MAX = 64 * 1_024 * 1_024
WORLDS = [*(("swarm", seed) for seed in range(1, 9)), ("hands", 1), ("hands", 2), ("disk", 1), ("bingx", 1)]


def taped(profile: str, seed: int, *, bytes_max: int = BYTES_MAX) -> dict[str, bytes]:
    """Run a world whose engines keep a tape; the segments that are left of it."""
    stages: list[Stage] = []

    def keep_tape(stage: Stage) -> None:
        stages.append(stage)
        stage.processes.options = replace(stage.processes.options, tape_bytes_max=bytes_max)

    verdict = simulate(draw(seed, PROFILES[profile]), on_stage=keep_tape)
    assert not verdict.breaches, "the tape is in nobody's way"
    names = stages[0].disk.directory.names
    directory = f"{STATE_DIR / TAPE_DIRECTORY}/"
    return {
        name: bytes(inode.content)
        for name, inode in sorted(names.items())
        if name.startswith(directory) and name.endswith(SUFFIX)
    }


def replayed(segments: dict[str, bytes], replay: Replay) -> Report:
    for name, data in segments.items():
        replay.play(name, data)
    return replay.report


@pytest.mark.owns("D4")
@pytest.mark.parametrize(("profile", "seed"), WORLDS)
def test_D4_a_simulated_life_replays_identically(profile: str, seed: int) -> None:
    report = replayed(taped(profile, seed), Replay())
    assert report.differences == []
    assert report.turns > 100
    assert report.effects > 20
