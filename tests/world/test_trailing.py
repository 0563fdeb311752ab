"""Worlds in which the venue trails: the promise holds, and its orders do end trades there."""

from __future__ import annotations

from collections import Counter

import pytest

from jackline.exchange.values import AlgoStatus, OrderType
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import simulate
from jackline.world.stage import Stage

PROFILE = PROFILES["trailing"]


@pytest.mark.timeout(180)
@pytest.mark.owns("P1", "P5", "P6")
def test_P1_where_the_venue_trails_the_promise_holds() -> None:
    ended: Counter[AlgoStatus] = Counter()
    for seed in (0, 1):
        stages: list[Stage] = []
        verdict = simulate(draw(seed, PROFILE), on_stage=stages.append)
        assert verdict.breaches == (), (
            f"{verdict.breaches[0]}\njackline simulate --profile trailing --seed {seed}"
        )
        algos = stages[0].account.algos.values()
        ended.update(one.status for one in algos if one.type is OrderType.TRAILING_STOP_MARKET)
    assert ended[AlgoStatus.FINISHED] > 0
    assert ended[AlgoStatus.NEW] == 0, "none is left behind"


def test_elsewhere_the_engine_trails() -> None:
    for name, profile in PROFILES.items():
        drawn = [draw(seed, profile) for seed in range(20)]
        assert any(one.trailed for one in drawn) is (name == "trailing")
        assert all(one.callback_max_fraction is None for one in drawn) or name == "trailing"
