"""The test command's share of the campaign: 208 worlds of everything, and a death at every crash point."""

from __future__ import annotations

import pytest

from jackline.world.aiming import aimed, worlds
from jackline.world.campaign import LEAST_S, Tally, run, run_of
from jackline.world.crash_points import inventory, leaves_process
from jackline.world.experiment import draw
from jackline.world.experiment_file import dumps

CHUNKS, CHUNK = 8, 26
COUNTING_LEAST = 25
"""Of each chunk, so that the chunks together have 200, whichever worker runs them."""


@pytest.mark.owns("P1", "P2", "P3", "P4", "P5", "P6", "O1", "O2", "O3", "O4", "L1")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("first", range(0, CHUNKS * CHUNK, CHUNK))
def test_the_promise_holds_in_every_world(first: int) -> None:
    """Two entries, one crash, 105 simulated seconds: a world with less proves little and is not counted."""
    tally = Tally()
    for seed in range(first, first + CHUNK):
        verdict = run(draw(seed))
        assert not verdict.breaches, f"{verdict.breaches[0]}\njackline simulate --seed {seed}"
        tally.fold(run_of(verdict, cpu_s=0.0))
    assert tally.counting >= COUNTING_LEAST
    assert tally.simulated_s >= CHUNK * LEAST_S


def test_the_chunks_together_are_enough() -> None:
    assert CHUNKS * COUNTING_LEAST >= 200


@pytest.mark.timeout(240)
def test_a_process_died_at_every_await_that_leaves_it() -> None:
    """An await that is new in `engine` or `venue` fails here until some world leads to it."""
    left = {point for point in inventory() if leaves_process(point)}
    for verdict in aimed(left):
        assert not verdict.breaches, f"{verdict.breaches[0]}\nin the world {dumps(verdict.experiment)}"
        left -= verdict.hit
    assert sorted(f"{point.key}, line {point.line}" for point in left) == []


def test_the_gate_would_name_a_point_that_no_world_leads_to() -> None:
    """The gate is only worth something if `hit` holds what was hit and nothing else."""
    plain = next(worlds())
    points = [point for point in inventory() if leaves_process(point)]
    close = next(point for point in points if point.qualname == "Engine._book_last_income")
    assert close not in run(plain).hit
