"""An engine answers an order to close and dies before it is flat: the watchdog goes on, or the judge says so."""

from __future__ import annotations

import pytest

from jackline.engine.standing_orders import StandingOrders
from jackline.world.experiment import Experiment, draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import simulate

BY_LEVEL, BY_TRADE = 1, 4
"""Seeds in which nobody but the watchdog could close it: under a level on record, and a trade that was being closed."""


def accepted(seed: int) -> Experiment:
    return draw(seed, PROFILES["accepted"])


@pytest.mark.owns("K2", "K3")
@pytest.mark.timeout(60)
@pytest.mark.parametrize("seed", [BY_LEVEL, pytest.param(BY_TRADE, marks=pytest.mark.long)])
def test_K3_what_a_dead_engine_had_accepted_is_closed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = simulate(accepted(seed), keep=100_000)
    assert not verdict.breaches, f"{verdict.breaches[0]}\njackline simulate --profile accepted --seed {seed}"
    assert any("order_gone_on_with" in noted.text for noted in verdict.last)
    monkeypatch.setattr(StandingOrders, "_hear_engine", lambda *_, **__: None)
    assert {breach.code for breach in simulate(accepted(seed)).breaches} == {"K3"}, "a watchdog that does not"
