"""Worlds that once broke a promise. Each has a name and a reason, and none may break one again."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jackline.world.campaign import run
from jackline.world.experiment_file import loads

SEEDS = sorted((Path(__file__).parent / "seeds").glob("*.toml"))
KEYS = {"name", "code", "reason", "seed", "profile", "experiment"}


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.stem)
def test_it_does_not_break_again(file: Path) -> None:
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    assert set(told) == KEYS
    assert file.stem == told["name"].replace(",", "").replace(" ", "_")
    assert len(told["reason"]) > 40
    experiment = loads(told["experiment"])
    assert (experiment.seed, experiment.profile) == (told["seed"], told["profile"])
    assert run(experiment).breaches == ()


def test_there_are_some() -> None:
    assert SEEDS
