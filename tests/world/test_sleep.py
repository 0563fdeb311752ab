"""A host that slept: its steady clock did not count the time, and every signature is too old until that is noticed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jackline.core.plan import Rung
from jackline.world.acts import Act, Kind
from jackline.world.experiment import draw
from jackline.world.profiles import PROFILES
from jackline.world.simulation import simulate

ASLEEP_S = 20.0


@pytest.mark.owns("P1", "L1")
def test_P1_after_a_sleep_the_watchdog_sees_again_and_protects_alone() -> None:
    acts = (
        Act(at_s=15.0, kind=Kind.SLEEPS, lasts_s=ASLEEP_S, size=1.0, pick=0.5),
        Act(at_s=40.0, kind=Kind.KILL_ENGINE, lasts_s=60.0, size=1.0, pick=0.5),
        Act(at_s=42.0, kind=Kind.OPENS_BY_HAND, lasts_s=1.0, size=0.5, pick=0.1),
    )
    quiet = replace(draw(1, PROFILES["quiet"]), hedge=False, watchdog=True, rung=Rung.STOP_FIRST)
    verdict = simulate(replace(quiet, signal_rate=0.0, acts=acts))
    assert {verdict.faults[kind] for kind in ("host_asleep", "kill_engine", "opened_by_hand")} == {1}
    assert verdict.breaches == ()
