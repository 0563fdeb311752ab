"""Operators give orders while no engine lives: the watchdog closes, and where it does not the judge says so."""

from __future__ import annotations

import pytest

from jackline.engine.standing_orders import StandingOrders
from jackline.world.experiment import Experiment, draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import Verdict, simulate

DEAF = 38
"""A seed in which something is open long enough, and nobody but the watchdog could close it."""
SEEDS = (0, 1, 2, DEAF, 11, 26)


def unheard(seed: int) -> Experiment:
    return draw(seed, PROFILES["unheard"])


def taken(verdict: Verdict) -> int:
    return sum(noted.text.endswith("taken by the watchdog") for noted in verdict.last)


@pytest.mark.owns("K2", "K3")
@pytest.mark.timeout(120)
def test_K3_what_operators_order_is_closed_while_no_engine_lives() -> None:
    orders = 0
    for seed in SEEDS:
        verdict = simulate(unheard(seed), keep=100_000)
        assert not verdict.breaches, (
            f"{verdict.breaches[0]}\njackline simulate --profile unheard --seed {seed}"
        )
        orders += taken(verdict)
    assert orders >= len(SEEDS)


def test_K3_a_watchdog_that_takes_orders_and_closes_nothing_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StandingOrders, "due", lambda *_, **__: ())
    assert {breach.code for breach in simulate(unheard(DEAF)).breaches} == {"K3"}
