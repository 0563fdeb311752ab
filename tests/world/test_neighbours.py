"""The acts of worlds that once broke a promise, under other dice: near a hole there are more of them.

`python -m tests.world.test_neighbours FIRST LAST [NAME]` looks further away than the test does.
"""

from __future__ import annotations

import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from jackline.world.campaign import run
from jackline.world.experiment_file import loads
from tests.world.test_seeds import SEEDS

DICE = range(1, 5)


def broken(file: Path, dice: int) -> tuple[str, ...]:
    """The breaches of this world's acts when everything else is drawn from another seed."""
    experiment = loads(tomllib.loads(file.read_text(encoding="utf-8"))["experiment"])
    return tuple(map(str, run(replace(experiment, seed=experiment.seed + dice)).breaches))


@pytest.mark.long
@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.stem)
def test_its_neighbours_break_nothing_either(file: Path) -> None:
    assert {dice: found for dice in DICE if (found := broken(file, dice))} == {}


def main(first: str, last: str, name: str = "") -> None:
    """Print every neighbour that breaks a promise."""
    jobs = [(dice, file) for dice, file in product(range(int(first), int(last)), SEEDS) if name in file.stem]
    with ProcessPoolExecutor() as pool:
        found = pool.map(_found, jobs)
        for line in filter(None, found):
            sys.stdout.write(f"{line}\n")


def _found(job: tuple[int, Path]) -> str:
    dice, file = job
    breaches = broken(file, dice)
    return f"{file.stem} +{dice}: {breaches[0]}" if breaches else ""


if __name__ == "__main__":
    main(*sys.argv[1:])
