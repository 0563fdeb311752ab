"""How often the watchdog looks: alarms that follow each other closely beside a living engine are one (K2)."""

from __future__ import annotations

import pytest

from jackline.core.turn import LISTED_EACH_MAX
from jackline.core.values import WireMs
from jackline.engine.look_pace import ALARM_YOUNG_MS, ALARMED_MS, LookPace, look_weight


def weight_of_a_minute(*, listed: int, risky_ms: int, calm_ms: int) -> int:
    """What the looks of a minute weigh in a market where entries come and go in turns."""
    pace, spent, last = LookPace(), 0, -60_000
    for now in range(0, 60_000, 50):
        risky = now % (risky_ms + calm_ms) < risky_ms
        period = pace.period_ms(WireMs(now), silent=False, risky=risky, urgent=False, listed=listed)
        if now - last >= period:
            last, spent = now, spent + look_weight(listed)
    return spent


@pytest.mark.owns("K2")
@pytest.mark.parametrize("calm_ms", [200, 1_000, 4_000])
def test_K2_a_market_of_entries_by_the_second_is_one_alarm_and_fits_its_minute(calm_ms: int) -> None:
    young = ALARM_YOUNG_MS // ALARMED_MS * look_weight(10)
    assert weight_of_a_minute(listed=10, risky_ms=500, calm_ms=calm_ms) <= young + 800 + look_weight(10)


@pytest.mark.owns("P1")
def test_P1_an_entry_now_and_then_is_looked_at_fast_every_time() -> None:
    pace = LookPace()
    for now in (0, 30_000, 60_000):
        assert pace.period_ms(WireMs(now), silent=False, risky=True, urgent=False, listed=20) == ALARMED_MS
        pace.period_ms(WireMs(now + 20_000), silent=False, risky=False, urgent=False, listed=20)


@pytest.mark.owns("P1")
@pytest.mark.parametrize("silent", [False, True])
def test_P1_what_is_seen_uncovered_begins_an_alarm_of_its_own(silent: bool) -> None:
    pace, worn = LookPace(), 0
    for now in range(0, 20_000, 500):
        worn = pace.period_ms(WireMs(now), silent=False, risky=True, urgent=False, listed=20)
    assert worn > ALARMED_MS
    fresh = pace.period_ms(WireMs(20_000), silent=silent, risky=True, urgent=True, listed=20)
    assert fresh == ALARMED_MS


def test_a_look_at_more_than_are_listed_one_by_one_costs_no_more() -> None:
    assert look_weight(LISTED_EACH_MAX) == look_weight(200) == 85
