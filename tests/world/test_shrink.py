"""Shrinking keeps the breach, removes what it can, and stops when its tries are used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jackline.world.acts import Act, Kind
from jackline.world.experiment import Experiment, draw
from jackline.world.experiment_file import NoExperiment, dumps, loads
from jackline.world.judges.breach import Breach
from jackline.world.profiles import PROFILES
from jackline.world.shrink import shrink

BREACH = Breach(code="P1", at_ms=20_000.0, detail="naked")


def acts(count: int) -> tuple[Act, ...]:
    return tuple(
        Act(at_s=float(n), kind=Kind.JUMP, lasts_s=1.0, size=0.5, pick=n / 100) for n in range(count)
    )


def when(condition: Callable[[Experiment], bool]) -> Callable[[Experiment], Breach | None]:
    return lambda experiment: BREACH if condition(experiment) else None


@given(count=st.integers(1, 16), chosen=st.sets(st.integers(0, 15), min_size=1, max_size=3))
def test_exactly_the_acts_that_matter_are_left(count: int, chosen: set[int]) -> None:
    wide = replace(draw(3), acts=acts(count))
    needed = {act for index, act in enumerate(wide.acts) if index in chosen}
    found = shrink(wide, BREACH, when(lambda one: needed <= set(one.acts)), tries_max=500)
    assert set(found.experiment.acts) == needed
    assert not found.exhausted


def test_noise_options_and_time_go_too() -> None:
    noisy = next(
        one for one in map(draw, range(100)) if one.noise.lose_answer and one.noise.twice and one.hedge
    )
    found = shrink(noisy, BREACH, when(lambda one: one.noise.twice > 0 and one.safety_s > 20), tries_max=200)
    assert found.experiment.noise.twice == noisy.noise.twice
    assert found.experiment.noise.lose_answer == 0
    assert not found.experiment.acts
    assert not found.experiment.hedge
    assert found.experiment.safety_s == BREACH.at_ms / 1_000 + 1


def test_tries_are_bounded_and_what_was_found_so_far_is_kept() -> None:
    wide = replace(draw(3), acts=acts(16), broken_for_ever=())
    needed = set(wide.acts[:9])
    found = shrink(wide, BREACH, when(lambda one: needed <= set(one.acts)), tries_max=5)
    assert (found.tries, found.exhausted) == (5, True)
    assert needed <= set(found.experiment.acts)


def test_what_cannot_be_simpler_stays() -> None:
    one = draw(3)
    found = shrink(one, BREACH, when(lambda candidate: candidate == one))
    assert found.experiment == one


@pytest.mark.parametrize("profile", PROFILES)
def test_an_experiment_survives_its_file(profile: str) -> None:
    for seed in range(30):
        experiment = draw(seed, PROFILES[profile])
        assert loads(dumps(experiment)) == experiment


@pytest.mark.parametrize("bad", ["", "[]", "{", '{"seed": 1}', '{"acts": [1]}', '{"acts": 3}'])
def test_another_text_is_refused(bad: str) -> None:
    with pytest.raises(NoExperiment, match="not an experiment"):
        loads(bad)
