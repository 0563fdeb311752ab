"""P1 as the judges measure it."""

from __future__ import annotations

import pytest

from jackline.world.judges.deadlines import (
    ABLE_AFTER_MS,
    ADOPT_MS,
    CLOSE_IN_FLIGHT_MS,
    PROTECT_MS,
    REPAIR_MS,
    TRIGGERING_MS,
)
from jackline.world.judges.exposure import Cause, ExposureJudge
from jackline.world.judges.names import Role
from jackline.world.watching import ProcessEvent
from tests.exchange.worlds import BUY
from tests.world.judges.court import ENGINE, TRADE, Court


def exposure_court() -> tuple[Court, ExposureJudge]:
    court = Court(ExposureJudge)
    judge = court.judges[0]
    if not isinstance(judge, ExposureJudge):
        raise TypeError(judge)
    return court, judge


def test_P1_a_stop_that_rests_before_the_entry_leaves_nothing_naked() -> None:
    court, judge = exposure_court()
    court.stop()
    court.enter()
    court.passing(10_000)
    assert (court.codes, judge.exposures[0].naked_ms, judge.exposures[0].trade_id) == ([], 0.0, TRADE)


def test_P1_a_stop_within_the_deadline_is_counted_and_no_breach() -> None:
    court, judge = exposure_court()
    court.enter()
    court.passing(PROTECT_MS - 1)
    court.stop()
    court.passing(10_000)
    exposure = judge.exposures[0]
    assert court.codes == []
    assert (exposure.first_able_ms, exposure.repair_able_ms) == (PROTECT_MS - 1, 0.0)
    assert [span.cause for span in exposure.spans] == [Cause.FIRST]


def test_P1_first_exposure_beyond_the_deadline() -> None:
    court, _ = exposure_court()
    court.enter()
    began_ms = court.now_ms
    court.passing(PROTECT_MS + 250)
    assert [(breach.code, breach.at_ms - began_ms) for breach in court.panel.breaches] == [("P1", PROTECT_MS)]


@pytest.mark.parametrize("quietly", [True, False])
def test_P1_a_dropped_stop_is_repaired_in_its_own_time(quietly: bool) -> None:
    court, judge = exposure_court()
    algo = court.stop()
    court.enter()
    court.drop(algo, quietly=quietly)
    court.passing(REPAIR_MS - 1)
    assert court.codes == []
    court.passing(2)
    assert court.codes == ["P1"]
    assert judge.exposures[0].spans[0].cause is Cause.DROPPED


def test_P1_a_stop_that_fired_before_its_entry_filled_was_consumed() -> None:
    court, judge = exposure_court()
    court.stop()
    court.tick(59_000)  # fires while flat: nothing to reduce, rejected
    court.tick(60_000)
    court.enter()
    court.passing(REPAIR_MS - 1)
    assert court.codes == []
    assert judge.exposures[0].spans[0].cause is Cause.CONSUMED
    assert judge.exposures[0].repair_able_ms == REPAIR_MS - 1


def test_P1_our_own_cancel_is_told_from_a_drop() -> None:
    court, judge = exposure_court()
    algo = court.stop()
    court.enter()
    court.cancel(algo)
    court.passing(REPAIR_MS + 250)
    assert court.codes == ["P1"]
    assert judge.exposures[0].spans[0].cause is Cause.CANCELLED_BY_US


def test_P1_nobody_able_is_raw_and_not_able() -> None:
    court, judge = exposure_court()
    court.enter()
    court.end(ENGINE)
    court.passing(20_000)
    exposure = judge.exposures[0]
    assert (court.codes, exposure.naked_ms, exposure.naked_able_ms) == ([], 20_000, 0.0)


def test_P1_a_new_process_is_able_from_two_seconds_after_its_start() -> None:
    court, judge = exposure_court()
    court.enter()
    court.end(ENGINE)
    court.passing(5_000)
    court.start("engine-2")
    court.passing(ABLE_AFTER_MS + 700)
    assert judge.exposures[0].naked_able_ms == 700


def test_P1_time_already_spent_able_is_not_given_back_by_a_restart() -> None:
    court, _ = exposure_court()
    court.enter()
    court.passing(1_000)
    court.end(ENGINE)
    court.start("engine-2")
    court.passing(ABLE_AFTER_MS + 500)
    assert court.codes == []
    court.passing(1)
    assert court.codes == ["P1"]


@pytest.mark.parametrize("how", ["paused", "unreachable"])
def test_P1_a_stopped_or_cut_off_process_is_not_able(how: str) -> None:
    court, judge = exposure_court()
    court.enter()
    if how == "paused":
        court.end(ENGINE, ProcessEvent.PAUSED)
        court.passing(10_000)
        court.end(ENGINE, ProcessEvent.WOKEN)
    else:
        court.reach(ENGINE, reachable=False)
        court.passing(10_000)
        court.reach(ENGINE, reachable=True)
    court.passing(500)
    assert (court.codes, judge.exposures[0].naked_able_ms) == ([], 500)


def test_P1_a_close_in_flight_is_flattening_for_as_long_as_it_lives() -> None:
    court, judge = exposure_court()
    court.enter()
    court.passing(1_000)
    court.close(executes=False)  # lost on the way
    court.passing(CLOSE_IN_FLIGHT_MS + PROTECT_MS)
    assert court.codes == []
    assert judge.exposures[0].naked_able_ms == 1_000 + PROTECT_MS
    court.passing(1)
    assert court.codes == ["P1"]


def test_P1_a_close_that_was_refused_flattens_nothing_any_more() -> None:
    court, judge = exposure_court()
    court.enter()
    departure = court.close(executes=False)
    court.passing(100)
    court.arrives(departure)
    court.passing(400)
    assert judge.exposures[0].naked_able_ms == 400


def test_P1_a_stop_kept_triggering_flattens_for_two_seconds() -> None:
    court, judge = exposure_court()
    court.stop()
    court.enter()
    court.world.venue.whims.triggering_ms = 1e9
    court.tick(59_300)
    court.passing(TRIGGERING_MS + REPAIR_MS)
    assert (court.codes, judge.exposures[0].spans[0].cause) == ([], Cause.CONSUMED)
    court.passing(1)
    assert court.codes == ["P1"]


def test_P1_a_position_that_outgrows_its_stop() -> None:
    court, judge = exposure_court()
    court.enter()
    court.stop(role=Role.WORKING, quantity="0.01")
    court.world.order(BUY, "0.02", client_id="web_adds")
    court.look()
    court.passing(REPAIR_MS + 1)
    assert court.codes == ["P1"]
    assert judge.exposures[0].spans[-1].cause is Cause.OUTGROWN


def test_P1_a_strangers_position_is_adopted_in_its_own_time() -> None:
    court, judge = exposure_court()
    court.world.order(BUY, "0.01", client_id="web_opens")
    court.look()
    court.passing(ADOPT_MS)
    assert (court.codes, judge.exposures[0].trade_id) == ([], None)
    court.passing(1)
    assert court.codes == ["P1"]
